import TraceModel

/// The workers of an import by handle, in order of first sight.
///
/// Sources may name a worker again. What they say of it is joined so that the order of the sources
/// does not show: the lowest grade, and the host that comes first by bytes.
struct WorkerRegistry {
  private var handles: [WorkerLabel: Int32] = [:]
  private var labels: [WorkerLabel] = []
  private var hosts: [String?] = []
  private var trusts: [TrustGrade] = []

  var count: Int { labels.count }

  func label(_ handle: Int) -> WorkerLabel { labels[handle] }
  func host(_ handle: Int) -> String? { hosts[handle] }
  func trust(_ handle: Int) -> TrustGrade { trusts[handle] }

  mutating func handle(of label: WorkerLabel, host: String?, trust: TrustGrade) throws -> Int {
    if let known = handles[label] {
      let handle = Int(known)
      trusts[handle] = min(trusts[handle], trust)
      if let host {
        let before = hosts[handle] ?? host
        hosts[handle] = before.utf8.lexicographicallyPrecedes(host.utf8) ? before : host
      }
      return handle
    }
    let byteSize = label.text.utf8.count
    guard byteSize <= WorkerLabel.byteSizeLimit else {
      throw StoreError.labelTooLong(prefix: String(label.text.prefix(40)), byteSize: byteSize)
    }
    handles[label] = Int32(labels.count)
    labels.append(label)
    hosts.append(host)
    trusts.append(trust)
    return labels.count - 1
  }

  func handle(of label: WorkerLabel) -> Int? { handles[label].map(Int.init) }

  /// Gives back half of the registry's memory once no label is looked up any more.
  mutating func forgetLabels() { handles = [:] }

  mutating func override(_ trust: TrustGrade) {
    trusts = Array(repeating: trust, count: trusts.count)
  }

  /// Worker indices by handle: places in the natural order of labels, among those not left out.
  func indices(leavingOut isLeftOut: [Bool]) -> [Int32] {
    let kept = labels.indices.filter { isLeftOut.isEmpty || !isLeftOut[$0] }
    var indices = [Int32](repeating: -1, count: labels.count)
    for (index, handle) in kept.sorted(by: { labels[$0] < labels[$1] }).enumerated() {
      indices[handle] = Int32(truncatingIfNeeded: index)
    }
    return indices
  }
}

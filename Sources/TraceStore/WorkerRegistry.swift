import TraceModel

/// The workers of an import by handle, in order of first sight.
///
/// Sources may name a worker again. What they say of it is joined so that the order of the sources
/// does not show: the lowest grade, and the host that comes first by bytes.
struct WorkerRegistry: Sendable {
  /// Places by handle, as long as no worker is new.
  private var places: [Int32] = []
  private var isSorted = false
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

  func handle(of label: WorkerLabel) -> Int? {
    guard isSorted else { return handles[label].map(Int.init) }
    var low = 0
    var high = labels.count
    while low < high {
      let middle = (low + high) / 2
      if labels[middle] < label { low = middle + 1 } else { high = middle }
    }
    return low < labels.count && labels[low] == label ? low : nil
  }

  /// By handle, the worker's place in the order of labels.
  mutating func labelOrder() -> [Int32] {
    if places.count != labels.count { places = indices(leavingOut: []) }
    return places
  }

  /// Numbers the workers anew in the order of their labels, and returns the new handles by old ones.
  mutating func sortByLabel() -> [Int32] {
    let order = labelOrder()
    var sorted = [Int](repeating: 0, count: order.count)
    for (handle, place) in order.enumerated() { sorted[Int(place)] = handle }
    labels = sorted.map { labels[$0] }
    hosts = sorted.map { hosts[$0] }
    trusts = sorted.map { trusts[$0] }
    // Half of the registry's memory; from now on labels are found by their order.
    handles = [:]
    isSorted = true
    places = order.indices.map { Int32(truncatingIfNeeded: $0) }
    return order
  }

  /// Enters the workers of another registry, and returns their handles here by those there.
  mutating func join(_ other: WorkerRegistry) throws -> [Int32] {
    try other.labels.indices.map { index in
      Int32(
        truncatingIfNeeded: try handle(
          of: other.labels[index], host: other.hosts[index], trust: other.trusts[index]))
    }
  }

  /// Gives every worker and host a neutral name, in the order of labels.
  ///
  /// - Precondition: The workers are sorted by label.
  mutating func anonymize(leavingOut isLeftOut: [Bool]) {
    let kept = labels.indices.filter { isLeftOut.isEmpty || !isLeftOut[$0] }
    var names: [String: String] = [:]
    let known = Set(kept.compactMap { hosts[$0] }).map { WorkerLabel($0) }.sorted()
    for (index, host) in known.enumerated() { names[host.text] = "host-\(index + 1)" }
    for (index, handle) in kept.enumerated() {
      labels[handle] = WorkerLabel("worker-\(index + 1)")
      hosts[handle] = hosts[handle].flatMap { names[$0] }
    }
  }

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

import TraceModel

/// The workers of an import by handle, in order of first sight.
///
/// Sources may name a worker again. What they say of it is joined so that the order of the sources
/// does not show: the lowest grade, and the host that comes first by bytes.
struct WorkerRegistry: Sendable {
  /// Places by handle, as long as no worker is new.
  private var places: [Int32] = []
  private var isSorted = false
  private var table = LabelTable()
  private var labels: [WorkerLabel] = []
  /// Empty until the first one is told: most sources tell none.
  private var hosts: [String?] = []
  private var trusts: [TrustGrade] = []

  var count: Int { labels.count }

  func label(_ handle: Int) -> WorkerLabel { labels[handle] }
  func host(_ handle: Int) -> String? { hosts.isEmpty ? nil : hosts[handle] }
  func trust(_ handle: Int) -> TrustGrade { trusts[handle] }

  mutating func handle(of label: WorkerLabel, host: String?, trust: TrustGrade) throws -> Int {
    let slot = table.slot(of: label, in: labels)
    if let handle = table.handle(in: slot) {
      trusts[handle] = min(trusts[handle], trust)
      if let host {
        let before = self.host(handle) ?? host
        set(before.utf8.lexicographicallyPrecedes(host.utf8) ? before : host, of: handle)
      }
      return handle
    }
    let byteSize = label.text.utf8.count
    guard byteSize <= WorkerLabel.byteSizeLimit else {
      throw StoreError.labelTooLong(prefix: String(label.text.prefix(40)), byteSize: byteSize)
    }
    labels.append(label)
    trusts.append(trust)
    if !hosts.isEmpty { hosts.append(nil) }
    if let host { set(host, of: labels.count - 1) }
    table.enter(labels, in: slot)
    return labels.count - 1
  }

  private mutating func set(_ host: String, of handle: Int) {
    if hosts.isEmpty { hosts = Array(repeating: nil, count: labels.count) }
    hosts[handle] = host
  }

  func handle(of label: WorkerLabel) -> Int? {
    guard isSorted else { return table.handle(in: table.slot(of: label, in: labels)) }
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
    if !hosts.isEmpty { hosts = sorted.map { hosts[$0] } }
    trusts = sorted.map { trusts[$0] }
    // From now on labels are found by their order.
    table = LabelTable()
    isSorted = true
    places = order.indices.map { Int32(truncatingIfNeeded: $0) }
    return order
  }

  /// Enters the workers of another registry, and returns their handles here by those there.
  mutating func join(_ other: WorkerRegistry) throws -> [Int32] {
    try other.labels.indices.map { index in
      Int32(
        truncatingIfNeeded: try handle(
          of: other.labels[index], host: other.host(index), trust: other.trusts[index]))
    }
  }

  /// Gives every worker and host a neutral name, in the order of labels.
  ///
  /// - Precondition: The workers are sorted by label.
  mutating func anonymize(leavingOut isLeftOut: [Bool]) {
    let kept = labels.indices.filter { isLeftOut.isEmpty || !isLeftOut[$0] }
    var names: [String: String] = [:]
    let known = Set(kept.compactMap { host($0) }).map { WorkerLabel($0) }.sorted()
    for (index, host) in known.enumerated() { names[host.text] = "host-\(index + 1)" }
    for (index, handle) in kept.enumerated() {
      labels[handle] = WorkerLabel("worker-\(index + 1)")
      if !hosts.isEmpty { hosts[handle] = hosts[handle].flatMap { names[$0] } }
    }
  }

  mutating func override(_ trust: TrustGrade) {
    trusts = Array(repeating: trust, count: trusts.count)
  }

  /// Worker indices by handle: places in the natural order of labels, among those not left out.
  func indices(leavingOut isLeftOut: [Bool]) -> [Int32] {
    var kept: [Int32] = []
    for handle in labels.indices where isLeftOut.isEmpty || !isLeftOut[handle] {
      kept.append(Int32(truncatingIfNeeded: handle))
    }
    kept.sort { labels[Int($0)] < labels[Int($1)] }
    var indices = [Int32](repeating: -1, count: labels.count)
    for (index, handle) in kept.enumerated() {
      indices[Int(handle)] = Int32(truncatingIfNeeded: index)
    }
    return indices
  }
}

/// Finds the handle of a label: four to eight bytes a worker, where a dictionary takes forty.
private struct LabelTable: Sendable {
  /// Handles, at most half of them in use; −1 is free.
  private var slots: [Int32] = Array(repeating: -1, count: 64)

  /// Where a label is, or is to be entered.
  func slot(of label: WorkerLabel, in labels: [WorkerLabel]) -> Int {
    var slot = LabelTable.hash(label) & (slots.count - 1)
    while slots[slot] >= 0, labels[Int(slots[slot])] != label {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  func handle(in slot: Int) -> Int? { slots[slot] < 0 ? nil : Int(slots[slot]) }

  /// Enters the last label in the slot that it was not found in.
  mutating func enter(_ labels: [WorkerLabel], in slot: Int) {
    slots[slot] = Int32(truncatingIfNeeded: labels.count - 1)
    guard labels.count * 2 > slots.count else { return }
    slots = Array(repeating: -1, count: slots.count * 2)
    for handle in labels.indices {
      var slot = LabelTable.hash(labels[handle]) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(truncatingIfNeeded: handle)
    }
  }

  /// FNV-1a; who makes labels collide only makes an import of his own slow.
  ///
  /// Reference: Fowler, Noll, Vo; RFC 9923.
  private static func hash(_ label: WorkerLabel) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in label.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: hash ^ hash >> 32)
  }
}

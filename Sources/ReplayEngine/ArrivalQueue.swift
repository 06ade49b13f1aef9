import Kernels

/// The gradients under way, the next to end first, ordered by (time, worker).
///
/// Most arrivals only give the first worker its next end. In a ``Tournament`` that takes half of what it took in a
/// 4-ary heap, whose way down depends on each comparison.
///
/// A worker that is aborted keeps its place until it gets a new end; the owner recognises the old one by its time
/// (``ReplayLoop``).
struct ArrivalQueue: ~Copyable {
  struct Entry {
    var time: Int64
    var worker: Int32
  }

  private(set) var count = 0
  /// Keys are times plus 1.
  private let tournament: Tournament

  init(workerCount: Int) {
    tournament = Tournament(workerCount: workerCount)
  }

  var isEmpty: Bool { count == 0 }

  /// The first entry. The queue must not be empty.
  var top: Entry {
    @inline(__always) get {
      let first = tournament.first
      return Entry(
        time: Int64(bitPattern: first.key &- 1), worker: Int32(truncatingIfNeeded: first.worker))
    }
  }

  /// The worker of the second entry, if there is one; with many workers only nearly always, so that it is good for
  /// hints alone.
  var second: Int? {
    @inline(__always) get { count > 1 ? tournament.second : nil }
  }

  /// Gives a worker an end, in place of an earlier one if it has one.
  mutating func push(_ entry: Entry) {
    if tournament.key(of: Int(entry.worker)) == Tournament.absent { count += 1 }
    tournament.put(Self.key(entry.time), of: Int(entry.worker))
  }

  mutating func removeTop() {
    count -= 1
    tournament.put(Tournament.absent, of: tournament.first.worker)
  }

  /// Gives the worker of the first entry another end.
  @inline(__always)
  func replaceTop(time: Int64) {
    tournament.put(Self.key(time), of: tournament.first.worker)
  }

  /// Begins anew; until ``finishFilling()`` entries are only added, one a worker.
  mutating func beginFilling() {
    if count > 0 { tournament.removeAll() }
    count = 0
  }

  mutating func add(_ entry: Entry) {
    count += 1
    tournament.prepare(Self.key(entry.time), of: Int(entry.worker))
  }

  func finishFilling() { tournament.build() }

  @inline(__always)
  private static func key(_ time: Int64) -> UInt64 { UInt64(bitPattern: time) &+ 1 }
}

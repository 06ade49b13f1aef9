import CKernels

/// Workers ordered by a key, the first of whom is known at any time.
///
/// Each worker has one place, in the order of workers, and each inner place holds the first of the two below
/// it. When a worker gets another key, the places above its own are decided anew: where they and their
/// neighbours lie is known from the beginning, so that all are fetched at once, and who wins is chosen
/// without a branch, since no processor can guess it.
public struct Tournament: ~Copyable {
  /// The key of who takes no part; the last of all.
  public static let absent = UInt64.max

  /// A power of two, at least one a worker.
  private let leafCount: Int
  /// A key and a worker each. The first place is at 1; below place p are 2p and 2p + 1; the workers' own are the
  /// last `leafCount`.
  private let places: UnsafeMutablePointer<UInt64>

  /// A tournament in which nobody takes part yet. 32 bytes a worker, of a power of two of them.
  public init(workerCount: Int) {
    var leafCount = 1
    while leafCount < workerCount { leafCount *= 2 }
    self.leafCount = leafCount
    places = allocateLarge(byteCount: 32 * leafCount)
      .bindMemory(to: UInt64.self, capacity: 4 * leafCount)
    places.initialize(repeating: Self.absent, count: 4 * leafCount)
    removeAll()
  }

  deinit {
    places.deallocate()
  }

  /// The first worker and its key; any worker if all are absent.
  public var first: (worker: Int, key: UInt64) {
    @inline(__always) get { (Int(truncatingIfNeeded: places[3]), places[2]) }
  }

  /// A worker whose key nobody but the first comes before; with more than 256 workers nearly always. There must be
  /// two.
  public var second: Int {
    @inline(__always) get {
      Int(truncatingIfNeeded: outpace_tournament_second(places, leafCount))
    }
  }

  /// The key that a worker was given last, ``absent`` before.
  public func key(of worker: Int) -> UInt64 { places[2 * (leafCount + worker)] }

  /// Gives a worker a key. Of equal keys the lower worker's is first.
  ///
  /// - Precondition: `key` is not 0.
  /// - Complexity: O(log M), of which the way is known from the beginning.
  @inline(__always)
  public func put(_ key: UInt64, of worker: Int) {
    outpace_tournament_put(places, leafCount, UInt64(truncatingIfNeeded: worker), key)
  }

  /// The same, but until ``build()`` nothing else is right.
  public func prepare(_ key: UInt64, of worker: Int) { places[2 * (leafCount + worker)] = key }

  /// Decides everything anew. O(M).
  public func build() { outpace_tournament_build(places, leafCount) }

  /// Nobody takes part.
  public func removeAll() {
    for worker in 0..<leafCount {
      places[2 * (leafCount + worker)] = Self.absent
      places[2 * (leafCount + worker) + 1] = UInt64(truncatingIfNeeded: worker)
    }
    build()
  }
}

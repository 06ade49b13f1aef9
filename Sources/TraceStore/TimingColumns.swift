/// Up to 4,096 consecutive gradients of one worker as columns, in order of start.
///
/// What was not recorded has its neutral value: wait 0, turnaround −1, step `Int64.min`, no
/// samples. A column with nothing but neutral values counts as absent, in chunks and in digests.
package struct TimingColumns: Equatable {
  /// The gradients in every chunk of a worker but its last.
  package static let gradientLimit = 4096
  /// The most data indices in one chunk, 4,096 a gradient on average: what a hostile file can make
  /// a reader allocate ends at 64 MiB.
  package static let sampleLimit = 1 << 24

  package static let unknownTurnaround: Int64 = -1
  package static let unknownStep = Int64.min

  package var starts: ContiguousArray<Int64> = []
  package var durations: ContiguousArray<Int64> = []
  package var waits: ContiguousArray<Int64> = []
  package var turnarounds: ContiguousArray<Int64> = []
  package var steps: ContiguousArray<Int64> = []
  /// The batches end to end, and where each one ends.
  package var samples: ContiguousArray<Int32> = []
  private var sampleEnds: ContiguousArray<Int32> = []
  package private(set) var presence: Presence = []

  package init() {}

  /// Which optional columns have an entry that is not neutral; the bits of a chunk's second byte.
  package struct Presence: OptionSet, Hashable {
    package var rawValue: UInt8

    package init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    package static let waits = Presence(rawValue: 1)
    package static let turnarounds = Presence(rawValue: 2)
    package static let steps = Presence(rawValue: 4)
    package static let samples = Presence(rawValue: 8)
    package static let all: Presence = [.waits, .turnarounds, .steps, .samples]
  }

  /// One gradient without its batch.
  package struct Entry {
    package var start: Int64
    package var duration: Int64
    package var wait: Int64
    package var turnaround: Int64
    package var step: Int64

    package init(start: Int64, duration: Int64, wait: Int64, turnaround: Int64, step: Int64) {
      self.start = start
      self.duration = duration
      self.wait = wait
      self.turnaround = turnaround
      self.step = step
    }
  }

  package var count: Int { durations.count }

  package subscript(index: Int) -> Entry {
    Entry(
      start: starts[index], duration: durations[index], wait: waits[index],
      turnaround: turnarounds[index], step: steps[index])
  }

  /// The data indices of one gradient.
  package func batch(_ index: Int) -> ArraySlice<Int32> {
    if presence.contains(.samples) {
      let begin = index == 0 ? 0 : Int(sampleEnds[index - 1])
      return ArraySlice(samples[begin..<Int(sampleEnds[index])])
    }
    return []
  }

  /// The batch sizes.
  package var sampleCounts: ContiguousArray<Int32> {
    var before: Int32 = 0
    return ContiguousArray(
      sampleEnds.map { end in
        defer { before = end }
        return end - before
      })
  }

  package mutating func reserve(_ capacity: Int) {
    starts.reserveCapacity(capacity)
    durations.reserveCapacity(capacity)
    waits.reserveCapacity(capacity)
    turnarounds.reserveCapacity(capacity)
    steps.reserveCapacity(capacity)
    sampleEnds.reserveCapacity(capacity)
  }

  @inline(__always)
  package mutating func append(_ entry: Entry, samples batch: some Collection<Int32>) {
    starts.append(entry.start)
    durations.append(entry.duration)
    waits.append(entry.wait)
    turnarounds.append(entry.turnaround)
    steps.append(entry.step)
    var bits: UInt8 = 0
    if entry.wait != 0 { bits |= Presence.waits.rawValue }
    if entry.turnaround != Self.unknownTurnaround { bits |= Presence.turnarounds.rawValue }
    if entry.step != Self.unknownStep { bits |= Presence.steps.rawValue }
    if !batch.isEmpty {
      bits |= Presence.samples.rawValue
      samples.append(contentsOf: batch)
    }
    sampleEnds.append(Int32(truncatingIfNeeded: samples.count))
    presence.rawValue |= bits
  }

  package mutating func removeAll() {
    starts.removeAll(keepingCapacity: true)
    durations.removeAll(keepingCapacity: true)
    waits.removeAll(keepingCapacity: true)
    turnarounds.removeAll(keepingCapacity: true)
    steps.removeAll(keepingCapacity: true)
    sampleEnds.removeAll(keepingCapacity: true)
    samples.removeAll(keepingCapacity: true)
    presence = []
  }
}

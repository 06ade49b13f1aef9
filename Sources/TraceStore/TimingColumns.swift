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

  /// What stands for a turnaround that was not recorded; recorded ones are 0 or more.
  package static let unknownTurnaround: Int64 = -1
  /// What stands for a step that was not recorded; every other number may be one.
  package static let unknownStep = Int64.min

  /// In nanoseconds on the clock of the trace, never decreasing.
  package var starts: ContiguousArray<Int64> = []
  /// In nanoseconds, above 0.
  package var durations: ContiguousArray<Int64> = []
  /// In nanoseconds; 0 is also an unknown one.
  package var waits: ContiguousArray<Int64> = []
  /// In nanoseconds, or ``unknownTurnaround``.
  package var turnarounds: ContiguousArray<Int64> = []
  /// As recorded, or ``unknownStep``.
  package var steps: ContiguousArray<Int64> = []
  /// The batches end to end, and where each one ends.
  package var samples: ContiguousArray<Int32> = []
  private var sampleEnds: ContiguousArray<Int32> = []
  /// Of all gradients so far.
  package private(set) var presence: Presence = []

  package init() {}

  /// Which optional columns have an entry that is not neutral; the bits of a chunk's second byte.
  package struct Presence: OptionSet, Hashable {
    /// The bits as they are stored; those above the fourth are 0.
    package var rawValue: UInt8

    package init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// Somebody waited.
    package static let waits = Presence(rawValue: 1)
    /// A turnaround was recorded, which may be 0.
    package static let turnarounds = Presence(rawValue: 2)
    /// A step was recorded.
    package static let steps = Presence(rawValue: 4)
    /// A batch was recorded that is not empty.
    package static let samples = Presence(rawValue: 8)
    /// Every bit that a chunk may set.
    package static let all: Presence = [.waits, .turnarounds, .steps, .samples]
  }

  /// One gradient without its batch.
  package struct Entry {
    /// In nanoseconds on the clock of the trace.
    package var start: Int64
    /// In nanoseconds, above 0.
    package var duration: Int64
    /// In nanoseconds; 0 is also an unknown one.
    package var wait: Int64
    /// In nanoseconds, or ``TimingColumns/unknownTurnaround``.
    package var turnaround: Int64
    /// As recorded, or ``TimingColumns/unknownStep``.
    package var step: Int64

    package init(start: Int64, duration: Int64, wait: Int64, turnaround: Int64, step: Int64) {
      self.start = start
      self.duration = duration
      self.wait = wait
      self.turnaround = turnaround
      self.step = step
    }
  }

  /// Gradients.
  package var count: Int { durations.count }

  /// The gradient at a position; its samples are in ``batch(_:)``.
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

  /// Makes room for so many gradients, and none for samples.
  package mutating func reserve(_ capacity: Int) {
    starts.reserveCapacity(capacity)
    durations.reserveCapacity(capacity)
    waits.reserveCapacity(capacity)
    turnarounds.reserveCapacity(capacity)
    steps.reserveCapacity(capacity)
    sampleEnds.reserveCapacity(capacity)
  }

  /// Adds one gradient behind the others. Its start has to be none before theirs: it is not checked.
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

  /// Empties the columns, and keeps their memory.
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

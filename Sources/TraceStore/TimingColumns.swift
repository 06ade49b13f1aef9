/// Up to 4,096 consecutive gradients of one worker as columns, in order of start.
///
/// What was not recorded has its neutral value: wait 0, turnaround −1, step `Int64.min`, no
/// samples. A column with nothing but neutral values is absent: here, in chunks and in digests.
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
  package private(set) var durations: ContiguousArray<Int64> = []
  // Those that are absent are empty.
  /// In nanoseconds; 0 is also an unknown one.
  package private(set) var waits: ContiguousArray<Int64> = []
  /// In nanoseconds, or ``unknownTurnaround``.
  package private(set) var turnarounds: ContiguousArray<Int64> = []
  /// As recorded, or ``unknownStep``.
  package private(set) var steps: ContiguousArray<Int64> = []
  /// The batches end to end, and where each one ends.
  package private(set) var samples: ContiguousArray<Int32> = []
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
      start: starts[index], duration: durations[index],
      wait: presence.contains(.waits) ? waits[index] : 0,
      turnaround: presence.contains(.turnarounds) ? turnarounds[index] : Self.unknownTurnaround,
      step: step(index))
  }

  /// The recorded step of a gradient; the neutral value where none was.
  package func step(_ index: Int) -> Int64 {
    presence.contains(.steps) ? steps[index] : Self.unknownStep
  }

  /// The data indices of one gradient.
  package func batch(_ index: Int) -> ArraySlice<Int32> {
    if presence.contains(.samples) { return ArraySlice(samples[batches(index..<index + 1)]) }
    return []
  }

  /// Where the batches of some gradients lie.
  private func batches(_ range: Range<Int>) -> Range<Int> {
    let begin = range.lowerBound == 0 ? 0 : Int(sampleEnds[range.lowerBound - 1])
    return begin..<(range.isEmpty ? begin : Int(sampleEnds[range.upperBound - 1]))
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
  }

  /// Adds one gradient behind the others. Its start has to be none before theirs: it is not checked.
  @inline(__always)
  package mutating func append(_ entry: Entry, samples batch: some Collection<Int32>) {
    starts.append(entry.start)
    durations.append(entry.duration)
    let isPlain =
      entry.wait == 0 && entry.turnaround == Self.unknownTurnaround
      && entry.step == Self.unknownStep && batch.isEmpty
    if isPlain, presence.isEmpty { return }
    appendOptional(entry, samples: batch)
  }

  private mutating func appendOptional(_ entry: Entry, samples batch: some Collection<Int32>) {
    let before = count - 1
    if entry.wait != 0 { begin(.waits, before) }
    if entry.turnaround != Self.unknownTurnaround { begin(.turnarounds, before) }
    if entry.step != Self.unknownStep { begin(.steps, before) }
    if !batch.isEmpty { begin(.samples, before) }
    if presence.contains(.waits) { waits.append(entry.wait) }
    if presence.contains(.turnarounds) { turnarounds.append(entry.turnaround) }
    if presence.contains(.steps) { steps.append(entry.step) }
    if presence.contains(.samples) {
      samples.append(contentsOf: batch)
      sampleEnds.append(Int32(truncatingIfNeeded: samples.count))
    }
  }

  /// From here on a column is there: filled up with its neutral value.
  private mutating func begin(_ column: Presence, _ count: Int) {
    guard !presence.contains(column) else { return }
    presence.insert(column)
    switch column {
    case .waits: waits.append(contentsOf: repeatElement(0, count: count))
    case .turnarounds:
      turnarounds.append(contentsOf: repeatElement(Self.unknownTurnaround, count: count))
    case .steps: steps.append(contentsOf: repeatElement(Self.unknownStep, count: count))
    default: sampleEnds.append(contentsOf: repeatElement(0, count: count))
    }
  }

  /// Adds some gradients of other columns.
  package mutating func append(_ source: TimingColumns, _ range: Range<Int>) {
    starts.append(contentsOf: source.starts[range])
    durations.append(contentsOf: source.durations[range])
    if presence.isEmpty, source.presence.isEmpty { return }
    let before = count - range.count
    func isAnyKnown(
      _ column: Presence, _ values: ContiguousArray<Int64>, _ neutral: Int64
    ) -> Bool {
      source.presence.contains(column) && values[range].contains { $0 != neutral }
    }
    if isAnyKnown(.waits, source.waits, 0) { begin(.waits, before) }
    if isAnyKnown(.turnarounds, source.turnarounds, Self.unknownTurnaround) {
      begin(.turnarounds, before)
    }
    if isAnyKnown(.steps, source.steps, Self.unknownStep) { begin(.steps, before) }
    func add(
      _ column: Presence, _ values: ContiguousArray<Int64>, _ neutral: Int64,
      to target: inout ContiguousArray<Int64>
    ) {
      if source.presence.contains(column) {
        target.append(contentsOf: values[range])
      } else {
        target.append(contentsOf: repeatElement(neutral, count: range.count))
      }
    }
    if presence.contains(.waits) { add(.waits, source.waits, 0, to: &waits) }
    if presence.contains(.turnarounds) {
      add(.turnarounds, source.turnarounds, Self.unknownTurnaround, to: &turnarounds)
    }
    if presence.contains(.steps) { add(.steps, source.steps, Self.unknownStep, to: &steps) }
    appendSamples(of: source, range, before: before)
  }

  private mutating func appendSamples(of source: TimingColumns, _ range: Range<Int>, before: Int) {
    let batches = source.presence.contains(.samples) ? source.batches(range) : 0..<0
    if !batches.isEmpty { begin(.samples, before) }
    guard presence.contains(.samples) else { return }
    let shift = samples.count - batches.lowerBound
    samples.append(contentsOf: source.samples[batches])
    for index in range {
      let end = batches.isEmpty ? batches.lowerBound : Int(source.sampleEnds[index])
      sampleEnds.append(Int32(truncatingIfNeeded: end + shift))
    }
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

extension TimingColumns {
  /// Gradients of which nothing else was recorded.
  ///
  /// - Precondition: There are as many of both.
  package init(starts: ContiguousArray<Int64>, durations: ContiguousArray<Int64>) {
    precondition(
      starts.count == durations.count, "\(starts.count) starts and \(durations.count) durations")
    self.starts = starts
    self.durations = durations
  }

  /// Adds the other columns, each either empty or as long as these; one with nothing but neutral
  /// values is as good as none.
  package mutating func fill(
    waits: ContiguousArray<Int64>, turnarounds: ContiguousArray<Int64>,
    steps: ContiguousArray<Int64>
  ) {
    if waits.contains(where: { $0 != 0 }) {
      self.waits = waits
      presence.insert(.waits)
    }
    if turnarounds.contains(where: { $0 != Self.unknownTurnaround }) {
      self.turnarounds = turnarounds
      presence.insert(.turnarounds)
    }
    if steps.contains(where: { $0 != Self.unknownStep }) {
      self.steps = steps
      presence.insert(.steps)
    }
  }

  /// Adds the batches, end to end.
  package mutating func fill(samples: ContiguousArray<Int32>, ends: ContiguousArray<Int32>) {
    guard !samples.isEmpty else { return }
    self.samples = samples
    sampleEnds = ends
    presence.insert(.samples)
  }

  /// Adds gradients of which nothing else was recorded.
  package mutating func append(
    starts: some Collection<Int64>, durations: some Collection<Int64>
  ) {
    let before = count
    self.starts.append(contentsOf: starts)
    self.durations.append(contentsOf: durations)
    guard !presence.isEmpty else { return }
    let added = count - before
    if presence.contains(.waits) { waits.append(contentsOf: repeatElement(0, count: added)) }
    if presence.contains(.turnarounds) {
      turnarounds.append(contentsOf: repeatElement(Self.unknownTurnaround, count: added))
    }
    if presence.contains(.steps) {
      steps.append(contentsOf: repeatElement(Self.unknownStep, count: added))
    }
    if presence.contains(.samples) {
      sampleEnds.append(
        contentsOf: repeatElement(Int32(truncatingIfNeeded: samples.count), count: added))
    }
  }
}

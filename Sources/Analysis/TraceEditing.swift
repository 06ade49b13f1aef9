import Kernels
import Optimization
import TraceModel

/// Returns a trace as it would be after some edits, one after the other.
///
/// Workers keep their index of the original trace, so that whatever a replay draws for them stays what
/// it was; added ones get the indices after the last. An added worker has the durations of its donor in
/// their order, begun at another place, which one word of stream 7 picks: its mean and its bursts are
/// the donor's, and nothing makes the two slow at the same moments.
///
/// - Throws: ``TraceEditFailure``, before anything is computed on the result.
/// - Complexity: O(gradients) an edit.
public func edited(
  _ trace: Trace, by edits: [TraceEdit], seed: UInt64
) throws(TraceEditFailure) -> Trace {
  var editor = TraceEditor(trace, seed: seed)
  for (position, edit) in edits.enumerated() {
    do {
      try editor.apply(edit)
    } catch {
      throw TraceEditFailure(position: position, reason: error)
    }
  }
  return editor.finished()
}

private struct TraceEditor {
  var trace: Trace
  /// The index of the next worker that is added.
  var nextIndex: Int
  let stream: CounterStream

  /// What the memory of most machines holds: 3 GB.
  static let gradientLimit = 100_000_000
  static let timeLimit = Double(Int64(1) << 62)

  init(_ trace: Trace, seed: UInt64) {
    self.trace = trace
    nextIndex = (trace.workers.map(\.worker.index).max() ?? -1) + 1
    stream = CounterStream(stream: .whatIf, seed: seed)
  }

  /// In the order of labels, as a stored trace has it, and from the first start that is left.
  func finished() -> Trace {
    var trace = trace
    trace.digest = ""
    trace.workers.sort { $0.worker.label < $1.worker.label }
    let first = trace.workers.compactMap(\.startsNs.first).min() ?? 0
    if first > 0 {
      for m in trace.workers.indices { trace.workers[m].shift(by: -first) }
      trace.startUnixNs = trace.startUnixNs.map { $0 + first }
    }
    return trace
  }

  mutating func apply(_ edit: TraceEdit) throws(TraceEditError) {
    switch edit {
    case .drop(let label):
      let place = try place(of: label)
      guard trace.workerCount > 1 else { throw .nobodyLeft }
      trace.workers.remove(at: place)
    case .dropHost(let host):
      let left = trace.workers.filter { $0.worker.host != host }
      guard left.count < trace.workerCount else {
        throw .unknownHost(
          host, known: Array(Set(trace.workers.compactMap(\.worker.host))).sorted())
      }
      guard !left.isEmpty else { throw .nobodyLeft }
      trace.workers = left
    case .scale(let label, let factor):
      guard factor > 0, factor.isFinite else { throw .factor(factor) }
      let places = try label.map { label throws(TraceEditError) in [try place(of: label)] }
      for place in places ?? Array(trace.workers.indices) { try scale(place, by: factor) }
    case .add(let count, let donor):
      guard count >= 1 else { throw .count(count) }
      let place = try place(of: donor)
      try checkSize(count * trace.workers[place].gradientCount)
      var taken = Set(trace.workers.map(\.worker.label))
      for copy in 1...count { add(copyOf: place, number: copy, besides: &taken) }
    case .communication(let ns):
      for place in trace.workers.indices { try addTurnaround(ns, at: place) }
    case .fail(let label, let from, let to):
      guard from >= 0, to > from else { throw .window(fromNs: from, toNs: to) }
      try pause(try place(of: label), fromNs: from, toNs: to)
    case .multiply(let factor):
      guard factor >= 1 else { throw .count(factor) }
      let (added, overflow) = trace.gradientCount.multipliedReportingOverflow(by: factor - 1)
      try checkSize(overflow ? .max : added)
      var taken = Set(trace.workers.map(\.worker.label))
      for place in trace.workers.indices {
        for copy in 1..<max(1, factor) { add(copyOf: place, number: copy, besides: &taken) }
      }
    case .mix(let other):
      guard other.unit == trace.unit else { throw .units }
      try checkSize(other.gradientCount)
      mix(other)
    }
  }

  private func checkSize(_ added: Int) throws(TraceEditError) {
    let (total, overflow) = trace.gradientCount.addingReportingOverflow(added)
    guard !overflow, total <= Self.gradientLimit else {
      throw .tooManyGradients(overflow ? .max : total, limit: Self.gradientLimit)
    }
  }

  // MARK: - Whom

  private func place(of label: WorkerLabel) throws(TraceEditError) -> Int {
    if let place = trace.workers.firstIndex(where: { $0.worker.label == label }) { return place }
    let scored = trace.workers.map { editDistance(label.text, $0.worker.label.text) }
    let nearest = scored.min().flatMap { scored.firstIndex(of: $0) }
    throw .unknownWorker(label, nearest: nearest.map { trace.workers[$0].worker.label })
  }

  /// The percentile is that of the nearest rank of the means, ties by lower index.
  private func place(of donor: TraceEdit.Donor) throws(TraceEditError) -> Int {
    switch donor {
    case .worker(let label): return try place(of: label)
    case .percentile(let percent):
      let means = trace.workers.map { worker in
        worker.durationsNs.reduce(0.0) { $0 + Double($1) } / Double(max(1, worker.gradientCount))
      }
      let order = means.indices.sorted { (means[$0], $0) < (means[$1], $1) }
      let rank = (percent / 100 * Double(order.count - 1)).rounded()
      return order[Int(min(max(0, rank), Double(order.count - 1)))]
    }
  }

  // MARK: - Durations

  private mutating func scale(_ place: Int, by factor: Double) throws(TraceEditError) {
    var worker = trace.workers[place]
    var moved: Int64 = 0
    for entry in worker.durationsNs.indices {
      let scaled = (Double(worker.durationsNs[entry]) * factor).rounded()
      guard scaled + Double(moved) + Double(worker.startsNs[entry]) < Self.timeLimit else {
        throw .timeOverflow(worker.worker.label)
      }
      worker.startsNs[entry] += moved
      let duration = max(1, Int64(scaled))
      moved += duration - worker.durationsNs[entry]
      worker.durationsNs[entry] = duration
    }
    trace.workers[place] = worker
  }

  /// A turnaround that was not recorded costs what the worker's others do in the mean, here as in every
  /// figure; taken for 0 it would make exchanges cheaper by being added to.
  private mutating func addTurnaround(_ ns: Int64, at place: Int) throws(TraceEditError) {
    var worker = trace.workers[place]
    if worker.turnaroundsNs.isEmpty {
      worker.turnaroundsNs = [Int64](repeating: -1, count: worker.gradientCount)
    }
    let recorded = worker.turnaroundsNs.filter { $0 >= 0 }.map { Double($0) }
    let mean =
      recorded.isEmpty
      ? 0 : Int64((recorded.reduce(0, +) / Double(recorded.count)).rounded())
    var moved: Int64 = 0
    for entry in worker.durationsNs.indices {
      guard Double(worker.startsNs[entry]) + Double(moved) + Double(ns) < Self.timeLimit else {
        throw .timeOverflow(worker.worker.label)
      }
      worker.startsNs[entry] += moved
      let known = worker.turnaroundsNs[entry]
      let changed = max(0, (known < 0 ? mean : known) + ns)
      // Of a gap that nobody knows to hold an exchange nothing can be taken off.
      moved += known < 0 ? max(0, ns) : changed - known
      worker.turnaroundsNs[entry] = changed
    }
    trace.workers[place] = worker
  }

  /// The gradient that is under way when the window opens, or would begin inside it, takes the rest of
  /// the window longer; whatever comes after it is as much later.
  private mutating func pause(
    _ place: Int, fromNs: Int64, toNs: Int64
  ) throws(TraceEditError) {
    var worker = trace.workers[place]
    let hit = worker.durationsNs.indices.first {
      worker.startsNs[$0] + worker.durationsNs[$0] > fromNs
    }
    guard let hit, worker.startsNs[hit] < toNs else {
      throw .nothingToPause(worker.worker.label, lastEndNs: worker.lastEndNs)
    }
    let pause = toNs - max(fromNs, worker.startsNs[hit])
    guard Double(worker.lastEndNs) + Double(pause) < Self.timeLimit else {
      throw .timeOverflow(worker.worker.label)
    }
    worker.durationsNs[hit] += pause
    for later in worker.startsNs.indices.dropFirst(hit + 1) { worker.startsNs[later] += pause }
    trace.workers[place] = worker
  }

  // MARK: - More workers

  private mutating func add(
    copyOf place: Int, number: Int, besides taken: inout Set<WorkerLabel>
  ) {
    let donor = trace.workers[place]
    var suffix = number
    while taken.contains(WorkerLabel("\(donor.worker.label.text)+\(suffix)")) { suffix += 1 }
    taken.insert(WorkerLabel("\(donor.worker.label.text)+\(suffix)"))
    let word = stream.word(worker: donor.worker.index, gradient: nextIndex, index: 0)
    let places = UInt64(max(1, donor.gradientCount - 1))
    let turn = donor.gradientCount < 2 ? 0 : 1 + Int((UInt64(word) &* places) >> 32)
    var copy = donor.rotated(by: turn)
    copy.worker = Worker(
      index: nextIndex, label: WorkerLabel("\(donor.worker.label.text)+\(suffix)"),
      host: donor.worker.host.map { "\($0)+\(suffix)" }, trust: donor.worker.trust)
    nextIndex += 1
    trace.workers.append(copy)
  }

  /// Rounds of two jobs have nothing to do with each other, so that a mixture has none.
  private mutating func mix(_ other: Trace) {
    var taken = Set(trace.workers.map(\.worker.label))
    let first = nextIndex
    for timings in other.workers {
      var joined = timings
      while taken.contains(joined.worker.label) {
        joined.worker.label = WorkerLabel("\(other.name):\(joined.worker.label.text)")
      }
      taken.insert(joined.worker.label)
      joined.worker.index = first + timings.worker.index
      nextIndex = max(nextIndex, joined.worker.index + 1)
      trace.workers.append(joined)
    }
    trace.kind = .independent
    trace.issues += other.issues
  }
}

extension WorkerTimings {
  fileprivate mutating func shift(by ns: Int64) {
    for entry in startsNs.indices { startsNs[entry] += ns }
  }

  /// The same gradients, beginning with entry `turn`; gaps stay behind the gradients that they
  /// followed, and the last gradient is followed at once by the first.
  fileprivate func rotated(by turn: Int) -> WorkerTimings {
    guard turn > 0, turn < gradientCount else { return self }
    func turned<Value>(_ column: [Value]) -> [Value] {
      column.count == gradientCount ? Array(column[turn...] + column[..<turn]) : column
    }
    var copy = self
    copy.durationsNs = turned(durationsNs)
    copy.waitsNs = turned(waitsNs)
    copy.turnaroundsNs = turned(turnaroundsNs)
    copy.steps = turned(steps)
    if let samples {
      var column = SampleColumn()
      for entry in 0..<gradientCount { column.append(samples[(entry + turn) % gradientCount]) }
      copy.samples = column
    }
    var now = startsNs[0]
    for entry in 0..<gradientCount {
      let source = (entry + turn) % gradientCount
      copy.startsNs[entry] = now
      let isLast = source + 1 == gradientCount
      now += isLast ? durationsNs[source] : startsNs[source + 1] - startsNs[source]
    }
    return copy
  }
}

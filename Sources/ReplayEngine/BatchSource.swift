import Kernels
import Optimization
import TraceModel

/// Where the batch of a worker's j-th started gradient comes from.
struct BatchSource {
  private enum Kind {
    case exact
    /// `workers` are the positions in the original trace, which a what-if edit leaves alone.
    case seeded(CounterStream, size: Int, replaces: Bool, workers: [Int])
    /// Entry j mod n of the worker's column, or the entry that was drawn.
    case lists([SampleColumn], EntryDraw?)
  }

  private let kind: Kind
  private let sampleCount: Int
  /// nil unless batches are one sample each, drawn with replacement.
  private let ahead: SamplesAhead?
  /// Where they are: pointers, so that nothing is counted on the way to them.
  private let aheadSamples: UnsafeMutablePointer<Int32>?
  private let aheadFirst: UnsafeMutablePointer<Int>?
  /// The different sizes of batches, ascending.
  let sizes: [Int]
  /// Which samples have been used, with recorded batches.
  private var isSeen: [Bool]

  /// - Parameter lists: batches by worker, used in a cycle of their own; nil for those of `request`.
  init(
    _ request: ReplayRequest, trace: Trace, sampleCount: Int, lists: [SampleColumn]?
  ) throws(ReplayError) {
    self.sampleCount = sampleCount
    if let lists {
      kind = .lists(lists, nil)
    } else if request.sampling == .recorded {
      kind = .lists(
        try Self.recordedColumns(of: trace),
        request.atEnd == .resample ? EntryDraw(trace, seed: request.seed) : nil)
    } else if request.batchSize == 0 {
      kind = .exact
    } else {
      let isPossible = request.replacesSamples || request.batchSize <= sampleCount
      guard request.batchSize > 0, isPossible else { throw .batchSize(request.batchSize) }
      kind = .seeded(
        CounterStream(stream: .batches, seed: request.seed), size: request.batchSize,
        replaces: request.replacesSamples, workers: trace.workers.map(\.worker.index))
    }
    switch kind {
    case .exact: sizes = [0]
    case .seeded(_, let size, _, _): sizes = [size]
    case .lists(let columns, _):
      sizes = try Self.check(columns, of: trace, sampleCount: sampleCount)
    }
    if case .seeded(let stream, 1, true, let workers) = kind {
      let ahead = SamplesAhead(stream, of: sampleCount, workers: workers)
      (aheadSamples, aheadFirst) = (ahead.samples, ahead.first)
      self.ahead = ahead
    } else {
      (ahead, aheadSamples, aheadFirst) = (nil, nil, nil)
    }
    if case .lists = kind {
      isSeen = [Bool](repeating: false, count: sampleCount)
    } else {
      isSeen = []
    }
  }

  /// The most samples in a batch.
  var largestSize: Int { sizes.last ?? 0 }

  /// Whether the recorded batch of a worker's j-th started gradient has been used before.
  func isRepeated(worker: Int, gradient: Int) -> Bool {
    if case .lists(let columns, _) = kind {
      gradient >= columns[worker].offsets.count - 1
    } else {
      false
    }
  }

  /// The share of the samples that were used; nil unless batches were recorded.
  var shareSeen: Double? {
    isSeen.isEmpty ? nil : Double(isSeen.count { $0 }) / Double(isSeen.count)
  }

  /// Writes the indices of a batch, and returns their number.
  @inline(__always)
  mutating func fill(
    _ samples: UnsafeMutablePointer<Int32>, worker: Int, gradient: Int
  ) -> Int {
    if let aheadSamples, let aheadFirst {
      if aheadFirst[worker] != gradient & ~7 { ahead?.draw(worker: worker, for: gradient) }
      samples.pointee = aheadSamples[8 &* worker &+ gradient & 7]
      return 1
    }
    switch kind {
    case .exact:
      return 0
    case .seeded(let stream, let size, let replaces, let workers):
      if replaces {
        stream.drawSamples(
          count: size, of: sampleCount, worker: workers[worker], gradient: gradient,
          into: samples)
      } else {
        stream.drawDistinctSamples(
          count: size, of: sampleCount, worker: workers[worker], gradient: gradient,
          into: samples)
      }
      return size
    case .lists(let columns, let draw):
      let column = columns[worker]
      let entry =
        draw?.entry(worker: worker, gradient: gradient) ?? gradient % (column.offsets.count - 1)
      let first = column.offsets[entry]
      let count = column.offsets[entry + 1] - first
      for place in 0..<count {
        let sample = column.indices[first + place]
        samples[place] = sample
        isSeen[Int(sample)] = true
      }
      return count
    }
  }

  /// The largest batch that is worth foreseeing: more rows outlast the wait for the first.
  private static let foreseenSize = 4

  /// Whether ``foresee(_:worker:gradient:)`` knows anything.
  var isForeseen: Bool {
    if case .seeded(_, let size, _, _) = kind { size <= Self.foreseenSize } else { false }
  }

  /// As `fill`, for a gradient that is not started yet. It leaves no mark; nil where a batch is large
  /// or recorded.
  @inline(__always)
  func foresee(_ samples: UnsafeMutablePointer<Int32>, worker: Int, gradient: Int) -> Int? {
    if let aheadSamples, let aheadFirst {
      if aheadFirst[worker] != gradient & ~7 { ahead?.draw(worker: worker, for: gradient) }
      samples.pointee = aheadSamples[8 &* worker &+ gradient & 7]
      return 1
    }
    guard case .seeded(let stream, let size, let replaces, let workers) = kind, replaces else {
      return nil
    }
    stream.drawSamples(
      count: size, of: sampleCount, worker: workers[worker], gradient: gradient, into: samples)
    return size
  }

  private static func recordedColumns(of trace: Trace) throws(ReplayError) -> [SampleColumn] {
    var columns: [SampleColumn] = []
    for timings in trace.workers {
      guard let column = timings.samples else {
        throw .samplesMissing(timings.worker.label, gradient: 0)
      }
      guard column.offsets.count > timings.gradientCount else {
        throw .samplesMissing(timings.worker.label, gradient: column.offsets.count - 1)
      }
      columns.append(column)
    }
    return columns
  }

  /// Checks every index, so that the replay itself cannot fail, and returns the sizes.
  private static func check(
    _ columns: [SampleColumn], of trace: Trace, sampleCount: Int
  ) throws(ReplayError) -> [Int] {
    var sizes: Set<Int> = []
    for (column, timings) in zip(columns, trace.workers) {
      let label = timings.worker.label
      for gradient in 0..<(column.offsets.count - 1) {
        let batch = column[gradient]
        guard !batch.isEmpty else { throw .samplesMissing(label, gradient: gradient) }
        sizes.insert(batch.count)
        guard let bad = batch.first(where: { $0 < 0 || Int($0) >= sampleCount }) else { continue }
        throw .sampleOutOfRange(
          label, gradient: gradient, index: Int(bad), sampleCount: sampleCount)
      }
    }
    return sizes.sorted()
  }
}

/// The samples of eight gradients of each worker in a row, where a gradient uses one: drawn eight at a time, each
/// costs a seventh of what it does alone.
private final class SamplesAhead {
  private let stream: CounterStream
  private let sampleCount: Int
  private let workers: [Int]
  /// Eight a worker.
  let samples: UnsafeMutablePointer<Int32>
  /// By worker: the gradient that the first of the eight is for; −1 before they are drawn.
  let first: UnsafeMutablePointer<Int>

  init(_ stream: CounterStream, of sampleCount: Int, workers: [Int]) {
    self.stream = stream
    self.sampleCount = sampleCount
    self.workers = workers
    let count = max(1, workers.count)
    samples = allocateLarge(byteCount: 32 * count).bindMemory(to: Int32.self, capacity: 8 * count)
    first = allocateLarge(byteCount: 8 * count).bindMemory(to: Int.self, capacity: count)
    first.initialize(repeating: -1, count: count)
  }

  deinit {
    samples.deallocate()
    first.deallocate()
  }

  @inline(never)
  func draw(worker: Int, for gradient: Int) {
    let start = gradient & ~7
    stream.drawAhead(
      of: sampleCount, worker: workers[worker], gradient: start, into: samples + 8 * worker)
    first[worker] = start
  }
}

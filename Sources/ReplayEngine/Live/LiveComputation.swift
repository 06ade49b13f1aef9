import Foundation
import Kernels
import Optimization
import TraceModel

/// Nanoseconds on the machine's steady clock, which all of its processes share.
func steadyNs() -> Int64 { Int64(clamping: DispatchTime.now().uptimeNanoseconds) }

/// A gradient on its way to the server, lent by whoever computed it until it gets an answer.
struct LiveDelivery {
  var startNs: Int64
  var endNs: Int64
  var values: UnsafePointer<Double>
  var batch: UnsafeBufferPointer<Int32>
}

/// One worker's gradients, one after the other, wherever it runs: in a thread or in a process.
final class LiveComputation<O: Objective>: @unchecked Sendable {
  // Touched by the thread that computes alone, but for the values and the batch of a delivery, which
  // nobody changes before the next gradient.

  /// What the next gradient is computed at.
  let y: Vector
  /// Numbers in a gradient as it is sent.
  let valueCount: Int
  private let index: Int
  private let objective: O
  private var batches: BatchSource
  private let slowdown: LiveRequest.Slowdown?
  private let values: Vector
  private let scratch: Vector
  private let samples: UnsafeMutablePointer<Int32>
  private var gradient = 0

  init(_ objective: O, _ request: LiveRequest, worker index: Int) throws(ReplayError) {
    self.index = index
    self.objective = objective
    batches = try request.batches(sampleCount: objective.sampleCount)
    slowdown = request.slowdowns[index]
    y = Vector(request.initial ?? objective.initialIterate(seed: request.seed))
    let size = batches.largestSize
    valueCount = objective.valuesPerGradient(batchSize: size)
    values = Vector(dimension: valueCount)
    scratch = Vector(dimension: objective.scratchCount(batchSize: size))
    samples = .allocate(capacity: max(1, size))
  }

  deinit {
    samples.deallocate()
  }

  /// - Parameter started: told when the first gradient starts.
  func next(started: (Int64) -> Void) -> LiveDelivery {
    let startNs = steadyNs()
    if gradient == 0 { started(startNs) }
    let count = batches.fill(samples, worker: index, gradient: gradient)
    let batch = UnsafeBufferPointer<Int32>(start: samples, count: count)
    compute(batch)
    if let slowdown { slow(slowdown, since: startNs, batch) }
    gradient += 1
    return LiveDelivery(
      startNs: startNs, endNs: steadyNs(), values: UnsafePointer(values.base), batch: batch)
  }

  private func compute(_ batch: UnsafeBufferPointer<Int32>) {
    objective.computeGradient(of: batch, at: y.base, into: values.base, scratch: scratch.base)
  }

  private func slow(
    _ slowdown: LiveRequest.Slowdown, since startNs: Int64, _ batch: UnsafeBufferPointer<Int32>
  ) {
    let ownNs = max(1, steadyNs() - startNs)
    let endNs = startNs + Int64((slowdown.factor * Double(ownNs)).rounded())
    switch slowdown {
    case .busy:
      while steadyNs() < endNs { compute(batch) }
    case .sleep:
      let restNs = endNs - steadyNs()
      if restNs > 0 { Thread.sleep(forTimeInterval: Double(restNs) * 1e-9) }
    }
  }
}

extension LiveRequest {
  /// The batches of all workers, as a replay with seeded sampling draws them.
  func batches(sampleCount: Int) throws(ReplayError) -> BatchSource {
    let stream = Trace(
      name: "",
      workers: (0..<workerCount).map {
        WorkerTimings(worker: Worker(index: $0, label: WorkerLabel("\($0)")), backToBack: [1])
      })
    var seeded = replayRequest
    seeded.sampling = .seeded
    return try BatchSource(seeded, trace: stream, sampleCount: sampleCount, lists: nil)
  }
}

import Foundation
import Kernels
import Optimization
import TraceModel

/// Runs asynchronous or minibatch SGD for real: a thread a worker, and a parameter server behind a lock.
///
/// What comes out depends on the machine and the moment. The trace keeps enough of it, the arrivals in
/// their order and every batch, that a replay with ``Timing/recorded`` makes the same iterates: its
/// fingerprint is that of the live run.
///
/// A gradient's duration is its computing, and ends when the server takes it; the exchange with the
/// server (its lock, the update and the copy of the iterate) is its turnaround. Where more workers
/// run than there are cores, durations hold the time in which others had the core.
///
/// - Parameters:
///   - objective: f; any of its gradients may be computed by several threads at once.
///   - request: method, workers, stepsize, batches and horizon.
///   - isStopped: asked ten times a second; true ends the run, whole up to then, as soon as every
///     worker has sent a gradient.
///   - progress: told ten times a second.
/// - Throws: ``ReplayError`` before the first gradient.
public func trainLive(
  _ objective: any Objective, _ request: LiveRequest, isStopped: () -> Bool = { false },
  progress: (LiveProgress) -> Void = { _ in }
) throws(ReplayError) -> LiveRun {
  try request.check(objective)
  return try run(objective, request, isStopped, progress)
}

private func run<O: Objective>(
  _ objective: O, _ request: LiveRequest, _ isStopped: () -> Bool,
  _ progress: (LiveProgress) -> Void
) throws(ReplayError) -> LiveRun {
  var smoothness = 1.0
  switch request.method {
  case .minibatch:
    return try run(
      objective, MinibatchSGD(stepsize: request.stepsize, workerCount: request.workerCount),
      request, smoothness: smoothness, isStopped, progress)
  case .async(let rule, let delayLimit, let adaptiveConstant):
    if rule == .adaptive {
      guard let known = request.smoothness ?? objective.smoothness else {
        throw .smoothnessUnknown
      }
      smoothness = known
    }
    return try run(
      objective,
      AsynchronousSGD(
        rule: rule, stepsize: request.stepsize, workerCount: request.workerCount,
        smoothness: smoothness, adaptiveConstant: adaptiveConstant, delayLimit: delayLimit),
      request, smoothness: smoothness, isStopped, progress)
  default:
    throw .notLive(method: request.method.name)
  }
}

private func run<O: Objective, M: Method>(
  _ objective: O, _ method: M, _ request: LiveRequest, smoothness: Double,
  _ isStopped: () -> Bool, _ progress: (LiveProgress) -> Void
) throws(ReplayError) -> LiveRun {
  let stream = Trace(
    name: "",
    workers: (0..<request.workerCount).map {
      WorkerTimings(worker: Worker(index: $0, label: WorkerLabel("\($0)")), backToBack: [1])
    })
  var seeded = request.replayRequest
  seeded.sampling = .seeded
  let batches = try BatchSource(
    seeded, trace: stream, sampleCount: objective.sampleCount, lists: nil)
  let server = LiveServer(objective, method, request, smoothness: smoothness)
  for index in 0..<request.workerCount {
    let worker = LiveWorker(
      index: index, objective: objective, batches: batches, request: request, server: server)
    let thread = Thread { worker.run() }
    thread.name = "worker \(index)"
    thread.start()
  }
  server.watch(isStopped: isStopped, progress: progress)
  return server.result(name: "recorded-\(request.method.name)")
}

/// One thread: computes gradients at the iterates that it is handed.
private final class LiveWorker<O: Objective, M: Method>: @unchecked Sendable {
  // Touched by the thread that runs it alone, but for what it lends to the server.
  private let index: Int
  private let objective: O
  private var batches: BatchSource
  private let slowdown: LiveRequest.Slowdown?
  private let server: LiveServer<O, M>
  private let y: Vector
  private let values: Vector
  private let scratch: Vector
  private let samples: UnsafeMutablePointer<Int32>

  init(
    index: Int, objective: O, batches: BatchSource, request: LiveRequest, server: LiveServer<O, M>
  ) {
    self.index = index
    self.objective = objective
    self.batches = batches
    self.server = server
    slowdown = request.slowdowns[index]
    y = Vector(request.initial ?? objective.initialIterate(seed: request.seed))
    let size = batches.largestSize
    values = Vector(dimension: objective.valuesPerGradient(batchSize: size))
    scratch = Vector(dimension: objective.scratchCount(batchSize: size))
    samples = .allocate(capacity: max(1, size))
  }

  deinit {
    samples.deallocate()
  }

  func run() {
    defer { server.leave() }
    server.enter()
    var gradient = 0
    while true {
      let count = batches.fill(samples, worker: index, gradient: gradient)
      let batch = UnsafeBufferPointer<Int32>(start: samples, count: count)
      let startNs = server.now()
      if gradient == 0 { server.noteFirstStart(at: startNs) }
      compute(batch)
      if let slowdown { slow(slowdown, since: startNs, batch) }
      let delivery = LiveServer<O, M>.Delivery(
        startNs: startNs, endNs: server.now(), values: UnsafePointer(values.base), batch: batch)
      guard server.receive(delivery, of: index, handing: y) else { return }
      gradient += 1
    }
  }

  private func compute(_ batch: UnsafeBufferPointer<Int32>) {
    objective.computeGradient(of: batch, at: y.base, into: values.base, scratch: scratch.base)
  }

  private func slow(
    _ slowdown: LiveRequest.Slowdown, since startNs: Int64, _ batch: UnsafeBufferPointer<Int32>
  ) {
    let ownNs = max(1, server.now() - startNs)
    let endNs = startNs + Int64((slowdown.factor * Double(ownNs)).rounded())
    switch slowdown {
    case .busy:
      while server.now() < endNs { compute(batch) }
    case .sleep:
      let restNs = endNs - server.now()
      if restNs > 0 { Thread.sleep(forTimeInterval: Double(restNs) * 1e-9) }
    }
  }
}

extension LiveRequest {
  fileprivate func check(_ objective: any Objective) throws(ReplayError) {
    // A stepsize that follows from the number of workers is not the mistake.
    guard (1...4096).contains(workerCount) else {
      throw .impossibleCount(option: "--workers", value: workerCount, most: 4096)
    }
    guard stepsize > 0, stepsize.isFinite else { throw .stepsizeNotPositive(stepsize) }
    guard horizon != Horizon() else { throw .noHorizon }
    guard initial.map({ $0.count == objective.dimension }) ?? true else {
      throw .initialSize(count: initial?.count ?? 0, dimension: objective.dimension)
    }
    for (worker, slowdown) in slowdowns.sorted(by: { $0.key < $1.key }) {
      guard (0..<workerCount).contains(worker) else {
        throw .impossibleCount(option: "--slow", value: worker, most: workerCount - 1)
      }
      guard slowdown.factor >= 1, slowdown.factor <= 1e6 else {
        throw .impossibleNumber(option: "--slow", value: slowdown.factor)
      }
    }
  }
}

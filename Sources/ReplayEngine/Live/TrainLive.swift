import Foundation
import Kernels
import Optimization
import TraceModel

/// Runs asynchronous or minibatch SGD for real: a thread or a process a worker, and a parameter server
/// behind a lock.
///
/// What comes out depends on the machine and the moment. The trace keeps enough of it, the arrivals in
/// their order and every batch, that a replay with ``Timing/recorded`` makes the same iterates: its
/// fingerprint is that of the live run.
///
/// A gradient's duration is its computing, and ends when the server takes it; the exchange with the
/// server (its lock, the update, the copy of the iterate, and between processes the transfer of
/// both) is its turnaround. Where more workers run than there are cores, durations hold the time in
/// which others had the core.
///
/// - Parameters:
///   - objective: f; any of its gradients may be computed by several threads at once.
///   - request: method, workers, stepsize, batches and horizon.
///   - program: what each worker runs as a process of its own; nil for threads of this process.
///   - isStopped: asked ten times a second; true ends the run, whole up to then, as soon as every
///     worker has sent a gradient.
///   - progress: told ten times a second.
/// - Throws: ``ReplayError``, and then nothing was recorded: before the first gradient, or where the run
///   ended before every worker had sent one.
public func trainLive(
  _ objective: any Objective, _ request: LiveRequest, program: WorkerProgram? = nil,
  isStopped: () -> Bool = { false }, progress: (LiveProgress) -> Void = { _ in }
) throws(ReplayError) -> LiveRun {
  try request.check(objective, isInProcesses: program != nil)
  return try run(objective, request, program, isStopped, progress)
}

private func run<O: Objective>(
  _ objective: O, _ request: LiveRequest, _ program: WorkerProgram?, _ isStopped: () -> Bool,
  _ progress: (LiveProgress) -> Void
) throws(ReplayError) -> LiveRun {
  var smoothness = 1.0
  switch request.method {
  case .minibatch:
    return try run(
      objective, MinibatchSGD(stepsize: request.stepsize, workerCount: request.workerCount),
      request, smoothness: smoothness, program, isStopped, progress)
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
      request, smoothness: smoothness, program, isStopped, progress)
  default:
    throw .notLive(method: request.method.name)
  }
}

private func run<O: Objective, M: Method>(
  _ objective: O, _ method: M, _ request: LiveRequest, smoothness: Double,
  _ program: WorkerProgram?, _ isStopped: () -> Bool, _ progress: (LiveProgress) -> Void
) throws(ReplayError) -> LiveRun {
  // A server of processes has no core to poll on.
  let server = LiveServer(
    objective, method, request, smoothness: smoothness,
    polls: program == nil && request.workerCount <= ProcessInfo.processInfo.activeProcessorCount)
  let name = "recorded-\(request.method.name)"
  guard let program else {
    for index in 0..<request.workerCount {
      let computation = try LiveComputation(objective, request, worker: index)
      start("worker \(index)") { runWorker(index, computation, server) }
    }
    server.watch(isStopped: isStopped, progress: progress)
    return try server.result(name: name)
  }
  var processes: [WorkerProcess] = []
  defer { for process in processes { process.end() } }
  for index in 0..<request.workerCount {
    processes.append(try WorkerProcess(program, worker: index))
  }
  let proxies = try processes.indices.map { index throws(ReplayError) in
    try RemoteWorker(index, processes[index].channel, objective, request, server)
  }
  for proxy in proxies { start("worker \(proxy.index)") { proxy.run() } }
  server.watch(isStopped: isStopped, progress: progress) {
    for process in processes { process.channel.hangUp() }
  }
  let endings = processes.map { $0.end() }
  processes = []
  return try server.result(name: name) { endings[$0] }
}

private func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
  let thread = Thread(block: body)
  thread.name = name
  thread.start()
}

/// A worker's thread: computes gradients at the iterates that it is handed.
private func runWorker<O: Objective, M: Method>(
  _ index: Int, _ computation: LiveComputation<O>, _ server: LiveServer<O, M>
) {
  defer { server.leave() }
  server.enter()
  while true {
    let delivery = computation.next { server.noteFirstStart(at: $0) }
    guard server.receive(delivery, of: index, handing: computation.y) else { return }
  }
}

extension LiveRequest {
  /// A process builds the objective's data for itself.
  private static let mostProcesses = 256

  fileprivate func check(
    _ objective: any Objective, isInProcesses: Bool
  ) throws(ReplayError) {
    // A stepsize that follows from the number of workers is not the mistake.
    let most = isInProcesses ? Self.mostProcesses : 4096
    guard (1...most).contains(workerCount) else {
      throw .impossibleCount(option: "--workers", value: workerCount, most: most)
    }
    guard stepsize > 0, stepsize.isFinite else { throw .stepsizeNotPositive(stepsize) }
    guard horizon != Horizon() else { throw .noHorizon }
    guard initial.map({ $0.count == objective.dimension }) ?? true else {
      throw .initialSize(count: initial?.count ?? 0, dimension: objective.dimension)
    }
    for (worker, slowdown) in slowdowns.sorted(by: { $0.key < $1.key }) {
      guard (0..<workerCount).contains(worker) else {
        throw .noSuchWorker(option: "--slow", worker: worker, workerCount: workerCount)
      }
      guard slowdown.factor >= 1, slowdown.factor <= 1e6 else {
        throw .impossibleNumber(option: "--slow", value: slowdown.factor)
      }
    }
  }
}

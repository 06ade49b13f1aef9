import Foundation
import Optimization
import ReplayEngine

/// The objective of `record` where none is named: gradients that take some 0.7 ms, so long that the
/// exchange with the server is a small part of a cycle and one method's run foretells the other's rate.
public let defaultRecordedObjective =
  "logistic:gaussian:n=2048,d=1024,noise=0.5?batch=1024,l2=0.001"

/// What `record` is asked to do.
public struct RecordJob: Sendable {
  /// Minibatch, or async with any of its rules; its stepsize a number, or `tuned` for the default.
  public var method: MethodSpec
  /// As on the command line.
  public var objective: String
  /// M
  public var workerCount: Int
  /// L instead of the objective's own.
  public var smoothness: Double?
  /// `--time`
  public var timeNs: Int64?
  /// `--updates`
  public var updateCount: Int?
  /// `--gradients`
  public var gradientCount: Int?
  /// Processes in the place of threads.
  public var usesProcesses = false
  /// By worker.
  public var slowdowns: [Int: LiveRequest.Slowdown] = [:]
  /// Of the objective's data and of the batches.
  public var seed: UInt64

  public init(
    method: MethodSpec, objective: String = defaultRecordedObjective, workerCount: Int,
    seed: UInt64 = 1
  ) {
    self.method = method
    self.objective = objective
    self.workerCount = workerCount
    self.seed = seed
  }

  /// Reads `3=4x`, `3=4x:busy` or `3=4x:sleep`.
  ///
  /// - Throws: `Failure` with code `usage`.
  public mutating func addSlowdown(parsing text: String) throws {
    let failure = Failure(
      .usage,
      "--slow \(text): write the worker and how many times slower, as in 3=4x, or 3=4x:sleep to leave "
        + "its core to others.")
    let sides = text.split(separator: "=", maxSplits: 1)
    guard sides.count == 2, let worker = Int(sides[0]) else { throw failure }
    let words = sides[1].split(separator: ":", maxSplits: 1)
    guard let size = words.first, size.hasSuffix("x"), let factor = Double(size.dropLast()),
      factor >= 1, factor <= 1e6
    else { throw failure }
    guard slowdowns[worker] == nil else {
      throw Failure(.usage, "--slow names worker \(worker) twice. Keep one.")
    }
    switch words.count == 2 ? words[1] : "busy" {
    case "busy": slowdowns[worker] = .busy(factor)
    case "sleep": slowdowns[worker] = .sleep(factor)
    default: throw failure
    }
  }

  func prepare() throws -> (ObjectiveSpec, any Objective, LiveRequest) {
    let spec = try ObjectiveSpec(parsing: objective)
    let built = try spec.build(seed: seed)
    var horizon = Horizon(
      timeNs: timeNs, updateCount: updateCount, gradientCount: gradientCount)
    if horizon == Horizon() { horizon.timeNs = 10_000_000_000 }
    let request = LiveRequest(
      method: method.choice, workerCount: workerCount, stepsize: try stepsize(for: built),
      smoothness: smoothness, horizon: horizon, batchSize: spec.batchSize,
      replacesSamples: spec.replacesSamples, seed: seed,
      initial: built.initialIterate(seed: seed), slowdowns: slowdowns)
    return (spec, built, request)
  }

  /// The words behind `outpace` that make a process a worker of this run.
  func workerArguments(_ worker: Int) -> [String] {
    var words = ["record-worker", "\(worker)", "\(workerCount)", "\(seed)", objective]
    switch slowdowns[worker] {
    case .busy(let factor): words.append("\(worker)=\(factor)x:busy")
    case .sleep(let factor): words.append("\(worker)=\(factor)x:sleep")
    case nil: break
    }
    return words
  }

  /// 1/(2L) of a mean, 1/(2LM) of a gradient: where the theory's stepsizes without noise end.
  private func stepsize(for objective: any Objective) throws -> Double {
    switch method.stepsize {
    case .value(let stepsize): return stepsize
    case .theory:
      throw Failure(
        .usage,
        "--stepsize theory depends on how many gradients there will be, which a live run does not know "
          + "beforehand. Give a number.")
    case .tuned:
      guard let smoothness = smoothness ?? objective.smoothness else {
        throw Failure(
          .usage, "this objective has no L to take a stepsize from. Give one with --stepsize.")
      }
      let limit = 1 / (2 * smoothness)
      return method.choice == .minibatch ? limit : limit / Double(workerCount)
    }
  }
}

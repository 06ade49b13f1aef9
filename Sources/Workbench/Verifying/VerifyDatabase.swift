import Foundation
import Optimization
import ReplayEngine
import TraceModel
import TraceStore

/// What `verify` read and computed anew.
public struct Verification: Sendable {
  /// A stored replay, made again from its request.
  public struct Replay: Hashable, Sendable {
    /// What came out.
    public enum Finding: Hashable, Sendable {
      /// The same fingerprint.
      case equal
      /// Another one.
      case differs(String)
      /// It cannot be made again, and why, as a clause.
      case notRepeatable(String)
    }

    /// Its number in the database.
    public var id: Int64
    /// Of its trace.
    public var traceName: String
    /// As `--method` takes it.
    public var method: String
    /// As it was stored.
    public var fingerprint: String
    /// The version of the program that made it.
    public var version: String
    /// What was minimised, as on the command line; nil in a request of another version.
    public var objective: String?
    /// SHA-256 of its data, as it was stored; computed anew before the replay is.
    public var dataDigest: String
    /// What came out now.
    public var finding: Finding
  }

  /// A trace and where it is from.
  public struct Trace: Hashable, Sendable {
    /// Unique in its database.
    public var name: String
    /// SHA-256 of its content, computed anew.
    public var digest: String
    /// The paths as they were given, or the command.
    public var source: String
    /// What it was imported or recorded with, as one JSON object.
    public var optionsJSON: String
  }

  /// Traces that were read.
  public var traceCount: Int
  /// Chunks whose checksum, sums and rows agree.
  public var chunkCount: Int
  /// Gradients in them.
  public var gradientCount: Int
  /// The first problem of each damaged trace, as a sentence.
  public var problems: [String]
  /// In order of trace and number.
  public var replays: [Replay]
  /// The traces that were read, with what is known of how they came to be.
  public var traces: [Trace] = []

  /// Whether everything is as it was stored.
  public var holds: Bool { problems.isEmpty && replays.allSatisfy { $0.finding == .equal } }
}

/// Reads every chunk of a database, computes the digests of its traces anew, and makes every stored
/// replay again from its request.
///
/// - Parameters:
///   - reference: a name or `#id`; nil for all traces.
///   - progress: told before each replay, with its place and their number.
/// - Throws: `Failure` for a database that cannot be read at all; what is damaged or differs is a
///   finding.
public func verifyDatabase(
  _ path: String, trace reference: String? = nil, progress: (Int, Int) -> Void = { _, _ in }
) throws -> Verification {
  try Failure.mapping {
    let store = try TraceStore(path: path, mode: .readOnly)
    let chunks = try store.verifyChunks(of: reference)
    var verification = Verification(
      traceCount: chunks.traceCount, chunkCount: chunks.chunkCount,
      gradientCount: chunks.gradientCount, problems: chunks.problems.map(\.description),
      replays: [])
    let traces = try reference.map { [try store.find($0)] } ?? store.list()
    let stored = try traces.flatMap { trace in
      try store.replays(of: trace.id).compactMap { replay in
        replay.fingerprint.map { (trace: trace, replay: replay, fingerprint: $0) }
      }
    }
    verification.traces = traces.map {
      Verification.Trace(
        name: $0.name, digest: $0.digest, source: $0.source, optionsJSON: $0.optionsJSON)
    }
    var loaded: (id: Int64, trace: Trace)?
    for (place, entry) in stored.enumerated() {
      progress(place, stored.count)
      var finding: Verification.Replay.Finding
      do {
        if loaded?.id != entry.trace.id {
          loaded = (entry.trace.id, try store.load(id: entry.trace.id))
        }
        guard let trace = loaded?.trace else { continue }
        let found = try Failure.mapping { try fingerprint(of: entry.replay, on: trace) }
        finding = found == entry.fingerprint ? .equal : .differs(found)
      } catch let obstacle as Obstacle {
        finding = .notRepeatable(obstacle.reason)
      } catch let failure as Failure {
        finding = .notRepeatable(failure.description)
      } catch let error as StoreError {
        finding = .notRepeatable(error.description)
      }
      verification.replays.append(
        Verification.Replay(
          id: entry.replay.id, traceName: entry.trace.name, method: entry.replay.method,
          fingerprint: entry.fingerprint, version: entry.replay.record.version,
          objective: entry.replay.record.decoded?.objective.spec,
          dataDigest: entry.replay.record.dataDigest, finding: finding))
    }
    return verification
  }
}

/// Why a stored replay cannot be made again, where that is no failure of anything below.
private struct Obstacle: Error {
  var reason: String
}

/// The request of a stored replay, as it lies in the database.
struct StoredRequest: Decodable {
  var method: String
  var stepsize: Double
  var smoothness: Double?
  var timeNs: Int64?
  var updates: Int?
  var gradients: Int?
  var atEnd: String
  var timing: String
  var sampling: String
  var batch: Int
  var replacement: Bool
  var handout: String
  var turnaround: String
  /// Absent for a server that is free.
  var serverNs: Int64?
  var seed: String
  var initial: String
}

/// The objective of a stored replay, as it lies in the database.
struct StoredParameters: Decodable {
  var spec: String
  var seed: String
}

extension ReplayRecord {
  /// The request and the objective; nil for those of another version of outpace.
  var decoded: (request: StoredRequest, objective: StoredParameters)? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard
      let request = try? decoder.decode(StoredRequest.self, from: Data(requestJSON.utf8)),
      let objective = try? decoder.decode(StoredParameters.self, from: Data(parametersJSON.utf8))
    else { return nil }
    return (request, objective)
  }
}

/// Makes a stored replay again.
private func fingerprint(of stored: StoredReplay, on trace: Trace) throws -> String {
  let record = stored.record
  guard let (request, parameters) = record.decoded,
    let objectiveSeed = UInt64(parameters.seed), let seed = UInt64(request.seed)
  else {
    throw Obstacle(reason: "its request is not one that this version of outpace writes")
  }
  let spec = try ObjectiveSpec(parsing: parameters.spec)
  let objective = try spec.build(seed: objectiveSeed)
  var job = ReplayJob(
    methods: try MethodSpec.parse([request.method], defaults: MethodOptions()),
    objective: parameters.spec, seed: objectiveSeed)
  try job.setAtEnd(request.atEnd)
  try job.setTiming(request.timing)
  try job.setSampling(request.sampling)
  try job.setHandout(request.handout)
  let initial =
    request.initial.isEmpty
    ? objective.initialIterate(seed: objectiveSeed) : try readInitial(request.initial)
  let dataDigest = digestOfData(objective)
  guard dataDigest == record.dataDigest,
    requestDigest(of: record.requestJSON, initial, dataDigest: dataDigest, specification: spec)
      == record.requestDigest
  else {
    throw Obstacle(reason: "the data of its objective, or its starting point, are other ones now")
  }
  guard let method = job.methods.first?.choice else { return "" }
  let run = try replay(
    trace, minimising: objective,
    ReplayRequest(
      method: method, stepsize: request.stepsize, smoothness: request.smoothness,
      horizon: Horizon(
        timeNs: request.timeNs, updateCount: request.updates, gradientCount: request.gradients),
      atEnd: job.atEnd, timing: job.timing, sampling: job.sampling, batchSize: request.batch,
      handout: job.handout, turnaround: try TurnaroundPolicy(parsing: request.turnaround),
      seed: seed, initial: initial, evaluation: .ends, replacesSamples: request.replacement,
      serverNs: request.serverNs ?? 0))
  return run.fingerprint ?? ""
}

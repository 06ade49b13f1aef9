import Analysis
import Foundation
import Reports
import TraceModel
import TraceStore

/// Makes a trace of workers that never were: M workers with N gradients each, back to back from 0,
/// in whole nanoseconds of at least 1.
///
/// The same request gives the same trace on every machine. Every worker is `measured`: its times are
/// its own computing by construction, also where workers are so equal that recorded times like
/// theirs would have to be suspected of hiding the waiting for one another.
///
/// - Throws: `Failure` with the code for usage: an impossible count, a parameter that the profile
///   does not know or that is out of range, a trace longer than 146 years.
/// - Complexity: O(M N) time, 16 M N bytes.
public func generateTrace(_ request: SyntheticRequest) throws -> Trace {
  try check(request)
  let times = SyntheticTimes(request)
  let workers = try (0..<request.workerCount).map { index in
    var starts: [Int64] = []
    var durations: [Int64] = []
    starts.reserveCapacity(request.gradientCount)
    durations.reserveCapacity(request.gradientCount)
    var time: Int64 = 0
    for gradient in 0..<request.gradientCount {
      let duration = times.duration(worker: index, gradient: gradient, startNs: time)
      guard duration < Double(timeLimit - time) else {
        throw Failure(
          .usage,
          "worker \(index) would be at work for more than 146 years: choose a smaller --mean, "
            + "--slow or --gradients.")
      }
      starts.append(time)
      durations.append(max(1, Int64(duration.rounded())))
      time += durations[gradient]
    }
    return WorkerTimings(
      worker: Worker(index: index, label: WorkerLabel("\(index)")), startsNs: starts,
      durationsNs: durations)
  }
  return Trace(name: request.profile.rawValue, format: "generated", workers: workers)
}

/// What the store accepts.
private let timeLimit: Int64 = 1 << 62

/// More would not fit into the memory of most machines: 1.6 GB.
private let gradientLimit = 100_000_000

private func check(_ request: SyntheticRequest) throws {
  for (option, count) in [
    ("--workers", request.workerCount), ("--gradients", request.gradientCount),
  ] where count < 1 {
    throw Failure(.usage, "\(option) \(count): write a whole number from 1 on.")
  }
  let (total, overflow) = request.workerCount.multipliedReportingOverflow(by: request.gradientCount)
  guard !overflow, total <= gradientLimit else {
    throw Failure(
      .usage,
      "\(request.workerCount) workers with \(request.gradientCount) gradients each are more than "
        + "the \(gradientLimit) gradients that are generated at once.")
  }
  guard request.meanNs >= 1 else {
    throw Failure(.usage, "--mean \(request.meanNs)ns: a gradient takes at least 1 ns.")
  }
  for parameter in SyntheticParameter.allCases {
    guard let value = request.parameters[parameter] else { continue }
    guard request.profile.parameters.contains(parameter) else {
      let known = SyntheticParameter.allCases.filter(request.profile.parameters.contains)
      throw Failure(
        .usage,
        "--\(parameter.rawValue) says nothing to the profile \(request.profile.rawValue). It takes "
          + (known.isEmpty
            ? "no options of its own."
            : known.map { "--\($0.rawValue)" }.joined(separator: ", ") + "."))
    }
    guard parameter.range.contains(value) else {
      throw Failure(
        .usage,
        "--\(parameter.rawValue) \(value): write a number from \(parameter.range.lowerBound) to "
          + "\(parameter.range.upperBound).")
    }
  }
}

/// What `generate --json` says of a trace that it made.
///
/// - Parameters:
///   - path: the file that was written, if one was.
///   - kept: the entry in a database, if it was put into one.
public func generateJSON(
  _ request: SyntheticRequest, _ trace: Trace, path: String?, kept: ImportReport?
) -> JSONValue {
  var parameters: [JSONValue.Member] = []
  for parameter in SyntheticParameter.allCases
  where request.profile.parameters.contains(parameter) {
    parameters.append(.init(parameter.rawValue, .number(request[parameter])))
  }
  return [
    "schema": .string("outpace/generate/1"),
    "profile": .string(request.profile.rawValue),
    "workers": .count(trace.workerCount),
    "gradients": .count(trace.gradientCount),
    "seed": Int64(exactly: request.seed).map { .integer($0) } ?? .string("\(request.seed)"),
    "mean_seconds": .number(Double(request.meanNs) / 1e9),
    "parameters": .object(parameters),
    "span_seconds": .number(Double(trace.spanNs) / 1e9),
    "formula_expected": .number(request.expectedFormula),
    "written": .text(path),
    "id": kept.flatMap { $0.trace.id }.map { .integer($0) } ?? .null,
    "name": .text(kept?.trace.name),
    "digest": .text(kept?.trace.digest),
    "already_present": kept.map { .bool($0.alreadyPresent) } ?? .null,
  ]
}

import Foundation
import TraceModel
import TraceStore

/// A small generator with a seed. Reference: Steele, Lea, Flood, OOPSLA 2014.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// A folder that goes away with the last reference.
final class Folder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("store-tests-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

func bytes(of path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// A gradient of the worker with this label.
struct Push: Sendable {
  var label: String
  var gradient: GradientInterval

  init(_ label: String, _ gradient: GradientInterval) {
    self.label = label
    self.gradient = gradient
  }

  init(_ label: String, _ start: Int64, _ duration: Int64, wait: Int64 = 0) {
    self.init(
      label, GradientInterval(startNs: start, durationNs: duration, waitNs: wait))
  }
}

extension TraceFacts {
  static let csv = TraceFacts(format: "csv", kind: .independent)
  static let ray = TraceFacts(format: "ray", kind: .independent, turnaround: .gaps)
}

extension TraceStore {
  @discardableResult
  func importing(
    _ pushes: [Push], facts: TraceFacts = .csv, options: ImportOptions = ImportOptions(name: "t"),
    bufferByteSize: Int = TraceSpool.bufferByteSize
  ) throws -> StoredTrace {
    let spool = try spool(bufferByteSize: bufferByteSize)
    for push in pushes {
      let handle = try spool.worker(
        labelled: WorkerLabel(push.label), host: nil, trust: .measured)
      try spool.append(push.gradient, worker: handle)
    }
    return try spool.finish(facts: facts, options: options)
  }
}

/// Gradients of several workers with all that can be recorded, in order of worker and start; starts
/// of one worker differ, so that there is one order.
func someGradients(workers: Int, each: Int, seed: UInt64, plain: Bool = false) -> [Push] {
  var random = SplitMix64(seed: seed)
  return (0..<workers).flatMap { worker -> [Push] in
    var time = Int64.random(in: 1_000_000_000...1_000_001_000, using: &random)
    let hasWaits = !plain && Bool.random(using: &random)
    let hasSteps = !plain && Bool.random(using: &random)
    return (0..<each).map { index in
      let duration = Int64.random(in: 100_000...500_000, using: &random) * Int64(worker + 1)
      var gradient = GradientInterval(startNs: time, durationNs: duration)
      if hasWaits, Bool.random(using: &random) {
        gradient.waitNs = .random(in: 0...99, using: &random)
      }
      if !plain, Bool.random(using: &random) {
        gradient.turnaroundNs = .random(in: 0...9_999, using: &random)
      }
      if hasSteps, index % 3 != 2 { gradient.step = Int64(index) + 7 }
      if !plain, worker % 2 == 1 {
        gradient.samples = (0..<Int.random(in: 0...4, using: &random)).map { _ in
          Int32.random(in: 0...9_999, using: &random)
        }
      }
      time += duration + Int64.random(in: 0...1_000, using: &random)
      return Push("rank \(worker)", gradient)
    }
  }
}

/// What a loaded trace has to be, computed the obvious way.
func reference(_ pushes: [Push]) -> [(String, [GradientInterval])] {
  let first = pushes.map(\.gradient.startNs).min() ?? 0
  return Dictionary(grouping: pushes, by: \.label)
    .sorted { WorkerLabel($0.key) < WorkerLabel($1.key) }
    .map { label, pushes in
      let shifted = pushes.map(\.gradient).enumerated()
        .sorted { ($0.element.startNs, $0.offset) < ($1.element.startNs, $1.offset) }
        .map { _, gradient in
          var gradient = gradient
          gradient.startNs -= first
          return gradient
        }
      return (label, shifted)
    }
}

extension Trace {
  /// The gradients as they would be pushed.
  var rows: [(String, [GradientInterval])] {
    workers.map { timings in
      let gradients = (0..<timings.gradientCount).map { j in
        let turnaround = timings.turnaroundsNs.isEmpty ? -1 : timings.turnaroundsNs[j]
        let step = timings.steps.isEmpty ? Int64.min : timings.steps[j]
        return GradientInterval(
          startNs: timings.startsNs[j], durationNs: timings.durationsNs[j],
          waitNs: timings.waitsNs.isEmpty ? 0 : timings.waitsNs[j],
          turnaroundNs: turnaround == -1 ? nil : turnaround, step: step == .min ? nil : step,
          samples: timings.samples.map { Array($0[j]) } ?? [])
      }
      return (timings.worker.label.text, gradients)
    }
  }
}

func same(_ a: [(String, [GradientInterval])], _ b: [(String, [GradientInterval])]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { $0.0 == $1.0 && $0.1 == $1.1 }
}

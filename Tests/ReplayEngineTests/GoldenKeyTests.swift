import Foundation
import Testing

/// A key that no test reads is a promise that nobody keeps: every key of every case is one of these.
@Suite("Keys of golden replays")
struct GoldenKeyTests {
  /// What `GoldenTests` compares with a replay, or builds it from.
  static let read: Set<String> = [
    "name", "algorithm", "x0", "samples", "objective", "params", "trace", "stop", "expected",
    "params.gamma", "params.rule", "params.L", "params.c", "params.tau_limit", "params.handout",
    "params.need", "params.B", "params.R", "params.stops", "trace.durations", "trace.on_end",
    "trace.turnarounds", "stop.updates", "stop.time", "stop.gradients", "objective.kind",
    "objective.A", "objective.Z", "objective.b", "objective.y", "objective.c", "objective.noise",
    "objective.labels", "objective.hidden", "objective.classes", "objective.lam", "expected.f0",
    "expected.updates", "expected.updates.k", "expected.updates.time", "expected.updates.worker",
    "expected.updates.tau", "expected.updates.gamma", "expected.updates.f",
    "expected.updates.grad_norm_sq", "expected.updates.virtual_distance_sq", "expected.final_x",
    "expected.arrivals", "expected.completed_per_worker", "expected.aborted",
    "expected.discarded", "expected.delay_stats", "expected.delay_stats.K",
    "expected.delay_stats.tau_sum", "expected.delay_stats.tau_mean",
    "expected.delay_stats.tau_max", "expected.delay_stats.tau_median",
    "expected.delay_stats.tau_histogram", "expected.delay_stats.staleness_mean",
    "expected.delay_stats.staleness_max", "expected.delay_stats.inverse_tau_mean",
    "expected.delay_stats.in_flight_age",
  ]

  /// How far the identities were from holding where the case was made, 1e-12 or less, and how it was
  /// worked out.
  static let notes: Set<String> = ["expected.virtual_identity_error", "working"]

  private func keys(_ value: Any, under path: String) -> Set<String> {
    if let object = value as? [String: Any] {
      return object.reduce(into: []) { found, entry in
        let name = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        found.insert(name)
        // The keys of a histogram are delays.
        if !name.hasSuffix("tau_histogram") { found.formUnion(keys(entry.value, under: name)) }
      }
    }
    if let list = value as? [Any] {
      return list.reduce(into: []) { $0.formUnion(keys($1, under: path)) }
    }
    return []
  }

  @Test("Every key of every case is read", arguments: [GoldenFiles.shared, GoldenFiles.byHand])
  func known(folder: URL) throws {
    for name in GoldenFiles.names(in: folder) {
      let data = try Data(contentsOf: folder.appendingPathComponent(name))
      let unknown = try keys(JSONSerialization.jsonObject(with: data), under: "")
        .subtracting(Self.read).subtracting(Self.notes)
      #expect(unknown.isEmpty, "\(name): \(unknown.sorted())")
    }
  }

  @Test("The cases hold every algorithm that they are known for")
  func algorithms() throws {
    let names = GoldenFiles.names(in: GoldenFiles.shared)
    guard !names.isEmpty else { return }
    let found = Set(try names.map { try GoldenFiles.read($0, in: GoldenFiles.shared).algorithm })
    #expect(
      found == ["async", "minibatch", "backup", "rennala", "ringmaster", "buffered"])
  }
}

import Analysis
import Testing
import TraceModel

@Suite("Effects of edits")
struct EditEffectsTests {
  private let options = ComparisonOptions(resampleCount: 0)

  private func study(
    _ trace: Trace, _ options: ComparisonOptions? = nil
  ) throws -> (effects: EditEffects, comparison: Comparison) {
    let options = options ?? self.options
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60))
    let comparison = compare(trace, inspection: inspection, options: options)
    let effects = editEffects(
      trace, inspection: inspection, comparison: comparison, options: options)
    return (try #require(effects), comparison)
  }

  /// 64 gradients per 2 ms, 63 per ms without worker 17, which is what is recommended. Repaired it makes
  /// 64 per ms; twice as slow, 64 per 4 ms; twice as many workers, 128 per 2 ms or 126 per ms; with 0.1 ms
  /// of turnaround, 64 per 2.1 ms or 63 per 1.1 ms.
  @Test("One slow worker of 64, by hand, the largest effect first")
  func oneSlow() throws {
    let (effects, _) = try study(makeConstant((0..<64).map { $0 == 17 ? 2 : 1 }, count: 12))
    #expect(effects.policy == .subset)
    #expect(effects.droppedCount == 1)
    #expect(agree(effects.minibatchGradientsPerSecond, 32_000))
    #expect(agree(effects.policyGradientsPerSecond, 63_000))
    let expected: [(texts: [String], minibatch: Double, policy: Double)] = [
      (["scale:17=0.5"], 2, 64.0 / 63), (["scale:17=2"], 0.5, 1), (["workers:2x"], 2, 2),
      (["drop:17"], 63.0 / 32, 1), (["comm:+100us"], 2 / 2.1, 1 / 1.1),
    ]
    #expect(effects.effects.map(\.texts) == expected.map(\.texts))
    for (effect, row) in zip(effects.effects, expected) {
      #expect(agree(effect.minibatchRatio, row.minibatch), "\(effect.name)")
      #expect(agree(effect.policyRatio, row.policy), "\(effect.name)")
    }
  }

  @Test("Two stragglers are left out together besides the slowest alone")
  func twoSlow() throws {
    let (effects, _) = try study(
      makeConstant((0..<64).map { $0 == 3 || $0 == 40 ? 2 : 1 }, count: 12))
    let both = try #require(effects.effects.first { $0.texts == ["drop:3", "drop:40"] })
    #expect(both.name == "without workers 3 and 40")
    #expect(agree(both.minibatchRatio, 62.0 / 32))
    let one = try #require(effects.effects.first { $0.texts == ["drop:3"] })
    #expect(agree(one.minibatchRatio, 63.0 / 64))
  }

  /// Whatever the edit, what it does is what comparing the edited trace finds.
  @Test(
    "An effect is what a comparison of the edited trace finds", arguments: 0..<6 as Range<UInt64>)
  func definition(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let columns = (0..<6).map { m in (0..<24).map { _ in Double(2 + m % 3) + random.uniform() } }
    var trace = makeTrace(columns)
    if seed % 2 == 1 {
      for m in trace.workers.indices {
        trace.workers[m].turnaroundsNs = (0..<24).map { _ in Int64(1e6 + 2e6 * random.uniform()) }
      }
    }
    let (effects, before) = try study(
      trace, ComparisonOptions(noiseScale: .infinity, resampleCount: 0))
    let isCharged = inspect(trace, options: plain).speedup.turnaroundMatters
    func rate(_ comparison: Comparison, _ name: PolicyName) throws -> Double {
      try #require(comparison.policies.first { $0.name == name }?.gradientsPerSecond)
    }
    for effect in effects.effects where !effect.texts[0].hasPrefix("comm:") {
      let edits = effect.texts.map { text -> TraceEdit in
        let rest = text.split(separator: ":")[1]
        if text.hasPrefix("drop:") { return .drop(WorkerLabel(String(rest))) }
        if text.hasPrefix("workers:") { return .multiply(2) }
        let parts = rest.split(separator: "=")
        return .scale(WorkerLabel(String(parts[0])), Double(parts[1]) ?? 0)
      }
      let after = edited(trace, edits)
      let afterInspection = inspect(after, options: plain)
      let comparison = compare(
        after, inspection: afterInspection,
        options: ComparisonOptions(noiseScale: .infinity, resampleCount: 0))
      // A comparison charges turnaround where it matters; an effect, where it did before.
      guard afterInspection.speedup.turnaroundMatters == isCharged else { continue }
      let ratio = try rate(comparison, .minibatch) / rate(before, .minibatch)
      #expect(agree(effect.minibatchRatio, ratio), "\(effect.name)")
      if effects.policy == .async {
        let ratio = try rate(comparison, .async) / rate(before, .async)
        #expect(agree(effect.policyRatio, ratio), "\(effect.name)")
      }
    }
  }

  private func edited(_ trace: Trace, _ edits: [TraceEdit]) -> Trace {
    (try? Analysis.edited(trace, by: edits, seed: 1)) ?? trace
  }

  @Test("Hosts go as one")
  func hosts() throws {
    var trace = makeConstant([1, 1, 2, 2, 1, 1], count: 12)
    for m in 0..<6 { trace.workers[m].worker.host = "node-\(m / 2)" }
    let (effects, _) = try study(trace)
    let drop = try #require(effects.effects.first { $0.texts == ["drop:host=node-1"] })
    #expect(drop.name == "without host node-1")
    #expect(agree(drop.minibatchRatio, 4.0 / 3))
    #expect(effects.effects.contains { $0.texts == ["scale:2=0.5", "scale:3=0.5"] })
  }

  /// Half of 4 ms is charged less, on rounds of 1 + 4 and 2 + 4 ms.
  @Test("Half the turnaround, where it was recorded and matters")
  func turnaround() throws {
    var trace = makeConstant([1, 1, 1, 4], count: 20)
    for m in 0..<4 { trace.workers[m].turnaroundsNs = [Int64](repeating: 4_000_000, count: 20) }
    let (effects, _) = try study(trace)
    let half = try #require(effects.effects.first { $0.texts == ["comm:-2ms"] })
    #expect(agree(half.minibatchRatio, 8.0 / 6))
  }

  /// A tenth of 533 ms in nanoseconds, over a power of ten and back, is 53299999.999…
  @Test("A turnaround to try has three digits", arguments: [533.1, 838, 0.0912])
  func digits(milliseconds: Double) throws {
    let (effects, _) = try study(makeConstant([1, 1, 1, 2].map { $0 * milliseconds }, count: 20))
    let texts = effects.effects.flatMap(\.texts).filter { $0.hasPrefix("comm:") }
    let expected = [533.1: "comm:+53.3ms", 838: "comm:+83.8ms", 0.0912: "comm:+9.12us"]
    #expect(texts == [try #require(expected[milliseconds])])
  }

  @Test("One worker has no effects")
  func alone() {
    let trace = makeConstant([1], count: 8)
    let inspection = inspect(trace)
    let comparison = compare(trace, inspection: inspection)
    #expect(editEffects(trace, inspection: inspection, comparison: comparison) == nil)
  }

  @Test(
    "An edit is written as it is read",
    arguments: [
      (TraceEdit.communication(ns: 1), "comm:+1ns"), (.communication(ns: -2_000), "comm:-2us"),
      (.communication(ns: 2_340_000), "comm:+2.34ms"),
      (.communication(ns: 2_340_001), "comm:+2340.001us"),
      (.fail(WorkerLabel("9"), fromNs: 10_000_000_000, toNs: 30_500_000_000), "fail:9@10s..30.5s"),
      (.add(4, like: .percentile(50)), "add:4@p50"), (.dropHost("a"), "drop:host=a"),
      (.scale(nil, 0.5), "scale:*=0.5"),
    ])
  func text(_ edit: TraceEdit, _ text: String) {
    #expect(edit.text == text)
  }
}

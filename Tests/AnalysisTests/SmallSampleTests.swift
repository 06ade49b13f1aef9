import Analysis
import Testing
import TraceModel

@Suite("Small samples")
struct SmallSampleTests {
  private func verdict(_ trace: Trace) -> Verdict {
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 60, shuffleCount: 60))
    return compare(
      trace, inspection: inspection, options: ComparisonOptions(resampleCount: 60)
    ).verdict
  }

  /// One or two gradients of workers that may be equal: what looks best may be luck.
  @Test(
    "Varying durations without intervals do not decide for anything but minibatch",
    arguments: [
      [[1], [1.1], [1.2], [3]],
      [[1, 1.3], [2, 2.4]],
      [[1, 2, 1, 3, 1, 2, 1], [2, 1, 3, 1, 1, 2, 1], [1, 1, 2, 1, 3, 1, 2]],
    ])
  func leftOpen(rows: [[Double]]) {
    let verdict = verdict(makeTrace(rows))
    #expect(verdict.recommendation == nil)
    #expect(
      verdict.sentence
        == "Cannot tell from this trace which policy is best; about 8 gradients per worker would.")
    #expect(verdict.trust.hasPrefix("Too few rounds for intervals"))
  }

  /// Within 1% of one another: rounds lose nothing, and asynchronous SGD pays its 4/π.
  @Test("Minibatch is still recommended where it is within 3% of the best")
  func nearlyEqual() {
    let verdict = verdict(makeTrace([[1, 1.01, 1], [1.01, 1, 1], [1, 1, 1.005]]))
    #expect(verdict.recommendation?.policy == .minibatch)
    #expect(verdict.trust.hasPrefix("Too few rounds for intervals: point estimates decide."))
  }

  @Test("Two constant gradients each decide, and the card says that they do")
  func constant() {
    let many = verdict(makeConstant((0..<64).map { $0 == 17 ? 2 : 1 }, count: 2))
    #expect(many.recommendation?.workers == [WorkerLabel("17")])
    // 4 gradients can be dealt to 2 workers as they were in 1 of 3 ways: these are not told apart.
    let two = verdict(makeConstant([1, 3], count: 2))
    #expect(two.recommendation != nil)
    for verdict in [many, two] {
      #expect(verdict.trust.hasPrefix("Too few rounds for intervals: point estimates decide."))
    }
  }

  @Test("What decides without intervals stands before a lost grade")
  func comesFirst() {
    // Rounds of 2 ms with 2 ms between them that nothing explains.
    var trace = makeConstant([1, 1, 1, 1, 1, 1, 1, 2], count: 5)
    for m in trace.workers.indices {
      trace.workers[m].startsNs = (0..<5).map { Int64($0) * 4_000_000 }
    }
    let trust = verdict(trace).trust
    #expect(trust.hasPrefix("Too few rounds for intervals: point estimates decide."))
    #expect(
      trust.contains(
        "every grade falls by one, to separated. Waiting or turnaround is missing."))
    #expect(!trust.contains("Own time"))
  }
}

@Suite("Candidates")
struct CandidateTests {
  private func study(_ trace: Trace) -> Comparison {
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 60, shuffleCount: 60))
    return compare(trace, inspection: inspection, options: ComparisonOptions(resampleCount: 60))
  }

  @Test("Workers that cannot be told apart exclude drains and shares, with the reason")
  func equalWorkers() throws {
    let comparison = study(makeEqual(8, count: 20, spread: 0.8, seed: 6))
    let replayed: [PolicyName] = [.buffered, .rennala, .ringmaster]
    for policy in comparison.policies where !replayed.contains(policy.name) {
      let isShare = policy.name == .subset || policy.name == .rebalanced
      #expect(policy.exclusion == (isShare ? "the workers cannot be told apart" : nil))
    }
    #expect(
      comparison.verdict.why.contains("cannot be told apart, so nothing is drained or rebalanced"))
  }

  @Test("The recommendation is always a candidate", arguments: 0..<8 as Range<UInt64>)
  func recommended(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let rows = (0..<5).map { m in
      (0..<16).map { _ in (m == 4 ? 1 + 0.3 * Double(seed) : 1) * (0.6 + random.uniform()) }
    }
    let comparison = study(makeTrace(rows))
    let candidates = comparison.policies.filter(\.isCandidate).map(\.name)
    #expect(comparison.verdict.recommendation.map { candidates.contains($0.policy) } ?? true)
  }

  /// Exponential durations: rounds of the first few are shorter and waste the rest, so that their
  /// count may be below that of full minibatch while their time is not.
  @Test("The best synchronous policy is quoted by what it is picked by", arguments: [2, 3, 5, 8])
  func quoted(workerCount: Int) throws {
    var random = SplitMix64(seed: UInt64(workerCount))
    let rows = (0..<workerCount).map { _ in (0..<200).map { _ in random.exponential() } }
    let comparison = study(makeTrace(rows))
    let sentence = comparison.verdict.sentence
    guard comparison.verdict.recommendation?.policy == .async else { return }
    // Two lines of 80, wherever words break.
    #expect(sentence.unicodeScalars.count <= 150)
    let full = try #require(comparison.policies.first { $0.name == .minibatch })
    let best = try #require(
      comparison.policies.filter { $0.isCandidate && $0.name != .async }
        .min { $0.secondsPerRound < $1.secondsPerRound })
    let time = Int((100 * best.secondsPerRound / full.secondsPerRound).rounded())
    let words =
      best.name == .minibatch
      ? "no synchronous policy is faster than full minibatch."
      : "takes 0.\(time)× minibatch's time."
    #expect(sentence.hasSuffix(words), "\(sentence)")
  }
}

@Suite("Rounding")
struct RoundingTests {
  /// The mean of permuted formulas and the formula itself round differently.
  @Test("Parts of equal constant workers are exactly 0", arguments: [3, 7, 13, 49])
  func zero(workerCount: Int) {
    for milliseconds in [0.7, 1.1, 3.3, 14.0 / 3] {
      let trace = makeConstant([Double](repeating: milliseconds, count: workerCount), count: 11)
      let options = InspectionOptions(resampleCount: 0, shuffleCount: 50)
      let speedup = inspect(trace, options: options).speedup
      let parts = [speedup.persistent, speedup.random, speedup.coinciding]
      #expect(parts.allSatisfy { $0 == nil || $0 == 0 || abs($0 ?? 0) > 1e-12 }, "\(parts)")
      #expect(speedup.persistent == 0)
    }
  }
}

import Analysis
import Testing
import TraceModel

@Suite("Blame")
struct BlameTests {
  private func blame(
    _ trace: Trace, _ options: ComparisonOptions = ComparisonOptions(resampleCount: 0)
  ) -> Blame {
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60))
    return Analysis.blame(trace, inspection: inspection, options: options)
  }

  /// 64 gradients per 2 ms with worker 17, 63 per 1 ms without: 63,000 − 32,000 a second. Among ideal
  /// workers of 1 ms it alone halves 64,000. Without anybody else there are 63 per 2 ms.
  @Test("One slow worker of 64 is to blame, and nobody else")
  func oneSlow() throws {
    let result = blame(makeConstant((0..<64).map { $0 == 17 ? 2 : 1 }, count: 12))
    let first = try #require(result.units.first)
    #expect(first.label == "17")
    #expect(agree(first.minibatchGain, 31_000))
    #expect(agree(first.idealLoss, 32_000))
    // Batches shared out by speed make use of it: 63½ gradients per ms with it, 63 without.
    #expect(result.bestSynchronous?.policy == .rebalanced)
    #expect(agree(try #require(first.bestSynchronousGain), -500))
    #expect(result.units.dropFirst().allSatisfy { agree($0.minibatchGain, -500) })
    #expect(result.units.dropFirst().allSatisfy { $0.idealLoss == 0 })
    #expect(result.cumulative.first?.dropped == [WorkerLabel("17")])
    #expect(result.unlistedCount == 0)
  }

  @Test("A subset that drains a worker gains nothing without it")
  func drained() throws {
    let result = blame(
      makeConstant((0..<64).map { $0 == 17 ? 2 : 1 }, count: 12),
      ComparisonOptions(allowsRebalancing: false, resampleCount: 0))
    #expect(result.bestSynchronous?.policy == .subset)
    #expect(result.units.first?.bestSynchronousGain == 0)
    #expect(result.units.dropFirst().allSatisfy { agree($0.bestSynchronousGain ?? 0, -1_000) })
  }

  /// Without 3 the rounds are as long as before, because of 40, and the other way round; without both
  /// 62 gradients per ms. Alone among ideal workers each halves the rate.
  @Test("Two equally slow workers hide each other until they are left out together")
  func twoSlow() throws {
    let result = blame(makeConstant((0..<64).map { $0 == 3 || $0 == 40 ? 2 : 1 }, count: 12))
    #expect(result.units.allSatisfy { $0.minibatchGain < 0 })
    let best = try #require(result.cumulative.first)
    #expect(best.dropped == [WorkerLabel("3"), WorkerLabel("40")])
    #expect(agree(best.minibatchGain, 62_000 - 32_000))
    #expect(result.units.prefix(2).map(\.label) == ["3", "40"])
    #expect(result.units.prefix(2).allSatisfy { agree($0.idealLoss, 32_000) })
  }

  /// Every gain from its definition: the rounds of the trace without the worker, one by one.
  @Test(
    "Leaving out is what a trace without the worker would give", arguments: 0..<6 as Range<UInt64>)
  func definition(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let columns = (0..<5).map { m in (0..<20).map { _ in Double(1 + m % 2) + random.uniform() } }
    let trace = makeTrace(columns)
    func rate(_ kept: [[Double]]) -> Double {
      let rounds = (0..<20).map { round in kept.map { ($0[round] * 1e6).rounded() }.max() ?? 0 }
      return 1e9 * Double(kept.count) * 20 / rounds.reduce(0, +)
    }
    let result = blame(trace)
    for unit in result.units {
      let m = try #require(Int(unit.label))
      let without = columns.enumerated().filter { $0.offset != m }.map(\.element)
      #expect(agree(unit.minibatchGain, rate(without) - rate(columns)), "worker \(m)")
    }
    let gains = result.units.map(\.minibatchGain)
    #expect(gains == gains.sorted(by: >))
    let sets = result.cumulative.map(\.minibatchGain)
    #expect(sets == sets.sorted(by: >))
    #expect(result.cumulative.count == 4)
  }

  /// Two hosts of two workers, one of them slow: its neighbour goes with it, 2 gradients per ms.
  @Test("Hosts are left out whole, unless workers are asked for")
  func hosts() throws {
    var trace = makeConstant([1, 1, 2, 1, 1, 1], count: 12)
    for m in 0..<6 { trace.workers[m].worker.host = "gpu-\(m / 2)" }
    let byHost = blame(trace)
    #expect(byHost.leavesOut == .host)
    let first = try #require(byHost.units.first)
    #expect(first.label == "gpu-1")
    #expect(first.workers == [WorkerLabel("2"), WorkerLabel("3")])
    #expect(agree(first.minibatchGain, 4_000 - 3_000))
    #expect(byHost.units.count == 3)
    let byWorker = blame(trace, ComparisonOptions(resampleCount: 0, leavesOut: .worker))
    #expect(byWorker.units.count == 6)
    #expect(agree(try #require(byWorker.units.first).minibatchGain, 5_000 - 3_000))

    // One host for all says nothing about who is slow.
    for m in 0..<6 { trace.workers[m].worker.host = "only" }
    #expect(blame(trace).leavesOut == .worker)
  }

  @Test("A subset drains whole hosts")
  func subsetOfHosts() throws {
    var trace = makeConstant((0..<64).map { $0 == 17 ? 2 : 1 }, count: 12)
    for m in 0..<64 { trace.workers[m].worker.host = "gpu-\(m / 4)" }
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60))
    let options = ComparisonOptions(noiseScale: 0, allowsRebalancing: false, resampleCount: 0)
    let comparison = compare(trace, inspection: inspection, options: options)
    let subset = try #require(comparison.policies.first { $0.name == .subset })
    #expect(subset.dropped.map(\.text) == ["16", "17", "18", "19"])
    #expect(agree(subset.countRatio, 60.0 / 32))
  }

  @Test("Equal workers are not blamed, and the result says so")
  func equal() {
    let result = blame(makeEqual(16, count: 12, spread: 0.1, seed: 3, kind: .synchronous))
    #expect(!result.canTellApart)
  }

  @Test("One worker has nobody to blame")
  func alone() {
    let result = blame(makeConstant([1], count: 12))
    #expect(result.units.map(\.minibatchGain) == [-1_000])
    #expect(result.cumulative.isEmpty)
  }

  @Test("Of very many workers the slowest and some at random are listed")
  func many() throws {
    let result = blame(makeConstant((0..<5_000).map { $0 == 4_321 ? 2 : 1 }, count: 2))
    #expect(result.units.count == 1_100)
    #expect(result.unlistedCount == 3_900)
    #expect(result.units.first?.label == "4321")
  }
}

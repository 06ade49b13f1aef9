import Analysis
import Testing
import TraceModel

@Suite("Traces of policies")
struct PolicyTraceTests {
  /// s = 1 and 2 ms: shares 4/3 and 2/3 with mean 1, so that both take 4/3 ms a round.
  @Test("Shared out batches end together")
  func rebalanced() {
    let trace = makeConstant([1, 2], count: 3).rebalanced()
    #expect(trace.workers[0].durationsNs == [1_333_333, 1_333_333, 1_333_333])
    #expect(trace.workers[1].durationsNs == [1_333_333, 1_333_333, 1_333_333])
    // Half a millisecond of each stays what it is.
    let fixed = makeConstant([1, 2], count: 3).rebalanced(fixedCostNs: 500_000)
    #expect(fixed.workers[0].durationsNs == [1_166_667, 1_166_667, 1_166_667])
    #expect(fixed.workers[1].durationsNs == [1_500_000, 1_500_000, 1_500_000])
  }

  @Test("A resampled trace is made of the same blocks of all workers", arguments: 0..<5)
  func resampled(repetition: Int) throws {
    // Entry j of worker m takes 1 + j + m/10 ms, so that every entry can be told.
    let trace = makeTrace(
      (0..<3).map { (m: Int) -> [Double] in
        (0..<64).map { (j: Int) -> Double in 1 + Double(j) + Double(m) / 10 }
      })
    let sample = try #require(trace.resampled(repetition, seed: 7))
    #expect(sample.workers[0].durationsNs != trace.workers[0].durationsNs)
    for m in 1..<3 {
      let places = sample.workers[m].durationsNs.map { ($0 - Int64(m) * 100_000) / 1_000_000 }
      #expect(places == sample.workers[0].durationsNs.map { $0 / 1_000_000 })
    }
    let again = try #require(trace.resampled(repetition, seed: 7))
    #expect(again.workers.map(\.durationsNs) == sample.workers.map(\.durationsNs))
    #expect(makeConstant([1, 2], count: 3).resampled(0, seed: 1) == nil)
  }
}

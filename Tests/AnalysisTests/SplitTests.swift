import Analysis
import Testing
import TraceModel

/// Workers of different speeds whose machines stall: a gradient under way when a stall begins takes
/// `length` ms longer. Back to back, so that the trace has no gaps.
private func makeStalled(
  _ speeds: [Double], until horizon: Double, length: Double, stalls: (Int) -> [Double]
) -> Trace {
  makeTrace(
    speeds.enumerated().map { m, speed in
      let times = stalls(m)
      var durations: [Double] = []
      var now = 0.0
      var next = 0
      while now < horizon {
        var end = now + speed
        while next < times.count, times[next] < end {
          if times[next] >= now { end += length }
          next += 1
        }
        durations.append(end - now)
        now = end
      }
      return durations
    })
}

private let speeds = [1, 1.1, 1.25, 1.4, 1.5, 1.7, 1.85, 2]
private let options = InspectionOptions(resampleCount: 0, shuffleCount: 40)

@Suite("The split by the clock")
struct SplitTests {
  /// Common stalls cost a synchronous round once, and shifted in time they cost it eight times.
  @Test("A stall common to eight workers of different speeds coincides", arguments: 1...3)
  func common(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var times: [Double] = []
    var time = 0.0
    while time < 1_200 {
      time += 60 * (0.5 + random.uniform())
      times.append(time)
    }
    let trace = makeStalled(speeds, until: 1_200, length: 15) { _ in times }
    let speedup = inspect(trace, options: options).speedup
    #expect(try #require(speedup.coinciding) < -0.3)
    #expect(try #require(speedup.coincidingInterval).upper < 0)
  }

  @Test("Independent stalls do not coincide", arguments: 1...5)
  func independent(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let times = speeds.map { _ in
      var time = 0.0
      var times: [Double] = []
      while time < 4_000 {
        time += 30 * random.exponential()
        times.append(time)
      }
      return times
    }
    let trace = makeStalled(speeds, until: 4_000, length: 5) { times[$0] }
    let speedup = inspect(trace, options: options).speedup
    #expect(abs(try #require(speedup.coinciding)) < 0.1)
    #expect(try #require(speedup.random) > 0.2)
  }

  /// Workers of 1 and 2 ms: by the clock as in rounds 1.5, whatever the shift.
  @Test("The parts add up to the ratio by the clock")
  func sum() throws {
    let constant = inspect(makeConstant([1, 2], count: 40), options: options).speedup
    #expect(agree(try #require(constant.realisedOfSplit), 1.5))
    #expect(abs(try #require(constant.coinciding)) < 0.02)
    #expect(try #require(constant.persistentInterval).lower > 0)
    for seed in 0..<4 as Range<UInt64> {
      let speedup = inspect(
        makeEqual(5, count: 30, spread: 0.6, seed: seed), options: options
      ).speedup
      let parts = [speedup.persistent, speedup.random, speedup.coinciding].compactMap { $0 }
      #expect(parts.count == 3)
      #expect(agree(parts.reduce(1, +), try #require(speedup.realisedOfSplit)))
      let interval = try #require(speedup.persistentInterval)
      #expect(interval.lower < 0 && interval.upper > 0)
    }
  }

  @Test("A long gap without waits is reported, with waits it is an outage")
  func longGap() {
    var trace = makeConstant([1, 1], count: 20)
    for entry in 10..<20 { trace.workers[1].startsNs[entry] += 50_000_000 }
    let issue = inspect(trace, options: plain).trace.issues.first { $0.code == "long-gap" }
    #expect(issue?.count == 1 && issue?.firstPlace == "worker 1")
    trace.workers[0].waitsNs = [Int64](repeating: 1, count: 20)
    #expect(!inspect(trace, options: plain).trace.issues.contains { $0.code == "long-gap" })
  }
}

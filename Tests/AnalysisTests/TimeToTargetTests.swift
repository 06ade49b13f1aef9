import Analysis
import ReplayEngine
import Testing

@Suite("Time to target")
struct TimeToTargetTests {
  /// A run with one point a second from 0 on, losses above f* = 10.
  private func run(
    _ distances: [Double], seed: UInt64 = 1, outcome: Run.Outcome = .completed
  ) -> Run {
    let request = ReplayRequest(
      method: .async(rule: .scaled), stepsize: 0.5, horizon: Horizon(), seed: seed)
    let points = distances.enumerated().map { second, distance in
      Run.Point(
        timeNs: Int64(second) * 1_000_000_000, updateCount: second, gradientCount: second,
        loss: 10 + distance, gradientNormSquared: 0)
    }
    return Run(
      request: request, outcome: outcome, timeNs: 100_000_000_000, updateCount: 100,
      gradientCount: 100, computedCount: 100, discardedCount: 0, abortedCount: 0, roundCount: 0,
      utilisation: 1, fingerprint: nil, delays: nil, points: points, finalIterate: [],
      wallSeconds: 0)
  }

  /// 101 instants in 100 s: one a second, and 5% are 5 of them.
  private func read(_ runs: [Run], fractions: [Double] = [0.1]) -> [TimeToTarget] {
    timesToTarget(
      runs, optimum: 10, initialDistance: 1, horizonNs: 100_000_000_000, fractions: fractions,
      instantCount: 101)
  }

  private func falling(at second: Int, to low: Double = 0.05) -> [Double] {
    (0...100).map { $0 < second ? 1 : low }
  }

  @Test("The first instant from which the curve stays low counts, not a dip")
  func dip() throws {
    var distances = falling(at: 40)
    for second in 20..<25 { distances[second] = 0.01 }
    let reading = read([run(distances)])[0]
    #expect(reading.seconds == 40)
    #expect(reading.reached)
    #expect(agree(reading.target, 10.1))
    #expect(reading.stepsizeRule == "scaled")
    // Six instants in a row span 5 seconds, 5% of the horizon.
    distances[25] = 0.01
    #expect(read([run(distances)])[0].seconds == 20)
  }

  @Test("A target is reached at the target, not only below it")
  func inclusive() {
    // 0.125 is exact: 10.125 − 10.
    let reading = read([run(falling(at: 30, to: 0.125))], fractions: [0.125])[0]
    #expect(reading.seconds == 30)
  }

  @Test("What is reached within the last 5% is not reached", arguments: [(95, true), (96, false)])
  func end(second: Int, reached: Bool) {
    #expect(read([run(falling(at: second))])[0].reached == reached)
  }

  /// 1 and 0.05 have mean 0.525 until both are low, so the mean is late and the range is of both.
  @Test("The mean over seeds is read, and few seeds have their range")
  func mean() {
    let runs = [20, 50].map { run(falling(at: $0), seed: UInt64($0)) }
    let reading = read(runs)[0]
    #expect(reading.seconds == 50)
    #expect(reading.lowerSeconds == 20)
    #expect(reading.upperSeconds == 50)
    #expect(reading.seeds == [20, 50])
  }

  @Test("One diverged run in five keeps the mean from every target")
  func diverged() {
    var runs = (0..<4).map { run(falling(at: 10), seed: $0) }
    runs.append(run(falling(at: 10), seed: 4, outcome: .diverged(update: 3)))
    let reading = read(runs)[0]
    #expect(reading.seconds == nil && !reading.reached)
    #expect(reading.lowerSeconds == 10)
    #expect(reading.upperSeconds == nil)
  }

  @Test("Each fraction is read by itself, in the order given")
  func fractions() {
    let distances = (0...100).map { $0 < 10 ? 1 : $0 < 60 ? 0.05 : 0.005 }
    let readings = read([run(distances)], fractions: targetFractions)
    #expect(readings.map(\.seconds) == [10, 60, nil])
    #expect(readings.map(\.fraction) == [0.1, 0.01, 0.001])
  }

  /// The mean of ten is low when all but one are: 0.1·1 + 0.9·0.05 is above 0.1, so with the last.
  @Test("Eight seeds and more are resampled, the same way every time")
  func resampled() throws {
    let runs = (0..<10).map { run(falling(at: 30 + 2 * $0), seed: UInt64($0)) }
    let reading = read(runs)[0]
    #expect(reading.seconds == 48)
    let lower = try #require(reading.lowerSeconds)
    let upper = try #require(reading.upperSeconds)
    #expect(lower >= 48 && lower <= upper && upper < 60)
    #expect(read(runs)[0] == reading)
  }

  @Test("A curve that touches the target and leaves again has not reached it")
  func touch() {
    var distances = [Double](repeating: 1, count: 101)
    for second in stride(from: 10, through: 100, by: 3) { distances[second] = 0.125 }
    let reading = read([run(distances)], fractions: [0.125])[0]
    #expect(reading.seconds == nil && reading.upperSeconds == nil && !reading.reached)
    // Nor has one that stays for 5 of the 6 instants that 5% take.
    distances = [Double](repeating: 1, count: 101)
    for second in 50..<55 { distances[second] = 0.125 }
    #expect(read([run(distances)], fractions: [0.125])[0].seconds == nil)
  }

  /// 400 instants are 399 steps: 20 of them are the first that last 5%, 19.95.
  @Test("Of 400 instants the curve stays low for 21", arguments: [(20, false), (21, true)])
  func fourHundred(instants: Int, reached: Bool) {
    let horizonNs: Int64 = 399_000_000_000
    let distances = (0..<400).map { (100..<(100 + instants)).contains($0) ? 0.01 : 1 }
    let reading = timesToTarget(
      [run(distances)], optimum: 10, initialDistance: 1, horizonNs: horizonNs, fractions: [0.1])[0]
    #expect(reading.seconds == (reached ? 100 : nil))
  }

  /// Exhausted after 30 s: its last loss stands for the rest.
  @Test("A run that ended early keeps its last loss")
  func exhausted() {
    let short = run(Array(falling(at: 20).prefix(31)), outcome: .exhausted)
    #expect(read([short])[0].seconds == 20)
  }

  /// Losses 0.01 and 0.17 have the mean 0.09; the second alone never reaches 0.1.
  @Test("The mean counts, not how many seeds are low")
  func average() {
    let runs = [
      run(falling(at: 40, to: 0.01), seed: 1),
      run([Double](repeating: 0.17, count: 101), seed: 2),
    ]
    let reading = read(runs)[0]
    #expect(reading.seconds == 40)
    #expect(reading.lowerSeconds == 40 && reading.upperSeconds == nil)
  }
}

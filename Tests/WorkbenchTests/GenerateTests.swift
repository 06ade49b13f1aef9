import Analysis
import Foundation
import Reports
import TestSupport
import Testing
import TraceModel
import Workbench

@Suite("Generated traces")
struct GenerateTests {
  private static func inspected(_ request: SyntheticRequest) throws -> Inspection {
    let folder = try TemporaryFolder()
    let path = folder.path("lab.db")
    _ = try keepTrace(generateTrace(request), source: "test", in: path)
    let opened = try openTraces(
      [request.profile.rawValue], databasePath: path, reading: ReadingChoices())
    return inspectTrace(try #require(opened.first))
  }

  private static func bytes(
    _ request: SyntheticRequest, _ format: ExportFormat
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try exportTrace(generateTrace(request), as: format) { bytes += $0 }
    return bytes
  }

  @Test(
    "The same seed gives the same bytes, another one others", arguments: SyntheticProfile.allCases)
  func seeds(profile: SyntheticProfile) throws {
    let request = SyntheticRequest(profile, workerCount: 4, gradientCount: 50, seed: 3)
    var other = request
    other.seed = 4
    for format in ExportFormat.allCases {
      let bytes = try Self.bytes(request, format)
      #expect(try Self.bytes(request, format) == bytes)
      #expect(try Self.bytes(other, format) != bytes)
    }
  }

  /// Computed by an independent Philox4x32-10 in Python with the inverse normal of its standard library: word 0 of the
  /// block with the counter (0, j, 0, m) and the key (1, 8).
  @Test("The first times of the documented words")
  func knownAnswers() throws {
    let exponential = try generateTrace(
      SyntheticRequest(.exponential, workerCount: 2, gradientCount: 3))
    #expect(
      exponential.workers.map(\.durationsNs)
        == [[2_992_455, 6_040_535, 4_985_539], [1_454_261, 21_854_195, 4_679_030]])
    let equal = try generateTrace(SyntheticRequest(.equal, workerCount: 2, gradientCount: 3))
    #expect(
      equal.workers.map(\.durationsNs)
        == [[10_615_815, 10_067_280, 10_225_066], [11_108_738, 8_812_884, 10_275_843]])
  }

  @Test("A worker's times do not depend on how many others there are")
  func counters() throws {
    let few = try generateTrace(SyntheticRequest(.equal, workerCount: 3, gradientCount: 20))
    let many = try generateTrace(SyntheticRequest(.equal, workerCount: 30, gradientCount: 20))
    #expect(few.workers[2].durationsNs == many.workers[2].durationsNs)
    #expect(few.workers[1].durationsNs != few.workers[2].durationsNs)
  }

  @Test(
    "Times are whole nanoseconds from 1 on and gradients follow one another",
    arguments: SyntheticProfile.allCases)
  func shape(profile: SyntheticProfile) throws {
    // 2 ns on average: much of the noise rounds to 0, which no gradient takes.
    let trace = try generateTrace(
      SyntheticRequest(profile, workerCount: 3, gradientCount: 200, meanNs: 2))
    #expect(trace.workers.map(\.worker.label.text) == ["0", "1", "2"])
    for timings in trace.workers {
      #expect(timings.durationsNs.count == 200)
      #expect(timings.durationsNs.min() ?? 0 >= 1)
      let ends = zip(timings.startsNs, timings.durationsNs).map { $0 + $1 }
      #expect(timings.startsNs == [0] + ends.dropLast())
    }
  }

  /// 2,000 gradients leave a bias of about σ/√2000 times the expected largest of M normals.
  @Test(
    "The formula is what the profile promises",
    arguments: [
      (SyntheticProfile.equal, 0.01), (.oneSlow, 0.02), (.sqrt, 0.02), (.lognormal, 0.05),
      (.exponential, 0.09), (.heavyTail, 0.12), (.drift, 0.02), (.bursts, 0.25), (.stalls, 0.05),
    ])
  func formula(profile: SyntheticProfile, tolerance: Double) throws {
    let request = SyntheticRequest(profile, workerCount: 16, gradientCount: 2000)
    let means = try generateTrace(request).workers.map { timings in
      Double(timings.durationsNs.reduce(0, +)) / Double(timings.gradientCount)
    }
    let slowest = try #require(means.max())
    let formula = means.reduce(0) { $0 + slowest / $1 } / 16
    #expect(abs(formula - request.expectedFormula) < tolerance)
    // The mean that was asked for, where nothing slows worker 0 down.
    if profile != .bursts, profile != .stalls { #expect(abs(means[0] / 1e7 - 1) < 0.06) }
  }

  @Test("Of 64 workers one is twice as slow: the formula of the talk is 1.984")
  func oneSlow() throws {
    let request = SyntheticRequest(.oneSlow, workerCount: 64, gradientCount: 40)
    #expect(abs(request.expectedFormula - 1.984375) < 1e-12)
    let inspection = try Self.inspected(request)
    #expect(abs(inspection.speedup.formulaMean - 1.984) < 0.05)
    #expect(inspection.slowest == 63)
    #expect(inspection.stragglers.map(\.index) == [63])
    #expect(inspection.stragglers.first?.kind == .persistent)
  }

  /// Workers that cannot be told apart: the formula is all bias, the realised ratio is H_16 = 3.38.
  @Test(
    "Sixteen exponential workers", arguments: 1...(Build.isOptimised ? 3 : 1) as ClosedRange<UInt64>
  )
  func exponential(seed: UInt64) throws {
    let inspection = try Self.inspected(
      SyntheticRequest(.exponential, workerCount: 16, gradientCount: 200, seed: seed))
    #expect(abs(inspection.speedup.formulaMean - 1.12) < 0.1)
    #expect(try #require(inspection.speedup.pEqual) > 0.05)
    #expect(abs(inspection.speedup.realised - 3.38) < 0.35)
    // All of the formula is bias, and all of the gain is random; the text says so.
    let null = try #require(inspection.speedup.formulaNull)
    #expect(abs(null - inspection.speedup.formulaMean) < 0.05)
    let interval = try #require(inspection.speedup.persistentInterval)
    #expect(interval.lower <= 0 && interval.upper >= 0)
    #expect(try #require(inspection.speedup.random) > 2)
    #expect(!inspection.stragglers.contains { $0.kind == .persistent })
    let text = inspectText(inspection)
    #expect(text.contains("These workers cannot be told apart"))
    #expect(text.contains("persistent +0.0") || text.contains("persistent −0.0"), "\(text)")
  }

  /// Slow episodes of their own: single durations, permuted, told these apart with p = 0.03.
  @Test(
    "Equal workers with slow episodes cannot be told apart",
    arguments: 1...(Build.isOptimised ? 10 : 1) as ClosedRange<UInt64>)
  func burstsAreEqual(seed: UInt64) throws {
    let inspection = try Self.inspected(
      SyntheticRequest(.bursts, workerCount: 8, gradientCount: 200, seed: seed))
    #expect(try #require(inspection.speedup.pEqual) > 0.05)
    #expect(!inspection.stragglers.contains { $0.kind == .persistent })
  }

  @Test(
    "Of 64 equal workers with 10 noisy steps nobody is persistent and nothing is drained",
    arguments: 1...(Build.isOptimised ? 5 : 1) as ClosedRange<UInt64>)
  func equalAndShort(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("lab.db")
    let request = SyntheticRequest(
      .lognormal, workerCount: 64, gradientCount: 10, seed: seed)
    _ = try keepTrace(generateTrace(request), source: "test", in: path)
    let trace = try #require(
      try openTraces(["lognormal"], databasePath: path, reading: ReadingChoices()).first)
    let inspection = inspectTrace(trace)
    #expect(inspection.speedup.formulaMean > 1.15)
    #expect(try #require(inspection.speedup.pEqual) > 0.05)
    #expect(!inspection.stragglers.contains { $0.kind == .persistent })
    let comparison = try compareTrace(trace, inspection: inspection)
    #expect(comparison.policies.allSatisfy { $0.dropped.isEmpty })
    #expect(
      !comparison.verdict.byNoise.contains { $0.policy == .subset || $0.policy == .rebalanced })
  }

  /// (x_p / x_q) of a Pareto tail is ((1 − q)/(1 − p))^(1/α): 50^0.4 = 4.78 for p99 over the median.
  @Test("A heavy tail has the tail index that was asked for")
  func heavyTail() throws {
    let trace = try generateTrace(
      SyntheticRequest(.heavyTail, workerCount: 4, gradientCount: 5000))
    for timings in trace.workers {
      let sorted = timings.durationsNs.sorted()
      #expect(abs(Double(sorted[4950]) / Double(sorted[2500]) - 4.78) < 0.6)
      #expect(abs(Double(sorted[0]) / 6e6 - 1) < 0.01)
    }
  }

  @Test("Episodes of one's own cost a synchronous run more than those of all at once")
  func episodes() throws {
    let bursts = try Self.inspected(
      SyntheticRequest(.bursts, workerCount: 8, gradientCount: 300))
    let stalls = try Self.inspected(
      SyntheticRequest(.stalls, workerCount: 8, gradientCount: 300))
    #expect(bursts.speedup.realised > stalls.speedup.realised + 0.2)
    #expect(bursts.speedup.realised > 1.4)
    // All are slow at the same moments: the share is that of the time, the slowness F.
    let trace = try generateTrace(
      SyntheticRequest(.stalls, workerCount: 2, gradientCount: 3000, parameters: [.sigma: 0]))
    #expect(trace.workers[0].durationsNs == trace.workers[1].durationsNs)
    let slow = trace.workers[0].durationsNs.filter { $0 == 50_000_000 }.reduce(0, +)
    #expect(abs(Double(slow) / Double(trace.spanNs) - 0.1) < 0.03)
  }

  @Test("The drifting worker ends at the factor and averages half of it")
  func drift() throws {
    let trace = try generateTrace(
      SyntheticRequest(
        .drift, workerCount: 3, gradientCount: 101, parameters: [.sigma: 0, .slow: 3]))
    let times = trace.workers[2].durationsNs
    #expect(times.first == 10_000_000)
    #expect(times[50] == 20_000_000)
    #expect(times.last == 30_000_000)
    #expect(trace.workers[1].durationsNs.allSatisfy { $0 == 10_000_000 })
  }

  /// Recorded times as equal as these would be called a synchronous job's, with waiting inside.
  @Test("Exactly equal workers stay measured, in a file and in a database")
  func equal() throws {
    let folder = try TemporaryFolder()
    let request = SyntheticRequest(.equal, workerCount: 4, parameters: [.sigma: 0])
    let kept = try keepTrace(generateTrace(request), source: "test", in: folder.path("a.db"))
    for format in ExportFormat.allCases where format != .perfetto {
      let file = folder.path("equal.\(format.rawValue)")
      try Data(Self.bytes(request, format)).write(to: URL(fileURLWithPath: file))
      let report = try #require(
        importTraces(from: [file], into: folder.path("b.db"), reading: ReadingChoices()).first)
      #expect(report.trace.digest == kept.trace.digest)
      #expect(report.trace.issues.isEmpty)
      #expect(report.trace.kind == .independent)
    }
    #expect(try Self.inspected(request).trust == .measured)
  }

  @Test("One worker, one gradient")
  func smallest() throws {
    for profile in SyntheticProfile.allCases {
      let request = SyntheticRequest(profile, workerCount: 1, gradientCount: 1)
      #expect(try generateTrace(request).gradientCount == 1)
      #expect(request.expectedFormula == 1)
    }
  }

  @Test("What cannot be made is refused with the reason")
  func refusals() {
    func message(_ request: SyntheticRequest) -> String {
      let failure = #expect(throws: Failure.self) { try generateTrace(request) }
      #expect(failure?.code == .usage)
      return failure?.description ?? ""
    }
    #expect(
      message(SyntheticRequest(.equal, workerCount: 0))
        == "--workers 0: write a whole number from 1 on.")
    #expect(
      message(SyntheticRequest(.equal, parameters: [.slow: 2]))
        == "--slow says nothing to the profile equal. It takes --sigma.")
    #expect(
      message(SyntheticRequest(.exponential, parameters: [.sigma: 1]))
        == "--sigma says nothing to the profile exponential. It takes no options of its own.")
    #expect(
      message(SyntheticRequest(.heavyTail, parameters: [.shape: 1]))
        == "--shape 1.0: write a number from 1.05 to 100.0.")
    #expect(
      message(SyntheticRequest(.oneSlow, parameters: [.slow: .nan]))
        == "--slow nan: write a number from 0.001 to 1000.0.")
    #expect(
      message(SyntheticRequest(.equal, workerCount: .max, gradientCount: 2)).contains("more than"))
    #expect(message(SyntheticRequest(.oneSlow, meanNs: .max)).contains("146 years"))
  }
}

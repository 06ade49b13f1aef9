import Analysis
import TestSupport
import Testing
import Workbench

/// Traces of real clusters from elsewhere, read from beside the checkout where they are there.
@Suite(
  "Corpus", .enabled(if: Repository.hasCorpus, "no corpus beside the checkout"),
  .needsOptimiser)
struct CorpusTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var path: String
    var columns: String?
    var unit: String?
    /// (1/M) Σ s_max/s_m by an independent implementation.
    var formula: Double

    var testDescription: String { path }
  }

  private static let alibaba = "worker=worker,duration=batch_time_norm"
  private static let pal = "worker=uuid,duration=perf"

  static let cases = [
    Case(path: "kineto-dlrm-v100-8", formula: 1.152583),
    Case(path: "pytorch-ddp-gloo-4", formula: 1.191267),
    Case(path: "ray-least-squares-8/async.json", formula: 6.096455),
    Case(path: "ray-least-squares-8/sync.json", formula: 3.404513),
    Case(
      path: "alibaba-pai-minibatch/job_1_norm.csv", columns: alibaba, unit: "relative",
      formula: 1.072973),
    Case(
      path: "alibaba-pai-minibatch/job_2_norm.csv", columns: alibaba, unit: "relative",
      formula: 1.132395),
    Case(
      path: "alibaba-pai-minibatch/job_4_norm.csv", columns: alibaba, unit: "relative",
      formula: 3.264954),
    Case(
      path: "pal-gpu-variability/sgemm-longhorn-agg.csv", columns: pal, unit: "ms",
      formula: 1.169664),
  ]

  @Test("The formula of each real trace is that of an independent implementation", arguments: cases)
  func formula(_ expected: Case) throws {
    var reading = ReadingChoices()
    reading.columns = expected.columns
    reading.unit = expected.unit
    let opened = try openTraces(
      [try Repository.corpus("traces/" + expected.path)], databasePath: nil, reading: reading)
    let trace = try #require(opened.first)
    let inspection = inspectTrace(trace)
    #expect(agree(inspection.speedup.formulaMean, expected.formula, within: 1e-6))
    let comparison = try compareTrace(trace, inspection: inspection)
    #expect(comparison.policies.count == PolicyName.allCases.count)
    #expect(!comparison.verdict.sentence.isEmpty)
  }

  /// By an independent count: means of the first and the second half of each worker's rows.
  @Test("Job 4 is not stationary, and the verdict says how its halves differ")
  func notStationary() throws {
    var reading = ReadingChoices()
    reading.columns = "worker=worker,duration=batch_time_norm"
    reading.unit = "relative"
    let opened = try openTraces(
      [try Repository.corpus("traces/alibaba-pai-minibatch/job_4_norm.csv")], databasePath: nil,
      reading: reading)
    let trace = try #require(opened.first)
    let comparison = try compareTrace(trace, inspection: inspectTrace(trace))
    let trust = comparison.verdict.trust
    #expect(
      trust.hasPrefix(
        "Not stationary: the formula is 2.63× in the first half and 4.29× in the second, the slowest "
          + "worker 7 then 5;"), "\(trust)")
  }
}

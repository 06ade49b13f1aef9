import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// Real traces, with figures that were worked out independently of this code.
@Suite("Real traces", .needsOptimiser)
struct CorpusTests {
  private func read(
    _ name: String, _ options: ReadOptions = ReadOptions()
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    let sink = CollectingSink()
    return (sink, try readTrace(at: corpus(name), options: options, into: sink))
  }

  @Test("Four gloo ranks: own times and formula", needsCorpus("pytorch-ddp-gloo-4"))
  func gloo() throws {
    let (sink, facts) = try read("pytorch-ddp-gloo-4")
    let workers = sink.sorted
    #expect(workers.map(\.label.text) == ["0", "1", "2", "3"])
    #expect(workers.map { ($0.meanNs / 1e5).rounded() } == [259, 192, 218, 211])
    #expect(abs(sink.formula - 1.1912667651707025) < 1e-6)
    #expect(facts.kind == .synchronous)
    #expect(facts.unixNsOfZero == 0)
    #expect(workers.allSatisfy { $0.trust == .separated && $0.gradients.count == 60 })
    #expect(workers.allSatisfy { $0.host == "vm" })
    // The machine was recorded on 24 November 2026.
    let start = workers[0].gradients[0].startNs
    #expect((1_795_478_400_000_000_000..<1_795_564_800_000_000_000).contains(start))
    // Who comes last waits for nobody.
    for index in 0..<60 {
      #expect(workers.map { $0.gradients[index].waitNs }.min() == 0)
      #expect(Set(workers.map { $0.gradients[index].turnaroundNs }).count == 1)
    }
  }

  @Test(
    "Eight V100: the formula on own times, not on wall times", needsCorpus("kineto-dlrm-v100-8"))
  func dlrm() throws {
    let (sink, facts) = try read("kineto-dlrm-v100-8")
    #expect(abs(sink.formula - 1.1525833939676284) < 1e-6)
    #expect(
      sink.sorted.map { $0.gradients[0].durationNs / 1000 }
        == [8918, 8845, 9800, 9873, 11429, 11586, 9802, 10929])
    #expect(sink.sorted.allSatisfy { $0.gradients[0].turnaroundNs == 1_580_000 })
    #expect(facts.kind == .synchronous)
    #expect(facts.notes.contains { $0.hasPrefix("skipped") && $0.contains("SOURCE.md") })
    #expect(sink.issue("file-skipped")?.count == 1)
  }

  @Test(
    "Every variant of the profiler is read", needsCorpus("kineto-single-rank-variants"),
    arguments: [
      ("a100-rank0of2-basetime", "0", 3, .separated, ["rank-missing"]),
      ("a100-rank3of8", "3", 6, .separated, ["rank-missing"]),
      ("v100-rank0of1-float-us", "0", 5, .separated, []),
      ("gloo-cpu-rank34of300", "34", 1, .separated, ["rank-missing"]),
      (
        "rocm-mi250-no-distributedinfo", "mi250_minitoy_train_ROCm6_2_kineto.json.gz", 1,
        .separated,
        ["cut-step", "rank-unknown"]
      ),
      ("no-distributedinfo", "distributed_info_not_found.json.gz", 1, .separated, ["rank-unknown"]),
      ("two-spans-one-worker", "0", 12, .separated, []),
    ] as [(String, String, Int, TrustGrade, [String])])
  func variant(
    name: String, label: String, count: Int, trust: TrustGrade, issues: [String]
  ) throws {
    let (sink, facts) = try read("kineto-single-rank-variants/\(name)")
    #expect(sink.workers.map(\.label.text) == [label])
    #expect(sink.gradientCount == count)
    #expect(sink.workers.map(\.trust) == [trust])
    #expect(sink.issues.map(\.code) == issues)
    #expect(facts.format == "pytorch")
  }

  @Test("Two of 128 ranks", needsCorpus("kineto-single-rank-variants"))
  func sampled() throws {
    let (sink, facts) = try read("kineto-single-rank-variants/sampled-ranks01of128")
    #expect(sink.sorted.map(\.label.text) == ["0", "1"])
    #expect(sink.issue("rank-missing")?.count == 126)
    #expect(facts.kind == .synchronous)
  }

  @Test(
    "Ray timelines: workers, gradients and formula", needsCorpus("ray-least-squares-8"),
    arguments: [("async", 2016, 6.096455273546275), ("sync", 2008, 3.4045124505975175)])
  func ray(name: String, count: Int, formula: Double) throws {
    let (sink, facts) = try read("ray-least-squares-8/\(name).json")
    #expect(sink.workers.count == 8)
    #expect(sink.gradientCount == count)
    #expect(abs(sink.formula - formula) < 1e-6)
    #expect(facts.kind == .independent)
    #expect(facts.turnaround == .gaps)
    #expect(facts.unixNsOfZero == 0)
    #expect(sink.workers.allSatisfy { $0.trust == .measured && $0.host == "192.0.2.2" })
    #expect(sink.issues.isEmpty)
  }

  @Test(
    "Columns of others: GPU variability", needsCorpus("pal-gpu-variability"),
    arguments: [
      ("sgemm-longhorn-agg.csv", ColumnUnit.milliseconds, 392, 11_087, 1.1696643469923704),
      ("resnet-longhorn-agg.csv", .milliseconds, 336, 1404, 1.3033833650750242),
      ("bert-longhorn-agg.csv", .milliseconds, 136, 1096, 1.0646082181110044),
      ("frontera-bert-agg.csv", .seconds, 276, 1656, 1.0590229741570123),
    ])
  func pal(name: String, unit: ColumnUnit, workers: Int, rows: Int, formula: Double) throws {
    let options = ReadOptions(columns: [.worker: "uuid", .duration: "perf"], unit: unit)
    let (sink, _) = try read("pal-gpu-variability/\(name)", options)
    #expect(sink.workers.count == workers)
    #expect(sink.gradientCount == rows)
    #expect(abs(sink.formula / formula - 1) < 1e-6)
  }

  @Test(
    "Columns of others: mini-batches without a physical unit", needsCorpus("alibaba-pai-minibatch"),
    arguments: [
      ("job_1_norm.csv", 3000, 1.0729734028290936), ("job_2_norm.csv", 2402, 1.13239520083703),
      ("job_4_norm.csv", 21_829, 3.264953678822548),
    ])
  func alibaba(name: String, rows: Int, formula: Double) throws {
    let options = ReadOptions(
      columns: [.worker: "worker", .duration: "batch_time_norm"], unit: .relative)
    let (sink, facts) = try read("alibaba-pai-minibatch/\(name)", options)
    #expect(sink.workers.count == 10)
    #expect(sink.gradientCount == rows)
    #expect(facts.unit == .relative)
    #expect(abs(sink.formula / formula - 1) < 1e-6)
    let longest = sink.workers.flatMap(\.gradients).map(\.durationNs).max()
    #expect(longest == 1_000_000_000_000)
  }

  @Test("Without the columns the message shows them", needsCorpus("alibaba-pai-minibatch"))
  func remedy() throws {
    let error = #expect(throws: TraceFormatError.self) {
      try read("alibaba-pai-minibatch/job_1_norm.csv")
    }
    #expect(
      error?.description.hasSuffix(
        "job_1_norm.csv:1: no column says the duration. Columns found: , worker, gpu, time,"
          + " batch_time_norm. Say which is which:"
          + " --columns worker=worker,duration=time --unit ms") == true)
  }

  @Test(
    "Files that are no trace are refused, with what they seem to be",
    arguments: [
      (
        "wfinstances-tasks/seismology-chameleon-1000p-001.json",
        "JSON of no known format: its keys begin with"
      ),
      (
        "gavel-gpu-throughputs/physical_cluster_throughputs.json",
        "JSON of no known format: its keys begin with"
      ),
      ("ray-least-squares-8/async.arrivals.json", "no known format ("),
      ("bytedance-llm-stragglers/trace-AR.parquet", "a Parquet file, which is not read."),
      ("bytedance-llm-stragglers/meta-AR.yaml", "no known format ("),
    ])
  func others(name: String, message: String) throws {
    guard hasCorpus(name) else { return }
    #expect(try detectFormat(at: corpus(name)) == nil)
    let error = #expect(throws: TraceFormatError.self) { try read(name) }
    #expect(error?.description.hasPrefix("\(corpus(name)): \(message)") == true)
  }
}

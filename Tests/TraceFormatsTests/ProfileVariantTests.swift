import TestSupport
import Testing
import TraceFormats
import TraceModel

/// The ways in which profiles of the same thing differ, each made by hand and as small as it gets; the
/// recorded files are read by "Real traces".
@Suite("Variants of PyTorch profiles")
struct ProfileVariantTests {
  struct Variant: Sendable, CustomTestStringConvertible {
    var name: String
    var file = "profile.json"
    var text: String
    var label: String
    var gradients: [GradientInterval]
    var issues: [String] = []

    var testDescription: String { name }
  }

  private static func event(
    _ category: String, _ name: String, _ start: String, _ duration: String
  ) -> String {
    #"{"ph":"X","cat":"\#(category)","name":"\#(name)","ts":\#(start),"dur":\#(duration)}"#
  }

  private static func profile(_ events: [String], before: String = "", after: String = "")
    -> String
  {
    #"{"schemaVersion":1,\#(before)"traceEvents":[\#(events.joined(separator: ","))]\#(after)}"#
  }

  private static func info(_ rank: Int, of worldSize: Int) -> String {
    #""distributedInfo":{"backend":"gloo","rank":\#(rank),"world_size":\#(worldSize)},"#
  }

  /// A step of 100 µs with 60 µs of work on the GPU and 20 µs of an exposed collective.
  private static let step = [
    event("user_annotation", "ProfilerStep#4", "0", "100"), event("kernel", "gemm", "10", "60"),
    event("kernel", "ncclDevKernel_AllReduce_Sum_f32_RING_LL", "60", "30"),
  ]
  private static let own = GradientInterval(
    startNs: 0, durationNs: 80_000, waitNs: 20_000, step: 4)
  private static let ownAlone = GradientInterval(startNs: 0, durationNs: 100_000, step: 4)

  static let variants: [Variant] = [
    Variant(
      name: "base time after the events",
      text: profile(
        step, before: info(0, of: 2), after: #","baseTimeNanoseconds":1700000000000000000"#),
      label: "0",
      gradients: [
        GradientInterval(
          startNs: 1_700_000_000_000_000_000, durationNs: 80_000, waitNs: 20_000, step: 4)
      ], issues: ["rank-missing"]),
    Variant(
      name: "float microseconds",
      text: profile(
        [
          event("user_annotation", "ProfilerStep#4", "0.125", "99.875"),
          event("cpu_op", "aten::mm", "1.001", "2.002"),
        ], before: info(0, of: 1)),
      label: "0",
      gradients: [GradientInterval(startNs: 125, durationNs: 99_875, step: 4)]),
    Variant(
      name: "old categories", file: "worker3.1623.pt.trace.json",
      text: profile([
        event("Operator", "ProfilerStep#4", "0", "100"), event("Kernel", "gemm", "10", "50"),
        event("Memcpy", "Memcpy HtoD", "55", "5"), event("Memset", "Memset", "60", "10"),
        event("Runtime", "cudaLaunchKernel", "0", "100"),
        event("Kernel", "ncclKernel_AllReduce_RING_LL_Sum_float", "60", "30"),
      ]),
      label: "3", gradients: [own]),
    Variant(
      name: "no distributedInfo", text: profile(step), label: "profile.json", gradients: [own],
      issues: ["rank-unknown"]),
    Variant(
      name: "ROCm: a copy of the step on the GPU, and a last step that was cut",
      text: profile([
        event("user_annotation", "ProfilerStep#4", "0", "100"),
        event("gpu_user_annotation", "ProfilerStep#4", "5", "90"),
        event("kernel", "Cijk_Ailk_Bljk_SB_MT64x64x8", "10", "60"),
        event("kernel", "void rcclGenericKernel<1, false>(ncclDevComm*)", "60", "30"),
        event("user_annotation", "ProfilerStep#5", "100", "5"),
      ]),
      label: "profile.json", gradients: [own], issues: ["cut-step", "rank-unknown"]),
    Variant(
      name: "gloo with 300 ranks",
      text: profile(
        [
          event("user_annotation", "ProfilerStep#4", "0", "100"),
          event("cpu_op", "aten::mm", "10", "60"),
          event("user_annotation", "gloo:all_reduce", "60", "30"),
        ], before: info(34, of: 300)),
      label: "34", gradients: [own], issues: ["rank-missing"]),
    Variant(
      name: "a job of one rank", text: profile(step, before: info(0, of: 1)), label: "0",
      gradients: [ownAlone]),
  ]

  @Test("Each is read as what it is", arguments: variants)
  func read(variant: Variant) throws {
    let (sink, facts) = try TraceFormatsTests.read(variant.text, as: variant.file)
    #expect(facts.format == "pytorch")
    #expect(sink.workers.map(\.label.text) == [variant.label])
    #expect(sink.workers.map(\.gradients) == [variant.gradients])
    #expect(sink.issues.map(\.code) == variant.issues)
  }

  @Test("Two spans of one worker are one worker, sampled ranks of a job lack the others")
  func several() throws {
    let folder = try TemporaryFolder()
    func spans(_ number: Int, _ start: Int) -> String {
      ProfileVariantTests.profile([
        ProfileVariantTests.event("Operator", "ProfilerStep#\(number)", "\(start)", "100")
      ])
    }
    try folder.write(spans(5, 0), as: "spans/worker0.1623143089861.pt.trace.json")
    try folder.write(spans(16, 5000), as: "spans/worker0.1623143566756.pt.trace.json")
    let joined = CollectingSink()
    _ = try readTrace(at: folder.path + "/spans", into: joined)
    #expect(joined.workers.map(\.label.text) == ["0"])
    #expect(joined.workers[0].gradients.map(\.step) == [5, 16])
    for rank in 0...1 {
      try folder.write(
        ProfileVariantTests.profile(
          ProfileVariantTests.step, before: ProfileVariantTests.info(rank, of: 128)),
        as: "sampled/sampled_rank-\(rank).json")
    }
    let sampled = CollectingSink()
    _ = try readTrace(at: folder.path + "/sampled", into: sampled)
    #expect(sampled.sorted.map(\.label.text) == ["0", "1"])
    #expect(sampled.issue("rank-missing")?.count == 126)
  }
}

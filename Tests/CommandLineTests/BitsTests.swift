import Foundation
import TestSupport
import Testing

/// The built tool gives the same bits on every instruction set, with any C library and any number of threads.
@Suite("The same bits from the tool")
struct BitsTests {
  private static let trace = Repository.root.appendingPathComponent("traces/pytorch-ddp-gloo-4")
    .path

  /// The replay that README.md shows.
  private static let example = [
    "replay", trace, "--method", "async", "--stepsize", "0.01", "--updates", "1000", "--quiet",
    "--check", "edc830391e1db38403f34a8257278a142976392003500224ee15978f59873cf3",
  ]

  @Test("On each instruction set", arguments: ["baseline", "avx2", "avx512"])
  func instructionSets(name: String) throws {
    let result = try Tool.run(Self.example + ["--cpu", name])
    let isLacking = result.status == 64 && result.errors.contains("as far as this processor has it")
    #expect(result.status == 0 || isLacking, "\(result.errors)")
    if name == "baseline" { #expect(result.status == 0) }
  }

  @Test("An instruction set of another name is refused")
  func unknown() throws {
    let result = try Tool.run(Self.example + ["--cpu", "sse9"])
    #expect(result.status == 64)
    #expect(result.errors.contains("--cpu sse9: write baseline, avx2 or avx512"))
  }

  /// The C library then takes other variants of `exp` and its kin, which round otherwise.
  @Test("With a C library that believes in an older processor")
  func library() throws {
    let result = try Tool.run(
      Self.example, environment: ["GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA"])
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test("A tuned replay on 1, 2, 3 and 8 threads")
  func threads() throws {
    let folder = try TemporaryFolder()
    var rows = "worker,start_ns,duration_ns\n"
    for worker in 0..<4 {
      for gradient in 0..<6 {
        let duration = 1000 + 300 * worker * (1 + gradient % 2)
        rows += "w\(worker),\(gradient * 4000),\(duration)\n"
      }
    }
    let trace = try folder.write(rows, to: "trace.csv")
    let outputs = try [1, 2, 3, 8].map { threads in
      let result = try Tool.run([
        "replay", trace, "--method", "minibatch", "--method", "async:rule=scaled", "--updates",
        "40", "--stepsize", "tuned", "--objective", "logistic:gaussian:n=60,d=6?l2=0.01",
        "--threads", "\(threads)", "--json", "--quiet",
      ])
      #expect(result.status == 0, "\(result.errors)")
      // What a clock says differs from run to run.
      return result.output.replacing(/"wall_seconds": ?[-+.e0-9]+/, with: "")
    }
    #expect(outputs[0].contains("\"fingerprint\""))
    for output in outputs { #expect(output == outputs[0]) }
  }
}

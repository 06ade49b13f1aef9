import Foundation
import Testing

/// What the compiler made of the kernels, where the tools to look at it are installed.
@Suite("Object code of CKernels")
struct ObjectCodeTests {
  /// The object files beside the test binary: `<build>/CKernels.build/*.o`.
  private var objectFiles: [String] {
    let binary = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var folder = binary.deletingLastPathComponent()
    for _ in 0..<4 {
      let candidate = folder.appendingPathComponent("CKernels.build").path
      let names = (try? FileManager.default.contentsOfDirectory(atPath: candidate)) ?? []
      let objects = names.filter { $0.hasSuffix(".o") }.sorted()
      if !objects.isEmpty { return objects.map { candidate + "/" + $0 } }
      folder = folder.deletingLastPathComponent()
    }
    return []
  }

  private static func tool(_ name: String) -> String? {
    ["/usr/bin/", "/usr/local/bin/", "/opt/homebrew/bin/"].map { $0 + name }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private func output(of tool: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  /// The target avx512f implies FMA, which rounds once where everything else rounds twice.
  @Test(
    "No fused multiply-add",
    .enabled(if: ObjectCodeTests.tool("objdump") != nil, "objdump is not installed"))
  func fused() throws {
    let files = objectFiles
    try #require(!files.isEmpty, "no CKernels.build beside \(CommandLine.arguments[0])")
    let tool = try #require(Self.tool("objdump"))
    let code = try output(of: tool, ["-d"] + files)
    let isCode = code.contains("mul")
    #expect(isCode, "nothing was disassembled")
    for mnemonic in ["vfmadd", "vfmsub", "vfnmadd", "vfnmsub", "\tfmadd", "\tfmla"] {
      let isFused = code.contains(mnemonic)
      #expect(!isFused, "\(mnemonic)")
    }
  }

  /// Its `exp` differs by processor; so does whatever else it would lend us.
  @Test(
    "No function of the C library but those that move memory",
    .enabled(if: ObjectCodeTests.tool("nm") != nil, "nm is not installed"))
  func library() throws {
    let files = objectFiles
    try #require(!files.isEmpty, "no CKernels.build beside \(CommandLine.arguments[0])")
    let tool = try #require(Self.tool("nm"))
    let names = try output(of: tool, ["-u"] + files)
      .split(whereSeparator: \.isNewline)
      .map { $0.split(separator: " ").last.map(String.init) ?? "" }
      .filter { !$0.isEmpty && !$0.hasSuffix(":") }
      .filter { name in
        // Coverage and the sanitizers bring their own.
        let foreign = [
          "outpace_", "_outpace_", "__llvm_profile", "__asan", "__tsan", "__ubsan", "__sanitizer",
        ]
        return !foreign.contains { name.hasPrefix($0) }
      }
    let allowed: Set = [
      "memcpy", "memset", "memmove", "_memcpy", "_memset", "_memmove", "__cpu_model",
      "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_",
    ]
    #expect(Set(names).subtracting(allowed).isEmpty)
  }
}

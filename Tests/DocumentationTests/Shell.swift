import Foundation
import TestSupport

/// A folder in which the documentation's commands work as they are written: `outpace` is on the path,
/// `traces` and `fixtures` are where a checkout has them.
struct Shell {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["traces", "fixtures"] {
      try FileManager.default.createSymbolicLink(
        at: folder.url.appendingPathComponent(name),
        withDestinationURL: Repository.root.appendingPathComponent(name))
    }
  }

  struct Result {
    var output: String
    var errors: String
    var status: Int32
  }

  /// Runs a script; its first failing line ends it.
  func run(_ script: String) throws -> Result {
    try run("/bin/sh", ["-e", "-c", script])
  }

  func run(_ program: String, _ arguments: [String]) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder.url
    var environment = ProcessInfo.processInfo.environment
    let tools = URL(fileURLWithPath: Tool.path).deletingLastPathComponent().path
    environment["PATH"] = tools + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    // Files, not pipes: a full pipe would stop the program while nobody reads it.
    let scratch = try TemporaryFolder()
    let output = try scratch.write("", to: "output")
    let errors = try scratch.write("", to: "errors")
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    try process.run()
    process.waitUntilExit()
    return Result(
      output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8),
      status: process.terminationStatus)
  }

  /// Whether a program is on the path.
  static func has(_ program: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }
}

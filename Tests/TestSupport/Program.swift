import Foundation

/// A program of this machine, run to its end.
public enum Program {
  public struct Result: Sendable {
    public var output: String
    public var errors: String
    public var status: Int32
  }

  /// - Parameters:
  ///   - input: what it reads; nothing if nil.
  ///   - environment: on top of that of the tests.
  public static func run(
    _ path: String, _ arguments: [String], input: String? = nil,
    environment: [String: String] = [:], in folder: URL? = nil
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    // Files, not pipes: a full pipe would stop the program while nobody reads it.
    let scratch = try TemporaryFolder()
    let outputPath = try scratch.write("", to: "output")
    let errorsPath = try scratch.write("", to: "errors")
    process.standardInput =
      try input.map {
        try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch.write($0, to: "input")))
      } ?? FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorsPath))
    try process.run()
    process.waitUntilExit()
    return Result(
      output: try String(contentsOfFile: outputPath, encoding: .utf8),
      errors: try String(contentsOfFile: errorsPath, encoding: .utf8),
      status: process.terminationStatus)
  }
}

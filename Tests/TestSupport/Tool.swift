import Foundation

/// The built `outpace`, run as a user runs it.
public enum Tool {
  public struct Result: Sendable {
    public var output: String
    public var errors: String
    public var status: Int32
  }

  /// The executable beside the test bundle.
  public static var path: String {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    for folder in [bundle.deletingLastPathComponent()] + buildFolders {
      let candidate = folder.appendingPathComponent("outpace").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return "outpace"
  }

  private static var buildFolders: [URL] {
    #if DEBUG
      let configuration = "debug"
    #else
      let configuration = "release"
    #endif
    return [Repository.root.appendingPathComponent(".build/\(configuration)")]
  }

  /// Runs it to the end and returns what it said.
  public static func run(
    _ arguments: [String], input: String? = nil, environment: [String: String] = [:],
    in folder: URL? = nil
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var variables = ProcessInfo.processInfo.environment
    variables.merge(environment) { _, new in new }
    process.environment = variables
    let scratch = try TemporaryFolder()
    // Files, not pipes: a full pipe would stop the tool while nobody reads it.
    let outputPath = scratch.path("output")
    let errorsPath = scratch.path("errors")
    _ = try scratch.write("", to: "output")
    _ = try scratch.write("", to: "errors")
    let inputPath = try scratch.write(input ?? "", to: "input")
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputPath))
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

import Foundation

/// The built `outpace`, run as a user runs it.
public enum Tool {
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
    let configuration = Build.isOptimised ? "release" : "debug"
    return [Repository.root.appendingPathComponent(".build/\(configuration)")]
  }

  /// Runs it to the end and returns what it said.
  public static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:],
    in folder: URL? = nil
  ) throws -> Program.Result {
    try Program.run(path, arguments, input: input, environment: environment, in: folder)
  }

  /// Runs lines of the shell in which `outpace` is this executable; the first failing one ends it.
  public static func shell(
    _ script: String, environment: [String: String] = [:], in folder: URL? = nil
  ) throws -> Program.Result {
    let tools = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let others = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try Program.run(
      "/bin/sh", ["-e", "-c", script],
      environment: environment.merging(["PATH": "\(tools):\(others)"]) { _, new in new },
      in: folder)
  }
}

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

  /// Runs a script; its first failing line ends it.
  func run(_ script: String) throws -> Program.Result {
    try Tool.shell(script, in: folder.url)
  }

  /// Whether a program is on the path.
  static func has(_ program: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }
}

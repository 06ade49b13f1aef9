import Dispatch
import Foundation

/// A headless browser of this machine, for tests that look at a page as it is drawn.
public enum Browser {
  /// The first Chromium on the path; nil where none is installed, and such tests are then disabled.
  public static let path: String? = {
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].lazy
      .flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// Loads a file, runs its scripts and returns the document that is left.
  ///
  /// - Parameter limit: seconds after which the browser is stopped.
  public static func document(
    of page: String, in scratch: TemporaryFolder, limit: Double = 120
  ) throws -> String {
    guard let path else { throw Failure(description: "no Chromium is installed") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    // Without a sandbox, since tests may run as root.
    process.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
      "--user-data-dir=\(scratch.path("profile"))", "--window-size=1300,900", "--dump-dom",
      "file://\(page)",
    ]
    let output = try scratch.write("", to: "document.html")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = FileHandle.nullDevice
    let hasEnded = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in hasEnded.signal() }
    try process.run()
    guard hasEnded.wait(timeout: .now() + limit) == .success else {
      process.terminate()
      throw Failure(description: "\(path) did not end within \(limit) s")
    }
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(path) ended with status \(process.terminationStatus)")
    }
    return try String(contentsOfFile: output, encoding: .utf8)
  }
}

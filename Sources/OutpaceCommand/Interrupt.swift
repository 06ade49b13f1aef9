import Dispatch
import Foundation
import Synchronization
import Workbench

/// What happens on Ctrl-C, `kill` and a closed terminal: nothing is left half done.
///
/// An import commits in one transaction, so an interrupted one has changed nothing; a transaction under way is
/// undone first.
enum Interrupt {
  private static let signals: [(number: Int32, code: Failure.Code)] = [
    (SIGINT, .interrupted), (SIGTERM, .terminated), (SIGHUP, .hungUp),
  ]

  /// The signal that a deferred interrupt came with.
  private static let requested = Mutex<Failure.Code?>(nil)

  /// Whether somebody asked a command that finishes first to end.
  static var isRequested: Bool { requested.withLock { $0 != nil } }

  /// The exit code for the signal that came.
  static var code: Failure.Code { requested.withLock { $0 } ?? .interrupted }

  /// Watches until the process ends or the sources are cancelled.
  ///
  /// - Parameter isDeferred: the first signal only sets ``isRequested``.
  static func watch(isDeferred: Bool = false) -> [any DispatchSourceSignal] {
    // A reader that went away is an error of write(2), which tells whether it matters.
    signal(SIGPIPE, SIG_IGN)
    // So is a file that may not grow any further (ulimit -f): no room, as on a full disk.
    signal(SIGXFSZ, SIG_IGN)
    return signals.compactMap { number, code in
      let before = signal(number, SIG_IGN)
      // nohup asks for exactly that.
      if number == SIGHUP, isIgnore(before) { return nil }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        let isFirst = requested.withLock { known in
          defer { known = known ?? code }
          return known == nil
        }
        if isDeferred, isFirst { return }
        let next =
          CommandLine.arguments.contains("--resume")
          ? "Run the command again: it goes on with the files that are not finished."
          : "Run the command again."
        Console.error("\noutpace: interrupted; nothing was half written. \(next)")
        endProcess(status: code.rawValue)
      }
      source.resume()
      return source
    }
  }

  /// Whether a handler is `SIG_IGN`; functions of C have no `==`.
  private static func isIgnore(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

import Dispatch
import Foundation
import Workbench

/// What happens on Ctrl-C: nothing is left half done.
///
/// An import commits in one transaction, so an interrupted one has changed nothing, and SQLite rolls
/// back what a process left when the database is opened next.
enum Interrupt {
  static func watch() -> any DispatchSourceSignal {
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      removeTemporaryDatabases()
      Console.error("\noutpace: interrupted; nothing was half written. Run the command again.")
      _exit(Failure.Code.interrupted.rawValue)
    }
    source.resume()
    return source
  }
}

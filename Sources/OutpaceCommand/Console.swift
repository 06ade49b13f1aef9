import Foundation
import Workbench

/// Standard output for results, standard error for everything else.
enum Console {
  static func printResult(_ text: String) {
    FileHandle.standardOutput.write(Data(text.utf8))
  }

  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  static var errorsAreTerminal: Bool { isatty(STDERR_FILENO) != 0 }

  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) != 0 }
}

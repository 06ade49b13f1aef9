import Reports
import Synchronization
import Workbench

/// One line on standard error that tells how far an import is: bytes, rate and time left.
final class ProgressLine: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant?
    var isVisible = false
  }

  private let state = Mutex(State())
  private let start = ContinuousClock.now

  func show(_ progress: ImportProgress) {
    let now = ContinuousClock.now
    guard isDue(now) else { return }
    let seconds = Self.seconds(now - start)
    let read = Double(progress.bytesRead)
    var line = "importing \(Self.name(progress.path))  \(Self.megabytes(read)) MB"
    if let total = progress.bytesTotal, total > 0 {
      line += " of \(Self.megabytes(Double(total))) MB"
      if read > 0, seconds > 0.5 {
        line += ", \(Int((Double(total) - read) * seconds / read)) s left"
      }
    }
    if seconds > 0.5 { line += ", \(Self.megabytes(read / seconds)) MB/s" }
    write("\r\u{1B}[K" + line)
  }

  /// Says how far something is that tells it often.
  func show(_ text: @autoclosure () -> String) {
    if isDue(.now) { write("\r\u{1B}[K" + text()) }
  }

  private func isDue(_ now: ContinuousClock.Instant) -> Bool {
    state.withLock { state in
      if let last = state.lastShown, now - last < .milliseconds(100) { return false }
      state.lastShown = now
      state.isVisible = true
      return true
    }
  }

  /// Says what is going on where there is no measure of it.
  func say(_ text: String) {
    state.withLock { $0.isVisible = true }
    write("\r\u{1B}[K" + text)
  }

  /// Removes the line, so that results start on a clean one.
  func clear() {
    let wasVisible = state.withLock { state in
      defer { state.isVisible = false }
      return state.isVisible
    }
    if wasVisible { write("\r\u{1B}[K") }
  }

  private func write(_ text: String) {
    Console.writeError(text)
  }

  private static func name(_ path: String) -> String {
    // A path is somebody's words too: no control characters on a terminal.
    String(harmless(path).filter { $0 != "\n" }.suffix(40))
  }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }

  private static func megabytes(_ bytes: Double) -> String {
    let tenths = Int((bytes / 1e5).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}

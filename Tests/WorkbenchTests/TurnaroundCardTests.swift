import Analysis
import TestSupport
import Testing
import Workbench

/// The recorded traces on which turnaround changes the verdict.
@Suite("Turnaround on the card")
struct TurnaroundCardTests {
  /// Long labels, a trace that is not stationary: the twelve lines are full on each of them.
  @Test(
    "Both figures stand on the card wherever they differ by more than 5%",
    arguments: [
      "ray-least-squares-8/async.json.gz", "ray-least-squares-8/sync.json.gz",
      "pytorch-ddp-gloo-4",
    ])
  func bothFigures(path: String) throws {
    let trace = try #require(
      try openTraces(
        [Repository.traces.appendingPathComponent(path).path], databasePath: nil,
        reading: ReadingChoices()
      ).first)
    let inspection = inspectTrace(trace)
    let speedup = inspection.speedup
    #expect(speedup.turnaroundMatters)
    let charged = try #require(speedup.withTurnaround)
    let why = try compareTrace(trace, inspection: inspection).verdict.why
    for figure in [charged, speedup.formulaMean] {
      let hundredths = Int((figure * 100).rounded())
      let digits = "\(hundredths % 100)"
      let shown = "\(hundredths / 100)." + (digits.count == 1 ? "0" : "") + digits + "×"
      #expect(why.contains(shown), "\(shown) in: \(why)")
    }
  }
}

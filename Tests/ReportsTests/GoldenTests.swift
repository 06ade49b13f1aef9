import Foundation
import Reports
import Testing

/// Rendered pieces against files. `RECORD_GOLDEN=1` rewrites the files and fails, so that nobody
/// records by accident.
@Suite("Golden pieces")
struct GoldenTests {
  private static let small: ReportInput = {
    var input = Samples.report(Samples.trace(workers: 3, gradients: 6, slow: 1))
    // Enough for a curve, little enough to read.
    if let replay = input.replay {
      for index in replay.runs.indices {
        input.replay?.runs[index].points = replay.runs[index].points.enumerated()
          .filter { $0.offset % 50 == 0 }.map(\.element)
      }
    }
    return input
  }()

  @Test(
    "Sections are as recorded",
    arguments: [
      "policies", "workers", "time", "waste", "gantt", "loss-time", "loss-gradients", "delays",
      "delays-time", "use", "blame", "whatif", "noise", "noise-levels", "stepsizes", "forecast",
      "assumptions",
      "quality", "appendix",
    ])
  func section(_ id: String) throws {
    let page = renderHTML(Self.small)
    let start = try #require(page.range(of: "<section id=\"\(id)\">"))
    let end = try #require(page.range(of: "</section>", range: start.upperBound..<page.endIndex))
    try compare(String(page[start.lowerBound..<end.upperBound]), "section-\(id).html")
  }

  @Test("The verdict card is as recorded")
  func card() throws {
    let page = renderHTML(Self.small)
    let start = try #require(page.range(of: "<div class=\"card\""))
    let end = try #require(page.range(of: "<nav "))
    try compare(String(page[start.lowerBound..<end.lowerBound]), "card.html")
  }

  @Test("Texts are as recorded")
  func texts() throws {
    try compare(verdictText(Samples.comparison()), "verdict.txt")
    try compare(compareText(Samples.comparison()), "compare.txt")
    try compare(inspectText(Self.small.inspection), "inspect.txt")
    try compare(replayText(Samples.replay(Samples.trace())), "replay.txt")
  }

  private func compare(_ text: String, _ name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Golden")
    let file = folder.appendingPathComponent(name)
    // One element a line: a difference is then a line of a diff.
    let lines = name.hasSuffix("html") ? text.replacing("><", with: ">\n<") + "\n" : text
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try lines.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(name)")
      return
    }
    let recorded = try String(contentsOf: file, encoding: .utf8)
    guard recorded != lines else { return }
    let pairs = zip(recorded.split(separator: "\n"), lines.split(separator: "\n"))
    let first = pairs.first { $0 != $1 }
    Issue.record("\(name): recorded \(first?.0 ?? "fewer lines"), now \(first?.1 ?? "fewer lines")")
  }
}

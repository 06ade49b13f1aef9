import Analysis
import Foundation
import ReplayEngine
import Reports
import TestSupport
import Testing
import TraceModel

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Pages")
struct PageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var input: @Sendable () -> ReportInput
  }

  static let cases: [Case] = [
    Case(testDescription: "ten workers") { Samples.report(Samples.trace()) },
    Case(testDescription: "relative units, no replay, abstaining") {
      let trace = Samples.trace(unit: .relative)
      return ReportInput(
        inspection: Samples.inspection(trace),
        comparison: Samples.comparison(timed: false, abstains: true),
        heatmap: HeatmapData(trace), gantt: GanttData(trace))
    },
    Case(testDescription: "inspection only") {
      ReportInput(inspection: Samples.inspection(Samples.trace()))
    },
    Case(testDescription: "one worker, one gradient") {
      let trace = Samples.trace(workers: 1, gradients: 0, slow: 1)
      let one = Trace(
        name: "one",
        workers: [
          WorkerTimings(worker: trace.workers[0].worker, backToBack: [1])
        ])
      var input = Samples.report(one)
      input.replay = nil
      input.comparison = nil
      return input
    },
    Case(testDescription: "all durations equal, with turnaround") {
      Samples.report(
        Samples.trace(workers: 4, gradients: 5, slow: 0, spread: 0, turnaroundNs: 5_000_000))
    },
    Case(testDescription: "optimum unknown, some seeds diverged") {
      var input = Samples.report(Samples.trace())
      input.replay = Samples.replay(Samples.trace(), minimum: nil, divergedSeeds: [2])
      return input
    },
    Case(testDescription: "every seed diverged at once, and an empty run") {
      let trace = Samples.trace()
      var input = Samples.report(trace)
      var replay = Samples.replay(trace, divergedSeeds: [1, 2, 3])
      for index in replay.runs.indices {
        for point in replay.runs[index].points.indices {
          replay.runs[index].points[point].loss = point == 0 && index > 0 ? 1 : .infinity
        }
        replay.runs[index].outcome = .diverged(update: 1)
      }
      replay.runs[0].points = []
      input.replay = replay
      return input
    },
    Case(testDescription: "figures that are not numbers") {
      var input = Samples.report(Samples.trace())
      input.inspection.speedup.formulaMedian = .nan
      input.inspection.speedup.realised = .nan
      input.inspection.speedup.withTurnaround = .infinity
      input.inspection.workers[3].meanSeconds = .nan
      input.inspection.workers[4].p95Seconds = .infinity
      input.comparison?.policies[1].countRatio = .nan
      input.comparison?.policies[2].timeToTargetSeconds = .infinity
      return input
    },
    Case(testDescription: "a wide spread of delays") {
      var input = Samples.report(Samples.trace())
      let bins = (0..<3000).map { DelayHistogram.Bin(delay: 1 + $0 * $0, count: 3000 - $0) }
      input.replay?.runs[2].delays = DelayStatistics(
        overall: .init(bins: bins), perWorker: [], identityHolds: false)
      return input
    },
    Case(testDescription: "hostile labels") { PageTests.hostile() },
  ]

  static let hostileLabels = [
    "</title><script>alert('1')</script>", "\u{202E}gnp.exe", "a\u{1B}[31m \u{0} & \"q\"",
    String(repeating: "long", count: 256),
  ]

  static func hostile() -> ReportInput {
    var trace = Samples.trace(workers: 4, gradients: 6, labels: hostileLabels)
    trace.name = hostileLabels[0]
    trace.format = "<b>"
    trace.issues = [
      ImportIssue(
        code: "<i>", severity: .warning, count: 3, firstPlace: "x\u{1B}.csv:7 <a>",
        meaning: "</table><script>`")
    ]
    var input = Samples.report(trace)
    input.comparison?.policies[1].dropped = hostileLabels.map { WorkerLabel($0) }
    input.comparison?.verdict.why = "<script>`</script>` \u{202E}"
    input.replay?.objectiveDescription = "'<svg onload=x>'"
    input.commands = ["outpace '</pre><script>'"]
    input.manifest = [.init("<s>", "</td>`")]
    input.importNotes = ["<u>\u{7}"]
    return input
  }

  @Test(
    "Every page is well formed, names its figures and carries no number that is none",
    arguments: cases)
  func wellFormed(_ item: Case) throws {
    let page = renderHTML(item.input())
    let checker = MarkupChecker(try #require(body(page)))
    #expect(checker.error == nil, "\(checker.error ?? "")")
    #expect(checker.unnamedFigures == 0)
    #expect(checker.repeatedIdentifiers == [])
    for word in ["NaN", "nan ", "nan<", "inf ", "Optional(", "http://", "https://", "url("] {
      #expect(!page.contains(word), "\(word)")
    }
    for forbidden in ["script", "iframe", "img", "link", "object", "style"] {
      #expect(!checker.elements.contains(forbidden), "\(forbidden)")
    }
  }

  @Test("The same input has the same bytes", arguments: cases)
  func stable(_ item: Case) {
    #expect(renderHTML(item.input()) == renderHTML(item.input()))
  }

  @Test("A content security policy forbids everything but inline style")
  func policy() {
    let page = renderHTML(Samples.report(Samples.trace()))
    #expect(
      page.contains(
        "<meta http-equiv=\"Content-Security-Policy\" "
          + "content=\"default-src 'none'; style-src 'unsafe-inline'\">"))
    #expect(!page.contains(" style=\""))
  }

  @Test("Nothing of a hostile label is markup, reorders a line or stays a control character")
  func hostileText() {
    let page = renderHTML(Self.hostile())
    for scalar in page.unicodeScalars where scalar != "\n" {
      switch scalar.properties.generalCategory {
      case .control, .format: Issue.record("U+\(String(scalar.value, radix: 16)) in the page")
      default: break
      }
    }
    #expect(page.contains("&lt;/title&gt;&lt;script&gt;"))
    #expect(!page.contains("<script"))
    #expect(page.contains("\\u{202E}gnp.exe"))
  }

  /// A hundred thousand workers with labels of a kibibyte: what is drawn and listed is bounded.
  @Test("A page stays below 600 KB at any number of workers", .needsOptimiser)
  func size() {
    let count = 100_000
    let filler = String(repeating: "w", count: 1000)
    let workers = (0..<count).map { index in
      WorkerTimings(
        worker: Worker(index: index, label: WorkerLabel("\(filler)\(index)")),
        backToBack: [Int64(1_000_000 + index % 977 * 1000), 2_000_000])
    }
    let trace = Trace(name: "wide", workers: workers)
    var input = Samples.report(Samples.trace())
    input.inspection = Samples.inspection(trace)
    input.inspection.trace.issues = (0..<500).map {
      ImportIssue(
        code: "code-\($0)", severity: .info, firstPlace: filler, meaning: filler)
    }
    input.heatmap = HeatmapData(trace)
    input.gantt = GanttData(trace)
    var listed = trace
    listed.workers = Array(trace.workers.suffix(1100))
    input.blame = Samples.blame(listed, unlisted: count - 1100)
    input.effects = Samples.effects(trace)
    let page = renderHTML(input)
    #expect(page.utf8.count < 600_000)
    #expect(page.contains("the 10 largest gains of 1\u{202F}100 workers looked at"))
    #expect(page.contains("100\u{202F}000 workers"))
  }

  /// A million gradients, the first worker's much shorter than the others'.
  @Test(
    "A page stays below 600 KB at any number of gradients, and says what was thinned",
    .needsOptimiser)
  func manyGradients() {
    let workers = (0..<4).map { index in
      WorkerTimings(
        worker: Worker(index: index, label: WorkerLabel("\(index)")),
        backToBack: (0..<250_000).map { Int64((index == 0 ? 9 : 40_000) + $0 % 7) })
    }
    let trace = Trace(name: "long", workers: workers)
    var input = Samples.report(Samples.trace())
    input.heatmap = HeatmapData(trace)
    input.gantt = GanttData(trace)
    let page = renderHTML(input)
    #expect(page.utf8.count < 600_000)
    #expect(page.contains("Each cell is the mean duration of the gradients under way in"))
    #expect(page.contains("One bar stands for all gradients of worker 0"))
  }

  /// The longest labels, each letter five bytes of markup, on every mark that is drawn.
  @Test("Labels of a kibibyte do not make a page large", arguments: ["&", "\u{202E}"])
  func longLabels(_ letter: String) {
    let labels = (0..<64).map { String(repeating: letter, count: 1000) + "\($0)" }
    let input = Samples.report(Samples.trace(workers: 64, gradients: 8, labels: labels))
    #expect(renderHTML(input).utf8.count < 600_000)
  }

  @Test("Sections come in the order of the design, and only with data")
  func order() {
    func sections(_ input: ReportInput) -> [String] {
      renderHTML(input).components(separatedBy: "<section id=\"").dropFirst()
        .map { String($0.prefix { $0 != "\"" }) }
    }
    #expect(
      sections(Samples.report(Samples.trace())) == [
        "policies", "workers", "time", "waste", "gantt", "loss-time", "loss-gradients", "delays",
        "delays-time", "use", "blame", "whatif", "noise", "noise-levels", "stepsizes", "forecast",
        "assumptions", "quality", "appendix",
      ])
    #expect(
      sections(ReportInput(inspection: Samples.inspection(Samples.trace()))) == [
        "workers", "waste", "noise", "quality", "appendix",
      ])
  }

  @Test("Messages can say the opposite")
  func opposites() {
    var input = Samples.report(Samples.trace())
    input.comparison?.policies[0].timeToTargetSeconds = 10
    #expect(renderHTML(input).contains("Minibatch reaches the target first; async (constant)"))
    for index in input.replay?.timeToTarget.indices ?? 0..<0 {
      input.replay?.timeToTarget[index].seconds = nil
      input.replay?.timeToTarget[index].reached = false
    }
    let none = renderHTML(input)
    #expect(none.contains("No method reaches the target within the horizon."))
    input.inspection.speedup.pEqual = 0.4
    #expect(renderHTML(input).contains("These workers cannot be told apart"))
    let equal = Samples.trace(workers: 3, gradients: 4, slow: 0, spread: 0)
    input.gantt = GanttData(equal)
    #expect(
      renderHTML(input).contains("In the time of 8 rounds both schedules finish 24 gradients"))
  }

  @Test("A diverged method's line stops, and the page says so")
  func diverged() {
    var input = Samples.report(Samples.trace())
    input.replay = Samples.replay(Samples.trace(), divergedSeeds: [1, 2])
    let page = renderHTML(input)
    #expect(page.contains("Async (constant) diverged: seed 1 at update 812, seed 2 at update 812"))
    #expect(page.contains("async, constant ×"))
  }

  private func body(_ page: String) -> String? {
    guard let start = page.range(of: "<body>"), let end = page.range(of: "</body>") else {
      return nil
    }
    return String(page[start.lowerBound..<end.upperBound])
  }
}

/// Parses markup as XML, which our pages happen to be, and collects what a page must not hold.
final class MarkupChecker: NSObject, XMLParserDelegate {
  private(set) var error: String?
  private(set) var unnamedFigures = 0
  private(set) var repeatedIdentifiers: [String] = []
  private(set) var elements: Set<String> = []
  private var identifiers: Set<String> = []

  init(_ markup: String) {
    super.init()
    let parser = XMLParser(data: Data(markup.utf8))
    parser.delegate = self
    if !parser.parse() {
      let reason = parser.parserError.map { "\($0)" } ?? "unknown"
      error = "line \(parser.lineNumber), column \(parser.columnNumber): \(reason)"
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.insert(name)
    if name == "svg", attributes["aria-hidden"] != "true" {
      let named = attributes["role"] == "img" && attributes["aria-labelledby"] != nil
      if !named { unnamedFigures += 1 }
    }
    if let id = attributes["id"], !identifiers.insert(id).inserted {
      repeatedIdentifiers.append(id)
    }
  }
}

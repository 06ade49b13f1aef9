import Analysis
import Foundation
import Reports
import Testing
import TraceModel

@Suite("Text")
struct TextTests {
  @Test("The card has at most 12 lines of 80 columns, and says who is recommended")
  func card() {
    var wordy = Samples.comparison()
    let long = String(repeating: "many words that go on and on ", count: 30)
    wordy.verdict.sentence = long
    wordy.verdict.trust = long
    wordy.verdict.why = long
    wordy.verdict.gain = long
    wordy.verdict.next = String(repeating: "x", count: 300)
    for comparison in [
      Samples.comparison(), Samples.comparison(timed: false), Samples.comparison(abstains: true),
      wordy,
    ] {
      let lines = verdictText(comparison).split(separator: "\n", omittingEmptySubsequences: false)
        .dropLast()
      #expect(lines.count <= 12)
      for line in lines { #expect(displayWidth(String(line)) <= 80, "\(line)") }
      #expect(lines.contains { $0.hasPrefix("Trust   ") })
    }
    #expect(verdictText(Samples.comparison()).contains("2.14× ◀"))
    #expect(!verdictText(Samples.comparison(abstains: true)).contains("◀"))
  }

  @Test("A forecast fits 80 columns, its errors stand below one another, and shared cores are said")
  func forecast() throws {
    var report = Samples.forecast(Samples.trace())
    for rate in ["updates per second", "gradients per second"] {
      report.figures[0].name = rate
      report.figures[1].name = rate + ForecastReport.equalTimes
      let lines = forecastText(report).split(separator: "\n")
      let rows = lines.dropFirst().prefix(1 + report.figures.count)
      #expect(rows.dropFirst(2).first?.hasPrefix(rate + ", equal computing times ") == true)
      #expect(Set(rows.map(\.count)).count == 1, "\(rows)")
      #expect(try #require(rows.first).count <= 80)
      #expect(lines.contains { $0.hasPrefix("These workers shared cores:") })
    }
    report.sharesCores = false
    #expect(!forecastText(report).contains("shared cores"))
  }

  @Test("Tables fit 80 columns", arguments: [2, 20, 21, 300])
  func tables(workers: Int) {
    let trace = Samples.trace(workers: workers, gradients: 5)
    let hostile = Samples.trace(workers: 4, gradients: 3, labels: PageTests.hostileLabels)
    for text in [
      inspectText(Samples.inspection(trace)), inspectText(Samples.inspection(hostile)),
      compareText(Samples.comparison()), replayText(Samples.replay(Samples.trace())),
      importText([
        ImportReport(
          trace: Samples.summary(hostile), alreadyPresent: true, notes: PageTests.hostileLabels)
      ]),
      listText(traces: [Samples.summary(hostile)], replays: []),
    ] {
      for line in text.split(separator: "\n") {
        #expect(displayWidth(String(line)) <= 80, "\(line)")
      }
    }
  }

  @Test("A ratio scored out of time stands before the one in sample")
  func outOfTime() {
    var comparison = Samples.comparison()
    comparison.policies[1].countRatioOutOfTime = 2.4
    let text = compareText(comparison)
    #expect(text.contains("2.40× (2.63×)"))
    for line in text.split(separator: "\n") { #expect(displayWidth(String(line)) <= 80, "\(line)") }
  }

  @Test("Of more than twenty workers the ten slowest and the three fastest are shown")
  func manyWorkers() {
    let shown = inspectText(Samples.inspection(Samples.trace(workers: 21, gradients: 4)))
    #expect(shown.contains("the ten slowest and the three fastest of 21 workers"))
    #expect(shown.split(separator: "\n").count { $0.hasSuffix("measured") } == 13)
    let all = inspectText(Samples.inspection(Samples.trace(workers: 20, gradients: 4)))
    #expect(all.split(separator: "\n").count { $0.hasSuffix("measured") } == 20)
  }

  @Test("Plain text has no escape character, whatever the labels; colour ends where it began")
  func styles() {
    let hostile = Samples.trace(workers: 4, gradients: 3, labels: PageTests.hostileLabels)
    var comparison = Samples.comparison()
    comparison.verdict.why = "\u{1B}[2J \u{202E}"
    #expect(!inspectText(Samples.inspection(hostile)).contains("\u{1B}"))
    #expect(!verdictText(comparison).contains("\u{1B}"))
    #expect(!verdictText(comparison).contains("\u{202E}"))
    let colour = verdictText(Samples.comparison(), style: .ansi)
    let starts = colour.components(separatedBy: "\u{1B}[").dropFirst().count { !$0.hasPrefix("0m") }
    let ends = colour.components(separatedBy: "\u{1B}[0m").count - 1
    #expect(starts == ends && starts > 0)
  }

  @Test("A delay is shown with its staleness")
  func delays() {
    let text = replayText(Samples.replay(Samples.trace()))
    #expect(text.contains("delay τ (1 = fresh)"))
    #expect(text.contains("staleness max"))
    #expect(text.contains("more than horizon"))
  }

  /// Losses of eleven columns beside the longest method name leave no room for every column.
  @Test("However wide the losses, the table keeps its outcome and fits")
  func wideLosses() {
    var report = Samples.replay(Samples.trace(), divergedSeeds: [1])
    for index in report.runs.indices {
      report.runs[index].request.method = .async(rule: .adaptive, adaptiveConstant: 0.25)
      report.runs[index].request.stepsize = 1.23e-12
      report.runs[index].points[report.runs[index].points.count - 1].loss = 1.23e-30
      report.runs[index].updateCount = 123_456_789
      report.runs[index].gradientCount = 123_456_789
    }
    report.minimumLoss = 0
    report.runPolicies = []
    let lines = replayText(report).split(separator: "\n").map(String.init)
    #expect(lines[0].hasSuffix("outcome"))
    #expect(lines.contains { $0.hasSuffix("completed") })
    #expect(lines.contains { $0.hasSuffix("diverged(812)") })
    #expect(lines[0].contains("loss − f*") && lines[0].contains("γ"))
    for line in lines { #expect(displayWidth(line) <= 80, "\(line)") }
  }

  @Test(
    "A stepsize at the stability limit or the edge of its grid is marked, and the mark explained")
  func places() {
    let text = replayText(Samples.replay(Samples.trace()))
    #expect(text.contains("1.41†") && text.contains("0.125‡"))
    #expect(text.contains("\n† stability limit: the next larger stepsize diverges"))
    #expect(text.contains("\n‡ warning: the edge of the grid"))
    var plain = Samples.replay(Samples.trace())
    for index in plain.timeToTarget.indices { plain.timeToTarget[index].place = .interior }
    #expect(!replayText(plain).contains("†") && !replayText(plain).contains("‡"))
  }

  @Test("The constant of the adaptive rule is part of the method's name")
  func adaptiveConstant() {
    var report = Samples.replay(Samples.trace())
    for index in report.timeToTarget.indices
    where report.timeToTarget[index].stepsizeRule == "scaled" {
      report.timeToTarget[index].stepsizeRule = "adaptive"
      report.timeToTarget[index].adaptiveConstant = index == 3 ? 1 : 0.25
    }
    let text = replayText(report)
    #expect(text.contains("async, adaptive, c = 1 ") && text.contains("async, adaptive, c = ¼ "))
    for line in text.split(separator: "\n") { #expect(displayWidth(String(line)) <= 80, "\(line)") }
  }

  /// Samples are of 5 seeds, 46 s of minibatch from 41.4 to 48.3.
  @Test("A time to target stands with its interval, or its range and the number of seeds")
  func spread() throws {
    var input = Samples.report(Samples.trace())
    var comparison = Samples.comparison()
    func page() -> String { renderHTML(input) }
    var text = compareText(comparison)
    #expect(text.contains("46.0  [41.4, 48.3]") && text.contains("5 seeds"), "\(text)")
    #expect(text.contains("range") && !text.contains("resampled traces"))
    input.comparison = comparison
    #expect(page().contains("46.0 [41.4, 48.3]") && page().contains("[range]"))
    #expect(page().contains("soonest to the latest of 5 seeds"))
    for place in comparison.policies.indices {
      comparison.policies[place].timeToTargetSpread?.seedCount = 40
    }
    comparison.policies[0].timeToTargetSpread?.upperSeconds = nil
    text = compareText(comparison)
    #expect(text.contains("[41.4, not reached]") && text.contains("40 seeds"), "\(text)")
    #expect(text.split(separator: "\n").allSatisfy { displayWidth(String($0)) <= 80 })
    input.comparison = comparison
    #expect(page().contains("46.0 [41.4, not reached]") && page().contains("[95"))
    comparison.replays = .init(
      objective: "x", targetFraction: 0.01, seedCount: 40, resampledTraceCount: 20)
    #expect(compareText(comparison).contains("40 seeds, 20 resampled traces"))
  }

  @Test("A policy that was not replayed is not said to miss the target")
  func notReplayed() throws {
    var comparison = Samples.comparison()
    comparison.policies[2].timeToTargetSeconds = nil
    comparison.policies[2].isReplayed = false
    #expect(compareText(comparison).contains("not replayed"))
    // Where the recommended one is among them, bars are predictions, and say at which B_crit.
    #expect(verdictText(comparison).contains("to target"))
    comparison.policies[4].isReplayed = false
    comparison.policies[5].isReplayed = false
    let text = verdictText(comparison)
    #expect(!text.contains("to target") && text.contains("time, B_crit = M"))
  }
}

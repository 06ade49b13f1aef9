import Analysis
import ReplayEngine
import Reports
import Testing
import TraceModel

@Suite("What a report may not contradict")
struct HonestyTests {
  private let trace = Samples.trace(workers: 4, gradients: 12, slow: 1)

  private func json(_ value: JSONValue) -> String {
    JSONWriter(.compact).string(value)
  }

  private func section(_ id: String, _ page: String) throws -> Substring {
    let start = try #require(page.firstRange(of: "<section id=\"\(id)\">"))
    let rest = page[start.lowerBound...]
    let end = try #require(rest.firstRange(of: "</section>"))
    return rest[..<end.lowerBound]
  }

  /// Rebalanced is by far the shortest bar, and ruled out.
  @Test("Bars and message show candidates only, and the note says who is none")
  func candidates() throws {
    var comparison = Samples.comparison()
    for index in comparison.policies.indices
    where [.rebalanced, .subset].contains(comparison.policies[index].name) {
      comparison.policies[index].exclusion = "the workers cannot be told apart"
      comparison.policies[index].timeToTargetSeconds = 1
    }
    let text = verdictText(comparison)
    #expect(!text.contains("rebalanced") && !text.contains("drain 5"))
    #expect(text.contains("backup"))
    var input = Samples.report(trace)
    input.comparison = comparison
    let page = renderHTML(input)
    let policies = try section("policies", page)
    #expect(
      policies.contains(
        "Not a candidate: drain 5, rebalanced (the workers cannot be told apart)."))
    #expect(policies.contains("<p class=\"msg\">Async (constant) reaches the target first"))
  }

  @Test("A lowered grade is called graded, with what is missing, and nothing is called separated")
  func lowered() throws {
    var inspection = Samples.inspection(trace)
    for m in inspection.workers.indices { inspection.workers[m].worker.trust = .separated }
    inspection.trust = .separated
    inspection.trace.kind = .synchronous
    inspection.backcast = .init(replayedSeconds: 1, recordedSeconds: 2, ratio: 0.5)
    var input = Samples.report(trace)
    input.inspection = inspection
    let texts = [inspectText(inspection), renderHTML(input)].map {
      $0.replacing("\n", with: " ")
    }
    for text in texts {
      #expect(text.contains("Graded separated after the backcast for 4 of 4 workers."))
      #expect(text.contains("Waiting or turnaround is missing."))
      #expect(!text.contains("own time separated") && !text.contains("Own time separated"))
    }
  }

  /// Parts of independent traces add up to the ratio by the clock, here 0.5 above the paired one.
  @Test("The staircase ends where its parts end, and says why that differs")
  func staircase() throws {
    var input = Samples.report(trace)
    input.inspection.speedup.realised = 2
    input.inspection.speedup.persistent = 1
    input.inspection.speedup.random = 0.7
    input.inspection.speedup.coinciding = -0.2
    input.inspection.speedup.realisedOfSplit = 2.5
    let waste = try section("waste", renderHTML(input))
    #expect(waste.contains("The count speed-up 2.50× is 1 plus"))
    #expect(waste.contains("taken by the clock: 2.50×, where pairing"))
    #expect(waste.contains("meets long gradients more often"))
    #expect(inspectText(input.inspection).contains("above 1, by the clock 2.50×: persistent"))
    input.inspection.speedup.realised = 2.5
    #expect(try !section("waste", renderHTML(input)).contains("by the clock"))
    #expect(!inspectText(input.inspection).contains("by the clock"))
  }

  /// A synchronous run whose delays are all 1.
  @Test("Delays of synchronous runs are in JSON, and in no table or section")
  func synchronousDelays() throws {
    var replay = Samples.replay(trace)
    let ones = DelayStatistics(
      overall: .init(bins: [.init(delay: 1, count: 900)]), perWorker: [], identityHolds: nil)
    let before = replayText(replay)
    for index in replay.runs.indices where replay.runs[index].request.method == .minibatch {
      replay.runs[index].delays = ones
    }
    #expect(replayText(replay) == before)
    #expect(json(replayJSON(replay)).contains("\"identity_holds\":null"))
    var input = Samples.report(trace)
    let delays = try section("delays", renderHTML(input))
    input.replay = replay
    #expect(try section("delays", renderHTML(input)) == delays)
    for index in replay.runs.indices where replay.runs[index].request.method != .minibatch {
      replay.runs[index].delays = nil
    }
    input.replay = replay
    #expect(!renderHTML(input).contains("<section id=\"delays\">"))
    #expect(!replayText(replay).contains("delay τ"))
  }

  @Test("A policy that drains nobody says so, in full")
  func drainsNobody() {
    var comparison = Samples.comparison()
    comparison.policies[1].parameter = "drop=0"
    comparison.policies[1].dropped = []
    #expect(compareText(comparison).contains("drain 0 "))
    #expect(!compareText(comparison).contains("dro"))
  }

  @Test("One gradient of one worker is singular")
  func singular() {
    let one = Samples.trace(workers: 1, gradients: 1, slow: 1)
    let text = inspectText(Samples.inspection(one))
    #expect(text.contains("1 worker, 1 gradient, "))
    #expect(text.contains("for 1 of 1 worker."))
    let report = ImportReport(trace: Samples.summary(one), alreadyPresent: false)
    #expect(importText([report]).contains("1 worker, 1 gradient, "))
  }

  @Test("already_present is a boolean everywhere")
  func alreadyPresent() {
    let values = [
      inspectJSON(Samples.inspection(trace)), replayJSON(Samples.replay(trace)),
    ]
    for value in values { #expect(json(value).contains("\"already_present\":false")) }
  }

  /// Values of `Samples.replay`: the subset drops 5 workers, async has the rules constant and scaled.
  @Test("Commands name objective, stepsizes, time, turnaround and seed of the drawn runs")
  func commands() throws {
    var input = Samples.report(Samples.trace())
    let setting =
      "outpace replay sample --objective &#39;softmax:digits.svm?l2=1e-4,batch=1&#39; "
      + "--time 80000000000ns --turnaround recorded --seed 1"
    let loss = try section("loss-time", renderHTML(input))
    #expect(
      loss.contains(
        "<code>\(setting) --method minibatch:stepsize=1.41 "
          + "--method async:rule=constant,stepsize=0.125 "
          + "--method async:rule=scaled,stepsize=0.125</code>"))
    #expect(
      loss.contains(
        "<code>\(setting) --skip-worker 5 --skip-worker 6 --skip-worker 7 --skip-worker 8 "
          + "--skip-worker 9 --method minibatch:stepsize=0.707</code>"))
    let delays = try section("delays", renderHTML(input))
    #expect(
      delays.contains("<code>\(setting) --method async:rule=constant,stepsize=0.125 --json</code>"))
    #expect(try section("noise", renderHTML(input)).contains("--noise-scale 10</code>"))
    // Nothing of a setting that is not the default may be lost.
    for index in input.replay?.runs.indices ?? 0..<0 {
      input.replay?.runs[index].request.timing = .clock
      input.replay?.runs[index].request.turnaround = .fixed(ns: 7)
    }
    #expect(
      try section("loss-time", renderHTML(input)).contains(
        "--timing clock --turnaround 7ns --seed 1 --method minibatch"))
  }
}

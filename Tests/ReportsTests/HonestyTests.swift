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
    #expect(!text.contains("rebalanced") && !text.contains("drain"))
    #expect(text.contains("backup"))
    var input = Samples.report(trace)
    input.comparison = comparison
    let page = renderHTML(input)
    let policies = try section("policies", page)
    #expect(
      policies.contains(
        "Not a candidate: drain, rebalanced (the workers cannot be told apart)."))
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

  /// A bare number behind "drain" would read as the name of a worker.
  @Test("How many are drained is never taken for whom, and whom stands beside it")
  func drained() throws {
    let comparison = Samples.comparison()
    #expect(verdictText(comparison).contains("drain 5 workers"))
    #expect(compareText(comparison).contains("drain 5 workers"))
    let page = renderHTML(Samples.report(Samples.trace()))
    #expect(!page.contains("drain 5<") && !page.contains("drain 5,"))
    let policies = try section("policies", page)
    #expect(policies.contains("drain 5 workers<span class=\"iv nm\">without 5, 6 and 3 more"))
    #expect(try section("loss-time", page).contains("draining 5 workers after"))
  }

  /// Rows that repeat full minibatch under another name say nothing.
  @Test("A policy that keeps all workers has no row, and the note says so")
  func keepsAll() throws {
    var input = Samples.report(Samples.trace())
    input.comparison?.policies[1].parameter = "drop=0"
    input.comparison?.policies[1].dropped = []
    input.comparison?.policies[3].gradientsPerUpdate = 10
    let policies = try section("policies", renderHTML(input))
    #expect(policies.contains("No row: drain, backup, as all workers come out best."))
    #expect(!policies.contains("class=\"l dr\"") && !policies.contains("class=\"l bk\""))
    #expect(policies.contains("class=\"l rb\""))
  }

  @Test("Where nothing is recommended the card has no bars")
  func noBars() throws {
    var input = Samples.report(Samples.trace())
    func card() throws -> Substring {
      let page = renderHTML(input)
      let end = try #require(page.range(of: "<nav "))
      return page[..<end.lowerBound]
    }
    #expect(try card().contains("<svg"))
    input.comparison?.verdict.recommendation = nil
    #expect(try !card().contains("<svg"))
  }

  @Test("Of durations that may hold waiting, no policy is called first without a condition")
  func atTheirWord() throws {
    var input = Samples.report(Samples.trace())
    input.inspection.trust = .wallClock
    #expect(
      try section("policies", renderHTML(input)).contains(
        "<p class=\"msg\">If the durations are taken at their word: async (constant) reaches"))
  }

  @Test("Of one worker nothing is compared")
  func oneWorker() {
    let page = renderHTML(Samples.report(Samples.trace(workers: 1, slow: 1)))
    for id in [
      "policies", "gantt", "loss-gradients", "delays", "delays-time", "use", "noise",
      "noise-levels",
    ] {
      #expect(!page.contains("<section id=\"\(id)\">"), "\(id)")
    }
    for id in ["workers", "loss-time", "quality", "appendix"] {
      #expect(page.contains("<section id=\"\(id)\">"), "\(id)")
    }
  }

  @Test("Too few rounds to tell kinds of loss apart name none")
  func kindsOfLoss() throws {
    var input = Samples.report(Samples.trace())
    #expect(try section("waste", renderHTML(input)).contains("most of the loss is persistent"))
    input.inspection.speedup.persistentInterval = nil
    input.inspection.speedup.randomInterval = nil
    #expect(try section("waste", renderHTML(input)).contains("nobody can tell whether"))
    for index in input.inspection.workers.indices {
      input.inspection.workers[index].gradientCount = 1
    }
    #expect(!renderHTML(input).contains("<section id=\"waste\">"))
  }

  @Test("A policy that drains nobody says so, in full")
  func drainsNobody() {
    var comparison = Samples.comparison()
    comparison.policies[1].parameter = "drop=0"
    comparison.policies[1].dropped = []
    #expect(compareText(comparison).contains("drain nobody "))
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

  @Test("Of a map one sees a step, a drift, a spell or nothing, and the message says which")
  func map() throws {
    func message(_ means: [Double]) throws -> String {
      var input = Samples.report(trace)
      input.heatmap = HeatmapData(
        rows: [.init(name: "worker 0", label: WorkerLabel("0"), means: means)], columnSeconds: 1,
        spanSeconds: Double(means.count), workerCount: 4)
      return try String(section("time", renderHTML(input)))
    }
    let noise: [Double] = (0..<40).map { 1 + 0.1 * Double($0 * 7 % 5) }
    let step: [Double] = noise.indices.map { noise[$0] * ($0 < 20 ? 1 : 3) }
    let drift: [Double] = noise.indices.map { noise[$0] * (1 + Double($0) / 40) }
    var spell = noise
    spell.replaceSubrange(10..<13, with: [3, 3.6, 3])
    #expect(try message(step).contains("Worker 0 becomes 3.0 times slower after 20.0\u{202F}s"))
    #expect(try message(drift).contains("Worker 0 becomes 2.0 times slower little by little."))
    #expect(
      try message(spell).contains(
        "for long; worker 0 is up to 3.0 times slower than its median between 10.0 and 13.0"))
    #expect(try message(noise).contains("durations change by half or more for long."))
    // Four slow cells of twelve are what chance gives the slowest of many workers.
    let few = [1, 2, 1, 2, 1, 2, 2, 1, 4, 2, 4, 4] as [Double]
    #expect(try !message(few).contains("stays so"))
  }

  /// From 158 to 172 ms: widened by half to 105 … 258, where 200 is the only round number.
  @Test("A scale of colours has two numbers at least")
  func scale() throws {
    var input = Samples.report(trace)
    input.heatmap = HeatmapData(
      rows: [.init(name: "worker 0", label: WorkerLabel("0"), means: [0.158, 0.172])],
      columnSeconds: 1, spanSeconds: 2, workerCount: 4)
    let section = try String(section("time", renderHTML(input)))
    #expect(section.contains(">105</text>") && section.contains(">258</text>"))
  }

  @Test("Turnaround below a twentieth of the ratio is not said to be charged")
  func uncharged() throws {
    var input = Samples.report(trace)
    input.inspection.turnaround = .init(meanSeconds: 0.001, shareOfCycle: 0.01)
    input.inspection.speedup.withTurnaround = input.inspection.speedup.realised * 1.01
    #expect(try section("quality", renderHTML(input)).contains("no replay charges it"))
    input.inspection.speedup.withTurnaround = input.inspection.speedup.realised / 2
    #expect(try section("quality", renderHTML(input)).contains("charged in both schedules"))
  }

  /// Values of `Samples.replay`: the subset drops 5 workers, async has the rules constant and scaled.
  @Test("Commands name what is not the default: objective, stepsizes, time, turnaround and seed")
  func commands() throws {
    var input = Samples.report(Samples.trace())
    var page = renderHTML(input)
    let setting =
      "outpace replay sample --objective 'softmax:digits.svm?l2=1e-4,batch=1' --time 80s"
    #expect(
      try commands(of: "loss-time", on: page) == [
        "\(setting) --method minibatch:stepsize=1.41 --method async:stepsize=0.125 "
          + "--method async:rule=scaled,stepsize=0.125",
        "\(setting) --skip-worker 5 --skip-worker 6 --skip-worker 7 --skip-worker 8 "
          + "--skip-worker 9 --method minibatch:stepsize=0.707",
      ])
    #expect(
      try commands(of: "delays", on: page) == ["\(setting) --method async:stepsize=0.125 --json"])
    #expect(
      try commands(of: "delays-time", on: page) == [
        "\(setting) --method async:stepsize=0.125 --history delays.csv"
      ])
    #expect(try commands(of: "noise", on: page)[0].hasSuffix("--noise-scale 10"))
    // Nothing of a setting that is not the default may be lost.
    for index in input.replay?.runs.indices ?? 0..<0 {
      input.replay?.runs[index].request.timing = .clock
      input.replay?.runs[index].request.turnaround = .fixed(ns: 7)
      input.replay?.runs[index].request.seed = 3
    }
    page = renderHTML(input)
    #expect(
      try commands(of: "loss-time", on: page)[0].contains(
        "--timing clock --turnaround 7ns --seed 3 --method minibatch"))
    for index in input.replay?.runs.indices ?? 0..<0 {
      input.replay?.runs[index].request.turnaround = .none
      input.replay?.runs[index].request.horizon = Horizon(timeNs: 1_500_001)
    }
    page = renderHTML(input)
    #expect(
      try commands(of: "loss-time", on: page)[0].contains(
        "--time 1500001ns --timing clock --turnaround none --seed 3"))
    // Where none was recorded, the command takes none anyway.
    input.hasRecordedTurnaround = false
    page = renderHTML(input)
    #expect(try !commands(of: "loss-time", on: page)[0].contains("--turnaround"))
  }

  @Test("Each command carries those options of the report that it takes")
  func options() throws {
    var input = Samples.report(Samples.trace())
    input.options.reading = ["--skip", "2"]
    input.options.analysis = ["--turnaround", "2ms"]
    input.options.policies = ["--server", "50us"]
    input.options.noiseScale = ["--noise-scale", "3.0"]
    input.options.objective = ["--objective", "ridge"]
    input.options.horizon = ["--time", "9s"]
    let page = renderHTML(input)
    let read = "sample --skip 2"
    let judged = "--turnaround 2ms --server 50us --noise-scale 3.0"
    for id in ["workers", "quality"] {
      #expect(try commands(of: id, on: page) == ["outpace inspect \(read) --turnaround 2ms"])
    }
    for id in ["policies", "noise"] {
      #expect(
        try commands(of: id, on: page) == ["outpace compare \(read) --objective ridge \(judged)"])
    }
    #expect(
      try commands(of: "gantt", on: page)
        == ["outpace compare \(read) --objective ridge \(judged) --json"])
    #expect(
      try commands(of: "blame", on: page) == ["outpace blame \(read) --objective ridge \(judged)"])
    #expect(try commands(of: "whatif", on: page)[0].hasPrefix("outpace whatif \(read) \(judged) "))
    #expect(
      try commands(of: "noise-levels", on: page)
        == ["outpace report \(read) --objective ridge --time 9s \(judged) --json"])
    // Runs name their own turnaround and seed.
    #expect(
      try commands(of: "delays", on: page)[0].hasPrefix(
        "outpace replay \(read) --objective 'softmax"))
  }

  @Test("A long command stands once, below its figure; who repeats it names the section")
  func longCommands() throws {
    let input = Samples.report(Samples.trace())
    let page = renderHTML(input)
    let time = try section("loss-time", page)
    #expect(time.contains("</svg></div><p class=\"cmd\"><code>"))
    let gradients = try section("loss-gradients", page)
    #expect(!gradients.contains("<code>outpace") && !gradients.contains("<span>outpace"))
    #expect(gradients.contains("that of <a href=\"#loss-time\">Loss against time</a>"))
    // A short one stands under its message.
    #expect(try section("workers", page).contains("</code></p></header>"))
  }

  /// The commands of a section as a reader copies them.
  private func commands(of id: String, on page: String) throws -> [String] {
    let text = try String(section(id, page))
    let paragraph = try #require(text.components(separatedBy: "<p class=\"cmd\">").last)
    return paragraph.components(separatedBy: "<code>").dropFirst().map { part in
      let code = part.components(separatedBy: "</code>")[0]
      return code.replacing(/<[^>]*>/, with: "").replacing("&#39;", with: "'")
    }
  }
}

import Analysis
import Foundation
import ReplayEngine
import Reports
import Testing
import TraceModel

@Suite("JSON")
struct JSONTests {
  @Test("Numbers are shortest and valid, what is not finite is null")
  func numbers() {
    let value: JSONValue = .array([
      .number(0.1), .number(1), .number(1e16), .number(.leastNonzeroMagnitude), .number(-0.0),
      .number(.nan),
      .number(.infinity), .number(nil), .integer(.min), .count(3), .bool(true),
    ])
    #expect(
      JSONWriter(.compact).string(value)
        == "[0.1,1.0,1e+16,5e-324,-0.0,null,null,null,-9223372036854775808,3,true]")
  }

  @Test("Strings escape what JSON asks for and what steers terminals")
  func strings() throws {
    let text = "\"\\\n\t\u{0}\u{1B}\u{7F}\u{202E}\u{2028}\u{E0001}é😀"
    let written = JSONWriter(.compact).string(.string(text))
    #expect(
      written
        == "\"\\\"\\\\\\n\\t\\u0000\\u001B\\u007F\\u202E\\u2028\\uDB40\\uDC01é😀\"")
    let read = try JSONSerialization.jsonObject(
      with: Data(written.utf8), options: .fragmentsAllowed)
    #expect(read as? String == text)
  }

  @Test("The pretty layout indents by two, and keeps pairs of numbers on one line")
  func pretty() {
    let value: JSONValue = [
      "a": .array([.integer(1), .integer(2)]), "b": ["c": .array([])], "d": [:],
    ]
    #expect(
      JSONWriter().string(value)
        == "{\n  \"a\": [1, 2],\n  \"b\": {\n    \"c\": []\n  },\n  \"d\": {}\n}\n")
  }

  /// The keys of DESIGN.md §7, verbatim and in its order. More may follow behind them.
  @Test("Keys come in the documented order", arguments: Contract.all)
  func contract(_ contract: Contract) throws {
    let object = try #require(contract.find(contract.value()))
    let documented = contract.text.split(separator: ",").map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    }
    #expect(Array(keys(object).prefix(documented.count)) == documented)
  }

  @Test("Schemas name their command")
  func schemas() {
    let trace = Samples.trace(workers: 2, gradients: 3)
    let inspection = Samples.inspection(trace)
    let replay = Samples.replay(trace)
    let compact = JSONWriter(.compact)
    for (name, value) in [
      ("import", importJSON([ImportReport(trace: inspection.trace, alreadyPresent: true)])),
      ("inspect", inspectJSON(inspection)), ("compare", compareJSON(Samples.comparison())),
      ("replay", replayJSON(replay)), ("list", listJSON(traces: [inspection.trace], replays: [])),
      ("report", reportJSON(inspect: inspection, compare: nil, replay: replay)),
    ] {
      #expect(compact.string(value).hasPrefix("{\"schema\":\"outpace/\(name)/1\""))
    }
  }

  @Test("Every command's JSON is read by Foundation")
  func valid() throws {
    let trace = Samples.trace(workers: 3, gradients: 4)
    let value = reportJSON(
      inspect: Samples.inspection(trace), compare: Samples.comparison(timed: false, abstains: true),
      replay: Samples.replay(trace, minimum: nil, divergedSeeds: [1, 2, 3]))
    for layout in [JSONWriter.Layout.pretty, .compact] {
      let text = JSONWriter(layout).string(value)
      _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
      #expect(!text.lowercased().contains("nan"))
      #expect(text.contains("diverged(812)"))
    }
  }

  @Test("Noise without end is null, and so is an abstaining recommendation")
  func abstaining() {
    let text = JSONWriter(.compact).string(compareJSON(Samples.comparison(abstains: true)))
    #expect(text.contains("\"recommendation\":null"))
    #expect(text.contains("{\"critical_batch_over_workers\":null,\"policy\":null}"))
  }
}

/// One object of the contract, and where it is found in a rendered value.
struct Contract: Sendable, CustomTestStringConvertible {
  var name: String
  var text: String
  var path: [String]
  var value: @Sendable () -> JSONValue

  var testDescription: String { name }

  /// Follows keys; of an array, its first element.
  func find(_ value: JSONValue) -> JSONValue? {
    var current = value
    for key in path {
      if case .array(let items) = current, let first = items.first { current = first }
      guard case .object(let members) = current,
        let member = members.first(where: { $0.key == key })
      else { return nil }
      current = member.value
    }
    if case .array(let items) = current { return items.first }
    return current
  }

  private static let inspect: @Sendable () -> JSONValue = {
    var trace = Samples.trace(workers: 2, gradients: 3)
    trace.issues = [
      ImportIssue(code: "x", severity: .info, firstPlace: "", meaning: "nothing")
    ]
    var inspection = Samples.inspection(trace)
    inspection.stragglers = [
      .init(index: 0, label: WorkerLabel("0"), kind: .drifting, formulaWithout: 1)
    ]
    return inspectJSON(inspection)
  }
  private static let compare: @Sendable () -> JSONValue = { compareJSON(Samples.comparison()) }
  private static let replay: @Sendable () -> JSONValue = {
    var report = Samples.replay(Samples.trace())
    report.runs.removeFirst(2)
    return replayJSON(report)
  }
  private static let imported: @Sendable () -> JSONValue = {
    var trace = Samples.trace(workers: 1, gradients: 1)
    trace.issues = [ImportIssue(code: "x", severity: .info, firstPlace: "", meaning: "nothing")]
    return importJSON([ImportReport(trace: Samples.summary(trace), alreadyPresent: false)])
  }
  private static let report: @Sendable () -> JSONValue = {
    reportJSON(inspect: Samples.inspection(Samples.trace()), compare: nil, replay: nil)
  }

  static let all: [Contract] = [
    .init(name: "import", text: #""schema","traces""#, path: [], value: imported),
    .init(
      name: "import.traces",
      text:
        #""id","name","digest","format","kind","workers","gradients","span_seconds","already_present","issues""#,
      path: ["traces"], value: imported),
    .init(
      name: "import.issues", text: #""code","severity","count","first_place","meaning""#,
      path: ["traces", "issues"], value: imported),
    .init(
      name: "inspect",
      text:
        #""schema","trace","workers","slowest","speedup","turnaround","forecast","backcast","delay_estimate","synchronous_waste","predicted","stragglers""#,
      path: [], value: inspect),
    .init(
      name: "inspect.trace",
      text:
        #""id","name","digest","format","kind","workers","gradients","span_seconds","already_present","issues""#,
      path: ["trace"], value: inspect),
    .init(
      name: "inspect.workers",
      text:
        #""index","label","host","gradients","mean_seconds","median_seconds","p90_seconds","p99_seconds","min_seconds","max_seconds","std_seconds","wait_seconds","trust","slowdown","burstiness""#,
      path: ["workers"], value: inspect),
    .init(
      name: "inspect.slowest", text: #""index","label""#, path: ["slowest"], value: inspect),
    .init(
      name: "inspect.speedup",
      text:
        #""formula_mean","formula_median","formula_null","p_equal","ci95","realised","realised_ci95","with_turnaround","persistent","random","coinciding""#,
      path: ["speedup"], value: inspect),
    .init(
      name: "inspect.turnaround", text: #""mean_seconds","share_of_cycle""#, path: ["turnaround"],
      value: inspect),
    .init(
      name: "inspect.forecast",
      text: #""async_updates_per_second","minibatch_gradients_per_second""#, path: ["forecast"],
      value: inspect),
    .init(
      name: "inspect.backcast", text: #""replayed_seconds","recorded_seconds","ratio""#,
      path: ["backcast"], value: inspect),
    .init(
      name: "inspect.predicted",
      text: #""critical_batch","minibatch","async","optimal","optimal_workers""#,
      path: ["predicted"], value: inspect),
    .init(
      name: "inspect.stragglers", text: #""index","label","kind","formula_without""#,
      path: ["stragglers"], value: inspect),
    .init(name: "compare", text: #""schema","policies","verdict""#, path: [], value: compare),
    .init(
      name: "compare.policies",
      text:
        #""policy","parameter","gradients_per_second","count_ratio","ci95","time_to_target_seconds","delay_p50","delay_p99","delay_max","discarded""#,
      path: ["policies"], value: compare),
    .init(
      name: "compare.verdict",
      text: #""recommendation","by_noise","sentence","why","gain","trust","next""#,
      path: ["verdict"], value: compare),
    .init(
      name: "compare.recommendation", text: #""policy","parameter","workers""#,
      path: ["verdict", "recommendation"], value: compare),
    .init(
      name: "compare.by_noise", text: #""critical_batch_over_workers","policy""#,
      path: ["verdict", "by_noise"], value: compare),
    .init(
      name: "replay",
      text:
        #""schema","trace","objective","replays","count_speedup_measured","time_to_target""#,
      path: [], value: replay),
    .init(
      name: "replay.replays",
      text:
        #""method","stepsize_rule","stepsize","seed","outcome","time_seconds","updates","gradients","discarded","aborted","rounds","initial_loss","final_loss","final_gradient_norm_squared","minimum_loss","utilisation","fingerprint","wall_seconds","delay","points""#,
      path: ["replays"], value: replay),
    .init(
      name: "replay.delay",
      text:
        #""mean","median","p90","p99","max","share_above_workers","identity_holds","per_worker""#,
      path: ["replays", "delay"], value: replay),
    .init(
      name: "replay.points",
      text: #""time_seconds","updates","gradients","loss","gradient_norm_squared""#,
      path: ["replays", "points"], value: replay),
    .init(
      name: "replay.time_to_target",
      text:
        #""target","method","stepsize","seconds","lower_seconds","upper_seconds","reached","seeds""#,
      path: ["time_to_target"], value: replay),
    .init(
      name: "report", text: #""schema","inspect","compare","replay""#, path: [], value: report),
  ]
}

private func keys(_ value: JSONValue) -> [String] {
  guard case .object(let members) = value else { return [] }
  return members.map(\.key)
}

@Suite("CSV")
struct CSVTests {
  /// RFC 4180: CRLF, quotes doubled; a leading = would be a formula in a spreadsheet.
  @Test("Fields are quoted where needed, absent numbers are empty")
  func workers() {
    let labels = ["a,\"b\"\nc", "=cmd()"]
    let trace = Samples.trace(workers: 2, gradients: 1, slow: 0, spread: 0, labels: labels)
    let lines = workersCSV(Samples.inspection(trace))
    #expect(lines.hasPrefix("index,label,host,gradients,mean_seconds,"))
    #expect(lines.contains("\r\n0,\"a,\"\"b\"\"\nc\",,4,0.06,"))
    #expect(lines.contains("\r\n1,'=cmd(),,4,"))
    #expect(lines.hasSuffix("\r\n"))
  }

  @Test("Policies have a row each")
  func policies() {
    let lines = policiesCSV(Samples.comparison()).split(separator: "\r\n")
    #expect(lines.count == 9)
    #expect(lines[1] == "minibatch,,27.1,1.0,,,46.0,,,,0,0,0.0,27.1,,,41.4,48.300000000000004,5")
    #expect(lines[8].hasPrefix("ringmaster,delay-limit=20,"))
    #expect(lines[8].contains(",,5.0,20.0,20,"))
  }
}

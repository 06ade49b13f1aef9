import Analysis
import Foundation
import Reports
import TestSupport
import Testing
import TraceFormats
import TraceModel
import Workbench

/// Everything that is printed is explained, and nothing is explained that is not printed.
@Suite("Explain")
struct ExplainTests {
  /// Every path of keys in a value, items of lists without a key of their own.
  private static func paths(_ value: JSONValue, _ prefix: String, into found: inout Set<String>) {
    switch value {
    case .object(let members):
      for member in members {
        let path = prefix + "." + member.key
        found.insert(path)
        paths(member.value, path, into: &found)
      }
    case .array(let items): for item in items { paths(item, prefix, into: &found) }
    default: break
    }
  }

  /// The keys of all our results, from the real functions on a small trace.
  private static func printedKeys() throws -> Set<String> {
    let folder = try TemporaryFolder()
    let database = folder.path("lab.db")
    let request = SyntheticRequest(.oneSlow, workerCount: 6, gradientCount: 60)
    let trace = try generateTrace(request)
    let file = folder.path("trace.csv")
    var rows = Data()
    try exportTrace(trace, as: .csv) { rows += $0 }
    // A last line that breaks off: an issue, and something that was skipped.
    try (rows + Data("5,".utf8)).write(to: URL(fileURLWithPath: file))
    let reports = try importTraces(from: [file], into: database, reading: ReadingChoices())
    let opened = try #require(
      openTraces(["trace"], databasePath: database, reading: ReadingChoices()).first)
    let inspection = inspectTrace(opened)
    let comparison = try compareTrace(opened, inspection: inspection)
    var job = ReplayJob(
      methods: try MethodSpec.parse(["minibatch", "async:rule=scaled"], defaults: MethodOptions()),
      objective: "logistic:gaussian:n=32,d=4?l2=0.01")
    job.updateCount = 60
    var replay = try replayTrace(opened, job)
    // A report adds them.
    replay.noiseLevels = [
      NoiseLevel(
        name: .high, objective: "", batchSize: 1, sigmaSquared: 1, criticalBatchOverWorkers: 1,
        fraction: 0.1, timeToTarget: replay.timeToTarget)
    ]
    let theory = try replayJSON(Self.replayWithTheory(in: folder))
    let inspected = inspectJSON(inspection)
    #expect(comparison.verdict.recommendation != nil)
    #expect(!inspection.stragglers.isEmpty && !opened.summary.issues.isEmpty)
    #expect(replay.timeToTarget.isEmpty == false)
    let foretold = try forecast(
      opened, opened, ForecastJob(of: opened, method: "async", stepsize: 0.1, objective: nil))
    #expect(foretold.delays != nil && !foretold.moments.isEmpty)
    var found: Set<String> = []
    for (command, value) in [
      ("import", importJSON(reports)), ("inspect", inspected),
      ("compare", compareJSON(comparison)), ("replay", replayJSON(replay)), ("replay", theory),
      (
        "list",
        listJSON(
          traces: [opened.summary],
          replays: [
            ReplayListing(
              id: 1, traceName: "", objective: "", method: "", stepsizeRule: nil, stepsize: 1,
              seed: 1, outcome: "", fingerprint: nil)
          ])
      ),
      ("export", exportJSON(opened, as: .csv, path: file)),
      ("blame", blameJSON(try blameTrace(opened, inspection: inspection))),
      (
        "gate",
        gateJSON(
          try gateTrace(
            opened, limits: [GateLimit(metric: "policies.delay_max", bound: .max, value: 1)]))
      ),
      ("explain", explainJSON(Term.all)),
      ("forecast", forecastJSON(foretold)),
    ] { paths(value, command, into: &found) }
    for profile in SyntheticProfile.allCases {
      let request = SyntheticRequest(profile, workerCount: 1, gradientCount: 1)
      let json = generateJSON(request, try generateTrace(request), path: nil, kept: nil)
      paths(json, "generate", into: &found)
    }
    let changed = whatIfJSON(
      try whatIf(opened, WhatIfRecipe(["drop:0"]), saveName: "less", databasePath: database))
    var whatif: Set<String> = []
    paths(changed, "whatif", into: &whatif)
    found.formUnion(
      whatif.filter { path in
        !["original", "edited"].contains { path.hasPrefix("whatif.\($0).") }
          || path.split(separator: ".").count == 3
      })
    var report: Set<String> = []
    paths(
      reportJSON(inspect: inspection, compare: comparison, replay: replay, forecast: foretold),
      "report", into: &report)
    // What is below are the results of those commands, each whole.
    found.formUnion(report.filter { $0.split(separator: ".").count == 2 })
    let parts = report.filter { $0.split(separator: ".").count > 2 }
    #expect(Set(parts.map { String($0.dropFirst("report.".count)) }).subtracting(found) == [])
    return found
  }

  /// All that can be asked of a replay, with recorded batches.
  private static func replayWithTheory(in folder: TemporaryFolder) throws -> ReplayReport {
    let path = try folder.write(
      "worker,duration_ms,samples\na,1,0\na,3,1\nb,2,2\nb,5,3;1\n", to: "batches.csv")
    let opened = try #require(
      openTraces([path], databasePath: nil, reading: ReadingChoices()).first)
    var job = ReplayJob(
      methods: try MethodSpec.parse(
        ["async"], defaults: MethodOptions(stepsize: .value(0.1))),
      objective: "logistic:gaussian:n=8,d=2?l2=0.1")
    job.updateCount = 40
    job.sampling = .recorded
    job.checksTheory = true
    job.tracksVirtualIterates = true
    return try replayTrace(opened, job)
  }

  @Test("Every key of JSON has one term, and every term's keys are printed")
  func keys() throws {
    let printed = try Self.printedKeys()
    #expect(printed.count > 150)
    let explained = Term.all.flatMap(\.keys).filter { !$0.hasPrefix("history.") }
    #expect(printed.subtracting(explained).sorted() == [])
    #expect(Set(explained).subtracting(printed).sorted() == [])
    let twice = Dictionary(grouping: explained) { $0 }.filter { $1.count > 1 }
    #expect(twice.keys.sorted() == [])
  }

  @Test("Every column of CSV has a term")
  func columns() throws {
    let trace = try generateTrace(SyntheticRequest(.equal, workerCount: 2, gradientCount: 12))
    let folder = try TemporaryFolder()
    _ = try keepTrace(trace, source: "test", in: folder.path("lab.db"))
    let opened = try #require(
      openTraces(["equal"], databasePath: folder.path("lab.db"), reading: ReadingChoices()).first)
    let inspection = inspectTrace(opened)
    let tables = [
      workersCSV(inspection), policiesCSV(try compareTrace(opened, inspection: inspection)),
      "k,time_ns,worker,delay,stepsize,loss,gradient_norm_squared,virtual_distance_squared\n",
    ]
    for table in tables {
      let header = try #require(table.split(whereSeparator: \.isNewline).first)
      for column in header.split(separator: ",") {
        #expect(throws: Never.self, "\(column)") { try explainTerm(String(column)) }
      }
    }
  }

  @Test("A term is found by its name, its other names and its keys")
  func lookup() throws {
    for term in Term.all {
      for word in [term.shownName] + term.keys {
        #expect(try explainTerm(word).contains(term), "\(word)")
      }
      for alias in term.aliases {
        #expect(throws: Never.self, "\(alias)") { try explainTerm(alias) }
      }
    }
    #expect(try explainTerm("P-EQUAL").map(\.name) == ["p_equal"])
    #expect(try explainTerm("speedup.realised").map(\.name) == ["realised"])
    #expect(try explainTerm("trust").map(\.kind) == [.figure, .option])
    #expect(try explainTerm("--trust").map(\.kind) == [.option])
    #expect(try explainTerm("τ").map(\.name) == ["delay"])
  }

  @Test("No two terms of a kind have one name, and every one says something")
  func table() {
    let names = Term.all.map { "\($0.kind) \($0.name)" }
    #expect(Set(names).count == names.count)
    for term in Term.all {
      #expect(term.definition.hasSuffix("."), "\(term.name)")
      #expect(!term.definition.contains("  "), "\(term.name)")
    }
  }

  @Test("Every format is described, and 'formats' shows them all")
  func formats() throws {
    let shown = try explainTerm("formats").filter { $0.kind == .format }.map(\.name)
    #expect(shown == TraceFormat.allCases.map(\.rawValue))
  }

  /// The codes of readers are an enumeration; the others are read off the sources.
  @Test("Every code of an issue has a term")
  func issueCodes() throws {
    var codes = Set(IssueKind.allCases.map(\.rawValue))
    for module in ["Analysis", "TraceStore", "TraceFormats", "Workbench"] {
      let folder = Repository.root.appendingPathComponent("Sources/\(module)")
      for file in try Repository.files(below: folder) where file.hasSuffix(".swift") {
        let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
        for match in text.matches(of: /ImportIssue\(\s*code: "([a-z0-9-]+)"/) {
          codes.insert(String(match.1))
        }
      }
    }
    #expect(codes.count >= IssueKind.allCases.count + 7)
    for code in codes.sorted() {
      #expect(throws: Never.self, "\(code)") { try explainTerm(code) }
    }
  }

  @Test(
    "An unknown term names the nearest",
    arguments: [
      ("realized", "realised"), ("spedup", "speedup"), ("--trurst", "--trust"),
      ("formula_meen", "formula_mean"), ("utilization", "utilisation"),
    ])
  func unknown(word: String, nearest: String) {
    let failure = #expect(throws: Failure.self) { try explainTerm(word) }
    #expect(failure?.code == .usage)
    #expect(failure?.description.contains(nearest) == true, "\(failure?.description ?? "")")
  }

  @Test("Text stays within 80 columns and shows all that is known")
  func text() throws {
    let lines = (explainText(Term.all) + termListText()).split(separator: "\n")
    #expect(lines.filter { $0.count > 80 }.allSatisfy { !$0.dropFirst(2).contains(" ") })
    #expect(
      explainText(try explainTerm("slowdown")) == """
        slowdown (figure)
          How many times slower a worker is than the fastest.
          formula: s_m / min s
          unit: ratio
          in JSON: inspect.workers.slowdown

        """)
  }
}

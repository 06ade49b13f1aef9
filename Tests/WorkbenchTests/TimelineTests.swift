import Foundation
import Optimization
import ReplayEngine
import TestSupport
import Testing
import TraceModel
import Workbench

/// A timeline says what was recorded or replayed, in a file that a strict reader takes.
@Suite("Timelines for Perfetto")
struct TimelineTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func opened(_ trace: Trace) throws -> OpenedTrace {
    let database = folder.path("\(UUID()).db")
    let kept = try keepTrace(trace, source: "test", in: database)
    return try #require(
      openTraces([kept.trace.name], databasePath: database, reading: ReadingChoices()).first)
  }

  private func opened(_ path: String) throws -> OpenedTrace {
    try folder.opened(Repository.root.appendingPathComponent(path).path)
  }

  private func export(
    _ opened: OpenedTrace, _ request: TimelineRequest = TimelineRequest()
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try exportTimeline(opened, request) { bytes += $0 }
    return bytes
  }

  private func checked(
    _ opened: OpenedTrace, _ request: TimelineRequest = TimelineRequest()
  ) throws -> TimelineChecker {
    let checker = try TimelineChecker(Data(unpacked(export(opened, request)).utf8))
    #expect(checker.problems == [])
    return checker
  }

  private static func job(
    _ methods: [String], stepsize: Double = 0.05,
    _ change: (inout ReplayJob) throws -> Void = { _ in }
  ) throws -> ReplayJob {
    var job = ReplayJob(
      methods: try MethodSpec.parse(
        methods, defaults: MethodOptions(stepsize: .value(stepsize))),
      objective: "least-squares:gaussian:n=64,d=4,noise=0.1?batch=2", seed: 2)
    try change(&job)
    return job
  }

  /// Two workers: a with 2 and 4 ms, b with 3 ms, an exchange of 1 ms after each gradient.
  private static let small = Trace(
    name: "small",
    workers: [
      WorkerTimings(
        worker: Worker(index: 0, label: WorkerLabel("a\"<1>")), startsNs: [0, 3_000_001],
        durationsNs: [2_000_001, 4_000_000], waitsNs: [0, 500],
        turnaroundsNs: [1_000_000, 1_000_000]),
      WorkerTimings(
        worker: Worker(index: 1, label: WorkerLabel("b")), startsNs: [0, 2_000_000],
        durationsNs: [3_000_000, 3_000_000], turnaroundsNs: [1_000_000, -1], steps: [7, 8]),
    ])

  // MARK: What was recorded

  /// b's second gradient begins before its first has ended: on a thread of its own, and the exchange
  /// after the first is cut to nothing.
  @Test("A trace, line by line, by hand")
  func traceByHand() throws {
    let lines = try unpacked(export(opened(Self.small))).split(separator: "\n").dropFirst()
    #expect(
      lines.joined(separator: "\n") == #"""
        {"ph":"M","name":"process_name","pid":1,"args":{"name":"small, recorded"}},
        {"ph":"M","name":"process_sort_index","pid":1,"args":{"sort_index":1}},
        {"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"a\"<1>"}},
        {"ph":"M","name":"thread_sort_index","pid":1,"tid":2,"args":{"sort_index":2}},
        {"ph":"M","name":"thread_name","pid":1,"tid":3,"args":{"name":"b"}},
        {"ph":"M","name":"thread_sort_index","pid":1,"tid":3,"args":{"sort_index":3}},
        {"ph":"M","name":"thread_name","pid":1,"tid":4,"args":{"name":"b"}},
        {"ph":"M","name":"thread_sort_index","pid":1,"tid":4,"args":{"sort_index":4}},
        {"ph":"X","name":"gradient","pid":1,"tid":2,"cat":"gradient","ts":0,"dur":2000.001,"args":{"gradient":0}},
        {"ph":"X","name":"exchange","pid":1,"tid":2,"cat":"idle","ts":2000.001,"dur":1000},
        {"ph":"X","name":"gradient","pid":1,"tid":2,"cat":"gradient","ts":3000.001,"dur":4000,"args":{"gradient":1}},
        {"ph":"X","name":"waiting","pid":1,"tid":2,"cat":"idle","ts":7000.001,"dur":0.5},
        {"ph":"X","name":"exchange","pid":1,"tid":2,"cat":"idle","ts":7000.501,"dur":1000},
        {"ph":"X","name":"gradient","pid":1,"tid":3,"cat":"gradient","ts":0,"dur":3000,"args":{"gradient":0,"step":7}},
        {"ph":"X","name":"gradient","pid":1,"tid":4,"cat":"gradient","ts":2000,"dur":3000,"args":{"gradient":1,"step":8}}
        ]}
        """#)
    _ = try checked(opened(Self.small))
  }

  private func readBack(_ bytes: [UInt8]) throws -> Trace {
    let path = folder.path("\(UUID()).json.gz")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    var reading = ReadingChoices()
    reading.event = "^gradient$"
    reading.rankBy = "thread_name"
    return try #require(openTraces([path], databasePath: nil, reading: reading).first).trace
  }

  @Test(
    "Our own reader of Chrome traces gets every gradient back, to the nanosecond",
    arguments: [
      "traces/pytorch-ddp-gloo-4", "traces/ray-least-squares-8/sync.json.gz",
      "traces/ray-least-squares-8/async.json.gz", "fixtures/formats/two-workers.csv.gz",
    ])
  func readBack(path: String) throws {
    let trace = try opened(path)
    let checker = try checked(trace)
    #expect(checker.arrows.isEmpty)
    let back = try readBack(export(trace))
    #expect(back.workers.map(\.worker.label) == trace.trace.workers.map(\.worker.label))
    #expect(back.workers.map(\.startsNs) == trace.trace.workers.map(\.startsNs))
    #expect(back.workers.map(\.durationsNs) == trace.trace.workers.map(\.durationsNs))
    // Waiting and exchange are there too.
    for (name, column) in [
      ("waiting", trace.trace.workers.flatMap(\.waitsNs)),
      ("exchange", trace.trace.workers.flatMap(\.turnaroundsNs)),
    ] {
      let drawn = checker.slices.filter { $0.name == name }
        .reduce(Int64(0)) { $0 + $1.endNs - $1.startNs }
      let recorded = column.reduce(0) { $0 + max(0, $1) }
      #expect(drawn <= recorded)
      #expect(drawn > 0 || recorded == 0)
    }
  }

  /// 10^17 ns are more microseconds than a double can count in thousandths.
  @Test("Late times and hostile names come back, and slices of overlapping gradients nest")
  func hostile() throws {
    let labels = [
      "\u{202E}right", "\"},{\"ph\":\"X\"", "</script>", "名前", "a\nb", "\u{0}", "\\",
    ].map { WorkerLabel($0) }.sorted()
    let trace = Trace(
      name: "\"]}\n",
      workers: labels.enumerated().map { index, label in
        WorkerTimings(
          worker: Worker(index: index, label: label),
          startsNs: index == 0
            ? [0, 5, 5, 6, 10] : [100_000_000_000_000_001, 100_000_000_000_000_002],
          durationsNs: index == 0 ? [10, 1, 7, 1, 1] : [12_345, 1])
      })
    let opened = try opened(trace)
    _ = try checked(opened)
    let back = try readBack(export(opened))
    #expect(back.workers.map(\.worker.label) == labels)
    #expect(back.workers.map(\.startsNs) == opened.trace.workers.map(\.startsNs))
    #expect(back.workers.map(\.durationsNs) == opened.trace.workers.map(\.durationsNs))
  }

  @Test("As many gradients at once as there are")
  func overlaps() throws {
    let count = 3_000
    let trace = Trace(
      name: "overlaps",
      workers: [
        WorkerTimings(
          worker: Worker(index: 0, label: WorkerLabel("a")),
          startsNs: (0..<Int64(count)).map { $0 / 2 },
          durationsNs: (0..<Int64(count)).map { 1 + ($0 * 7919) % 1000 })
      ])
    let checker = try checked(opened(trace))
    #expect(checker.slices.count == count)
    #expect(checker.slices.map { $0.endNs - $0.startNs } == trace.workers[0].durationsNs)
  }

  @Test("A window has what touches it, whole")
  func window() throws {
    let trace = try opened("traces/pytorch-ddp-gloo-4")
    let window = try TimelineWindow(parsing: "100ms..150.5ms")
    #expect(window == TimelineWindow(fromNs: 100_000_000, toNs: 150_500_000))
    let all = try checked(trace).slices
    let part = try checked(trace, TimelineRequest(window: window)).slices
    #expect(part == all.filter { $0.endNs >= 100_000_000 && $0.startNs <= 150_500_000 })
    #expect(!part.isEmpty)
    #expect(part.count < all.count)
    #expect(try TimelineWindow(parsing: "..") == .whole)
    #expect(try TimelineWindow(parsing: "2s..").toNs == .max)
    for text in ["3s", "3..4", "4s..3s", "a..b", ""] {
      #expect(throws: Failure.self) { try TimelineWindow(parsing: text) }
    }
  }

  // MARK: Replays

  /// Asynchronous, two updates: a arrives at 2.000001 ms and makes x_1, b at 3 ms makes x_2 from x_0. a
  /// reads x_1 at its arrival and would begin 1 ms later: at the end it is on its way.
  @Test("A replay, by hand")
  func replayByHand() throws {
    let job = try Self.job(["async"]) { $0.updateCount = 2 }
    let lines = try unpacked(export(opened(Self.small), TimelineRequest(job: job)))
      .split(separator: "\n").filter { !$0.hasPrefix("{\"ph\":\"M\"") }.dropFirst()
    #expect(
      lines.joined(separator: "\n") == #"""
        {"ph":"X","name":"x_0","pid":1,"tid":2,"cat":"iterate","ts":0,"dur":0,"args":{"update":0}},
        {"ph":"s","name":"gradient","pid":1,"tid":2,"cat":"flow","bp":"e","id":1,"ts":0},
        {"ph":"s","name":"gradient","pid":1,"tid":2,"cat":"flow","bp":"e","id":2,"ts":0},
        {"ph":"X","name":"x_1","pid":1,"tid":2,"cat":"iterate","ts":2000.001,"dur":0,"args":{"update":1,"delay":1}},
        {"ph":"f","name":"gradient","pid":1,"tid":2,"cat":"flow","bp":"e","id":1,"ts":2000.001},
        {"ph":"X","name":"x_2","pid":1,"tid":2,"cat":"iterate","ts":3000,"dur":0,"args":{"update":2,"delay":2}},
        {"ph":"f","name":"gradient","pid":1,"tid":2,"cat":"flow","bp":"e","id":2,"ts":3000},
        {"ph":"X","name":"gradient","pid":1,"tid":3,"cat":"gradient","ts":0,"dur":2000.001,"args":{"read_update":0,"applied_update":1,"delay":1}},
        {"ph":"t","name":"gradient","pid":1,"tid":3,"cat":"flow","bp":"e","id":1,"ts":0},
        {"ph":"X","name":"idle","pid":1,"tid":3,"cat":"idle","ts":2000.001,"dur":999.999},
        {"ph":"X","name":"gradient","pid":1,"tid":4,"cat":"gradient","ts":0,"dur":3000,"args":{"read_update":0,"applied_update":2,"delay":2}},
        {"ph":"t","name":"gradient","pid":1,"tid":4,"cat":"flow","bp":"e","id":2,"ts":0},
        {"ph":"C","name":"delay","pid":1,"ts":2000.001,"args":{"updates":1.0}},
        {"ph":"C","name":"delay","pid":1,"ts":3000,"args":{"updates":2.0}}
        ]}
        """#)
  }

  static let methods = [
    "minibatch", "async", "async:rule=drop,delay-limit=3", "backup:need=3", "rennala:collect=3",
    "rennala:collect=3,abort", "ringmaster:delay-limit=2", "ringmaster:delay-limit=2,abort",
    "buffered:collect=3", "fastest:workers=2", "local:local-steps=3", "picky:distance=0.5",
    "momentum:beta=0.9",
  ]

  /// The figures come from the ledger and the history of the same replay, by their definitions.
  @Test(
    "A process a method, with everything that its ledger says", arguments: Self.methods,
    ["recorded", "none", "3ms"])
  func replays(method: String, turnaround: String) throws {
    let opened = try opened("traces/pytorch-ddp-gloo-4")
    let job = try Self.job([method]) {
      $0.timeNs = 700_000_000
      $0.turnaround = try .init(parsing: turnaround)
    }
    let checker = try checked(opened, TimelineRequest(job: job, computesGradients: true))
    var updates: [HistoryRecord] = []
    let report = try replayTrace(
      opened, job, observer: ReplayObserver(update: { updates.append($0) }))
    let run = try #require(report.runs.first)
    try #require(run.updateCount > 3)
    try #require(checker.processes.count == 1)

    // The server: a mark an update.
    let iterates = checker.slices.filter { $0.thread == "iterates (server)" }
    #expect(iterates.map(\.name) == (0...run.updateCount).map { "x_\($0)" })
    #expect(iterates.map(\.startNs) == [0] + updates.map(\.timeNs))
    #expect(iterates.map(\.endNs) == iterates.map(\.startNs))
    let delays = checker.counters.filter { $0.name == "delay" }
    #expect(delays.map(\.timeNs) == updates.map(\.timeNs))
    #expect(delays.map { Int($0.value) } == updates.map(\.delay))
    let losses = checker.counters.filter { $0.name == "loss" }
    #expect(losses.map(\.value) == run.points.map(\.loss))
    #expect(losses.map(\.timeNs) == run.points.map(\.timeNs))

    // The workers: their computing time, and nothing that overlaps or is left open.
    for (worker, timings) in opened.trace.workers.enumerated() {
      let slices = checker.slices.filter { $0.thread == timings.worker.label.text }
      let busyNs = slices.filter { $0.name.hasPrefix("gradient") }
        .reduce(0) { $0 + $1.endNs - $1.startNs }
      #expect(busyNs == run.busyNs[worker])
      var timeNs: Int64 = 0
      let gap = slices.first { slice in
        defer { timeNs = slice.endNs }
        return slice.startNs != timeNs
      }
      #expect(gap == nil)
      #expect(timeNs == (run.busyNs[worker] > 0 ? run.timeNs : 0))
    }
    #expect(run.busyNs.count { $0 == 0 } == (method.hasPrefix("fastest") ? 2 : 0))
    let steps = method.hasPrefix("local") ? 3 : 1
    let count = { name in checker.slices.count { $0.name == name } }
    #expect(count("gradient") * steps == run.gradientCount)
    #expect(count("gradient, discarded") == run.discardedCount)
    #expect(count("gradient, aborted") <= run.abortedCount)

    // The arrows: an applied gradient each, between the iterates that it names.
    #expect(checker.arrows.count == count("gradient") + count("gradient, stepsize 0"))
    #expect(Self.firstWrongArrow(checker) == nil)
  }

  /// An arrow goes from the iterate that its gradient read through it to the one that it made.
  private static func firstWrongArrow(_ checker: TimelineChecker) -> [TimelineChecker.Slice]? {
    checker.arrows.first { arrow in
      arrow.count != 3
        || arrow[0].arguments["update"] != arrow[1].arguments["read_update"]
        || arrow[2].arguments["update"] != arrow[1].arguments["applied_update"]
        || arrow[1].arguments["applied_update"] == nil
        || arrow[0].startNs > arrow[1].startNs || arrow[1].endNs > arrow[2].startNs
    }
  }

  /// A schedule does not depend on gradients.
  @Test("Without an objective the same slices, and no loss", arguments: ["minibatch", "async"])
  func scheduleOnly(method: String) throws {
    let opened = try opened("traces/ray-least-squares-8/async.json.gz")
    let job = try Self.job([method]) { $0.updateCount = 100 }
    let with = try checked(opened, TimelineRequest(job: job, computesGradients: true))
    let without = try checked(opened, TimelineRequest(job: job))
    func places(_ checker: TimelineChecker) -> [[Int64]] {
      checker.slices.map { [$0.startNs, $0.endNs] }
    }
    #expect(places(with) == places(without))
    #expect(without.counters.allSatisfy { $0.name == "delay" })
    #expect(with.counters.contains { $0.name == "loss" })
  }

  /// Times in whole ticks: iterates that last for no time, and arrivals that tie.
  @Test("Equal times", arguments: ["minibatch", "async", "ringmaster:delay-limit=2,abort"])
  func ties(method: String) throws {
    let trace = Trace(
      name: "ties",
      workers: (0..<5).map { index in
        WorkerTimings(
          worker: Worker(index: index, label: WorkerLabel("\(index)")),
          backToBack: (0..<20).map { Int64(1 + ($0 + index) % 2) })
      })
    let checker = try checked(
      opened(trace), TimelineRequest(job: Self.job([method]) { $0.updateCount = 60 }))
    let times = checker.slices.filter { $0.name.hasPrefix("x_") }.map(\.startNs)
    #expect(method == "minibatch" || Set(times).count < times.count)
    #expect(Self.firstWrongArrow(checker) == nil)
  }

  @Test("Several methods are several processes, and a window cuts all of them")
  func several() throws {
    let opened = try opened("traces/pytorch-ddp-gloo-4")
    let job = try Self.job(["minibatch", "async", "rennala:collect=2"]) {
      $0.timeNs = 1_000_000_000
    }
    let all = try checked(opened, TimelineRequest(job: job))
    #expect(all.processes == ["minibatch", "async:rule=constant", "rennala:collect=2"])
    let window = TimelineWindow(fromNs: 300_000_000, toNs: 600_000_000)
    let part = try checked(opened, TimelineRequest(job: job, window: window))
    #expect(
      part.slices == all.slices.filter { $0.endNs >= window.fromNs && $0.startNs <= window.toNs })
    #expect(
      part.counters
        == all.counters.filter { $0.timeNs >= window.fromNs && $0.timeNs <= window.toNs })
    let kept = Set(part.slices)
    #expect(part.arrows.count == all.arrows.count { $0.allSatisfy(kept.contains) })
    #expect(!part.arrows.isEmpty)
  }

  @Test("The same bytes on any number of threads")
  func threads() throws {
    let opened = try opened("traces/pytorch-ddp-gloo-4")
    let files = try [1, 2, 4].map { threads in
      try export(
        opened,
        TimelineRequest(
          job: Self.job(["minibatch", "async"]) {
            $0.updateCount = 50
            $0.threads = threads
          }, computesGradients: true))
    }
    #expect(Set(files).count == 1)
  }

  @Test("picky looks at iterates, so it needs some")
  func picky() throws {
    let failure = #expect(throws: Failure.self) {
      try export(opened(Self.small), TimelineRequest(job: Self.job(["picky:distance=1"])))
    }
    #expect(failure?.code == .usage)
  }
}

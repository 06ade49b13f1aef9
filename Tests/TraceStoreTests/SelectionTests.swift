import Testing
import TraceModel
import TraceStore

@Suite("What an import leaves out and refuses")
struct SelectionTests {
  private let pushes = [
    Push("a", 100, 1), Push("a", 110, 2), Push("a", 120, 3),
    Push("b", 90, 4), Push("b", 115, 5), Push("c", 0, 6),
  ]

  @Test("The first gradients of each worker, and time begins with what is left")
  func skip() throws {
    let store = try TraceStore.temporary()
    let options = ImportOptions(name: "t", skip: 1, skipWorkers: [WorkerLabel("c")])
    let stored = try store.importing(pushes, options: options)
    let trace = try store.load("t")
    #expect(trace.workers.map(\.durationsNs) == [[2, 3], [5]])
    #expect(trace.workers.map(\.startsNs) == [[0, 10], [5]])
    #expect(stored.issues.map(\.code) == ["skipped-workers", "skipped-gradients"])
    #expect(stored.issues.map(\.count) == [1, 2])
  }

  /// Unrecorded steps are places in the worker.
  @Test("A range of steps")
  func steps() throws {
    let store = try TraceStore.temporary()
    var some = pushes
    some[3].gradient.step = 1
    let options = ImportOptions(name: "t", steps: 1...1, skipWorkers: [WorkerLabel("c")])
    let stored = try store.importing(some, options: options)
    #expect(try store.load("t").workers.map(\.durationsNs) == [[2], [4, 5]])
    #expect(stored.issues.last?.code == "outside-steps" && stored.issues.last?.count == 2)
  }

  @Test("A worker with nothing left is refused, and the remedy works")
  func emptyWorker() throws {
    let store = try TraceStore.temporary()
    let expected = StoreError.emptyWorker(WorkerLabel("c"), skipped: 1)
    #expect(throws: expected) {
      try store.importing(pushes, options: ImportOptions(name: "t", skip: 1))
    }
    #expect(expected.description.hasSuffix("Leave it out with --skip-worker c"))
    #expect(expected.exitCode == 65)
    let spool = try store.spool()
    _ = try spool.worker(labelled: WorkerLabel("silent"), host: nil, trust: .measured)
    let loud = try spool.worker(labelled: WorkerLabel("loud"), host: nil, trust: .measured)
    try spool.append(GradientInterval(startNs: 0, durationNs: 1), worker: loud)
    #expect(throws: StoreError.emptyWorker(WorkerLabel("silent"), skipped: 0)) {
      try spool.finish(facts: .csv, options: ImportOptions(name: "t"))
    }
    #expect(try store.list().isEmpty)
  }

  @Test("A trace with nothing left is refused")
  func emptyTrace() throws {
    let store = try TraceStore.temporary()
    #expect(throws: StoreError.emptyTrace(skipped: 0)) { try store.importing([]) }
    #expect(throws: StoreError.emptyTrace(skipped: 6)) {
      try store.importing(pushes, options: ImportOptions(name: "t", skip: 3))
    }
  }

  @Test(
    "Impossible gradients are refused",
    arguments: [
      GradientInterval(startNs: 0, durationNs: 0),
      GradientInterval(startNs: 0, durationNs: -1),
      GradientInterval(startNs: .max, durationNs: 1),
      GradientInterval(startNs: .min, durationNs: 1),
      GradientInterval(startNs: (1 << 62) - 1, durationNs: 1),
      GradientInterval(startNs: -5, durationNs: .max),
      GradientInterval(startNs: 0, durationNs: 1, waitNs: -1),
      GradientInterval(startNs: 0, durationNs: 1, turnaroundNs: -1),
    ])
  func impossible(gradient: GradientInterval) throws {
    let store = try TraceStore.temporary()
    #expect(throws: StoreError.self) { try store.importing([Push("a", gradient)]) }
  }

  @Test("The largest times that are taken do not overflow")
  func edges() throws {
    let store = try TraceStore.temporary()
    let edge: Int64 = 1 << 62
    let stored = try store.importing([Push("a", -edge, 1), Push("b", edge - 2, 1)])
    #expect(stored.spanNs == .max)
    #expect(try store.load("t").spanNs == .max)
    #expect(throws: StoreError.timesTooLarge(worker: WorkerLabel("a"))) {
      try store.importing([Push("a", 0, edge - 1), Push("a", 0, edge - 1), Push("a", 0, 2)])
    }
  }

  @Test("Strict refuses warnings and keeps nothing, not infos")
  func strict() throws {
    let store = try TraceStore.temporary()
    var options = ImportOptions(name: "t", strict: true)
    let error = #expect(throws: StoreError.self) {
      try store.importing([Push("a", 0, 5), Push("a", 1, 5)], options: options)
    }
    guard case .strict(_, let issues) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(issues.map(\.code) == ["overlapping"])
    #expect(try store.list().isEmpty)
    options.skipWorkers = [WorkerLabel("c")]
    try store.importing(pushes, options: options)
    options.skipWorkers = [WorkerLabel("no such")]
    #expect(throws: StoreError.self) { try store.importing(pushes, options: options) }
  }

  @Test("Labels have a limit")
  func labels() throws {
    let spool = try TraceStore.temporary().spool()
    let fits = String(repeating: "x", count: 1024)
    _ = try spool.worker(labelled: WorkerLabel(fits), host: nil, trust: .measured)
    #expect(throws: StoreError.self) {
      try spool.worker(labelled: WorkerLabel(fits + "x"), host: nil, trust: .measured)
    }
  }

  @Test("Issues with one code are added up, and a warning stays one")
  func issues() throws {
    let store = try TraceStore.temporary()
    let spool = try store.spool()
    let handle = try spool.worker(labelled: WorkerLabel("a"), host: nil, trust: .measured)
    try spool.append(GradientInterval(startNs: 0, durationNs: 1), worker: handle)
    for (place, severity) in [("", ImportIssue.Severity.info), ("f:2", .warning), ("f:3", .info)] {
      spool.report(
        ImportIssue(code: "x", severity: severity, count: 2, firstPlace: place, meaning: "m"))
    }
    let stored = try spool.finish(facts: .csv, options: ImportOptions(name: "t"))
    let expected = [
      ImportIssue(code: "x", severity: .warning, count: 6, firstPlace: "f:2", meaning: "m")
    ]
    #expect(stored.issues == expected)
    #expect(try store.load("t").issues == expected)
  }
}

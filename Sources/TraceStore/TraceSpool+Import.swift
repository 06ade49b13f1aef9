import GRDB
import TraceModel

/// From sorted runs to a stored trace.
extension TraceSpool {
  func importTrace(facts: TraceFacts, options: ImportOptions) throws -> StoredTrace {
    var (registry, runs) = try gather()
    if let trust = options.trustOverride { registry.override(trust) }
    let selection = selection(options, of: registry)
    if options.anonymize { registry.anonymize(leavingOut: selection.isLeftOut) }
    let assembled = try assemble(
      runs, of: registry, facts: facts, options: options, selection: selection)

    var kind = facts.kind
    var trust = options.trustOverride
    if assembled.hasRounds { kind = .synchronous }
    if options.trustOverride == nil, let (agreeing, rounds) = assembled.agreement?.verdict() {
      kind = .synchronous
      trust = .wallClock
      let labels = (0..<registry.count).filter { !selection.leavesOut($0) }.map(registry.label)
      report(Self.looksSynchronous(agreeing: agreeing, rounds: rounds, first: labels.min()))
    }
    if options.strict, !issues.warnings.isEmpty {
      throw StoreError.strict(source: options.source, issues.warnings)
    }
    if options.anonymize { issues.forgetPlaces() }

    let digest = try store.queue.inDatabase { database in
      try assembled.tables.digest(
        unit: facts.unit, workerCount: assembled.workerCount, origin: assembled.origin,
        trust: trust, in: database)
    }
    if let record = facts.record, !options.changesContent, digest != record.digest {
      throw StoreError.digestDiffers(path: record.path, found: digest, recorded: record.digest)
    }
    // Replays are of exactly this content, and tell where it comes from.
    let keepsReplays = digest == facts.record?.digest && !options.anonymize
    if keepsReplays { try replays.flush() }
    kept?.detach()
    return try store.writing { database in
      if var known = try store.trace(whereDigest: digest, in: database) {
        // What was dubious in these files: the same gradients may come from better ones, or worse.
        known.issues = issues.issues
        if keepsReplays { try replays.copy(to: known.id, in: database) }
        try keepRuns(of: known.id, in: database)
        return known
      }
      let id = try insertTrace(
        digest: digest, kind: kind, facts: facts, options: options, assembled: assembled,
        in: database)
      try assembled.tables.copy(to: id, origin: assembled.origin, trust: trust, in: database)
      try insertIssues(of: id, in: database)
      if keepsReplays { try replays.copy(to: id, in: database) }
      try keepRuns(of: id, in: database)
      guard let stored = try store.trace(withID: id, in: database) else {
        preconditionFailure("the trace \(id) was inserted and is not there")
      }
      return stored
    }
  }

  private func keepRuns(of traceID: Int64, in database: Database) throws {
    for (run, record) in runs {
      _ = try store.save(run, traceID: traceID, record: record, ledger: nil, in: database)
    }
  }

  struct Assembled {
    var tables: AssembledTables
    var workerCount: Int
    var gradientCount: Int
    var origin: Int64
    var spanNs: Int64
    var hasRounds: Bool
    var agreement: RoundAgreement?
  }

  /// A run of the trace, to be read as often as needed.
  struct Source {
    var part: Int
    var run: Int
    var table: SpoolTable
    var handles: [Int32]
    var shiftsNs: [Int: Int64]
  }

  /// All that was pushed: what is in tables, oldest first, and what is still in memory.
  struct Sources {
    var stored: [Source] = []
    var memory: BufferedRun?
    /// Handles of the trace by those of the run in memory.
    var memoryHandles: [Int32] = []

    func runs(in database: Database) throws -> [any SpoolRun] {
      var fetches: [String: SQLStatement] = [:]
      var runs: [any SpoolRun] = try stored.map { source in
        let fetch = try fetches[source.table.name] ?? source.table.fetch(in: database)
        fetches[source.table.name] = fetch
        return MappedRun(
          source.table.run(part: source.part, run: source.run, fetch: fetch),
          handles: source.handles, shiftsNs: source.shiftsNs)
      }
      memory?.rewind()
      if let memory { runs.append(MappedRun(memory, handles: memoryHandles, shiftsNs: [:])) }
      return runs
    }
  }

  /// Numbers the workers of all parts in the order of their labels.
  private func gather() throws -> (WorkerRegistry, Sources) {
    var (registry, parts) = files.all()
    files.forget()
    let count = parts.reduce(main.gradientCount) { $0 + $1.gradientCount }
    guard count > 0 else { throw StoreError.emptyTrace(skipped: 0) }
    let memory = try main.takeBuffer()
    let isAlone = parts.isEmpty
    if isAlone { swap(&registry, &main.registry) }
    let mainHandles = isAlone ? [] : try registry.join(main.registry)
    let order = registry.sortByLabel()
    var sources = Sources(memory: memory)
    func add(
      _ part: Int, runCount: Int, _ table: SpoolTable, _ handles: [Int32], _ shifts: [Int: Int64]
    ) {
      for run in 0..<runCount {
        sources.stored.append(
          Source(part: part, run: run, table: table, handles: handles, shiftsNs: shifts))
      }
    }
    for part in parts where part.gradientCount > 0 {
      add(
        part.id, runCount: part.runCount, files.table, part.handles.map { order[Int($0)] },
        part.shiftsNs)
    }
    sources.memoryHandles = isAlone ? order : mainHandles.map { order[Int($0)] }
    add(main.id, runCount: main.runCount, table, sources.memoryHandles, [:])
    try mergeSomeRuns(&sources)
    return (registry, sources)
  }

  /// The most runs that a merge has open at once: each takes up to 200 KB.
  private static let runLimit = 512

  /// Merges neighbouring runs into larger ones until there are few enough.
  private func mergeSomeRuns(_ sources: inout Sources) throws {
    var nextRun = 0
    while sources.stored.count > Self.runLimit {
      var merged: [Source] = []
      var rest = sources.stored[...]
      let places = (rest.map { $0.handles.max() ?? 0 }.max()).map { Array(0...$0) } ?? []
      while !rest.isEmpty {
        let group = Array(rest.prefix(Self.runLimit / 2))
        rest = rest.dropFirst(group.count)
        try store.queue.inTransaction(.deferred) { database in
          try table.create(in: database)
          var writer = RunWriter(table, part: -2, run: nextRun)
          var merge = try SpoolMerge(Sources(stored: group).runs(in: database))
          try merge.forEach { handle, columns, range in
            try writer.append(columns, range, handle: handle, in: database)
          }
          try writer.finish(in: database)
          return .commit
        }
        merged.append(
          Source(part: -2, run: nextRun, table: table, handles: places, shiftsNs: [:]))
        nextRun += 1
      }
      sources.stored = merged
    }
  }

  private func selection(
    _ options: ImportOptions, of registry: WorkerRegistry
  ) -> GradientSelection {
    var selection = GradientSelection(skip: options.skip, steps: options.steps, isLeftOut: [])
    guard !options.skipWorkers.isEmpty else { return selection }
    selection.isLeftOut = Array(repeating: false, count: registry.count)
    var leftOut = 0
    for label in options.skipWorkers.sorted() {
      if let handle = registry.handle(of: label) {
        selection.isLeftOut[handle] = true
        leftOut += 1
      } else {
        report(
          ImportIssue(
            code: "unknown-skip-worker", severity: .warning, firstPlace: label.text,
            meaning: "a worker that was to be left out is not in the trace: is the label right?"))
      }
    }
    report(
      ImportIssue(
        code: "skipped-workers", severity: .info, count: leftOut,
        firstPlace: options.skipWorkers.min()?.text ?? "",
        meaning: "workers were left out on request"))
    return selection
  }

  private func assemble(
    _ sources: Sources, of registry: WorkerRegistry, facts: TraceFacts, options: ImportOptions,
    selection: GradientSelection
  ) throws -> Assembled {
    var result: Assembled?
    try store.queue.inTransaction(.deferred) { database in
      // Sorted once; each pass reads the same runs from their beginnings.
      func runs() throws -> [any SpoolRun] { try sources.runs(in: database) }

      var turnaround = TurnaroundSource.recorded
      if facts.turnaround == .gaps {
        turnaround = .gaps(
          try rounds(runs, handleCount: registry.count, selection: selection))
      }
      let isTable = ["csv", "ndjson", "log"].contains(facts.format)
      let mayHideWaiting = isTable && !facts.trustRecorded
      var assembler = TraceAssembler(
        tables: try AssembledTables(database, name: tableName), registry: registry,
        indices: registry.indices(leavingOut: selection.isLeftOut), turnaround: turnaround,
        agreement: mayHideWaiting ? RoundAgreement(startsRecorded: facts.startsRecorded) : nil,
        threads: threads)
      let dropped = try forEachWorker(
        of: try runs(), selection: selection, consumer: &assembler)
      try assembler.finish()
      try check(assembler, of: registry, dropped: dropped, selection: selection)
      report(dropped, assembler)
      var hasRounds = false
      if case .gaps(.some) = turnaround { hasRounds = true }
      result = Assembled(
        tables: assembler.tables, workerCount: assembler.workerCount,
        gradientCount: assembler.gradientCount, origin: assembler.firstStart,
        spanNs: assembler.lastEnd - assembler.firstStart, hasRounds: hasRounds,
        agreement: assembler.agreement)
      return .commit
    }
    guard let result else { preconditionFailure("a transaction ended without a result") }
    return result
  }

  private func rounds(
    _ runs: () throws -> [any SpoolRun], handleCount: Int, selection: GradientSelection
  ) throws -> RoundStructure? {
    var scan = RoundScan(handleCount: handleCount)
    _ = try forEachWorker(of: try runs(), selection: selection, consumer: &scan)
    if let structure = scan.structure() { return structure }
    guard let warmUps = scan.possibleWarmUps else { return nil }
    scan = RoundScan(handleCount: handleCount, warmUps: warmUps)
    _ = try forEachWorker(of: try runs(), selection: selection, consumer: &scan)
    return scan.structure()
  }

  private func check(
    _ assembler: TraceAssembler, of registry: WorkerRegistry, dropped: DroppedCounts,
    selection: GradientSelection
  ) throws {
    guard assembler.gradientCount > 0 else { throw StoreError.emptyTrace(skipped: dropped.total) }
    let leftOut = selection.isLeftOut.count { $0 }
    guard assembler.workerCount < registry.count - leftOut else { return }
    if let (label, skipped) = assembler.emptyWorker {
      throw StoreError.emptyWorker(label, skipped: skipped)
    }
    // Announced by the reader, and never given a gradient: no pass sees it.
    let silent = (0..<registry.count).filter {
      !assembler.isSeen[$0] && !selection.leavesOut($0)
    }
    if let label = silent.map({ registry.label($0) }).min() {
      throw StoreError.emptyWorker(label, skipped: 0)
    }
  }
}

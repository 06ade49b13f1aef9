import GRDB
import TraceModel

/// From sorted runs to a stored trace.
extension TraceSpool {
  func importTrace(facts: TraceFacts, options: ImportOptions) throws -> StoredTrace {
    guard gradientCount > 0 else { throw StoreError.emptyTrace(skipped: 0) }
    if let trust = options.trustOverride { registry.override(trust) }
    let selection = selection(options)
    registry.forgetLabels()
    let assembled = try assemble(facts: facts, options: options, selection: selection)

    var kind = facts.kind
    var trust = options.trustOverride
    if assembled.hasRounds { kind = .synchronous }
    if options.trustOverride == nil, let (agreeing, rounds) = assembled.agreement?.verdict() {
      kind = .synchronous
      trust = .wallClock
      let labels = (0..<registry.count).filter { !selection.leavesOut($0) }.map(registry.label)
      report(Self.looksSynchronous(agreeing: agreeing, rounds: rounds, first: labels.min()))
    }
    if options.strict, !issues.warnings.isEmpty { throw StoreError.strict(issues.warnings) }

    let digest = try store.queue.inDatabase { database in
      try assembled.tables.digest(
        unit: facts.unit, workerCount: assembled.workerCount, origin: assembled.origin,
        trust: trust, in: database)
    }
    return try store.writing { database in
      if let known = try store.trace(whereDigest: digest, in: database) { return known }
      let id = try insertTrace(
        digest: digest, kind: kind, facts: facts, options: options, assembled: assembled,
        in: database)
      try assembled.tables.copy(to: id, origin: assembled.origin, trust: trust, in: database)
      try insertIssues(of: id, in: database)
      guard let stored = try store.trace(withID: id, in: database) else {
        preconditionFailure("the trace \(id) was inserted and is not there")
      }
      return stored
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

  private func selection(_ options: ImportOptions) -> GradientSelection {
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
    facts: TraceFacts, options: ImportOptions, selection: GradientSelection
  ) throws -> Assembled {
    var result: Assembled?
    try store.queue.inTransaction(.deferred) { database in
      // Sorted once; each pass reads the same run from its beginning.
      let memory = buffer.sorted(handleCount: registry.count)
      func runs() throws -> [any SpoolRun] {
        memory.rewind()
        return try (table?.runs(in: database) ?? []) + [memory]
      }

      var turnaround = TurnaroundSource.recorded
      if facts.turnaround == .gaps {
        turnaround = .gaps(try rounds(runs, selection: selection))
      }
      let isTable = ["csv", "ndjson", "log"].contains(facts.format)
      let mayHideWaiting = isTable && !facts.trustRecorded
      var assembler = TraceAssembler(
        tables: try AssembledTables(database, name: tableName), registry: registry,
        indices: registry.indices(leavingOut: selection.isLeftOut), turnaround: turnaround,
        agreement: mayHideWaiting ? RoundAgreement(startsRecorded: facts.startsRecorded) : nil)
      let dropped = try forEachWorker(
        of: try runs(), selection: selection, consumer: &assembler)
      try check(assembler, dropped: dropped, selection: selection)
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
    buffer = SpoolBuffer()
    guard let result else { preconditionFailure("a transaction ended without a result") }
    return result
  }

  private func rounds(
    _ runs: () throws -> [any SpoolRun], selection: GradientSelection
  ) throws -> RoundStructure? {
    var scan = RoundScan(handleCount: registry.count)
    _ = try forEachWorker(of: try runs(), selection: selection, consumer: &scan)
    if let structure = scan.structure() { return structure }
    guard let warmUps = scan.possibleWarmUps else { return nil }
    scan = RoundScan(handleCount: registry.count, warmUps: warmUps)
    _ = try forEachWorker(of: try runs(), selection: selection, consumer: &scan)
    return scan.structure()
  }

  private func check(
    _ assembler: TraceAssembler, dropped: DroppedCounts, selection: GradientSelection
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

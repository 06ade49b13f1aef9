import Foundation
import TestSupport
import Testing
import TraceModel
import TraceStore

@Suite("Imports")
struct ImportTests {
  @Test("What was pushed comes back", arguments: 0..<8 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    let folder = try Folder()
    let store = try TraceStore(path: folder.file("a.db"), mode: .readWrite)
    let pushes = someGradients(workers: 5, each: 300, seed: seed)
    let stored = try store.importing(pushes)
    let trace = try store.load("t")
    #expect(same(trace.rows, reference(pushes)))
    #expect(stored.gradientCount == 1500 && stored.workerCount == 5)
    #expect(stored.spanNs == trace.spanNs && stored.digest == trace.digest)
    #expect(try store.load("#\(stored.id)").digest == stored.digest)
    #expect(try store.verifyChunks().problems == [])
    #expect(folder.names == ["a.db"])
  }

  /// 4,096 and its neighbours are where chunks are cut.
  @Test("Chunks are cut at 4,096", arguments: [1, 4095, 4096, 4097, 8192, 8193])
  func chunks(each: Int) throws {
    let store = try TraceStore.temporary()
    let pushes = someGradients(workers: 2, each: each, seed: 1)
    try store.importing(pushes)
    #expect(same(try store.load("t").rows, reference(pushes)))
    #expect(try store.verifyChunks().chunkCount == 2 * ((each + 4095) / 4096))
  }

  /// A buffer of one kilobyte makes a hundred runs that have to be merged.
  @Test("Neither order nor buffer shows in the digest", arguments: 0..<12 as Range<UInt64>)
  func order(seed: UInt64) throws {
    let store = try TraceStore.temporary()
    let pushes = someGradients(workers: 4, each: 400, seed: 3)
    let first = try store.importing(pushes)
    var random = SplitMix64(seed: seed)
    let size = [1 << 10, 5000, 40_000, 1 << 30][Int(seed % 4)]
    let again = try store.importing(
      pushes.shuffled(using: &random), options: ImportOptions(name: "other"), bufferByteSize: size)
    #expect(again.alreadyPresent && again.digest == first.digest && again.name == "t")
    #expect(try store.list().count == 1)
  }

  @Test("What is dubious is told of the files at hand, also where the content is there already")
  func issuesOfThisReading() throws {
    let store = try TraceStore.temporary()
    func importing(_ code: String?) throws -> StoredTrace {
      let spool = try store.spool()
      let handle = try spool.worker(labelled: WorkerLabel("a"), host: nil, trust: .measured)
      try spool.append(GradientInterval(startNs: 0, durationNs: 5), worker: handle)
      if let code {
        spool.report(
          ImportIssue(code: code, severity: .warning, firstPlace: "x", meaning: "odd"))
      }
      return try spool.finish(facts: .csv, options: ImportOptions(name: "t"))
    }
    #expect(try importing("bad-event").issues.map(\.code) == ["bad-event"])
    let clean = try importing(nil)
    #expect(clean.alreadyPresent && clean.issues.isEmpty)
    #expect(try importing("loose-json").issues.map(\.code) == ["loose-json"])
    // The trace keeps those that it came with.
    #expect(try store.list().map { $0.issues.map(\.code) } == [["bad-event"]])
  }

  @Test(
    "Equal starts stay in order of arrival, in memory and across runs", arguments: [1, 1 << 20])
  func ties(bufferByteSize: Int) throws {
    let store = try TraceStore.temporary()
    let pushes = (1...50).map { Push("a", 7, Int64($0)) }
    let stored = try store.importing(pushes, bufferByteSize: bufferByteSize)
    #expect(try store.load("t").workers[0].durationsNs == Array(1...50))
    #expect(stored.issues.map(\.code) == ["overlapping"])
    #expect(stored.issues[0].count == 49)
    #expect(stored.issues[0].firstPlace == "worker a, gradient 1")
  }

  @Test("Any content decides the digest, a name does not")
  func digest() throws {
    let store = try TraceStore.temporary()
    let base = [Push("a", 5, 10), Push("b", 5, 10), Push("b", 20, 10)]
    let digest = try store.importing(base).digest
    var moved = base
    for index in moved.indices { moved[index].gradient.startNs += 1_000 }
    #expect(try store.importing(moved).digest == digest)

    var variants = [base, base, base, base, base, base, base]
    variants[0][0].gradient.durationNs = 11
    variants[1][2].gradient.startNs = 21
    variants[2][2].gradient.waitNs = 1
    variants[3][2].gradient.turnaroundNs = 0
    variants[4][2].gradient.step = 0
    variants[5][2].gradient.samples = [0]
    variants[6][0].label = "A"
    var digests = try variants.map { try store.importing($0).digest }
    digests.append(digest)
    var relative = TraceFacts.csv
    relative.unit = .relative
    digests.append(try store.importing(base, facts: relative).digest)
    digests.append(
      try store.importing(
        base, options: ImportOptions(name: "x", trustOverride: .separated)
      ).digest)
    #expect(Set(digests).count == 10)
    #expect(try store.list().map(\.name).prefix(3) == ["t", "t-2", "t-3"])
  }

  @Test("Workers are in natural order, hosts and grades joined")
  func registry() throws {
    let store = try TraceStore.temporary()
    let labels = ["rank 10", "rank 2", "rank 1", "a\0b", "a"]
    let spool = try store.spool()
    for (index, label) in labels.enumerated() {
      let handle = try spool.worker(
        labelled: WorkerLabel(label), host: index == 0 ? "z" : nil, trust: .measured)
      #expect(handle == index)
      try spool.append(GradientInterval(startNs: 0, durationNs: 1), worker: handle)
    }
    for (host, trust) in [("b", TrustGrade.separated), ("c", .measured)] {
      let handle = try spool.worker(labelled: WorkerLabel("rank 10"), host: host, trust: trust)
      #expect(handle == 0)
    }
    _ = try spool.finish(facts: .ray, options: ImportOptions(name: "t"))
    let workers = try store.load("t").workers.map(\.worker)
    #expect(workers.map(\.label.text) == ["a", "a\0b", "rank 1", "rank 2", "rank 10"])
    #expect(workers.map(\.index) == [0, 1, 2, 3, 4])
    #expect(workers[4].host == "b" && workers[4].trust == .separated)
    #expect(workers[3].host == nil && workers[3].trust == .measured)
  }

  @Test("Unix time of the start moves with the first start")
  func unixTime() throws {
    let store = try TraceStore.temporary()
    var facts = TraceFacts.csv
    facts.unixNsOfZero = 1_000
    #expect(try store.importing([Push("a", 5, 1)], facts: facts).startUnixNs == 1_005)
  }

  /// Runs are written and chunks packed beside the thread that pushes; every kind of column is there.
  @Test("Threads and batches never show", arguments: [1 << 10, 64 << 10, 64 << 20])
  func threads(bufferByteSize: Int) throws {
    // The middle buffer is full some times even with the smaller one.
    let count: Int64 = Build.isOptimised ? 30_000 : 8_000
    func stored(threads: Int, isBatched: Bool, hasMore: Bool) throws -> String {
      let store = try TraceStore.temporary()
      let spool = try store.spool(bufferByteSize: bufferByteSize, threads: threads)
      var random = SplitMix64(seed: 9)
      for worker in 0..<5 {
        _ = try spool.worker(labelled: WorkerLabel("\(4 - worker)"), host: nil, trust: .measured)
      }
      var batch = GradientBatch()
      for index in 0..<count {
        let handle = Int.random(in: 0..<5, using: &random)
        var gradient = GradientInterval(
          startNs: index * 100 - .random(in: 0...300, using: &random),
          durationNs: .random(in: 1...200, using: &random))
        if hasMore, index % 3 == 0 {
          gradient.step = index
          gradient.waitNs = index % 2
          gradient.samples = [Int32(index % 100)]
        }
        if isBatched, gradient.samples.isEmpty {
          batch.startsNs.append(gradient.startNs)
          batch.durationsNs.append(gradient.durationNs)
          batch.handles.append(Int32(handle))
        }
        if batch.count >= 100 || index == count - 1 || !gradient.samples.isEmpty {
          try spool.append(batch)
          batch.removeAll()
        }
        if !isBatched || !gradient.samples.isEmpty { try spool.append(gradient, worker: handle) }
      }
      let trace = try spool.finish(facts: .csv, options: ImportOptions(name: "t"))
      #expect(try store.verifyChunks().problems == [])
      return trace.digest
    }
    for hasMore in [false, true] {
      let expected = try stored(threads: 1, isBatched: false, hasMore: hasMore)
      for threads in 1...2 {
        #expect(try stored(threads: threads, isBatched: true, hasMore: hasMore) == expected)
      }
      #expect(try stored(threads: 2, isBatched: false, hasMore: hasMore) == expected)
    }
  }

  /// The first runs are small, the later ones larger; one worker's gradients go through all of them.
  @Test("The size of runs never shows")
  func runSizes() throws {
    func stored(threads: Int, bufferByteSize: Int) throws -> (content: [String], runCount: Int) {
      let store = try TraceStore.temporary()
      let spool = try store.spool(bufferByteSize: bufferByteSize, threads: threads)
      var random = SplitMix64(seed: 11)
      for worker in 0..<3 {
        _ = try spool.worker(labelled: WorkerLabel("\(worker)"), host: nil, trust: .measured)
      }
      var batch = GradientBatch()
      for index in 0..<Int64(300) {
        batch.removeAll()
        for place in 0..<Int64(1000) {
          batch.startsNs.append((index * 1000 + place) * 50 - .random(in: 0...99, using: &random))
          batch.durationsNs.append(.random(in: 1...1 << 40, using: &random))
          batch.handles.append(Int32(place % 3))
        }
        try spool.append(batch)
      }
      let runCount = spool.runCount
      _ = try spool.finish(facts: .csv, options: ImportOptions(name: "t"))
      let content = try store.queue.inDatabase { database in
        let rows = try SQLStatement(
          database,
          """
          SELECT worker_index || '.' || chunk_index || '.' || first_start_ns || hex(payload)
          FROM timing_chunk ORDER BY worker_index, chunk_index
          """)
        var lines: [String] = []
        while try rows.step() { lines.append(try rows.text(0)) }
        return lines
      }
      return (content, runCount)
    }
    let one = try stored(threads: 1, bufferByteSize: 64 << 20)
    #expect(one.content.count == 75 && one.runCount > 1)
    let two = try stored(threads: 2, bufferByteSize: 64 << 20)
    #expect(two.content == one.content)
    let many = try stored(threads: 2, bufferByteSize: 1 << 18)
    #expect(many.content == one.content && many.runCount > 64)
  }

  @Test("A batch with an impossible gradient is refused for that one", arguments: [1, 2])
  func impossible(threads: Int) throws {
    let spool = try TraceStore.temporary().spool(threads: threads)
    let handle = try spool.worker(labelled: WorkerLabel("w"), host: nil, trust: .measured)
    var batch = GradientBatch()
    batch.startsNs = [0, 5, 9]
    batch.durationsNs = [5, 0, 1]
    batch.handles = [Int32(handle), Int32(handle), Int32(handle)]
    let error = #expect(throws: StoreError.self) { try spool.append(batch) }
    #expect(error?.description.contains("above 0") == true)
  }

  /// 10,000 workers with a handful of gradients each, through a buffer for a few thousand.
  @Test("Many workers and a small buffer")
  func manyWorkers() throws {
    let store = try TraceStore.temporary()
    let spool = try store.spool(bufferByteSize: 64 << 10)
    let workers = 10_000
    var handles: [Int] = []
    for worker in 0..<workers {
      handles.append(
        try spool.worker(labelled: WorkerLabel("w\(worker)"), host: nil, trust: .measured))
    }
    for round in 0..<3 {
      for handle in handles {
        let gradient = GradientInterval(
          startNs: Int64(round) * 1_000_000, durationNs: Int64(handle) + 1)
        try spool.append(gradient, worker: handle)
      }
    }
    #expect(spool.bufferedByteSize < 64 << 10)
    let stored = try spool.finish(facts: .csv, options: ImportOptions(name: "t"))
    #expect(stored.workerCount == workers && stored.gradientCount == 3 * workers)
    #expect(try store.verifyChunks().problems == [])
  }
}

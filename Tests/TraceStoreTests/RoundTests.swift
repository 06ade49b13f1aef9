import Testing
import TraceModel
import TraceStore

@Suite("Turnarounds and rounds")
struct RoundTests {
  /// Asynchronous: a is at 0–10, 13–20, 20–25 and b at 1–3, 4–30: gaps 3, 0 and 1.
  @Test("In an asynchronous trace the turnaround is the gap")
  func gaps() throws {
    let store = try TraceStore.temporary()
    let stored = try store.importing(
      [
        Push("a", 0, 10), Push("a", 13, 7), Push("a", 20, 5), Push("b", 1, 2), Push("b", 4, 26),
      ], facts: .ray)
    let workers = try store.load("t").workers
    #expect(workers.map(\.turnaroundsNs) == [[3, 0, -1], [1, -1]])
    #expect(workers.map(\.waitsNs) == [[], []])
    #expect(stored.kind == .independent && stored.issues == [])
  }

  /// Rounds begin at 0, 100, 200, 300; a works 10 and b 60, b's exchange costs 40.
  private let rounds = (0..<4).flatMap { round in
    [Push("a", Int64(round) * 100, 10), Push("b", Int64(round) * 100, 60)]
  }

  @Test("In rounds it is the smallest gap, and the rest is waiting", arguments: [64, 1 << 20])
  func inRounds(bufferByteSize: Int) throws {
    let store = try TraceStore.temporary()
    let stored = try store.importing(rounds, facts: .ray, bufferByteSize: bufferByteSize)
    let workers = try store.load("t").workers
    #expect(workers[0].turnaroundsNs == [40, 40, 40, -1])
    #expect(workers[0].waitsNs == [50, 50, 50, 0])
    #expect(workers[1].turnaroundsNs == [40, 40, 40, -1])
    #expect(workers[1].waitsNs == [])
    #expect(stored.kind == .synchronous)
    #expect(try store.verifyChunks().problems == [])
  }

  @Test("A worker with one more warm-up is aligned by its end")
  func warmUp() throws {
    let store = try TraceStore.temporary()
    let pushes = rounds.map { push in
      Push(push.label, push.gradient.startNs + 1_000, push.gradient.durationNs)
    }
    let stored = try store.importing([Push("b", 0, 500)] + pushes, facts: .ray)
    let workers = try store.load("t").workers
    #expect(stored.kind == .synchronous)
    #expect(workers[0].turnaroundsNs == [40, 40, 40, -1])
    #expect(workers[1].turnaroundsNs == [-1, 40, 40, 40, -1])
  }

  @Test("Rounds that overlap now and then are still rounds, more often they are none")
  func share() throws {
    let store = try TraceStore.temporary()
    func pushes(late: Set<Int64>) -> [Push] {
      (0..<21).flatMap { (round: Int64) in
        [
          Push("a", round * 100, late.contains(round) ? 150 : 10),
          Push("b", round * 100 + (late.contains(round - 1) ? 30 : 0), 60),
        ]
      }
    }
    #expect(try store.importing(pushes(late: [3, 9]), facts: .ray).kind == .synchronous)
    #expect(try store.importing(pushes(late: [3, 9, 15]), facts: .ray).kind == .independent)
  }

  /// Step times of a synchronous job: everybody ends together, whoever is slow.
  private func steps(spread: Int64, rounds: Int = 10, workers: Int = 3) -> [Push] {
    (0..<rounds).flatMap { round in
      (0..<workers).map { worker in
        Push("rank \(worker)", Int64(round) * 1000, 950 + (worker == 1 ? spread : 0))
      }
    }
  }

  @Test("Step times that agree are graded wall-clock")
  func looksSynchronous() throws {
    let store = try TraceStore.temporary()
    let stored = try store.importing(steps(spread: 18))
    #expect(stored.kind == .synchronous)
    #expect(stored.issues.map(\.code) == ["looks-synchronous"])
    #expect(stored.issues[0].severity == .warning)
    #expect(stored.issues[0].firstPlace.hasPrefix("worker "))
    #expect(try store.load("t").workers.allSatisfy { $0.worker.trust == .wallClock })
    #expect(try store.verifyChunks().problems == [])
    #expect(throws: StoreError.self) {
      try store.importing(steps(spread: 18), options: ImportOptions(name: "s", strict: true))
    }
  }

  @Test("Step times that differ, wait, are few or are vouched for are not")
  func independent() throws {
    let store = try TraceStore.temporary()
    func kind(
      _ pushes: [Push], facts: TraceFacts = .csv, trust: TrustGrade? = nil
    ) throws -> TraceKind {
      try store.importing(
        pushes, facts: facts, options: ImportOptions(name: "t", trustOverride: trust)
      ).kind
    }
    #expect(try kind(steps(spread: 30)) == .independent)
    #expect(try kind(steps(spread: 1, rounds: 2)) == .independent)
    #expect(try kind(steps(spread: 1, workers: 1)) == .independent)
    #expect(try kind(steps(spread: 2), trust: .measured) == .independent)
    var waiting = steps(spread: 3)
    waiting[7].gradient.waitNs = 1
    #expect(try kind(waiting) == .independent)
    // A log's lines are as likely to be step times as a table's; task timelines are not.
    var facts = TraceFacts.csv
    facts.format = "ray"
    #expect(try kind(steps(spread: 4), facts: facts) == .independent)
    facts.format = "log"
    #expect(try kind(steps(spread: 5), facts: facts) == .synchronous)
  }

  /// Without starts, back-to-back rows drift apart while each step's durations agree.
  @Test("Without starts the durations are compared")
  func backToBack() throws {
    let store = try TraceStore.temporary()
    var pushes: [Push] = []
    for worker in 0..<3 {
      var time: Int64 = 0
      for _ in 0..<50 {
        pushes.append(Push("\(worker)", time, 1000 + Int64(worker) * 8))
        time += 1000 + Int64(worker) * 8
      }
    }
    #expect(try store.importing(pushes).kind == .independent)
    var facts = TraceFacts.csv
    facts.startsRecorded = false
    #expect(
      try store.importing(pushes + [Push("2", 9_999_999, 1)], facts: facts).kind == .synchronous)
  }

  /// The n-th rows of two workers need not belong together.
  @Test("Step times that agree are found though rows are missing")
  func missingRows() throws {
    let store = try TraceStore.temporary()
    let whole = steps(spread: 18, rounds: 30)
    // Of the first worker, of another one, of both, at the beginning and later.
    for missing in [[0], [1], [2, 45], [0, 1, 50], [30, 61]] {
      let pushes = whole.indices.filter { !missing.contains($0) }.map { whole[$0] }
      let stored = try store.importing(pushes, options: ImportOptions(name: "without \(missing)"))
      #expect(stored.kind == .synchronous, "without \(missing)")
      #expect(stored.issues.map(\.code) == ["looks-synchronous"])
      // A round that the first worker lacks is not known.
      #expect(stored.issues.first?.count == 30 - missing.count { $0 % 3 == 0 })
    }
    // A third of the rounds in which ends differ is too much, whoever lacks a row.
    var differing = whole
    for index in stride(from: 0, to: differing.count, by: 9) {
      differing[index].gradient.durationNs -= 100
    }
    #expect(try store.importing(Array(differing.dropFirst())).kind == .independent)
  }

  @Test("Without starts the rounds are those of the steps, whichever are missing")
  func missingSteps() throws {
    let store = try TraceStore.temporary()
    var facts = TraceFacts.csv
    facts.startsRecorded = false
    // Each round takes another time, so that places alone do not agree; steps may be any numbers.
    func pushes(_ steps: (Int64) -> Int64?) -> [Push] {
      (0..<3).flatMap { (worker: Int64) in
        (0..<40).compactMap { (round: Int64) in
          guard worker != round % 20 else { return nil }
          var push = Push(
            "\(worker)", round * 3000, 1000 + (round * 37 % 11) * 100 + worker)
          push.gradient.step = steps(round)
          return push
        }
      }
    }
    #expect(try store.importing(pushes { Int64.max - 40 + $0 }, facts: facts).kind == .synchronous)
    #expect(try store.importing(pushes { $0 - 7 }, facts: facts).kind == .synchronous)
    #expect(try store.importing(pushes { _ in nil }, facts: facts).kind == .independent)
  }

  @Test("Workers of their own pace do not agree, however many rows they have")
  func ownPace() throws {
    let store = try TraceStore.temporary()
    var random = SplitMix64(seed: 5)
    let pushes = (0..<4).flatMap { worker -> [Push] in
      var time: Int64 = 0
      return (0..<(200 + worker)).map { _ in
        let duration = Int64.random(in: 900...1100, using: &random)
        defer { time += duration }
        return Push("\(worker)", time, duration)
      }
    }
    #expect(try store.importing(pushes).kind == .independent)
  }
}

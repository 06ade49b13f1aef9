import Kernels
import Testing

@Suite("Tournaments")
struct TournamentTests {
  /// A linear congruential generator, of whose words the upper half is used.
  private struct Words {
    var state: UInt64

    mutating func next(below limit: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % limit
    }
  }

  /// Who is first, from the definition: the lowest key, and of equal ones the lowest worker.
  private func first(_ keys: [UInt64]) -> (worker: Int, key: UInt64) {
    var best = 0
    for worker in keys.indices where keys[worker] < keys[best] { best = worker }
    return (best, keys[best])
  }

  private func check(
    _ tournament: borrowing Tournament, _ keys: [UInt64],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = first(keys)
    guard expected.key != Tournament.absent else {
      #expect(tournament.first.key == Tournament.absent, sourceLocation: sourceLocation)
      return
    }
    let found = tournament.first
    #expect(found == expected, "of \(keys)", sourceLocation: sourceLocation)
    guard keys.count { $0 != Tournament.absent } > 1 else { return }
    let second = tournament.second
    var others = keys
    others[expected.worker] = Tournament.absent
    #expect(second != expected.worker, sourceLocation: sourceLocation)
    #expect(keys[second] == first(others).key, "of \(keys)", sourceLocation: sourceLocation)
  }

  /// Four different keys for up to seventeen workers force ties; the largest key that is not absent is among them.
  @Test("The lowest key is first, and of equal ones the lower worker", arguments: 1...17)
  func order(workerCount: Int) {
    var words = Words(state: UInt64(workerCount))
    let tournament = Tournament(workerCount: workerCount)
    var keys = [UInt64](repeating: Tournament.absent, count: workerCount)
    let choices = [1, 2, 1 << 63, Tournament.absent - 1, Tournament.absent]
    for turn in 0..<400 {
      let key = choices[Int(words.next(below: 5))]
      // Any worker, or the first, as a replay does.
      let worker =
        turn % 3 == 0 ? tournament.first.worker : Int(words.next(below: UInt64(workerCount)))
      guard worker < workerCount else {
        Issue.record("worker \(worker) of \(workerCount) is first")
        return
      }
      keys[worker] = key
      tournament.put(key, of: worker)
      #expect(tournament.key(of: worker) == key)
      check(tournament, keys)
    }
  }

  /// In a thousand places, where the last rounds know of one alone.
  @Test("Two who are neighbours find each other", arguments: [0, 600, 998])
  func neighbours(worker: Int) {
    let tournament = Tournament(workerCount: 1_000)
    tournament.put(7, of: worker + 1)
    tournament.put(5, of: worker)
    #expect(tournament.first == (worker, 5))
    #expect(tournament.second == worker + 1)
  }

  @Test("All at once are as one after the other", arguments: [1, 2, 3, 8, 13])
  func build(workerCount: Int) {
    var words = Words(state: 7)
    let tournament = Tournament(workerCount: workerCount)
    for _ in 0..<50 {
      tournament.removeAll()
      var keys = [UInt64](repeating: Tournament.absent, count: workerCount)
      check(tournament, keys)
      for worker in keys.indices where words.next(below: 4) > 0 {
        keys[worker] = 1 + words.next(below: 4)
        tournament.prepare(keys[worker], of: worker)
      }
      tournament.build()
      check(tournament, keys)
    }
  }
}

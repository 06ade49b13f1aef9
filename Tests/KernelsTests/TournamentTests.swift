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

  /// What is wrong, if anything.
  private func flaw(_ tournament: borrowing Tournament, _ keys: [UInt64]) -> String? {
    let expected = first(keys)
    let found = tournament.first
    guard expected.key != Tournament.absent else {
      return found.key == Tournament.absent ? nil : "\(found) is first of nobody"
    }
    guard found == expected else { return "\(found) is first of \(keys)" }
    guard keys.count(where: { $0 != Tournament.absent }) > 1 else { return nil }
    let second = tournament.second
    var others = keys
    others[expected.worker] = Tournament.absent
    guard second != expected.worker, keys[second] == first(others).key else {
      return "\(second) is second of \(keys)"
    }
    return nil
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
      keys[worker] = key
      tournament.put(key, of: worker)
      #expect(tournament.key(of: worker) == key)
      if let flaw = flaw(tournament, keys) {
        Issue.record("\(flaw), turn \(turn)")
        return
      }
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
      #expect(flaw(tournament, keys) == nil)
      for worker in keys.indices where words.next(below: 4) > 0 {
        keys[worker] = 1 + words.next(below: 4)
        tournament.prepare(keys[worker], of: worker)
      }
      tournament.build()
      #expect(flaw(tournament, keys) == nil)
    }
  }
}

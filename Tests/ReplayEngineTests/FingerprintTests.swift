import Optimization
import ReplayEngine
import Testing
import TraceModel

@Suite("Fingerprints")
struct FingerprintTests {
  /// Numbers of a small example, so that nothing but this file decides them.
  private func example(
    _ method: MethodChoice, _ change: (inout ReplayRequest) -> Void = { _ in }
  ) throws -> Run {
    let rows = (0..<50).map { row -> [Double] in
      (0..<7).map { column -> Double in
        let number = (row * 7 + column) * 37 % 101
        return Double(number) / 64 - 0.75
      }
    }
    let labels = (0..<50).map { $0 % 3 == 0 ? -1.0 : 1.0 }
    let trace = makeTrace([[1_000, 1_250], [1_500, 900, 1_100], [2_000], [7_300, 6_100]])
    var request = ReplayRequest(
      method: method, stepsize: 0.25, horizon: Horizon(updateCount: 5_000), batchSize: 3,
      seed: 0x1_0000_0007, evaluation: .ends)
    change(&request)
    return try replay(
      trace, minimising: Logistic(rows: rows, labels: labels, l2: 0.001), request)
  }

  /// Debug and release, and every processor, must agree on these. A change of them is a change of
  /// results or of the fingerprint's format, and belongs in the notes of a release.
  @Test(
    "The stored fingerprints of a small example",
    arguments: zip(
      [
        MethodChoice.async(rule: .constant), .async(rule: .scaled), .minibatch,
        .backup(need: 3), .rennala(collect: 3), .ringmaster(delayLimit: 3, abort: true),
        .buffered(collect: 2),
      ],
      [
        "4e58694c615c8ae1a0b5b5ea5f3d90f0a39a9a7bb82179cf22e74c57c6654253",
        "f3cc52f7dc171873b972bd6e20324a04608458a878a0046136069b94fdb724ec",
        "7485744d09800e02fc30add591832b8ad79c8a17f7410b4d0dc5e836bd8d3c6c",
        "1799af29ad41a9c8b389777af6116b2e7c5d3e6dbf1f31549eb1349deb559e24",
        "9627459c787d0f69659edb9bd6be20bb2e72f80d9678b4568eeb68c03a1a89c8",
        "7f9a1987b81b90174c51ac4fbc7c27c225e9a52197f6f8ef79284d1955389e98",
        "9c3bbd5c4798b65714a8640f3ec7a75ff3485662b963770149471c566e0b44e9",
      ]))
  func stored(method: MethodChoice, fingerprint: String) throws {
    #expect(try example(method).fingerprint == fingerprint)
  }

  /// The case of `fixtures/golden/replays/async_two_workers.json`: the documented bytes were put
  /// together outside this program, with Python's `struct`, and hashed with its `hashlib`.
  @Test("The bytes are as documented")
  func layout() throws {
    func fingerprint(_ timing: Timing) throws -> String? {
      try replay(
        makeTrace([[2], [3]]), minimising: QuadraticObjective(matrix: [[1]], linear: [0]),
        ReplayRequest(
          method: .async(rule: .constant), stepsize: 0.5, horizon: Horizon(timeNs: 6),
          timing: timing, batchSize: 0, seed: 1, initial: [8], evaluation: .ends)
      ).fingerprint
    }
    #expect(
      try fingerprint(.sequence)
        == "972ebcbab4ca7303df55aa47b55afdc7b8d2ae5883dc3463d778309f5a271452")
    // Constant speeds: only the header differs.
    #expect(
      try fingerprint(.clock)
        == "10fc2825df37bf3816791388e9407720ad180509fcab9a80fd76540eeaba9fab")
  }

  @Test("The stored fingerprints of other ways to read the same durations")
  func otherWays() throws {
    let clock = try example(.async(rule: .constant)) { $0.timing = .clock }
    #expect(clock.fingerprint == "94b8c45c57f372053d78900d031da161e61253d7610185d67f63e8c3dd20f0f3")
    let resampled = try example(.async(rule: .constant)) { $0.atEnd = .resample }
    #expect(
      resampled.fingerprint == "705ea4e39f999f5122fdae1b82607dd45366eda821f6bfdfc11c360ca095c247")
    let local = try example(.local(steps: 3)) { $0.horizon = Horizon(updateCount: 500) }
    #expect(local.fingerprint == "02304a730e4a0d351af762b7c8ccc78101443a8f516c618ae568a1d2bb849827")
  }
}

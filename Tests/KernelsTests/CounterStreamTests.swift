import Kernels
import Testing

@Suite("Random words")
struct CounterStreamTests {
  typealias Block = (UInt32, UInt32, UInt32, UInt32)

  /// From kat_vectors of the Random123 distribution: zeros, ones, digits of π.
  @Test("Philox4x32-10 gives the published answers")
  func published() {
    #expect(
      philox(counter: (0, 0, 0, 0), key: (0, 0))
        == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      philox(counter: (.max, .max, .max, .max), key: (.max, .max))
        == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      philox(
        counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        key: (0xa409_3822, 0x299f_31d0))
        == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  private func batch(
    count: Int, n: Int, seed: UInt64, worker: Int, gradient: Int, distinct: Bool = false
  ) -> [Int32] {
    let stream = CounterStream(stream: .batches, seed: seed)
    return [Int32](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      if distinct {
        stream.drawDistinctSamples(
          count: count, of: n, worker: worker, gradient: gradient, into: base)
      } else {
        stream.drawSamples(count: count, of: n, worker: worker, gradient: gradient, into: base)
      }
      initialized = count
    }
  }

  /// The two answers that DESIGN.md gives; the second has a word beyond 32 bits in seed and j.
  @Test("Batches have the known answers")
  func knownBatches() {
    #expect(
      batch(count: 6, n: 1797, seed: 1, worker: 2, gradient: 5)
        == [1372, 1217, 1190, 1522, 1341, 668])
    #expect(
      batch(count: 5, n: 10_000, seed: (1 << 32) + 7, worker: 0, gradient: (1 << 32) + 3)
        == [2109, 3829, 7328, 1219, 7783])
  }

  @Test("A shorter batch is the beginning of a longer one", arguments: 1...9)
  func prefix(count: Int) {
    let long = batch(count: 12, n: 1797, seed: 3, worker: 1, gradient: 8)
    #expect(
      batch(count: count, n: 1797, seed: 3, worker: 1, gradient: 8) == Array(long.prefix(count)))
  }

  @Test("Every use has words of its own")
  func streams() {
    let first = Set(
      RandomStream.allCases.map {
        CounterStream(stream: $0, seed: 1).word(worker: 0, gradient: 0, index: 0)
      })
    #expect(first.count == RandomStream.allCases.count)
  }

  @Test("Without replacement no sample comes twice", arguments: 0..<20)
  func distinct(gradient: Int) {
    let picks = batch(
      count: 10, n: 12, seed: 5, worker: 0, gradient: gradient, distinct: true)
    #expect(Set(picks).count == 10)
    #expect(picks.allSatisfy { (0..<12).contains($0) })
  }

  @Test("A batch of all samples holds all samples")
  func everything() {
    #expect(
      batch(count: 10, n: 10, seed: 5, worker: 0, gradient: 1, distinct: true).sorted()
        == Array(0..<10))
  }

  @Test("Uniform numbers and normal numbers have their moments")
  func moments() {
    let count = 20_000
    let vector = Vector(dimension: count)
    let stream = CounterStream(stream: .gradientNoise, seed: 1)
    stream.fillUniform(vector.base, count: count, worker: 0, gradient: 0)
    #expect(abs(sum(vector.base, count: count) / Double(count) - 0.5) < 0.01)
    let word = stream.word(worker: 0, gradient: 0, index: 6)
    #expect(vector[6] == (Double(word) + 0.5) / 4_294_967_296)
    stream.fillNormal(vector.base, count: count, worker: 0, gradient: 0)
    #expect(abs(sum(vector.base, count: count) / Double(count)) < 0.03)
    #expect(abs(normSquared(vector.base, count: count) / Double(count) - 1) < 0.05)
  }
}

import TestSupport
import Testing
import TraceFormats
import TraceModel

@Suite("Tables of rates")
struct RatesTests {
  @Test("A rate is one gradient of its reciprocal, to the nanosecond")
  func reciprocal() throws {
    let (sink, facts) = try read(
      "worker,rate_per_s,host\nk80,0.7458616001066279,a\nv100,4,b\nx,3e-7,\ny,1e9,\n")
    #expect(facts.format == "rates")
    #expect(!facts.startsRecorded)
    #expect(sink.workers.map(\.label.text) == ["k80", "v100", "x", "y"])
    #expect(sink.workers.map(\.host) == ["a", "b", nil, nil])
    #expect(
      sink.workers.map { $0.gradients.map(\.durationNs) }
        == [[1_340_731_310], [250_000_000], [3_333_333_333_333_333], [1]])
    #expect(sink.workers.allSatisfy { $0.trust == .measured })
  }

  @Test("Columns can be named")
  func columns() throws {
    let (sink, facts) = try read(
      "gpu;steps/s\na;2\nb;0.5\n", as: "x",
      ReadOptions(columns: [.worker: "gpu", .rate: "steps/s"]))
    #expect(facts.format == "rates")
    #expect(sink.workers.map { $0.gradients[0].durationNs } == [500_000_000, 2_000_000_000])
  }

  @Test(
    "What is no rate is refused",
    arguments: [
      ("0", "x:2: rate is 0; gradients per second are above 0. Leave out who did nothing."),
      ("-1", "x:2: rate is -1; gradients per second are above 0. Leave out who did nothing."),
      (
        "nan", "x:2: rate is nan. A gradient that never ended is no gradient: remove the line."
      ), ("fast", "x:2: rate is “fast”, not a number. Correct the line, or name the right column."),
      ("", "x:2: rate is empty. Fill it in or remove the line."),
      (
        "1e-12", "x:2: 1/rate is 1/1e-12, beyond the 292 years that fit. A wrong unit?"
      ), ("1e300", "x:2: rate is 1e300, beyond the 292 years that fit. A wrong unit?"),
    ])
  func refused(rate: String, message: String) {
    #expect(refusal("worker,rate\na,\(rate)\nb,2\n") == message)
  }

  @Test("A table of durations stays one, whatever else it has")
  func durations() throws {
    let (_, facts) = try read("worker,duration_s,rate\na,1,9\n")
    #expect(facts.format == "csv")
  }

  @Test("Random byte changes never trap", arguments: 0..<200 as Range<UInt64>)
  func mutations(seed: UInt64) {
    checkMutations(of: "worker,rate\nk80,0.75\nv100,4\n", seed: seed, format: .rates)
  }
}

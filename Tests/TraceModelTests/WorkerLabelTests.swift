import Testing
import TraceModel

@Suite("Worker labels")
struct WorkerLabelTests {
  @Test("Runs of digits compare as numbers of any length, the rest as bytes")
  func natural() {
    let sorted = [
      "", "-1", "0", "00", "1", "01", "2", "7", "007", "10", "a", "a1b2", "a1b10", "a2", "a02",
      "a10",
      "a99999999999999999999", "a100000000000000000000", "b", "é",
    ].map { WorkerLabel($0) }
    #expect(sorted.shuffled().sorted().map(\.text) == expected(sorted).map(\.text))
    #expect(WorkerLabel("rank2") < WorkerLabel("rank10"))
    #expect(WorkerLabel("a99999999999999999999") < WorkerLabel("a100000000000000000000"))
  }

  /// Sorted by insertion with the definition alone, so that a broken order shows.
  private func expected(_ labels: [WorkerLabel]) -> [WorkerLabel] {
    var result: [WorkerLabel] = []
    for label in labels {
      let index = result.firstIndex { label < $0 } ?? result.count
      result.insert(label, at: index)
    }
    return result
  }

  @Test("The order is total: exactly one of <, == and > holds, and < is transitive")
  func total() {
    let pieces = ["", "0", "1", "01", "10", "a", "é", "e\u{301}", "-"]
    let labels = pieces.flatMap { a in pieces.map { WorkerLabel(a + $0) } }
    for a in labels {
      for b in labels {
        #expect([a < b, a == b, b < a].filter { $0 }.count == 1, "\(a) and \(b)")
        for c in labels where a < b && b < c { #expect(a < c, "\(a), \(b), \(c)") }
      }
    }
  }

  @Test("Labels are bytes: letters that look alike are different")
  func bytes() {
    #expect(WorkerLabel("é") != WorkerLabel("e\u{301}"))
    #expect(WorkerLabel("7") != WorkerLabel("07"))
    #expect(Set([WorkerLabel("é"), WorkerLabel("e\u{301}")]).count == 2)
  }
}

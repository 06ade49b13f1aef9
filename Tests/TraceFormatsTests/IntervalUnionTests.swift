import Testing
import TraceFormats

@Suite("Unions of intervals")
struct IntervalUnionTests {
  private func union(_ stretches: [(Int64, Int64)]) throws -> IntervalUnion {
    var union = IntervalUnion()
    for (start, end) in stretches { try union.insert(Stretch(start: start, end: end)) }
    union.tidy()
    return union
  }

  @Test("Stretches that touch become one, empty ones none")
  func tidy() throws {
    let set = try union([(5, 9), (0, 2), (2, 3), (6, 7), (4, 4), (8, 10)])
    #expect(set.stretches == [Stretch(start: 0, end: 3), Stretch(start: 5, end: 10)])
    #expect(try union([]).stretches == [])
  }

  /// The definition itself: a set of whole moments.
  @Test("Union, difference and measure agree with sets", arguments: 0..<300 as Range<UInt64>)
  func sets(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    func draw() -> [(Int64, Int64)] {
      (0..<Int.random(in: 0...12, using: &random)).map { _ in
        let start = Int64.random(in: 0...40, using: &random)
        return (start, start + Int64.random(in: 0...9, using: &random))
      }
    }
    let (a, b) = (draw(), draw())
    let left = Set(a.flatMap { $0.0..<$0.1 })
    let right = Set(b.flatMap { $0.0..<$0.1 })
    let difference = try union(a).subtracting(try union(b))
    #expect(Set(difference.stretches.flatMap { $0.start..<$0.end }) == left.subtracting(right))
    let window = Int64.random(in: 0...30, using: &random)
    let inside = left.subtracting(right).filter { (window..<window + 15).contains($0) }
    #expect(
      difference.measure(in: Stretch(start: window, end: window + 15)) == Int64(inside.count))
  }

  @Test("Half a million operations end to end take the memory of one")
  func compact() throws {
    var set = IntervalUnion()
    for index in 0..<300_000 as Range<Int64> {
      try set.insert(Stretch(start: index * 10, end: index * 10 + 10))
      try set.insert(Stretch(start: index * 10 + 2, end: index * 10 + 3))
      if set.stretches.count > 1 << 17 { Issue.record("\(set.stretches.count) stretches") }
    }
    set.tidy()
    #expect(set.stretches == [Stretch(start: 0, end: 3_000_000)])
  }

  @Test("A union that gets too long is refused, with the limit")
  func limit() {
    var set = IntervalUnion(limit: 70_000)
    #expect(throws: TraceFormatError.Reason.tooManyIntervals(limit: 70_000)) {
      for index in 0..<200_000 as Range<Int64> {
        try set.insert(Stretch(start: index * 2, end: index * 2 + 1))
      }
    }
  }
}

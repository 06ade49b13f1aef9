import TestSupport
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
  @Test(
    "The union, and what of it lies in a window and in no other set, agree with sets",
    arguments: 0..<300 as Range<UInt64>)
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
    let (first, second) = (try union(a), try union(b))
    #expect(Set(first.stretches.flatMap { $0.start..<$0.end }) == left)
    let start = Int64.random(in: -5...30, using: &random)
    let window = Stretch(start: start, end: start + .random(in: 0...60, using: &random))
    let inside = left.filter { (window.start..<window.end).contains($0) }
    #expect(first.measure(in: window) == Int64(inside.count))
    #expect(first.meets(window) != inside.isEmpty)
    #expect(
      first.measure(in: window, without: second) == Int64(inside.subtracting(right).count))
  }

  @Test("Half a million operations end to end take the memory of one")
  func compact() throws {
    var set = IntervalUnion()
    for index in 0..<300_000 as Range<Int64> {
      try set.insert(Stretch(start: index * 10, end: index * 10 + 10))
      try set.insert(Stretch(start: index * 10 + 2, end: index * 10 + 3))
      if set.count > 1 << 17 { Issue.record("\(set.count) stretches") }
    }
    set.tidy()
    #expect(set.stretches == [Stretch(start: 0, end: 3_000_000)])
  }

  /// Four million was the most that fitted once.
  @Test("Five million operations that never touch take five bytes each, in any order")
  func many() throws {
    let count: Int64 = Build.isOptimised ? 5_000_003 : 300_007
    var set = IntervalUnion()
    // A stride that shares no factor with the count visits each place once.
    var place: Int64 = 0
    for _ in 0..<count {
      try set.insert(Stretch(start: place * 3000, end: place * 3000 + 1000))
      place = (place + 3_000_017) % count
    }
    set.tidy()
    #expect(set.count == Int(count))
    #expect(set.byteSize < 26 * Int(count) / 5)
    #expect(set.measure(in: Stretch(start: 0, end: .max)) == count * 1000)
    #expect(set.measure(in: Stretch(start: 3_000_500, end: 6_000_500)) == 1_000_000)
    var hole = IntervalUnion()
    try hole.insert(Stretch(start: 500, end: 6_000_500))
    hole.tidy()
    let all = Stretch(start: 0, end: .max)
    #expect(set.measure(in: all, without: hole) == count * 1000 - 2_000_000)
    #expect(hole.measure(in: all, without: set) == 6_000_000 - 2_000_000)
  }

  /// Gaps and lengths of one to ten bytes each, over the whole range of times.
  @Test("Stretches of any size come back as they were")
  func sizes() throws {
    let sizes: [Int64] = [
      1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, 1 << 34, 1 << 35, 1 << 48, 1 << 56,
      1 << 61,
    ]
    var expected: [Stretch] = []
    var place = Int64.min
    for gap in sizes {
      for length in sizes where max(length, gap) < 1 << 61 || min(length, gap) == 1 {
        place &+= gap
        expected.append(Stretch(start: place, end: place + length))
        place += length
      }
    }
    expected.append(Stretch(start: place + 1, end: .max))
    #expect(expected.allSatisfy { $0.start < $0.end })
    var set = IntervalUnion()
    for stretch in expected.reversed() { try set.insert(stretch) }
    set.tidy()
    #expect(set.stretches == expected)
  }

  /// The same stretches, sorted in once and many times over.
  @Test("When it is tidied does not show", arguments: 0..<100 as Range<UInt64>)
  func anyTime(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var once = IntervalUnion()
    var often = IntervalUnion()
    for _ in 0..<3000 {
      let start = Int64.random(in: -50_000...50_000, using: &random)
      let stretch = Stretch(start: start, end: start + .random(in: 1...40, using: &random))
      try once.insert(stretch)
      try often.insert(stretch)
      if Int.random(in: 0..<300, using: &random) == 0 { often.tidy() }
    }
    once.tidy()
    often.tidy()
    #expect(once.stretches == often.stretches)
    #expect(once.stretches.count == once.count)
    #expect(zip(once.stretches, once.stretches.dropFirst()).allSatisfy { $0.end < $1.start })
  }

  @Test("A union that gets too large is refused, with its size")
  func limit() {
    var set = IntervalUnion(byteLimit: 1 << 18)
    #expect(throws: TraceFormatError.Reason.tooManyIntervals(count: 131_072)) {
      for index in 0..<200_000 as Range<Int64> {
        try set.insert(Stretch(start: index * 2, end: index * 2 + 1))
      }
    }
  }
}

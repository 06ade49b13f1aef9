import ByteStreams
import Kernels
import Testing

@Suite("Plain rows")
struct PlainRowTests {
  private struct Row: Equatable {
    var name: String
    var first: Int64
    var last: Int64
  }

  /// The plain rows, and the numbers of the lines of the other records.
  private func rows(
    _ text: String, _ shape: PlainRowShape, size: Int = 4096, separator: UInt8 = 0x2c,
    capacity: Int = 3
  ) throws -> (rows: [Row], rest: [Int]) {
    // Only what is buffered can be taken at once: as behind the header of a table.
    let source = try ByteSource(path: "x", bytes: Array(("header\n" + text).utf8))
    var reader = CSVReader(
      lines: LineReader(source: source, bufferSize: size), separator: separator)
    var rows: [Row] = []
    var rest: [Int] = []
    _ = try reader.next()
    try withUnsafeTemporaryAllocation(of: PlainRow.self, capacity: capacity) { buffer in
      while true {
        while true {
          let count = reader.takePlainRows(shape, into: buffer)
          for row in buffer[..<count] {
            rows.append(
              Row(
                name: String(decoding: row.name, as: UTF8.self), first: row.first, last: row.last))
            let word = row.name.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            #expect(row.nameWord == word)
          }
          if count == 0 { break }
        }
        guard try reader.next() else { break }
        rest.append(reader.lineNumber - 1)
      }
    }
    return (rows, rest)
  }

  private let three = PlainRowShape(
    fieldCount: 3, name: 0, last: 2, lastScale: 0, first: (column: 1, scale: 0))

  /// With small buffers a row that is cut is read as a whole record, which is as good.
  @Test("Names and numbers, whatever the lines end in")
  func plain() throws {
    let text = "a,0,1\nworker-twelve,12345678,123456789\r\nb,999999999999999999,7\n"
    let (found, rest) = try rows(text, three)
    #expect(
      found == [
        Row(name: "a", first: 0, last: 1),
        Row(name: "worker-twelve", first: 12_345_678, last: 123_456_789),
        Row(name: "b", first: 999_999_999_999_999_999, last: 7),
      ])
    #expect(rest == [])
  }

  @Test("Fractions are exact, or left to the careful reader")
  func fractions() throws {
    let shape = PlainRowShape(
      fieldCount: 4, name: 2, last: 0, lastScale: 3, first: (column: 3, scale: 6))
    let text = "1.5,x,a,2.000001\n.125,,b,7.\n12.3456,x,c,1\n0.001,x,d,0\n"
    let (found, rest) = try rows(text, shape)
    #expect(
      found == [
        Row(name: "a", first: 2_000_001, last: 1500), Row(name: "b", first: 7_000_000, last: 125),
        Row(name: "d", first: 0, last: 1),
      ])
    #expect(rest == [3])
  }

  @Test(
    "What is not plain is left, and what follows is found again",
    arguments: [
      "\"a\",1,2", "a,1,\"2\"", "a,-1,2", "a,1,2e3", "a,1,0", "a,1, 2", "a,1", "a,1,2,3", ",1,2",
      "a,,2", "a,1,", "a,1,1234567890123456789", "a,NaN,2", "a,1,2x", "a,1.5,2", "a,1,.",
    ])
  func notPlain(line: String) throws {
    let (found, rest) = try rows("x,5,6\n\(line)\ny,7,8\n", three)
    #expect(found == [Row(name: "x", first: 5, last: 6), Row(name: "y", first: 7, last: 8)])
    #expect(rest == [2])
  }

  @Test("A last line without its end and empty lines are left to the careful reader")
  func edges() throws {
    let (found, rest) = try rows("x,5,6\n\n\r\ny,7,8", three)
    #expect(found == [Row(name: "x", first: 5, last: 6)])
    #expect(rest == [4])
  }

  @Test("A span has to end behind its start")
  func span() throws {
    let shape = PlainRowShape(
      fieldCount: 3, name: 0, last: 2, lastScale: 0, first: (column: 1, scale: 0), isSpan: true)
    let (found, rest) = try rows("a,5,6\nb,6,6\nc,7,6\n", shape)
    #expect(found == [Row(name: "a", first: 5, last: 6)])
    #expect(rest == [2, 3])
  }

  /// Rows without other columns are found by code of their own, a variant for each instruction set, which knows
  /// where the fields of many rows end before it reads the first: lengths that stay, and that change all the time.
  @Test(
    "A column beside them changes nothing about rows", arguments: 0..<60 as Range<UInt64>)
  func bareRows(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let isSpan = seed % 3 == 0
    // A span between columns of different units would nearly always be none.
    let scales = isSpan ? (6, 6) : [(0, 0), (3, 0), (0, 6), (9, 9)][Int(seed % 4)]
    let separator: UInt8 = seed % 5 == 0 ? 0x09 : 0x2c
    let lengths = seed % 2 == 0 ? 1...19 : 7...9
    func field(_ defects: [String]) -> String {
      if Int.random(in: 0..<200, using: &random) == 0 {
        return defects.randomElement(using: &random) ?? ""
      }
      var digits = (0..<Int.random(in: lengths, using: &random))
        .map { _ in "\(Int.random(in: 0...9, using: &random))" }.joined()
      if seed % 7 < 3, Int.random(in: 0...2, using: &random) > 0 {
        let places = Int.random(in: 0...min(digits.count, 7), using: &random)
        digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places))
      }
      return digits
    }
    let comma = String(UnicodeScalar(separator))
    var bare = ""
    var beside = ""
    for _ in 0..<400 {
      let name = field(["", "\"a\"", "a b", "Ünï", "#", "a\"b", "longer than sixteen bytes", "\r"])
      let first = field(["", "-1", "1.5", "1e3", " 1", "1x", "é", "0", ".5", "7."])
      let last = field(["", "-1", "1.5", "1e3", " 1", "1x", "é", "0", ".5", "7.", "1\(comma)2"])
      let row = name + comma + first + comma + last
      let end = Int.random(in: 0..<9, using: &random) == 0 ? "\r\n" : "\n"
      bare += row + end
      beside += row + comma + "x" + end
    }
    func shape(_ fieldCount: Int) -> PlainRowShape {
      PlainRowShape(
        fieldCount: fieldCount, name: 0, last: 2, lastScale: scales.1, first: (1, scales.0),
        isSpan: isSpan)
    }
    let expected = try rows(beside, shape(4), size: 1 << 16, separator: separator, capacity: 99)
    #expect(expected.rows.count > 50)
    for (size, capacity) in [(1 << 16, 512), (1 << 16, 7), (200, 512)] {
      try forEachVariant {
        let found = try rows(
          bare, shape(3), size: size, separator: separator, capacity: capacity)
        #expect(found.rows == expected.rows && found.rest == expected.rest || size == 200)
        // Where the buffer ends a row is read as a whole record, which is as good.
        #expect(found.rows.count + found.rest.count == 400)
      }
    }
  }

  private func forEachVariant(_ body: () throws -> Void) rethrows {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    for variant in KernelVariant.available {
      KernelVariant.force(variant)
      try body()
    }
  }

  private static let rowsOfAnyLength = [
    "w,1,2", "worker-of-some-length,123456789012345,1234567890123456", ",1,2", "\"w\",1,2", "w,,2",
    "w,1,", "w,1,2\r", "w\r,1,2", "w,1\r,2", "w,1,\r", "w,12/4,2", "w,12:4,2", "w,1,0", "w,1,2,3",
    "w,1", "w", "w,12345678901234567,2", "w,1,1234567890123456",
    "w,123456789012345678,2", "w,1,1234567890123456789", "w,.,2", "w,5.,2", "w,1,2.", "w,1,.2",
    "w,1.5,2",
    "w,1732942000.000001,2", "w,-732942000.000001,2", "w,1:32942000.000001,2", "w,1.2.3,2",
    "w,1,2..3", "w,1234567890123456.78,2", "w,1e3,2",
    "w,1\u{b2},2", "Ü,99999999,9",
    "1234567,1,2", "12345678,1,2", "123456789,1,2", String(repeating: "w", count: 3000) + ",1,2",
  ]

  /// Every row at every place of a block of 64 bytes: what the code of each instruction set takes at once is what
  /// comes of the same rows one at a time, with a column beside them.
  @Test("A row is the same wherever it lies", arguments: rowsOfAnyLength.indices)
  func everyPlace(index: Int) throws {
    let row = Self.rowsOfAnyLength[index]
    for shift in 0..<66 {
      let before = "\(String(repeating: "a", count: 1 + shift)),7,8\n"
      let after = String(repeating: "b,9,10\n", count: 40)
      let text = before + row + "\n" + after
      // As many fields too many or too few as before, and an end like before.
      let beside = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast().map
      {
        let line = String(decoding: $0.last == 0x0d ? $0.dropLast() : $0, as: UTF8.self)
        return line + ($0.last == 0x0d ? ",x\r\n" : ",x\n")
      }
      func shape(_ fieldCount: Int) -> PlainRowShape {
        PlainRowShape(
          fieldCount: fieldCount, name: 0, last: 2, lastScale: 1, first: (column: 1, scale: 6))
      }
      let expected = try rows(beside.joined(), shape(4), size: 1 << 14)
      #expect(expected.rows.count >= 41)
      try forEachVariant {
        let found = try rows(text, shape(3), size: 1 << 14, capacity: 512)
        #expect(found.rows == expected.rows, "\(row.debugDescription) behind \(shift) bytes")
        #expect(found.rest == expected.rest)
      }
    }
  }

  @Test("Random numbers are those of the decimal reader", arguments: 0..<200 as Range<UInt64>)
  func numbers(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let scale = [0, 3, 6, 9][Int(seed % 4)]
    var text = ""
    var expected: [Row] = []
    for _ in 0..<20 {
      let digits = Int.random(in: 1...(18 - scale), using: &random)
      var number = (0..<digits).map { _ in "\(Int.random(in: 0...9, using: &random))" }.joined()
      if Bool.random(using: &random), scale > 0 {
        let places = Int.random(in: 0...min(scale, digits), using: &random)
        number.insert(".", at: number.index(number.endIndex, offsetBy: -places))
      }
      let value = try Array(number.utf8).withUnsafeBytes { try DecimalText.scaled($0, by: scale) }
      guard value > 0 else { continue }
      text += "w,\(number)\n"
      expected.append(Row(name: "w", first: 0, last: value))
    }
    let shape = PlainRowShape(fieldCount: 2, name: 0, last: 1, lastScale: scale)
    #expect(try rows(text, shape).rows == expected)
  }
}

import Kernels
import Testing

/// How much of a text is taken at once; what the rows are is held against the reader of one row at a time in
/// `PlainRowTests`.
@Suite("Bare rows")
struct BareRowTests {
  struct Table: Sendable, CustomTestStringConvertible {
    var line: String
    var hasFirst = true
    var separator: UInt8 = 0x2c

    var testDescription: String { line.debugDescription }
  }

  private static let tables = [
    Table(line: "a,1,2\n"), Table(line: "1,12345678901,1045678\n"),
    Table(line: "a\t1\t2\r\n", separator: 9),
    Table(line: "w,1\n", hasFirst: false),
    Table(line: "worker-17,123456789012\r\n", hasFirst: false),
    Table(line: "w,123456789012.5,0.123456\n"), Table(line: "w,1732942000.123456,0.5\r\n"),
    Table(line: "a-name-that-is-longer-than-a-block-of-sixty-four-bytes-and-a-bit-more,123,4567\n"),
  ]

  private func take(
    _ table: Table, from text: [UInt8], capacity: Int
  ) -> (rows: [PlainRow], byteCount: Int) {
    let rows = BareRows(
      separator: table.separator, firstScale: table.hasFirst ? 6 : nil, lastScale: 6,
      isSpan: false)
    var byteCount = 0
    let taken = [PlainRow](unsafeUninitializedCapacity: capacity) { buffer, count in
      guard let room = buffer.baseAddress else { return }
      text.withUnsafeBytes { bytes in
        guard let begin = bytes.baseAddress else { return }
        byteCount = rows.take(
          from: begin, byteCount: bytes.count, into: room, capacity: capacity, count: &count)
      }
    }
    return (taken, byteCount)
  }

  @Test("All are taken but those at the end, which could be read beyond", arguments: tables)
  func all(table: Table) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    let line = Array(table.line.utf8)
    for variant in KernelVariant.available {
      KernelVariant.force(variant)
      for lineCount in [0, 1, 7, 60, 2000] {
        let text = Array(repeatElement(line, count: lineCount).joined())
        let (rows, byteCount) = take(table, from: text, capacity: lineCount)
        #expect(rows.count * line.count == byteCount)
        // Sixteen bytes are read at once.
        #expect(byteCount == 0 || byteCount <= text.count - 15)
        #expect(byteCount > text.count - 80 - line.count, "\(lineCount) lines, \(variant)")
        let few = take(table, from: text, capacity: lineCount / 3)
        #expect(few.rows.count == min(lineCount / 3, rows.count))
        #expect(few.byteCount == few.rows.count * line.count)
      }
    }
  }
}

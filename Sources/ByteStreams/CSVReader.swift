/// The records of a CSV file (RFC 4180), one at a time, in constant memory.
///
/// Quoted fields may hold separators, doubled quotes and line breaks. Lines end in LF or CRLF.
public struct CSVReader: ~Copyable {
  /// The line on which the record that `next()` found last begins, counted from 1.
  public private(set) var lineNumber = 0
  /// The fields of the current record.
  public private(set) var fieldCount = 0
  /// Where that record begins, in bytes of the decompressed text, counted from 0.
  public private(set) var byteOffset: Int64 = 0

  private var lines: LineReader
  private let separator: UInt8
  /// Where the fields lie: in the line itself or, where there were quotes, in `decoded`.
  private var base: UnsafeRawPointer
  private var bounds: UnsafeMutableBufferPointer<Range<Int>>
  private var decoded: UnsafeMutableRawBufferPointer
  private var decodedCount = 0

  /// - Parameter separator: one byte, a comma unless told.
  public init(lines: consuming LineReader, separator: UInt8 = 0x2c) {
    self.lines = lines
    self.separator = separator
    bounds = .allocate(capacity: 64)
    decoded = .allocate(byteCount: 256, alignment: 16)
    base = UnsafeRawPointer(decoded.baseAddress.unsafelyUnwrapped)
  }

  deinit {
    bounds.deallocate()
    decoded.deallocate()
  }

  /// Of the file that is read.
  public var path: String { lines.path }

  /// The record is the last one and its line has no end: it may have been cut.
  public var isUnterminated: Bool { lines.isUnterminated }

  /// The file ends inside the record that begins at ``lineNumber``, and in that very line.
  public var endsInOneLine: Bool { lines.isUnterminated && lines.lineNumber == lineNumber }

  /// A compressed file ended early. Known once `next()` has returned false.
  public var isTruncated: Bool { lines.isTruncated }

  /// The bytes of one field, without quotes; valid until the next call of `next()`.
  ///
  /// - Precondition: `index` is in `0 ..< fieldCount`.
  public func field(_ index: Int) -> UnsafeRawBufferPointer {
    precondition(index >= 0 && index < fieldCount, "field \(index) of \(fieldCount)")
    let range = bounds[index]
    return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// The fields of the record as text, for headers and messages.
  public func fieldTexts() -> [String] {
    (0..<fieldCount).map { String(decoding: field($0), as: UTF8.self) }
  }

  /// Finds the next record; false at the end. Lines without any byte are passed over.
  public mutating func next() throws -> Bool {
    while let line = try lines.next() {
      guard let start = line.baseAddress, !line.isEmpty else { continue }
      lineNumber = lines.lineNumber
      byteOffset = lines.byteOffset
      fieldCount = 0
      base = start
      if !splitPlain(line) { try splitQuoted(line) }
      return true
    }
    return false
  }

  /// Takes plain rows that are buffered, up to the first one that is not, and returns their number.
  /// Line numbers go on from ``linesTaken`` + 1, one a row.
  public mutating func takePlainRows(
    _ shape: PlainRowShape, into rows: UnsafeMutableBufferPointer<PlainRow>
  ) -> Int {
    var count = 0
    let separator = separator
    lines.takeLines { bytes in
      let (found, byteCount) = shape.scan(bytes, separator: separator, into: rows)
      count = found
      return (found, byteCount)
    }
    return count
  }

  /// The lines read so far.
  public var linesTaken: Int { lines.lineNumber }

  /// Returns false on meeting a quote where a field begins.
  private mutating func splitPlain(_ line: UnsafeRawBufferPointer) -> Bool {
    let separator = separator
    let end = line.count
    var start = 0
    var position = 0
    if line[0] == 0x22 { return false }
    while position < end {
      if line[position] == separator {
        appendField(start..<position)
        start = position + 1
        if start < end, line[start] == 0x22 { return false }
      }
      position += 1
    }
    appendField(start..<end)
    return true
  }

  private mutating func splitQuoted(_ first: UnsafeRawBufferPointer) throws {
    fieldCount = 0
    decodedCount = 0
    var line = first
    var position = 0
    while true {
      let start = decodedCount
      if position < line.count, line[position] == 0x22 {
        position += 1
        try takeQuoted(&line, &position)
        guard position == line.count || line[position] == separator else {
          throw ByteStreamError(reason: .textAfterQuote(line: lines.lineNumber), path: path)
        }
      } else {
        while position < line.count, line[position] != separator {
          decode(line[position])
          position += 1
        }
      }
      appendField(start..<decodedCount)
      if position == line.count { break }
      position += 1
    }
    base = UnsafeRawPointer(decoded.baseAddress.unsafelyUnwrapped)
  }

  private mutating func appendField(_ range: Range<Int>) {
    if fieldCount == bounds.count {
      let larger = UnsafeMutableBufferPointer<Range<Int>>.allocate(capacity: bounds.count * 2)
      _ = larger.initialize(from: bounds)
      bounds.deallocate()
      bounds = larger
    }
    bounds.initializeElement(at: fieldCount, to: range)
    fieldCount += 1
  }

  private mutating func decode(_ byte: UInt8) {
    if decodedCount == decoded.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: decoded.count * 2, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(decoded))
      decoded.deallocate()
      decoded = larger
    }
    decoded[decodedCount] = byte
    decodedCount += 1
  }

  /// Takes a field from behind its opening quote to behind its closing one, over several lines if
  /// need be.
  private mutating func takeQuoted(
    _ line: inout UnsafeRawBufferPointer, _ position: inout Int
  ) throws {
    while true {
      if position == line.count {
        guard let following = try lines.next(),
          decodedCount + following.count < LineReader.standardByteSizeLimit
        else {
          throw ByteStreamError(reason: .unclosedQuote(line: lineNumber), path: path)
        }
        decode(0x0a)
        line = following
        position = 0
        continue
      }
      let byte = line[position]
      position += 1
      if byte != 0x22 {
        decode(byte)
      } else if position < line.count, line[position] == 0x22 {
        decode(0x22)
        position += 1
      } else {
        return
      }
    }
  }
}

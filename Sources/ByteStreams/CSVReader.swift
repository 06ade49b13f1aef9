/// The records of a CSV file (RFC 4180), one at a time, in constant memory.
///
/// Quoted fields may hold separators, doubled quotes and line breaks. Lines end in LF or CRLF.
public struct CSVReader: ~Copyable {
  /// The line on which the record that `next()` found last begins, counted from 1.
  public private(set) var lineNumber = 0
  public private(set) var fieldCount = 0

  private var lines: LineReader
  private let separator: UInt8
  /// Where the fields lie: either in the line itself or, where there were quotes, in `decoded`.
  private var base = UnsafeRawBufferPointer(start: nil, count: 0)
  private var bounds: [Range<Int>] = []
  private var decoded: [UInt8] = []
  private var isDecoded = false

  public init(lines: consuming LineReader, separator: UInt8 = 0x2c) {
    self.lines = lines
    self.separator = separator
  }

  public var path: String { lines.path }

  /// The record is the last one and its line has no end: it may have been cut.
  public var isUnterminated: Bool { lines.isUnterminated }

  /// The file ends inside the record that begins at ``lineNumber``, and in that very line.
  public var endsInOneLine: Bool { lines.isUnterminated && lines.lineNumber == lineNumber }

  /// A compressed file ended early. Known once `next()` has returned false.
  public var isTruncated: Bool { lines.isTruncated }

  /// The bytes of one field, without quotes; valid until the next call of `next()`.
  ///
  /// - Precondition: `index` is below ``fieldCount``.
  @inline(__always)
  public func withField<Result>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let range = bounds[index]
    if isDecoded {
      return try decoded.withUnsafeBytes { try body(.init(rebasing: $0[range])) }
    }
    return try body(.init(rebasing: base[range]))
  }

  /// The bytes of two fields at once.
  public func withFields<Result>(
    _ first: Int, _ second: Int,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let (first, second) = (bounds[first], bounds[second])
    if isDecoded {
      return try decoded.withUnsafeBytes {
        try body(.init(rebasing: $0[first]), .init(rebasing: $0[second]))
      }
    }
    return try body(.init(rebasing: base[first]), .init(rebasing: base[second]))
  }

  /// The fields of the record as text, for headers and messages.
  public func fieldTexts() -> [String] {
    (0..<fieldCount).map { withField($0) { String(decoding: $0, as: UTF8.self) } }
  }

  /// Finds the next record; false at the end. Lines without any byte are passed over.
  public mutating func next() throws -> Bool {
    while let line = try lines.next() {
      guard !line.isEmpty else { continue }
      lineNumber = lines.lineNumber
      bounds.removeAll(keepingCapacity: true)
      isDecoded = false
      base = line
      if !splitPlain(line) { try splitQuoted(line) }
      fieldCount = bounds.count
      return true
    }
    return false
  }

  /// Returns false on meeting a quote where a field begins.
  private mutating func splitPlain(_ line: UnsafeRawBufferPointer) -> Bool {
    let separator = separator
    var start = 0
    var position = 0
    let end = line.count
    if end > 0, line[0] == 0x22 { return false }
    while position < end {
      if line[position] == separator {
        bounds.append(start..<position)
        start = position + 1
        if start < end, line[start] == 0x22 { return false }
      }
      position += 1
    }
    bounds.append(start..<end)
    return true
  }

  private mutating func splitQuoted(_ first: UnsafeRawBufferPointer) throws {
    bounds.removeAll(keepingCapacity: true)
    decoded.removeAll(keepingCapacity: true)
    isDecoded = true
    var line = first
    var position = 0
    while true {
      let start = decoded.count
      if position < line.count, line[position] == 0x22 {
        position += 1
        try takeQuoted(&line, &position)
        guard position == line.count || line[position] == separator else {
          throw ByteStreamError(reason: .textAfterQuote(line: lines.lineNumber), path: path)
        }
      } else {
        while position < line.count, line[position] != separator {
          decoded.append(line[position])
          position += 1
        }
      }
      bounds.append(start..<decoded.count)
      if position == line.count { return }
      position += 1
    }
  }

  /// Takes a field from behind its opening quote to behind its closing one, over several lines if
  /// need be.
  private mutating func takeQuoted(
    _ line: inout UnsafeRawBufferPointer, _ position: inout Int
  ) throws {
    while true {
      if position == line.count {
        guard let following = try lines.next(),
          decoded.count + following.count < LineReader.standardByteSizeLimit
        else {
          throw ByteStreamError(reason: .unclosedQuote(line: lineNumber), path: path)
        }
        decoded.append(0x0a)
        line = following
        position = 0
        continue
      }
      let byte = line[position]
      position += 1
      if byte != 0x22 {
        decoded.append(byte)
      } else if position < line.count, line[position] == 0x22 {
        decoded.append(0x22)
        position += 1
      } else {
        return
      }
    }
  }
}

import ByteStreams
import TraceModel

/// The lines of a file of the native format, each a JSON object with known keys in a known order.
///
/// The format is ours and no hand writes it, so whatever is not as `outpace export` writes it is
/// refused with its line.
struct NativeLines: ~Copyable {
  typealias Reason = TraceFormatError.Reason

  private var lines: LineReader
  // The paths of a source with thousands of files are one string.
  private var scanner = JSONScanner(tokenLimit: 16 << 20)

  init(_ source: ByteSource, bufferSize: Int) {
    lines = LineReader(source: source, bufferSize: bufferSize)
  }

  /// Reads the next line.
  ///
  /// - Parameter missing: what there has to be, for the case that the file ends before it.
  mutating func next<Value>(
    _ missing: @autoclosure () -> String, _ body: (inout JSONScanner) throws -> Value
  ) throws -> Value {
    guard let line = try lines.next(), !lines.isUnterminated else {
      throw TraceFormatError(reason: .cutNative(missing: missing()), path: lines.path)
    }
    do {
      scanner.load(line)
      try scanner.enterObject()
      let value = try body(&scanner)
      guard try scanner.isAtEnd() else { throw Reason.brokenNative("text follows the object") }
      return value
    } catch let reason as Reason {
      throw TraceFormatError(reason: reason, path: lines.path, place: .line(lines.lineNumber))
    } catch let error as JSONError {
      throw TraceFormatError(
        reason: .brokenJSON("\(error), at column \(error.byte + 1)"), path: lines.path,
        place: .line(lines.lineNumber))
    }
  }

  /// Nothing comes after the last line, and a compressed stream has its own end.
  mutating func end() throws {
    if try lines.next() != nil {
      throw TraceFormatError(
        reason: .brokenNative("nothing may follow the last replay"), path: lines.path,
        place: .line(lines.lineNumber))
    }
    guard !lines.isTruncated else {
      throw TraceFormatError(
        reason: .cutNative(missing: "the checksum of its compressed stream"), path: lines.path)
    }
  }
}

extension JSONScanner {
  typealias Reason = TraceFormatError.Reason

  /// Goes to the value of the next key, which has to be this one.
  mutating func expect(_ key: StaticString) throws {
    guard let found = try nextKey(), isSame(found, key) else {
      throw Reason.brokenNative("the key “\(key)” is not in its place")
    }
  }

  /// Goes to the value of the next key, which has to be this one.
  mutating func expect(key: String) throws {
    guard let found = try nextKey(), found.elementsEqual(key.utf8) else {
      throw Reason.brokenNative("the key “\(key)” is not in its place")
    }
  }

  /// Leaves an object that has no more keys.
  mutating func expectEnd() throws {
    guard let key = try nextKey() else { return }
    throw Reason.brokenNative("the key “\(CellText.excerpt(key))” is one too many")
  }

  mutating func text(_ key: String, atMost byteLimit: Int = .max) throws -> String {
    guard try kind() == .string else { throw Reason.brokenNative("“\(key)” is no text") }
    let bytes = try string()
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Reason.brokenNative("“\(key)” is no UTF-8")
    }
    guard bytes.count <= byteLimit else {
      throw Reason.brokenNative("“\(key)” has \(bytes.count) bytes, where \(byteLimit) are allowed")
    }
    return text
  }

  /// A text, or nil for null.
  mutating func optionalText(_ key: String) throws -> String? {
    guard try kind() == .scalar else { return try text(key) }
    guard isSame(try scalar(), "null") else { throw Reason.brokenNative("“\(key)” is no text") }
    return nil
  }

  mutating func word<Word: RawRepresentable & CaseIterable>(
    _ key: String
  ) throws -> Word where Word.RawValue == String {
    let text = try text(key)
    guard let word = Word(rawValue: text) else {
      throw Reason.unknownWord(
        column: key, text: String(text.prefix(40)), known: Word.allCases.map(\.rawValue))
    }
    return word
  }

  /// A whole number as digits and nothing else.
  mutating func whole(_ key: StaticString, from least: Int64 = 0) throws -> Int64 {
    try whole(key: "\(key)", from: least)
  }

  mutating func whole(key: @autoclosure () -> String, from least: Int64 = 0) throws -> Int64 {
    guard let number = try optionalWhole(key: key(), from: least) else {
      throw Reason.brokenNative("“\(key())” is null")
    }
    return number
  }

  /// A whole number, or nil for null.
  mutating func optionalWhole(
    key: @autoclosure () -> String, from least: Int64 = 0
  ) throws -> Int64? {
    guard try kind() == .scalar else { throw Reason.brokenNative("“\(key())” is no number") }
    let digits = try scalar()
    guard let number = JSONScanner.whole(digits) else {
      if isSame(digits, "null") { return nil }
      throw Reason.brokenNative("“\(key())” is “\(CellText.excerpt(digits))”, no whole number")
    }
    guard number >= least else {
      throw Reason.brokenNative("“\(key())” is \(number), where \(least) is the least")
    }
    return number
  }

  /// A decimal number, or one of the texts for the infinite ones, which JSON does not have; nil for
  /// null.
  mutating func optionalReal(_ key: String) throws -> Double? {
    switch try kind() {
    case .string:
      let word = try string()
      if isSame(word, "inf") { return .infinity }
      if isSame(word, "-inf") { return -.infinity }
    case .scalar:
      let digits = try scalar()
      if isSame(digits, "null") { return nil }
      // What Swift reads beyond that, hexadecimal numbers say, nothing of ours writes.
      let isDecimal = digits.allSatisfy { byte in
        byte >= 0x30 && byte <= 0x39 || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains(byte)
      }
      if isDecimal, let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite {
        return number
      }
    case .object, .array: break
    }
    throw Reason.brokenNative("“\(key)” is no number")
  }

  private static func whole(_ digits: UnsafeRawBufferPointer) -> Int64? {
    let isNegative = digits.first == 0x2d
    let rest = isNegative ? digits.dropFirst() : digits[...]
    guard !rest.isEmpty else { return nil }
    var number: Int64 = 0
    for byte in rest {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte) - 0x30
      let (sum, overflow) =
        isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
      guard !isTooLarge, !overflow else { return nil }
      number = sum
    }
    return number
  }
}

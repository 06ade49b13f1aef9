import Kernels

/// A row of a table as programs write it: a name, and one or two numbers.
public typealias PlainRow = Kernels.PlainRow

/// Where the name and the numbers of plain rows lie.
///
/// Plain rows make up most of any large table. They are found in one pass over the bytes; whatever has
/// a quote, a sign, an exponent, too many digits, another number of fields or no end is left to the
/// reader of whole records, which knows all the rules and all the errors.
public struct PlainRowShape {
  fileprivate enum Field: Equatable {
    case skipped
    case name
    case first
    case last
  }

  private var fields: [Field]
  private var firstScale = 0
  private let lastScale: Int
  private let isSpan: Bool
  /// Whether a row is a name and its numbers, in this order and with nothing beside them.
  private let isBare: Bool

  /// - Parameters:
  ///   - fieldCount: of each row.
  ///   - name, last: the columns, counted from 0.
  ///   - lastScale: the power of ten that turns the number into whole ones; 0 to 9.
  ///   - first: another number with its power of ten.
  ///   - isSpan: the last number has to be above the first one; else above 0.
  public init(
    fieldCount: Int, name: Int, last: Int, lastScale: Int, first: (column: Int, scale: Int)? = nil,
    isSpan: Bool = false
  ) {
    fields = Array(repeating: .skipped, count: fieldCount)
    fields[name] = .name
    fields[last] = .last
    self.lastScale = lastScale
    self.isSpan = isSpan
    if let first {
      fields[first.column] = .first
      firstScale = first.scale
    }
    isBare = fields == [.name, .first, .last] || fields == [.name, .last]
  }

  /// Reads rows until one is not plain, or none has room.
  func scan(
    _ bytes: UnsafeRawBufferPointer, separator: UInt8,
    into rows: UnsafeMutableBufferPointer<PlainRow>
  ) -> (rowCount: Int, byteCount: Int) {
    guard let begin = bytes.baseAddress, !bytes.isEmpty else { return (0, 0) }
    let end = begin + bytes.count
    var used = begin
    var count = 0
    let bare =
      isBare
      ? BareRows(
        separator: separator, firstScale: fields.count == 3 ? firstScale : nil,
        lastScale: lastScale, isSpan: isSpan) : nil
    // Where many rows at once turn out to be none, they are tried again ever more rarely.
    var nextTry = 0
    var pause = 1
    fields.withUnsafeBufferPointer { fields in
      while count < rows.count {
        if let bare, let free = rows.baseAddress, count >= nextTry {
          var more = 0
          used += bare.take(
            from: used, byteCount: end - used, into: free + count, capacity: rows.count - count,
            count: &more)
          count += more
          pause = more > 0 ? 1 : pause * 2
          nextTry = count + pause
        }
        guard count < rows.count, let (row, next) = row(fields, at: used, end, separator) else {
          return
        }
        rows.initializeElement(at: count, to: row)
        count += 1
        used = next
      }
    }
    return (count, used - begin)
  }

  @inline(__always)
  private func row(
    _ fields: UnsafeBufferPointer<Field>, at begin: UnsafeRawPointer, _ end: UnsafeRawPointer,
    _ separator: UInt8
  ) -> (PlainRow, UnsafeRawPointer)? {
    var row = PlainRow(name: .init(start: nil, count: 0), nameWord: 0, first: 0, last: 0)
    var position = begin
    var rest = fields.count
    for field in fields {
      rest -= 1
      switch field {
      case .first:
        guard let number = Self.number(&position, end, scale: firstScale) else { return nil }
        row.first = number
      case .last:
        guard let number = Self.number(&position, end, scale: lastScale) else { return nil }
        row.last = number
      case .name, .skipped:
        let start = position
        guard var fieldEnd = Self.fieldEnd(position, end, separator) else { return nil }
        position = fieldEnd
        if rest == 0, fieldEnd > start, Self.byte(fieldEnd - 1) == 0x0d { fieldEnd -= 1 }
        guard fieldEnd > start else {
          if field == .skipped { break }
          return nil
        }
        if Self.byte(start) == 0x22 { return nil }
        if field == .name {
          row.name_start = start
          row.name_size = fieldEnd - start
          row.name_word = Self.word(start, fieldEnd, end)
        }
      }
      guard position < end else { return nil }
      if rest > 0 {
        guard Self.byte(position) == separator else { return nil }
        position += 1
      }
    }
    if Self.byte(position) == 0x0d {
      position += 1
      guard position < end else { return nil }
    }
    guard Self.byte(position) == 0x0a, row.last > (isSpan ? row.first : 0) else { return nil }
    return (row, position + 1)
  }

  @inline(__always)
  private static func byte(_ position: UnsafeRawPointer) -> UInt8 {
    position.load(as: UInt8.self)
  }

  /// Where a field ends that has no quote in front; nil where the bytes end.
  @inline(__always)
  private static func fieldEnd(
    _ start: UnsafeRawPointer, _ end: UnsafeRawPointer, _ separator: UInt8
  ) -> UnsafeRawPointer? {
    var position = start
    while position < end {
      let byte = byte(position)
      if byte == separator || byte == 0x0a { return position }
      position += 1
    }
    return nil
  }

  @inline(__always)
  private static func word(
    _ start: UnsafeRawPointer, _ fieldEnd: UnsafeRawPointer, _ end: UnsafeRawPointer
  ) -> UInt64 {
    let count = min(fieldEnd - start, 8)
    guard end - start >= 8 else {
      var word: UInt64 = 0
      for index in 0..<count { word |= UInt64(byte(start + index)) << UInt64(8 * index) }
      return word
    }
    let word = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
    return count == 8 ? word : word & (1 << UInt64(8 * count) &- 1)
  }

  /// Reads digits, perhaps with a point in them, times 10^`scale`; nil where that is not exact, or
  /// where there are too many.
  @inline(__always)
  private static func number(
    _ position: inout UnsafeRawPointer, _ end: UnsafeRawPointer, scale: Int
  ) -> Int64? {
    var value: UInt64 = 0
    var digitCount = DigitWord.append(to: &value, &position, end)
    var places = 0
    if position < end, byte(position) == 0x2e {
      position += 1
      places = DigitWord.append(to: &value, &position, end)
      digitCount += places
    }
    // 18 digits are below 2⁶⁰, and the value has not wrapped.
    guard digitCount > 0, places <= scale, digitCount - places + scale <= 18 else { return nil }
    return Int64(bitPattern: value &* DigitWord.powers[scale - places])
  }
}

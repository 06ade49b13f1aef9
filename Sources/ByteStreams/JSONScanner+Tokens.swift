extension JSONScanner {
  /// Returns the string whose opening quote has just been taken, and takes its closing one.
  @inline(__always)
  mutating func readString() throws -> UnsafeRawBufferPointer {
    let start = position
    var isUnusual = false
    let stop = quoteOrBackslash(in: bytes, start, end, &isUnusual)
    if stop < end, byte(at: stop) == 0x22 {
      if isUnusual { note(string: start..<stop) }
      position = stop + 1
      return UnsafeRawBufferPointer(start: bytes + start, count: stop - start)
    }
    return try readStringInPieces()
  }

  /// Returns the bytes up to the next delimiter.
  mutating func readScalar() throws -> UnsafeRawBufferPointer {
    let start = position
    let stop = scalarEnd(in: bytes, start, end)
    position = stop
    if stop < end { return UnsafeRawBufferPointer(start: bytes + start, count: stop - start) }
    var count = 0
    try append(UnsafeRawBufferPointer(start: bytes + start, count: stop - start), at: &count)
    while try refill() {
      let stop = scalarEnd(in: bytes, 0, end)
      try append(UnsafeRawBufferPointer(start: bytes, count: stop), at: &count)
      position = stop
      if stop < end { break }
    }
    return UnsafeRawBufferPointer(rebasing: scratch[..<count])
  }

  private mutating func readStringInPieces() throws -> UnsafeRawBufferPointer {
    var count = 0
    var check = StringCheck()
    let offset = byteOffset
    while true {
      let start = position
      var isUnusual = false
      let stop = quoteOrBackslash(in: bytes, start, end, &isUnusual)
      check.take(bytes, start..<stop, isUnusual)
      position = stop
      try append(UnsafeRawBufferPointer(start: bytes + start, count: stop - start), at: &count)
      if stop == end {
        guard try refill() else { throw truncated() }
        continue
      }
      position = stop + 1
      if byte(at: stop) == 0x22 {
        note(check, at: offset)
        return UnsafeRawBufferPointer(rebasing: scratch[..<count])
      }
      hasOddEscape = false
      try readEscape(at: &count)
      check.takeEscape(isOdd: hasOddEscape)
    }
  }

  /// Takes the byte at hand, whatever it is.
  private mutating func takeByte() throws -> UInt8 {
    if position == end {
      guard try refill() else { throw truncated() }
    }
    position += 1
    return byte(at: position - 1)
  }

  private mutating func readEscape(at count: inout Int) throws {
    switch try takeByte() {
    case 0x22: try append(UnicodeScalar(0x22), at: &count)
    case 0x5c: try append(UnicodeScalar(0x5c), at: &count)
    case 0x2f: try append(UnicodeScalar(0x2f), at: &count)
    case 0x62: try append(UnicodeScalar(0x08), at: &count)
    case 0x66: try append(UnicodeScalar(0x0c), at: &count)
    case 0x6e: try append(UnicodeScalar(0x0a), at: &count)
    case 0x72: try append(UnicodeScalar(0x0d), at: &count)
    case 0x74: try append(UnicodeScalar(0x09), at: &count)
    case 0x75: try readUnicodeEscape(at: &count)
    default:
      position -= 1
      guard isLenient else { throw unexpected("an escape sequence") }
      // As in a path of Windows: the byte behind it is read on as any other.
      hasOddEscape = true
      try append(UnicodeScalar(0x5c), at: &count)
    }
  }

  private mutating func readUnicodeEscape(at count: inout Int) throws {
    guard var unit = try readHex(at: &count) else { return }
    while unit & 0xfc00 == 0xd800 {
      // The first half of a pair; the second one has to follow at once.
      guard try takeByteIf(0x5c) else {
        return try append("\u{fffd}", at: &count)
      }
      guard try takeByteIf(0x75) else {
        try append("\u{fffd}", at: &count)
        return try readEscape(at: &count)
      }
      let before = count
      guard let second = try readHex(at: &count) else {
        // What stands for the first half belongs before what was no second one.
        return try insertReplacement(at: before, &count)
      }
      if second & 0xfc00 == 0xdc00 {
        let value = 0x10000 + (unit & 0x3ff) << 10 + second & 0x3ff
        return try append(UnicodeScalar(value) ?? "\u{fffd}", at: &count)
      }
      try append("\u{fffd}", at: &count)
      unit = second
    }
    try append(UnicodeScalar(unit) ?? "\u{fffd}", at: &count)
  }

  private mutating func insertReplacement(at place: Int, _ count: inout Int) throws {
    let tail = Array(scratch[place..<count])
    count = place
    try append("\u{fffd}", at: &count)
    try tail.withUnsafeBytes { try append($0, at: &count) }
  }

  private mutating func takeByteIf(_ wanted: UInt8) throws -> Bool {
    if try takeByte() == wanted { return true }
    position -= 1
    return false
  }

  /// Takes four hexadecimal digits; nil where they are none, and then a lenient scanner has appended
  /// what stands there.
  private mutating func readHex(at count: inout Int) throws -> UInt32? {
    var value: UInt32 = 0
    for taken in 0..<4 {
      let byte = try takeByte()
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default:
        position -= 1
        guard isLenient else { throw unexpected("a hexadecimal digit") }
        hasOddEscape = true
        try append(UnicodeScalar(0x5c), at: &count)
        try append(UnicodeScalar(0x75), at: &count)
        for place in (0..<taken).reversed() {
          let digit = UInt8(truncatingIfNeeded: value >> UInt32(4 * place)) & 0xf
          try append(UnicodeScalar(digit < 10 ? 0x30 + digit : 0x57 + digit), at: &count)
        }
        return nil
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private mutating func append(_ scalar: UnicodeScalar, at count: inout Int) throws {
    for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
      var byte = unit
      try withUnsafeBytes(of: &byte) { try append($0, at: &count) }
    }
  }
}

/// Returns the index of the first `"` or `\` from `start` on, or `end`.
///
/// Eight bytes at a time: a byte is zero exactly where subtracting 1 borrows into its top bit, so
/// exclusive or with the byte that is sought finds it. Borrows only spoil bytes above the first
/// match, and the lowest match is the one we want.
///
/// - Parameter isUnusual: set if a byte before it is a control character or no ASCII.
@inline(__always)
func quoteOrBackslash(
  in bytes: UnsafeRawPointer, _ start: Int, _ end: Int, _ isUnusual: inout Bool
) -> Int {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let tops: UInt64 = 0x8080_8080_8080_8080
  var index = start
  var unusual: UInt64 = 0
  while index + 8 <= end {
    let word = UInt64(
      littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    let quotes = word ^ (ones &* 0x22)
    let slashes = word ^ (ones &* 0x5c)
    let found = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & tops
    // The first byte below 32 borrows; those above it may be spoiled.
    let odd = ((word &- ones &* 0x20) & ~word | word) & tops
    if found != 0 {
      let shift = UInt64(found.trailingZeroBitCount & ~7)
      isUnusual = (unusual | odd & ((1 << shift) &- 1)) != 0
      return index + found.trailingZeroBitCount >> 3
    }
    unusual |= odd
    index += 8
  }
  while index < end {
    let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
    if byte == 0x22 || byte == 0x5c { break }
    if byte < 0x20 || byte >= 0x80 { unusual |= 1 }
    index += 1
  }
  isUnusual = unusual != 0
  return index
}

/// Returns the index of the first byte from `start` on that ends a number or word, or `end`.
@inline(__always)
func scalarEnd(in bytes: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int {
  var index = start
  while index < end {
    let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
    if byte <= 0x22 || byte == 0x2c || byte == 0x3a || byte | 0x20 == 0x7b
      || byte | 0x20 == 0x7d
    {
      return index
    }
    index += 1
  }
  return end
}

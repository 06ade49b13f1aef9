import Kernels

/// Walks through JSON text of any size in constant memory.
///
/// The caller says what it wants next, and skips the rest:
///
///     try scanner.enterObject()
///     while let key = try scanner.nextKey() {
///       if key.elementsEqual("ts".utf8) { time = try scanner.number() } else { try scanner.skipValue() }
///     }
///
/// Structure is checked along the path that is taken. What is skipped is only searched for its end,
/// so NaN, raw control characters and bad UTF-8 in there do no harm; a lenient scanner counts them.
/// Nothing is allocated per value.
///
/// The inner loops work on local copies of the buffer's bounds: the same loops over stored
/// properties are ten times slower. Every refill ends such a loop, so that no copy gets stale.
public struct JSONScanner: ~Copyable {
  /// What a value turns out to be by its first byte.
  public enum Kind: Hashable, Sendable {
    /// Begins with `{`.
    case object
    /// Begins with `[`.
    case array
    /// Begins with a quote.
    case string
    /// A number, or a bare word such as `true`, `null` or `NaN`.
    case scalar
  }

  /// Deeper text is refused, so that no input can exhaust the stack.
  public static let depthLimit = 512
  /// For strings and numbers that are read; skipped ones may have any length.
  public static let standardTokenLimit = 1 << 20

  /// Counts ``oddities``, and takes a backslash that escapes nothing as it stands.
  public var isLenient = false
  /// What a lenient scanner has met.
  public internal(set) var oddities = JSONOddities()

  /// The escape that was resolved last escapes nothing.
  var hasOddEscape = false

  private let source: ByteSource?
  private let tokenLimit: Int
  private let buffer: UnsafeMutableRawBufferPointer
  var scratch: UnsafeMutableRawBufferPointer
  /// Room for ``takeObject()``.
  let entries: UnsafeMutablePointer<ObjectEntry>
  /// The text at hand: `buffer`, or memory of the caller.
  var bytes: UnsafeRawPointer
  var position = 0
  var end = 0
  /// Of the first byte at hand.
  var offset: Int64 = 0
  /// The number of containers that have been entered and not left.
  public private(set) var depth = 0
  /// Nothing has been taken from the current container yet, so no comma is due.
  private var isFirst = true

  /// Scans the text that `source` delivers, through a buffer of `bufferSize` bytes (at least 1).
  public init(
    source: ByteSource, bufferSize: Int = ByteSource.standardBufferSize,
    tokenLimit: Int = standardTokenLimit
  ) {
    self.source = source
    self.tokenLimit = tokenLimit
    buffer = .allocate(byteCount: max(bufferSize, 1), alignment: 16)
    scratch = .allocate(byteCount: 256, alignment: 16)
    entries = .allocate(capacity: JSONScanner.entryLimit)
    bytes = UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped)
  }

  /// Scans texts that are in memory already, each handed over by ``load(_:at:)``.
  public init(tokenLimit: Int = standardTokenLimit) {
    source = nil
    self.tokenLimit = tokenLimit
    buffer = .allocate(byteCount: 1, alignment: 16)
    scratch = .allocate(byteCount: 256, alignment: 16)
    entries = .allocate(capacity: JSONScanner.entryLimit)
    bytes = UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped)
  }

  deinit {
    buffer.deallocate()
    scratch.deallocate()
    entries.deallocate()
  }

  /// Starts anew with a text in memory, which has to stay there while it is scanned, and whose first
  /// byte counts as byte `byteOffset`.
  public mutating func load(_ text: UnsafeRawBufferPointer, at byteOffset: Int64 = 0) {
    precondition(source == nil, "a text was loaded into a scanner that reads a source")
    bytes = text.baseAddress ?? UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped)
    position = 0
    end = text.count
    offset = byteOffset
    depth = 0
    isFirst = true
  }

  /// The place of the next byte in the (decompressed) text, counted from 0.
  public var byteOffset: Int64 { offset + Int64(position) }

  /// Passes over a byte order mark at the beginning of a text.
  public mutating func skipByteOrderMark() throws {
    for expected in [0xef, 0xbb, 0xbf] as [UInt8] {
      if position == end {
        guard try refill() else { return }
      }
      if byte(at: position) != expected {
        guard expected == 0xef else { throw unexpected("a byte order mark") }
        return
      }
      position += 1
    }
  }

  /// What the next value is, without taking it.
  public mutating func kind() throws -> Kind {
    switch try peek() {
    case 0x7b: .object
    case 0x5b: .array
    case 0x22: .string
    default: .scalar
    }
  }

  /// Goes into the object that comes next; ``nextKey()`` then walks through it.
  public mutating func enterObject() throws {
    try enter(0x7b, "an object")
  }

  /// Goes into the array that comes next; ``nextElement()`` then walks through it.
  public mutating func enterArray() throws {
    try enter(0x5b, "an array")
  }

  /// Returns the next key of the current object, with escapes resolved, or nil behind its last
  /// entry, which also leaves the object. Valid until the next call of anything.
  @inline(__always)
  public mutating func nextKey() throws -> UnsafeRawBufferPointer? {
    guard try advance(before: 0x7d, "a comma or the end of the object") else { return nil }
    guard try peek() == 0x22 else { throw unexpected("a key in quotes") }
    position += 1
    let key = try readString()
    // The colon may lie behind a refill, which would overwrite a key inside the buffer.
    if position < end, bytes.load(fromByteOffset: position, as: UInt8.self) == 0x3a {
      position += 1
      return key
    }
    return try keepAcrossColon(key)
  }

  /// Returns true if the current array has another element, or false behind its last one, which
  /// also leaves the array.
  @inline(__always)
  public mutating func nextElement() throws -> Bool {
    try advance(before: 0x5d, "a comma or the end of the array")
  }

  /// Takes a string; escapes are resolved, and a lone half of a surrogate pair becomes U+FFFD.
  /// Valid until the next call of anything.
  public mutating func string() throws -> UnsafeRawBufferPointer {
    guard try peek() == 0x22 else { throw unexpected("a string") }
    position += 1
    return try readString()
  }

  /// Takes a number or bare word as it is written. Valid until the next call of anything.
  public mutating func scalar() throws -> UnsafeRawBufferPointer {
    _ = try peek()
    let token = try readScalar()
    guard !token.isEmpty else { throw unexpected("a number") }
    return token
  }

  /// Takes a value of any kind without looking at it.
  public mutating func skipValue() throws {
    let first = try peek()
    if first == 0x22 {
      position += 1
      try skipStringRest()
    } else if first == 0x7b || first == 0x5b {
      position += 1
      try skipContainers(1, depthLeft: JSONScanner.depthLimit - depth)
    } else {
      try skipScalar()
    }
  }

  /// Leaves the current container, whatever is left in it.
  ///
  /// - Precondition: A container has been entered.
  public mutating func skipRest() throws {
    precondition(depth > 0, "no container to leave")
    try skipContainers(1, depthLeft: JSONScanner.depthLimit - depth + 1)
    depth -= 1
    isFirst = false
  }

  /// Whether nothing but white space is left.
  public mutating func isAtEnd() throws -> Bool {
    while true {
      while position < end, JSONScanner.isSpace(byte(at: position)) { position += 1 }
      if position < end { return false }
      guard try refill() else { return true }
    }
  }

  // MARK: - Bytes

  @inline(__always)
  func byte(at index: Int) -> UInt8 { bytes.load(fromByteOffset: index, as: UInt8.self) }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
  }

  /// Returns the next byte that is no white space, without taking it.
  @inline(__always)
  mutating func peek() throws -> UInt8 {
    while true {
      let bytes = bytes
      let end = end
      var index = position
      while index < end {
        let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
        if byte > 0x20 {
          position = index
          return byte
        }
        guard JSONScanner.isSpace(byte) else {
          position = index
          throw unexpected("a value")
        }
        index += 1
      }
      position = index
      guard try refill() else { throw truncated() }
    }
  }

  /// Replaces the bytes at hand, all of them taken, with the next ones. Returns false at the end.
  mutating func refill() throws -> Bool {
    offset += Int64(position)
    position = 0
    end = 0
    guard let source else {
      // Keep pointing behind the text, so that another look finds the end again.
      bytes = UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped)
      return false
    }
    end = try source.read(into: buffer)
    return end > 0
  }

  func truncated() -> JSONError { .truncated(byte: byteOffset) }

  func unexpected(_ expected: String) -> JSONError {
    .unexpected(found: byte(at: position), expected: expected, byte: byteOffset)
  }

  func tooDeep() -> JSONError { .tooDeep(limit: JSONScanner.depthLimit, byte: byteOffset) }

  /// Copies bytes behind the first `count` bytes of `scratch`.
  mutating func append(_ piece: UnsafeRawBufferPointer, at count: inout Int) throws {
    let needed = count + piece.count
    guard needed <= tokenLimit else {
      throw JSONError.tokenTooLong(byteSizeLimit: tokenLimit, byte: byteOffset)
    }
    if needed > scratch.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(needed, scratch.count * 2), alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
      scratch.deallocate()
      scratch = larger
    }
    UnsafeMutableRawBufferPointer(rebasing: scratch[count...]).copyMemory(from: piece)
    count = needed
  }

  // MARK: - Structure

  private mutating func enter(_ bracket: UInt8, _ expected: String) throws {
    guard try peek() == bracket else { throw unexpected(expected) }
    guard depth < JSONScanner.depthLimit else { throw tooDeep() }
    position += 1
    depth += 1
    isFirst = true
  }

  @inline(__always)
  private mutating func advance(before bracket: UInt8, _ expected: String) throws -> Bool {
    precondition(depth > 0, "no container was entered")
    let next = try peek()
    if next == bracket {
      position += 1
      depth -= 1
      isFirst = false
      return false
    }
    if isFirst {
      isFirst = false
      return true
    }
    guard next == 0x2c else { throw unexpected(expected) }
    position += 1
    return true
  }

  private mutating func keepAcrossColon(
    _ key: UnsafeRawBufferPointer
  ) throws -> UnsafeRawBufferPointer {
    var count = 0
    if key.baseAddress == UnsafeRawPointer(scratch.baseAddress.unsafelyUnwrapped) {
      count = key.count
    } else {
      try append(key, at: &count)
    }
    guard try peek() == 0x3a else { throw unexpected("a colon") }
    position += 1
    return UnsafeRawBufferPointer(rebasing: scratch[..<count])
  }
}

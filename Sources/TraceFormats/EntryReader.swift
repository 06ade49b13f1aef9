import ByteStreams

/// What walks through the entries of an object: a scanner that has entered it, or an ``EntryReader``.
///
/// Everything behaves as ``JSONScanner`` says.
protocol EntryReading: ~Copyable {
  mutating func nextKey() throws -> UnsafeRawBufferPointer?
  mutating func kind() throws -> JSONScanner.Kind
  mutating func string() throws -> UnsafeRawBufferPointer
  mutating func scalar() throws -> UnsafeRawBufferPointer
  mutating func skipValue() throws
  mutating func skipRest() throws
  /// Lets `body` take the value that comes next.
  mutating func withScanner<Result>(_ body: (inout JSONScanner) throws -> Result) throws -> Result
}

extension JSONScanner: EntryReading {
  mutating func withScanner<Result>(
    _ body: (inout JSONScanner) throws -> Result
  ) throws -> Result {
    try body(&self)
  }
}

/// Walks through the entries of an object that a scanner took at once.
struct EntryReader: ~Copyable, EntryReading {
  private var object: JSONObject?
  private var index = -1
  /// For values that have entries of their own.
  private var inner = JSONScanner()

  init() {
    inner.isLenient = true
  }

  /// Goes before the first entry of another object.
  @inline(__always)
  mutating func load(_ object: JSONObject) {
    self.object = object
    index = -1
  }

  @inline(__always)
  mutating func nextKey() -> UnsafeRawBufferPointer? {
    index += 1
    guard let object, index < object.count else { return nil }
    return object.key(index)
  }

  /// - Precondition: A key has been taken.
  @inline(__always)
  private var value: UnsafeRawBufferPointer { object.unsafelyUnwrapped.value(index) }

  @inline(__always)
  func kind() -> JSONScanner.Kind {
    switch value[0] {
    case 0x7b: .object
    case 0x5b: .array
    case 0x22: .string
    default: .scalar
    }
  }

  /// - Precondition: The value is a string.
  @inline(__always)
  func string() -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
  }

  /// - Precondition: The value is a scalar.
  @inline(__always)
  func scalar() -> UnsafeRawBufferPointer { value }

  @inline(__always)
  func skipValue() {}

  @inline(__always)
  mutating func skipRest() { index = object?.count ?? 0 }

  mutating func withScanner<Result>(
    _ body: (inout JSONScanner) throws -> Result
  ) throws -> Result {
    inner.load(value, at: object.unsafelyUnwrapped.valueOffset(index))
    return try body(&inner)
  }
}

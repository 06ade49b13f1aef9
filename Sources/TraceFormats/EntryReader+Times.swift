import ByteStreams

extension EntryReading where Self: ~Copyable {
  /// Takes a value as a whole number after scaling it by 10^`scale`; nil for anything that is no
  /// finite number in range. Numbers in quotes are accepted and told apart.
  @inline(__always)
  mutating func number(scale: Int, quoted: inout Int) throws -> Int64? {
    let text: UnsafeRawBufferPointer
    switch try kind() {
    case .scalar:
      text = try scalar()
    case .string:
      text = try string()
      quoted += 1
    case .object, .array:
      try skipValue()
      return nil
    }
    return try? DecimalText.scaled(text, by: scale)
  }
}

/// Whether foreign times can be worked with: not negative in length, and so far from the ends of 64
/// bits that sums and differences of two of them fit. 2⁶² ns is the year 2116.
@inline(__always)
func isUsable(startNs: Int64, durationNs: Int64) -> Bool {
  let limit: Int64 = 1 << 61
  return durationNs >= 0 && durationNs < limit && startNs > -limit && startNs < 2 * limit
}

/// Whether a key or name is exactly this ASCII text.
@inline(__always)
func isSame(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
  bytes.count == text.utf8CodeUnitCount && startsSame(bytes, text)
}

/// Whether a key or name begins with this ASCII text.
@inline(__always)
func startsSame(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
  let count = text.utf8CodeUnitCount
  guard bytes.count >= count else { return false }
  let wanted = text.utf8Start
  for index in 0..<count where bytes[index] != wanted[index] { return false }
  return true
}

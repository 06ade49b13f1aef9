/// JSON text that cannot be read on: what is wrong, and at which byte of the (decompressed) text.
public enum JSONError: Error, Equatable, Sendable {
  /// The text ends inside a value.
  case truncated(byte: Int64)
  /// A byte that cannot stand there.
  case unexpected(found: UInt8, expected: String, byte: Int64)
  /// Nested deeper than the scanner follows.
  case tooDeep(limit: Int, byte: Int64)
  /// A token that has to be kept and does not fit into the buffer.
  case tokenTooLong(byteSizeLimit: Int, byte: Int64)

  /// Counted from 0.
  public var byte: Int64 {
    switch self {
    case .truncated(let byte), .unexpected(_, _, let byte), .tooDeep(_, let byte),
      .tokenTooLong(_, let byte):
      byte
    }
  }
}

extension JSONError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated:
      "the text ends inside a value"
    case .unexpected(let found, let expected, _):
      "found \(JSONError.name(of: found)) where \(expected) was expected"
    case .tooDeep(let limit, _):
      "values are nested more than \(limit) deep"
    case .tokenTooLong(let limit, _):
      "a string or number that has to be read is longer than \(limit) bytes"
    }
  }

  private static func name(of byte: UInt8) -> String {
    if byte > 0x20, byte < 0x7f { return "'\(Character(UnicodeScalar(byte)))'" }
    let digits = String(byte, radix: 16)
    return "byte 0x" + (digits.count == 1 ? "0" : "") + digits
  }
}

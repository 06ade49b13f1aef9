/// A JSON value whose objects keep the order in which their keys were given.
///
/// Foundation's encoders order keys by hash, which changes from run to run; our keys are a contract
/// and come in the documented order.
public indirect enum JSONValue: Sendable {
  /// A number that does not exist.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// Whole, printed without a point.
  case integer(Int64)
  /// For seeds, which go beyond `Int64.max`.
  case unsigned(UInt64)
  /// Written as null if it is not finite.
  case number(Double)
  /// Escaped when it is written.
  case string(String)
  /// In this order.
  case array([JSONValue])
  /// Members in this order: Foundation's changes from run to run.
  case object([Member])

  /// A key and its value.
  public struct Member: Sendable {
    /// As it is printed.
    public var key: String
    /// What stands behind it.
    public var value: JSONValue

    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// A number, or null.
  public static func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
  /// A count, or null.
  public static func count(_ value: Int?) -> JSONValue {
    value.map { .integer(Int64($0)) } ?? .null
  }
  /// A text, or null.
  public static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}

extension JSONValue {
  /// Adds a key at the end of an object; nothing to anything else.
  package mutating func append(_ key: String, _ value: JSONValue) {
    guard case .object(let members) = self else { return }
    self = .object(members + [Member(key, value)])
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

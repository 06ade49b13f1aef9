/// A JSON value whose objects keep the order in which their keys were given.
///
/// Foundation's encoders order keys by hash, which changes from run to run; our keys are a contract
/// and come in the documented order.
public indirect enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// For seeds, which go beyond `Int64.max`.
  case unsigned(UInt64)
  /// Written as null if it is not finite.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  public struct Member: Sendable {
    public var key: String
    public var value: JSONValue

    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  public static func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
  public static func count(_ value: Int?) -> JSONValue {
    value.map { .integer(Int64($0)) } ?? .null
  }
  public static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}

extension JSONValue {
  /// Adds a key at the end of an object; nothing to anything else.
  mutating func append(_ key: String, _ value: JSONValue) {
    guard case .object(let members) = self else { return }
    self = .object(members + [Member(key, value)])
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

import Foundation

/// A JSON document as a test reads it: a path of keys and indices to a value.
public struct JSONFields {
  public let value: Any

  public init(_ text: String) throws {
    value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
  }

  init(value: Any) {
    self.value = value
  }

  public subscript(key: String) -> JSONFields {
    JSONFields(value: (value as? [String: Any])?[key] ?? NSNull())
  }

  public subscript(index: Int) -> JSONFields {
    guard let list = value as? [Any], list.indices.contains(index) else {
      return JSONFields(value: NSNull())
    }
    return JSONFields(value: list[index])
  }

  public var list: [JSONFields] { (value as? [Any] ?? []).map { JSONFields(value: $0) } }

  public var number: Double? { isNull ? nil : (value as? NSNumber)?.doubleValue }

  public var integer: Int? { isNull ? nil : (value as? NSNumber)?.intValue }

  public var text: String? { value as? String }

  public var isNull: Bool { value is NSNull }

  /// The keys of an object in the order in which they stand in `text`, at the top level only.
  public static func keyOrder(_ text: String) -> [String] {
    var keys: [String] = []
    for line in text.split(separator: "\n") where line.hasPrefix("  \"") {
      keys.append(String(line.dropFirst(3).prefix { $0 != "\"" }))
    }
    return keys
  }
}

/// Whether two numbers agree to a relative tolerance.
public func agree(_ a: Double?, _ b: Double, within tolerance: Double) -> Bool {
  guard let a else { return false }
  return abs(a - b) <= tolerance * max(abs(b), 1e-300)
}

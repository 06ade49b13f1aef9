import Optimization
import Reports

/// A metric's value in the results of `inspect` and `compare`.
enum MetricValue: Equatable {
  case number(Double)
  /// There is no such number in this trace, with the path of the first one that is missing.
  case missing(String)
}

/// Finds numbers by the path of their keys.
///
/// A path goes down the result of `inspect`, or of `compare`, one key after the other. Of a list every
/// element is taken, or the one that is named: `policies.async.count_ratio`, `workers.17.p99_seconds`.
struct MetricPath {
  /// The results that are looked in, in this order.
  let results: [(command: String, value: JSONValue)]

  /// - Returns: of several numbers the worst: the largest under a maximum, the smallest above a
  ///   minimum. One that is missing is worse than any.
  /// - Throws: `Failure` with the code for usage for a path that leads to no number, with the nearest.
  func value(of path: String, bound: GateLimit.Bound) throws -> MetricValue {
    var keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    var searched = results
    if keys.count > 1, results.contains(where: { $0.command == keys[0] }) {
      searched = results.filter { $0.command == keys[0] }
      keys.removeFirst()
    }
    for result in searched {
      var found: [MetricValue] = []
      guard Self.collect(result.value, keys[...], path, into: &found), !found.isEmpty else {
        continue
      }
      var numbers: [Double] = []
      for value in found {
        switch value {
        case .missing: return value
        case .number(let number): numbers.append(number)
        }
      }
      let worst = bound == .max ? numbers.max() : numbers.min()
      if let worst { return .number(worst) }
    }
    throw unknown(path)
  }

  /// Returns whether the path leads to numbers, or to places where numbers would be.
  private static func collect(
    _ value: JSONValue, _ keys: ArraySlice<String>, _ path: String, into found: inout [MetricValue]
  ) -> Bool {
    switch value {
    case .array(let items):
      if let key = keys.first, let named = items.first(where: { name(of: $0) == key }) {
        return collect(named, keys.dropFirst(), path, into: &found)
      }
      // An empty list has no worst element, and no best one either.
      if items.isEmpty { found.append(.missing(path)) }
      return items.allSatisfy { collect($0, keys, path, into: &found) }
    case .object(let members):
      guard let key = keys.first, let member = members.first(where: { $0.key == key }) else {
        return false
      }
      return collect(member.value, keys.dropFirst(), path, into: &found)
    case .number(let number):
      found.append(number.isFinite ? .number(number) : .missing(path))
      return keys.isEmpty
    case .integer(let number):
      found.append(.number(Double(number)))
      return keys.isEmpty
    case .unsigned(let number):
      found.append(.number(Double(number)))
      return keys.isEmpty
    case .null:
      found.append(.missing(path))
      return true
    case .string, .bool:
      return false
    }
  }

  /// What an element of a list is called.
  private static func name(of value: JSONValue) -> String? {
    guard case .object(let members) = value else { return nil }
    for key in ["policy", "label"] {
      if case .string(let name)? = members.first(where: { $0.key == key })?.value { return name }
    }
    return nil
  }

  private func unknown(_ path: String) -> Failure {
    var paths: [String] = []
    for result in results { Self.numbers(result.value, "", into: &paths) }
    let nearest = paths.enumerated().min {
      (editDistance(path, $0.element), $0.offset) < (editDistance(path, $1.element), $1.offset)
    }
    return Failure(
      .usage,
      "'\(Labels.visible(path))' is no number in the results of inspect or compare."
        + (nearest.map { " Did you mean \($0.element)?" } ?? ""))
  }

  /// The paths of all numbers.
  private static func numbers(_ value: JSONValue, _ path: String, into paths: inout [String]) {
    switch value {
    case .object(let members):
      for member in members {
        numbers(member.value, path.isEmpty ? member.key : "\(path).\(member.key)", into: &paths)
      }
    case .array(let items): for item in items { numbers(item, path, into: &paths) }
    case .number, .integer, .unsigned, .null:
      if !paths.contains(path) { paths.append(path) }
    case .string, .bool: break
    }
  }
}

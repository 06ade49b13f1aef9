/// An objective that is written wrongly, or cannot be as it is written: what is wrong, and what would
/// be right. A mistake in a command, not in data.
public struct ObjectiveSpecError: Error, Equatable {
  /// What is wrong with a specification.
  public enum Reason: Equatable, Sendable {
    /// No objective of this name, and the name that is nearest.
    case unknownKind(String, nearest: String)
    /// An option that this kind does not take.
    case unknownKey(String, nearest: String, known: [String])
    /// An option twice.
    case repeatedKey(String)
    /// An option without `=`.
    case noValue(String)
    /// A value that the option does not take.
    case badValue(key: String, value: String, expected: String)
    /// A generator that makes nothing this objective can use, or a file for a quadratic.
    case unsuitableData(String, kind: String, expected: String)
    /// A colon and nothing behind it.
    case missingPath
    /// `batch=` above n with `replace=no`.
    case batchTooLarge(batch: Int, sampleCount: Int)
  }

  /// What is wrong.
  public var reason: Reason
  /// The specification as it was written.
  public var spec: String

  public init(_ reason: Reason, spec: String) {
    self.reason = reason
    self.spec = spec
  }
}

extension ObjectiveSpecError: CustomStringConvertible {
  public var description: String {
    "objective '\(spec)': \(sentence)"
  }

  private var sentence: String {
    switch reason {
    case .unknownKind(let kind, let nearest):
      """
      “\(kind)” is no objective. Did you mean \(nearest)? There are \
      \(ObjectiveSpec.Kind.allCases.map(\.rawValue).joined(separator: ", ")).
      """
    case .unknownKey(let key, let nearest, let known):
      "unknown key “\(key)”. Did you mean \(nearest)? It takes \(known.joined(separator: ", "))."
    case .repeatedKey(let key):
      "\(key)= is given twice. Keep one."
    case .noValue(let option):
      """
      “\(option)” has no value: options are key=value. If it belongs to the path, add one more ? \
      at the end.
      """
    case .badValue(let key, let value, let expected):
      "\(key)=\(value): \(key) is \(expected)."
    case .unsuitableData(let data, let kind, let expected):
      "\(kind) cannot use \(data). It takes \(expected)."
    case .missingPath:
      "nothing follows the colon. Name a file, or a generator such as gaussian:n=512,d=32."
    case .batchTooLarge(let batch, let sampleCount):
      """
      batch=\(batch) without replacement from \(sampleCount) samples. Use batch=full, or leave out \
      replace=no.
      """
    }
  }
}

/// The one of `candidates` with the smallest edit distance to `word`; the first of several.
func nearest(to word: String, among candidates: [String]) -> String {
  candidates.min { editDistance(word, $0) < editDistance(word, $1) } ?? ""
}

/// The insertions, deletions and changes of bytes that turn the first 64 bytes of `word` into
/// `other`.
package func editDistance(_ word: String, _ other: String) -> Int {
  let word = Array(word.utf8.prefix(64))
  let other = Array(other.utf8)
  var row = Array(0...other.count)
  for (i, byte) in word.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, otherByte) in other.enumerated() {
      let change = diagonal + (byte == otherByte ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(change, diagonal + 1, row[j] + 1)
    }
  }
  return row[other.count]
}

/// Data that cannot be used: what is wrong, where, and what would be right.
public struct DataError: Error, Equatable {
  /// What is wrong with a data file.
  public enum Reason: Equatable, Sendable {
    /// The line begins with something that is no number.
    case noLabel(String)
    /// A number that is needed is missing, NaN or infinite.
    case notANumber(String)
    /// A LIBSVM entry that is not `index:value`.
    case notAnEntry(String)
    /// An index that is not above the one before it.
    case indexNotAscending(Int)
    /// An index below 1 or above what fits.
    case indexOutOfRange(String)
    /// A CSV line with another number of fields than the first.
    case fieldCount(found: Int, expected: Int)
    /// A compressed file that ends too early.
    case truncated
    /// A file without a line of data.
    case noSamples
    /// Lines with labels and nothing else.
    case noFeatures
    /// A classifier was given data that all have one label.
    case oneLabel(Double)
    /// Two-class logistic regression was given more labels.
    case manyLabels([Double])
    /// `positive=` names a label that no sample has.
    case unknownLabel(Double, known: [Double])
    /// `positive=` names all labels.
    case allPositive
    /// More labels than `classes=` leaves room for.
    case moreLabelsThanClasses(labels: Int, classes: Int)
  }

  /// What is wrong.
  public var reason: Reason
  /// As it was given.
  public var path: String
  /// Counted from 1, as editors do; nil where the file as a whole is meant.
  public var line: Int?

  public init(_ reason: Reason, path: String, line: Int? = nil) {
    self.reason = reason
    self.path = path
    self.line = line
  }
}

extension DataError: CustomStringConvertible {
  public var description: String {
    let place = line.map { "\(path):\($0)" } ?? path
    return "\(place): \(sentence)"
  }

  private var sentence: String {
    switch reason {
    case .noLabel(let text):
      "“\(text)” is no label. A line begins with a number: the class or the target."
    case .notANumber(let text):
      "“\(text)” is no finite number. Remove the line or fill the gap."
    case .notAnEntry(let text):
      "“\(text)” is no entry of the form index:value, as in 3:0.5."
    case .indexNotAscending(let index):
      "index \(index) does not come after the one before it. Sort the entries of the line."
    case .indexOutOfRange(let text):
      "index \(text) is not in 1 to \(DataParser.largestIndex). LIBSVM counts columns from 1."
    case .fieldCount(let found, let expected):
      "\(found) fields, but the first line has \(expected). Is a comma missing?"
    case .truncated:
      "the compressed file is cut off. Half a data set is another objective; copy it again."
    case .noSamples:
      "no samples. Each line is a label and its features, in LIBSVM or CSV form."
    case .noFeatures:
      "no features: every line has a label only. Add entries such as 3:0.5."
    case .oneLabel(let label):
      "all samples have the label \(shortest(label)). A classifier needs two."
    case .manyLabels(let labels):
      """
      \(labels.count) labels (\(list(labels))), and logistic regression wants two. Make one \
      against the rest with positive=\(shortest(labels[labels.count - 1])), or use softmax.
      """
    case .unknownLabel(let label, let known):
      "no sample has the label \(shortest(label)) that positive= names. There are \(list(known))."
    case .allPositive:
      "positive= names every label there is. Leave one out."
    case .moreLabelsThanClasses(let labels, let classes):
      "\(labels) labels, but classes=\(classes). Leave classes= out, or raise it."
    }
  }

  private func list(_ labels: [Double]) -> String {
    let first = labels.prefix(12).map(shortest).joined(separator: ", ")
    return labels.count > 12 ? first + " …" : first
  }
}

/// The shortest decimal that reads back as the same number, without a trailing `.0`.
func shortest(_ number: Double) -> String {
  let text = "\(number)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

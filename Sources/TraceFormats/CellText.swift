import ByteStreams

/// Reads the text of one value of a table; `name` is its column, for messages.
enum CellText {
  /// A time in nanoseconds, at least 0.
  static func time(
    _ bytes: UnsafeRawBufferPointer, scale: Int, _ name: @autoclosure () -> String
  ) throws(TraceFormatError.Reason) -> Int64 {
    let value: Int64
    do {
      value = try DecimalText.scaled(bytes, by: scale)
    } catch {
      throw reason(error, bytes, name())
    }
    guard value >= 0 else { throw .negative(column: name(), text: excerpt(bytes)) }
    return value
  }

  /// A whole number; `3.0` counts, since tables with gaps are written like that.
  static func whole(
    _ bytes: UnsafeRawBufferPointer, _ name: @autoclosure () -> String
  ) throws(TraceFormatError.Reason) -> Int64 {
    guard let value = try? DecimalText.scaled(bytes, by: 0),
      let finer = try? DecimalText.scaled(bytes, by: 3),
      case let (exact, overflow) = value.multipliedReportingOverflow(by: 1000), !overflow,
      finer == exact
    else { throw .notWhole(column: name(), text: excerpt(bytes)) }
    return value
  }

  static func sample(
    _ bytes: UnsafeRawBufferPointer, _ name: @autoclosure () -> String
  ) throws(TraceFormatError.Reason) -> Int32 {
    guard let index = Int32(exactly: try whole(bytes, name())), index >= 0 else {
      throw .notWhole(column: name(), text: excerpt(bytes))
    }
    return index
  }

  /// Data indices with `;` in between.
  static func samples(
    _ bytes: UnsafeRawBufferPointer, _ name: @autoclosure () -> String
  ) throws(TraceFormatError.Reason) -> [Int32] {
    var samples: [Int32] = []
    guard !bytes.isEmpty else { return samples }
    for part in bytes.split(separator: 0x3b, omittingEmptySubsequences: false) {
      samples.append(try sample(UnsafeRawBufferPointer(rebasing: part), name()))
    }
    return samples
  }

  /// One of a few words, such as a trust grade; nil for an empty field.
  static func word<Word: RawRepresentable & CaseIterable>(
    _ bytes: UnsafeRawBufferPointer, _ name: @autoclosure () -> String
  ) throws(TraceFormatError.Reason) -> Word? where Word.RawValue == String {
    guard !bytes.isEmpty else { return nil }
    guard let word = Word.allCases.first(where: { $0.rawValue.utf8.elementsEqual(bytes) }) else {
      throw .unknownWord(
        column: name(), text: excerpt(bytes), known: Word.allCases.map(\.rawValue))
    }
    return word
  }

  private static func reason(
    _ failure: DecimalText.Failure, _ bytes: UnsafeRawBufferPointer, _ name: String
  ) -> TraceFormatError.Reason {
    if bytes.isEmpty { return .missingValue(column: name) }
    return switch failure {
    case .notANumber: .notANumber(column: name, text: excerpt(bytes))
    case .notFinite: .notFinite(column: name, text: excerpt(bytes))
    case .overflow: .overflow(column: name, text: excerpt(bytes))
    }
  }

  static func excerpt(_ bytes: UnsafeRawBufferPointer) -> String {
    let text = decodedText(bytes.prefix(40)).text
    return bytes.count > 40 ? text + "…" : text
  }
}

extension ObjectiveSpec {
  /// Reads an objective as it is written.
  public init(parsing text: String) throws(ObjectiveSpecError) {
    let kindText = text.prefix { $0 != ":" && $0 != "?" }
    guard let kind = Kind(rawValue: String(kindText)) else {
      throw ObjectiveSpecError(
        .unknownKind(
          String(kindText),
          nearest: nearest(to: String(kindText), among: Kind.allCases.map(\.rawValue))),
        spec: text)
    }
    let rest = text.dropFirst(kindText.count)
    var dataText: Substring?
    var optionText: Substring = ""
    if rest.first == ":" {
      let afterColon = rest.dropFirst()
      if let mark = afterColon.lastIndex(of: "?") {
        dataText = afterColon[..<mark]
        optionText = afterColon[afterColon.index(after: mark)...]
      } else {
        dataText = afterColon
      }
    } else {
      optionText = rest.dropFirst()
    }
    self.init(kind: kind)
    if let dataText { data = try Self.parseData(dataText, spec: text) }
    try requireSuitableData(spec: text)
    for (key, value) in try Self.pairs(
      optionText, separators: [",", "&"], known: kind.keys, spec: text)
    {
      try set(key, to: value, spec: text)
    }
  }

  private static func parseData(
    _ text: Substring, spec: String
  ) throws(ObjectiveSpecError) -> Data {
    guard !text.isEmpty else { throw ObjectiveSpecError(.missingPath, spec: spec) }
    let nameText = text.prefix { $0 != ":" }
    guard let name = Generator.Name(rawValue: String(nameText)) else {
      return .file(path: String(text))
    }
    var generator = Generator(name)
    let known = name == .chain ? ["d", "noise", "seed"] : ["n", "d", "noise", "seed"]
    for (key, value) in try pairs(
      text.dropFirst(nameText.count + 1), separators: [","], known: known, spec: spec)
    {
      switch key {
      case "n":
        generator.sampleCount = try count(key, value, upTo: 1 << 31, spec: spec)
      case "d":
        generator.dimension = try count(key, value, upTo: DataParser.largestIndex, spec: spec)
      case "noise":
        generator.noise = try number(key, value, "a number from 0", spec: spec) { $0 >= 0 }
      default:
        guard let seed = UInt64(value) else {
          throw badValue(key, value, "a whole number from 0 to 2^64 − 1", spec: spec)
        }
        generator.seed = seed
      }
    }
    // 2^33 numbers are 64 GiB. A chain has its table of noise.
    let limit = 1 << 33
    if name == .chain {
      guard generator.noise == 0 || generator.dimension <= limit / 4096 else {
        throw badValue(
          "d", "\(generator.dimension)", "at most \(limit / 4096) unless noise=0", spec: spec)
      }
    } else if generator.sampleCount > limit / generator.dimension {
      throw badValue(
        "n", "\(generator.sampleCount)", "at most \(limit / generator.dimension) with this d",
        spec: spec)
    }
    return .generator(generator)
  }

  private func requireSuitableData(spec: String) throws(ObjectiveSpecError) {
    let expected: String
    switch (kind, data) {
    case (.quadratic, .generator(let generator)) where generator.name == .chain: return
    case (.quadratic, _): expected = "chain:d=…"
    case (_, .file): return
    case (.leastSquares, .generator(let generator)), (.ridge, .generator(let generator)),
      (.huber, .generator(let generator)):
      if generator.name != .chain { return }
      expected = "a file, gaussian, uniform or paper"
    case (_, .generator(let generator)):
      if generator.name == .gaussian || generator.name == .uniform { return }
      expected = "a file, gaussian or uniform, which make labels"
    }
    let shown =
      switch data {
      case .file(let path): path
      case .generator(let generator): generator.name.rawValue
      }
    throw ObjectiveSpecError(
      .unsuitableData(shown, kind: kind.rawValue, expected: expected), spec: spec)
  }

  /// Splits `key=value` pairs; unknown and repeated keys are mistakes.
  private static func pairs(
    _ text: Substring, separators: Set<Character>, known: [String], spec: String
  ) throws(ObjectiveSpecError) -> [(key: String, value: String)] {
    guard !text.isEmpty else { return [] }
    var result: [(key: String, value: String)] = []
    for option in text.split(
      omittingEmptySubsequences: false, whereSeparator: { separators.contains($0) })
    {
      guard let equals = option.firstIndex(of: "=") else {
        throw ObjectiveSpecError(.noValue(String(option)), spec: spec)
      }
      let key = String(option[..<equals])
      guard known.contains(key) else {
        throw ObjectiveSpecError(
          .unknownKey(key, nearest: nearest(to: key, among: known), known: known), spec: spec)
      }
      guard !result.contains(where: { $0.key == key }) else {
        throw ObjectiveSpecError(.repeatedKey(key), spec: spec)
      }
      result.append((key, String(option[option.index(after: equals)...])))
    }
    return result
  }

  private mutating func set(
    _ key: String, to value: String, spec: String
  ) throws(ObjectiveSpecError) {
    switch key {
    case "batch":
      if value == "full" {
        batchSize = 0
      } else {
        batchSize = try Self.count(
          key, value, upTo: 1 << 31, orElse: " or “full”", spec: spec)
      }
    case "replace":
      replacesSamples = try Self.yesOrNo(key, value, spec: spec)
    case "l2":
      l2 = try Self.number(key, value, "a number from 0", spec: spec) { $0 >= 0 }
    case "intercept":
      intercept = try Self.yesOrNo(key, value, spec: spec)
    case "delta":
      delta = try Self.number(key, value, "a number above 0", spec: spec) { $0 > 0 }
    case "classes":
      let count = try Self.count(key, value, upTo: 1 << 20, spec: spec)
      guard count >= 2 else {
        throw Self.badValue(key, value, "a whole number from 2", spec: spec)
      }
      classCount = count
    case "positive":
      let labels = value.split(separator: "x", omittingEmptySubsequences: false)
        .map { Self.decimal(String($0)) }
      guard labels.allSatisfy({ $0 != nil }) else {
        throw Self.badValue(key, value, "a label, or several as in 0x2x4", spec: spec)
      }
      // Their order means nothing, so that one objective has one form.
      positive = labels.compactMap(\.self).sorted()
        .reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    case "hidden":
      let widths = value.split(separator: "x", omittingEmptySubsequences: false)
        .map { Self.wholeNumber(String($0), upTo: 1 << 20) }
      guard widths.allSatisfy({ $0 != nil }) else {
        throw Self.badValue(
          key, value, "a whole number from 1 to 1048576, or several as in 64x32", spec: spec)
      }
      hidden = widths.compactMap(\.self)
    default:
      guard let choice = Activation(rawValue: value) else {
        throw Self.badValue(
          key, value, Activation.allCases.map(\.rawValue).joined(separator: " or "), spec: spec)
      }
      activation = choice
    }
  }

  private static func badValue(
    _ key: String, _ value: String, _ expected: String, spec: String
  ) -> ObjectiveSpecError {
    ObjectiveSpecError(.badValue(key: key, value: value, expected: expected), spec: spec)
  }

  /// A whole number from 1, in plain digits.
  private static func wholeNumber(_ text: String, upTo limit: Int) -> Int? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text),
      (1...limit).contains(count)
    else { return nil }
    return count
  }

  private static func decimal(_ text: String) -> Double? {
    var text = text
    let number = text.withUTF8 { scanDecimal(UnsafeRawBufferPointer($0)) }
    // −0 is printed otherwise than 0 and means the same.
    return number == 0 ? 0 : number
  }

  private static func count(
    _ key: String, _ value: String, upTo limit: Int, orElse: String = "", spec: String
  ) throws(ObjectiveSpecError) -> Int {
    guard let count = wholeNumber(value, upTo: limit) else {
      throw badValue(key, value, "a whole number from 1 to \(limit)\(orElse)", spec: spec)
    }
    return count
  }

  private static func number(
    _ key: String, _ value: String, _ expected: String, spec: String,
    where isAllowed: (Double) -> Bool
  ) throws(ObjectiveSpecError) -> Double {
    guard let number = decimal(value), isAllowed(number) else {
      throw badValue(key, value, expected, spec: spec)
    }
    return number
  }

  private static func yesOrNo(
    _ key: String, _ value: String, spec: String
  ) throws(ObjectiveSpecError) -> Bool {
    switch value {
    case "yes": true
    case "no": false
    default: throw badValue(key, value, "yes or no", spec: spec)
    }
  }
}

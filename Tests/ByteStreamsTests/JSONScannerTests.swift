import ByteStreams
import Foundation
import Testing

/// A JSON value as the scanner or Foundation sees it, for comparing the two.
private indirect enum Tree: Equatable {
  case object([String: Tree])
  case array([Tree])
  case string(String)
  case number(Double)
  case word(String)

  init(_ scanner: inout JSONScanner, skipping: (String) -> Bool) throws {
    switch try scanner.kind() {
    case .object:
      var entries: [String: Tree] = [:]
      try scanner.enterObject()
      while let key = try scanner.nextKey() {
        let name = String(decoding: key, as: UTF8.self)
        if skipping(name) {
          try scanner.skipValue()
        } else {
          entries[name] = try Tree(&scanner, skipping: skipping)
        }
      }
      self = .object(entries)
    case .array:
      var elements: [Tree] = []
      try scanner.enterArray()
      while try scanner.nextElement() {
        elements.append(try Tree(&scanner, skipping: skipping))
      }
      self = .array(elements)
    case .string:
      self = .string(String(decoding: try scanner.string(), as: UTF8.self))
    case .scalar:
      let text = String(decoding: try scanner.scalar(), as: UTF8.self)
      self = Double(text).map { .number($0) } ?? .word(text)
    }
  }

  init(foundation value: Any, skipping: (String) -> Bool) {
    switch value {
    case let object as [String: Any]:
      self = .object(
        object.filter { !skipping($0.key) }.mapValues { Tree(foundation: $0, skipping: skipping) })
    case let array as [Any]:
      self = .array(array.map { Tree(foundation: $0, skipping: skipping) })
    case let string as String: self = .string(string)
    case let number as NSNumber:
      // Foundation tells true from 1 only by the type that it was stored as.
      let isBool = ["c", "B"].contains(String(cString: number.objCType))
      self = isBool ? .word(number.boolValue ? "true" : "false") : .number(number.doubleValue)
    default: self = .word("null")
    }
  }
}

/// Writes random documents with everything that has ever broken a scanner.
private struct Writer {
  var random: SplitMix64

  mutating func space() -> String {
    ["", "", "", " ", "\n\t", "\r\n    "].randomElement(using: &random) ?? ""
  }

  mutating func string() -> String {
    let pieces = [
      "a", "plain text of some length", "{", "}", "[", "]", ",", ":", "\\\"", "\\\\", "\\/", "\\n",
      "\\u00e9", "\\uD83D\\uDE00", "é", "😀", "\\\\\\\"", "\\t", "''", "\\u0000", "12345678",
    ]
    let count = Int.random(in: 0...6, using: &random)
    return "\""
      + (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined() + "\""
  }

  mutating func value(depth: Int) -> String {
    switch Int.random(in: 0...(depth > 4 ? 3 : 6), using: &random) {
    case 0, 1: return string()
    case 2:
      return ["0", "-1", "1.5", "2e10", "-0.25E-3", "1694128201426674", "4630652576974.172"]
        .randomElement(using: &random) ?? "0"
    case 3: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
    case 4:
      let elements = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        space() + value(depth: depth + 1) + space()
      }
      return "[" + (elements.isEmpty ? space() : elements.joined(separator: ",")) + "]"
    default:
      let keys = ["ts", "dur", "name", "cat", "args", "\\u0074s2", "k{", "skip1", "skip2", ""]
        .shuffled(using: &random).prefix(Int.random(in: 0...6, using: &random))
      let entries = keys.map { key in
        space() + "\"\(key)\"" + space() + ":" + space() + value(depth: depth + 1) + space()
      }
      return "{" + (entries.isEmpty ? space() : entries.joined(separator: ",")) + "}"
    }
  }
}

@Suite("JSON scanner")
struct JSONScannerTests {
  private func scan(
    _ text: [UInt8], size: Int, skipping: (String) -> Bool = { _ in false }
  ) throws -> Tree {
    var scanner = JSONScanner(
      source: try ByteSource(path: "x", bytes: text, bufferSize: size), bufferSize: size)
    let tree = try Tree(&scanner, skipping: skipping)
    #expect(try scanner.isAtEnd())
    return tree
  }

  @Test("Reads what Foundation reads, at any buffer size", arguments: 0..<150 as Range<UInt64>)
  func foundation(seed: UInt64) throws {
    var writer = Writer(random: SplitMix64(seed: seed))
    let text = Array("[\(writer.value(depth: 0)),\(writer.value(depth: 0))]".utf8)
    let value = try JSONSerialization.jsonObject(with: Data(text), options: [.fragmentsAllowed])
    for skipping in [{ _ in false }, { $0.hasPrefix("skip") || $0 == "args" }] as [(String) -> Bool]
    {
      let expected = Tree(foundation: value, skipping: skipping)
      for size in bufferSizes {
        #expect(try scan(text, size: size, skipping: skipping) == expected, "buffer of \(size)")
      }
    }
  }

  @Test("Leaving a container early finds the next value", arguments: bufferSizes)
  func skipRest(size: Int) throws {
    let text = #"[{"a":1,"b":{"c":"}\"]"},"d":[[]]},[2,[3]],"end"]"#
    var scanner = JSONScanner(
      source: try ByteSource(path: "x", bytes: Array(text.utf8)), bufferSize: size)
    try scanner.enterArray()
    _ = try scanner.nextElement()
    try scanner.enterObject()
    _ = try scanner.nextKey()
    #expect(String(decoding: try scanner.scalar(), as: UTF8.self) == "1")
    try scanner.skipRest()
    _ = try scanner.nextElement()
    try scanner.enterArray()
    try scanner.skipRest()
    _ = try scanner.nextElement()
    #expect(String(decoding: try scanner.string(), as: UTF8.self) == "end")
    #expect(try !scanner.nextElement())
    #expect(scanner.depth == 0)
  }

  @Test("NaN, raw control characters and bad UTF-8 do no harm where they are skipped")
  func tolerant() throws {
    let text =
      Array(#"{"skip1":[NaN,-Infinity,{"x":"#.utf8) + [0x22, 1, 10, 0xff, 0x22]
      + Array(#"}],"skip2":NaN,"name":"a"#.utf8) + [0x0a, 0x22, 0x7d]
    for size in bufferSizes {
      let tree = try scan(text, size: size) { $0.hasPrefix("skip") }
      #expect(tree == .object(["name": .string("a\n")]))
    }
  }

  @Test("Text that ends early says at which byte", arguments: bufferSizes)
  func truncated(size: Int) throws {
    let text = Array(#"{"a":[1,"two",{"b":"cé"}],"skip":{"x":[1,"\""]}}"#.utf8)
    for count in 0..<text.count {
      let part = Array(text.prefix(count))
      #expect(throws: JSONError.truncated(byte: Int64(count))) {
        try scan(part, size: size) { $0 == "skip" }
      }
    }
  }

  @Test(
    "Broken structure says what was found, what was expected and where",
    arguments: [
      ("[1 2]", "found '2' where a comma or the end of the array was expected", 3),
      (#"{"a" 1}"#, "found '1' where a colon was expected", 5),
      ("{a:1}", "found 'a' where a key in quotes was expected", 1),
      (#"{"a":1,}"#, "found '}' where a key in quotes was expected", 7),
      ("[1,]", "found ']' where a number was expected", 3),
      (#"["\q"]"#, "found 'q' where an escape sequence was expected", 3),
      (#"["\u12g4"]"#, "found 'g' where a hexadecimal digit was expected", 6),
      ("[\u{1}]", "found byte 0x01 where a value was expected", 1),
    ] as [(String, String, Int64)])
  func broken(text: String, message: String, byte: Int64) throws {
    for size in bufferSizes {
      let error = #expect(throws: JSONError.self) { try scan(Array(text.utf8), size: size) }
      #expect(error?.description == message)
      #expect(error?.byte == byte)
    }
  }

  @Test("Lone halves of surrogate pairs are replaced", arguments: bufferSizes)
  func surrogates(size: Int) throws {
    let text = #"["\ud83dx","\ud83d\n","\ude00","\ud83d\ud83d\ude00"]"#
    let expected = ["\u{fffd}x", "\u{fffd}\n", "\u{fffd}", "\u{fffd}😀"].map { Tree.string($0) }
    #expect(try scan(Array(text.utf8), size: size) == .array(expected))
  }

  @Test("200,000 brackets are an error, read or skipped", arguments: [1, 4096])
  func deep(size: Int) throws {
    let text = [UInt8](repeating: 0x5b, count: 200_000)
    let expected = JSONError.tooDeep(limit: 512, byte: 512)
    #expect(throws: expected) { try scan(text, size: size) }
    var scanner = JSONScanner(source: try ByteSource(path: "x", bytes: text), bufferSize: size)
    do {
      try scanner.skipValue()
      Issue.record("200,000 brackets were skipped")
    } catch let error as JSONError {
      #expect(error == expected)
    }
  }

  /// The string is made up piece by piece, so that only a scanner that keeps it needs memory.
  @Test("A string of a gigabyte is skipped in constant memory, and refused where it is read")
  func gigabyte() throws {
    let piece = [UInt8](repeating: 0x61, count: 1 << 20)
    func source() throws -> ByteSource {
      var count = 0
      return try ByteSource(path: "x") {
        count += 1
        switch count {
        case 1: return [0x5b, 0x22]
        case 2...1025: return piece
        case 1026: return [0x22, 0x5d]
        default: return nil
        }
      }
    }
    let before = peakMemory()
    var scanner = JSONScanner(source: try source())
    try scanner.skipValue()
    #expect(try scanner.isAtEnd())
    var reader = JSONScanner(source: try source())
    try reader.enterArray()
    _ = try reader.nextElement()
    do {
      _ = try reader.string()
      Issue.record("a string of a gigabyte was read")
    } catch let error as JSONError {
      guard case .tokenTooLong(1 << 20, _) = error else { throw error }
    }
    // Other tests run meanwhile and take some too.
    #expect(peakMemory() - before < 512 << 20)
  }

  @Test("Random byte changes never trap", arguments: 0..<1500 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var writer = Writer(random: SplitMix64(seed: seed))
    var text = Array("[\(writer.value(depth: 0))]".utf8)
    for _ in 0..<Int.random(in: 1...3, using: &writer.random) {
      text[Int.random(in: 0..<text.count, using: &writer.random)] =
        .random(in: 0...255, using: &writer.random)
    }
    for size in [1, 5, 4096] {
      do {
        var scanner = JSONScanner(source: try ByteSource(path: "x", bytes: text), bufferSize: size)
        _ = try Tree(&scanner) { $0.hasPrefix("skip") }
      } catch is JSONError {}
    }
  }
}

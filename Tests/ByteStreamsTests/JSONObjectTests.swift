import ByteStreams
import Foundation
import Kernels
import Testing

/// An object that is taken at once has to be what the scanner finds step by step.
@Suite("Objects taken at once", .serialized)
struct JSONObjectTests {
  /// What a scanner found in an object, and where it stands behind it.
  private struct Found: Equatable {
    var keys: [String] = []
    /// As they are written.
    var values: [String] = []
    var end: Int64 = 0
    var oddities = JSONOddities()
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  private func atOnce(_ bytes: [UInt8], depth: Int = 0) throws -> Found? {
    try bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner()
      scanner.isLenient = true
      scanner.load(bytes)
      for _ in 0..<depth { try scanner.enterArray() }
      let start = scanner.byteOffset
      guard let object = try scanner.takeObject() else {
        #expect(scanner.byteOffset == start, "an object that was not taken has been")
        return nil
      }
      #expect(object.byteOffset == start)
      var found = Found()
      for index in 0..<object.count {
        found.keys.append(text(object.key(index)))
        found.values.append(text(object.value(index)))
        #expect(bytes[Int(object.valueOffset(index))] == object.value(index)[0])
      }
      found.end = scanner.byteOffset
      found.oddities = scanner.oddities
      return found
    }
  }

  /// Nil where the scanner says that this is no JSON.
  private func stepByStep(_ bytes: [UInt8], depth: Int = 0) -> Found? {
    bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner()
      scanner.isLenient = true
      scanner.load(bytes)
      do {
        for _ in 0..<depth { try scanner.enterArray() }
        var found = Found()
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
          found.keys.append(text(key))
          _ = try scanner.kind()
          let start = Int(scanner.byteOffset)
          // A value without a single byte is none.
          if try scanner.kind() == .scalar {
            _ = try scanner.scalar()
          } else {
            try scanner.skipValue()
          }
          let value = UnsafeRawBufferPointer(rebasing: bytes[start..<Int(scanner.byteOffset)])
          found.values.append(text(value))
        }
        found.end = scanner.byteOffset
        found.oddities = scanner.oddities
        return found
      } catch {
        return nil
      }
    }
  }

  /// Runs `body` with every variant that this processor has.
  private func withEachVariant(_ body: () throws -> Void) rethrows {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    for variant in KernelVariant.available {
      KernelVariant.force(variant)
      try body()
    }
  }

  /// Objects as profilers write them, or broken in one place.
  private struct Writer {
    var random: SplitMix64
    var isPlain: Bool

    mutating func pick(_ choices: [String]) -> String {
      choices.randomElement(using: &random) ?? ""
    }

    mutating func space() -> String { pick(["", "", "", " ", " ", "\n    ", "\t", "\r\n"]) }

    mutating func string() -> String {
      let plain = ["a", "aten::mm", "{", "}", "[", "]", ",", ":", "'", "NaN", "!", "0", "", " "]
      let odd = ["é", "😀", "\\\"", "\\\\", "\\n", "\\u00e9", "\u{1}", "\t", "\\x"]
      let long = String(
        repeating: "void at::native::kernel<", count: Int.random(in: 0...9, using: &random))
      let count = Int.random(in: 0...3, using: &random)
      let isOdd = !isPlain && Int.random(in: 0..<8, using: &random) == 0
      return "\"" + (0..<count).map { _ in pick(plain) }.joined() + pick(["", "", "", long])
        + (isOdd ? pick(odd) : "") + "\""
    }

    mutating func value(depth: Int) -> String {
      switch Int.random(in: 0...(depth > 3 ? 2 : 5), using: &random) {
      case 0: return string()
      case 1, 2:
        let odd = ["NaN", "-Infinity", "é", "1!"]
        return !isPlain && Int.random(in: 0..<20, using: &random) == 0
          ? pick(odd) : pick(["0", "1", "-17", "1694128201426602", "0.125", "1e9", "true", "null"])
      case 3:
        let count = Int.random(in: 0...4, using: &random)
        return "["
          + (0..<count).map { _ in space() + value(depth: depth + 1) + space() }
          .joined(separator: ",") + "]"
      default: return object(depth: depth + 1)
      }
    }

    mutating func object(depth: Int) -> String {
      let count = Int.random(in: 0...(depth == 0 ? 12 : 4), using: &random)
      return "{" + space()
        + (0..<count).map { _ in
          space() + string() + space() + ":" + space() + value(depth: depth) + space()
        }.joined(separator: ",") + "}"
    }
  }

  @Test(
    "Plain objects are taken, and are the same as step by step", arguments: 0..<400 as Range<UInt64>
  )
  func plain(seed: UInt64) throws {
    var writer = Writer(random: SplitMix64(seed: seed), isPlain: true)
    let object = writer.object(depth: 0)
    // What comes behind fills the last block.
    let bytes = Array((object + String(repeating: ", {\"next\": 1}", count: 6)).utf8)
    let expected = try #require(stepByStep(bytes))
    #expect(expected.end == object.utf8.count)
    try withEachVariant {
      let found = try atOnce(bytes)
      #expect(found == expected)
    }
  }

  @Test("What is taken of odd and broken objects is the same", arguments: 0..<400 as Range<UInt64>)
  func odd(seed: UInt64) throws {
    var writer = Writer(random: SplitMix64(seed: seed), isPlain: false)
    let object = writer.object(depth: 0)
    var bytes = Array((object + String(repeating: ", {\"next\": 1}", count: 6)).utf8)
    let signs = Array("{}[]:,\"\\ \n\u{1}!NI0a\u{7f}\u{e9}".utf8)
    for _ in 0..<20 {
      let expected = stepByStep(bytes)
      var taken: [Found?] = []
      try withEachVariant {
        let found = try atOnce(bytes)
        taken.append(found)
        if let found { #expect(found == expected, "\(String(decoding: bytes, as: UTF8.self))") }
      }
      #expect(taken.allSatisfy { $0 == taken[0] }, "variants differ")
      // The bracket stays.
      let place = Int.random(in: 1..<object.utf8.count, using: &writer.random)
      let sign = signs.randomElement(using: &writer.random) ?? 0
      switch Int.random(in: 0..<3, using: &writer.random) {
      case 0: bytes[place] = sign
      case 1: bytes.insert(sign, at: place)
      default: bytes.remove(at: place)
      }
      if bytes[0] != 0x7b { bytes[0] = 0x7b }
    }
  }

  @Test("An object whose end is not at hand is left alone")
  func cut() throws {
    let object = Array(#"{"ph":"X","name":"a","args":{"a":[1,2]},"ts":1}"#.utf8)
    let bytes = object + [UInt8](repeating: 0x20, count: 64)
    for count in 0..<bytes.count where count > 0 {
      try withEachVariant {
        let found = try atOnce(Array(bytes.prefix(count)))
        // Whole blocks only.
        #expect((found != nil) == (count >= 64))
      }
    }
  }

  @Test("Depth is limited as it is step by step", arguments: [508, 509, 510, 511])
  func depth(_ outer: Int) throws {
    for inner in 0...4 {
      let nested = String(repeating: "[", count: inner) + "1" + String(repeating: "]", count: inner)
      let text = String(repeating: "[", count: outer) + "{\"a\":" + nested + "}"
      let bytes = Array(text.utf8) + [UInt8](repeating: 0x20, count: 64)
      let expected = stepByStep(bytes, depth: outer)
      try withEachVariant {
        let found = try atOnce(bytes, depth: outer)
        #expect(found == expected)
      }
    }
  }

  @Test("Objects of more entries than there is room for are left alone", arguments: [63, 64, 65])
  func many(_ count: Int) throws {
    let text = "{" + (0..<count).map { "\"\($0)\":\($0)" }.joined(separator: ",") + "}"
    let bytes = Array(text.utf8) + [UInt8](repeating: 0x20, count: 64)
    let expected = count <= 64 ? stepByStep(bytes) : nil
    try withEachVariant {
      let found = try atOnce(bytes)
      #expect(found == expected)
    }
  }
}

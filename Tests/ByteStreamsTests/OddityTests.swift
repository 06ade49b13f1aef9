import ByteStreams
import Testing

@Suite("What is no JSON")
struct OddityTests {
  private static let replacement = "\u{fffd}"

  private func oddities(
    _ bytes: [UInt8], size: Int = 4096, _ read: (inout JSONScanner) throws -> Void
  ) throws -> JSONOddities {
    var scanner = JSONScanner(source: try ByteSource(path: "x", bytes: bytes), bufferSize: size)
    scanner.isLenient = true
    try read(&scanner)
    return scanner.oddities
  }

  /// A string, and whether anything is wrong with it.
  static let strings: [([UInt8], Bool)] = [
    (Array("plain text of some length".utf8), false), (Array("é 😀 \u{7ff} \u{800}".utf8), false),
    (Array(#"\n \" \\ \/ \u00e9 \uD83D\uDE00"#.utf8), false), ([0x1f], true), ([0x7f], false),
    (Array("tab\there".utf8), true), ([0xe9], true), ([0x61, 0x62, 0xc3], true),
    ([0xc0, 0xaf], true), ([0xed, 0xa0, 0x80], true), ([0xf4, 0x90, 0x80, 0x80], true),
    ([0xf4, 0x8f, 0xbf, 0xbf], false), ([0xe0, 0x9f, 0xbf], true), ([0x80], true),
    (Array(#"C:\data"#.utf8), true), (Array(#"C:\users"#.utf8), true),
    ([0xc3, 0x5c, 0x6e, 0xa9], true), (Array(#"\u12g4"#.utf8), true),
    (Array(#"12345678\"é"#.utf8), false),
  ]

  @Test(
    "Strings are told apart, read or skipped, at any buffer size",
    arguments: strings, [1, 2, 3, 7, 8, 9, 4096])
  func string(string: ([UInt8], Bool), size: Int) throws {
    let quoted = [0x22] + string.0 + [0x22]
    let expected = string.1 ? 1 : 0
    let skipped = try oddities(quoted, size: size) { try $0.skipValue() }
    #expect(skipped.count == expected)
    #expect(skipped.firstByte == (string.1 ? 1 : nil))
    let read = try oddities(quoted, size: size) { _ = try $0.string() }
    #expect(read.count == expected)
    let inside = try oddities([0x5b, 0x5b] + quoted + Array("]]".utf8), size: size) {
      try $0.skipValue()
    }
    #expect(inside.count == expected)
    #expect(inside.firstByte == (string.1 ? 3 : nil))
  }

  @Test(
    "Words that JSON does not have are counted where they are skipped",
    arguments: [
      ("[NaN,-Infinity,null,true,1.5E+3,\"NaN\"]", 2), ("{\"a\":{\"b\":NaN}}", 1),
      ("NaN ", 1), ("-Infinity ", 1), ("12E5 ", 0), ("[[NaN],[NaN]]", 2),
    ], [1, 2, 3, 5, 4096])
  func words(text: (String, Int), size: Int) throws {
    let found = try oddities(Array(text.0.utf8), size: size) { try $0.skipValue() }
    #expect(found.count == text.1)
  }

  @Test(
    "A backslash that escapes nothing is read as it stands",
    arguments: [
      (#"C:\data"#, #"C:\data"#), (#"C:\users"#, #"C:\users"#), (#"\u00zz"#, #"\u00zz"#),
      (#"\uD83D\q"#, replacement + #"\q"#), (#"\uD83D\u0z"#, replacement + #"\u0z"#),
      (#"\n\x\t"#, "\n\\x\t"),
    ], [1, 2, 5, 4096])
  func backslash(text: (String, String), size: Int) throws {
    var bytes: [UInt8] = []
    let found = try oddities(Array("\"\(text.0)\"".utf8), size: size) {
      bytes = Array(try $0.string())
    }
    #expect(String(decoding: bytes, as: UTF8.self) == text.1)
    #expect(found.count == 1)
  }

  @Test("A scanner that is not lenient counts nothing, and refuses odd escapes it reads")
  func strict() throws {
    var scanner = JSONScanner(
      source: try ByteSource(path: "x", bytes: Array("[NaN,\"\u{1}\",\"\\q\"]".utf8)))
    try scanner.enterArray()
    for _ in 0..<2 {
      _ = try scanner.nextElement()
      try scanner.skipValue()
    }
    #expect(scanner.oddities == JSONOddities())
    _ = try scanner.nextElement()
    var isRefused = false
    do { _ = try scanner.string() } catch { isRefused = error is JSONError }
    #expect(isRefused)
  }
}

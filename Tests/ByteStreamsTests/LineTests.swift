import ByteStreams
import Testing

@Suite("Lines and records")
struct LineTests {
  private func lines(_ text: String, size: Int, limit: Int = 1 << 20) throws -> [String] {
    let source = try ByteSource(path: "x", bytes: Array(text.utf8), bufferSize: size)
    var reader = LineReader(source: source, bufferSize: size, byteSizeLimit: limit)
    var result: [String] = []
    while let line = try reader.next() {
      result.append(String(decoding: line, as: UTF8.self))
      #expect(reader.lineNumber == result.count)
    }
    return result
  }

  private func records(_ text: String, size: Int = 16) throws -> [[String]] {
    let source = try ByteSource(path: "x", bytes: Array(text.utf8), bufferSize: size)
    var reader = CSVReader(lines: LineReader(source: source, bufferSize: size))
    var result: [[String]] = []
    while try reader.next() { result.append(reader.fieldTexts()) }
    return result
  }

  @Test("LF, CRLF, a byte order mark and a missing last end of line", arguments: bufferSizes)
  func ends(size: Int) throws {
    #expect(try lines("\u{feff}a\r\n\r\nbc\nd", size: size) == ["a", "", "bc", "d"])
    #expect(try lines("a\n", size: size) == ["a"])
    #expect(try lines("", size: size) == [])
    #expect(try lines("\n\n", size: size) == ["", ""])
  }

  @Test("A line that never ends is an error with its place, not a gigabyte of memory")
  func endless() throws {
    let piece = [UInt8](repeating: 0x61, count: 1 << 20)
    var count = 0
    let source = try ByteSource(path: "big.csv") {
      count += 1
      return count == 1 ? Array("ok\n".utf8) : count < 1024 ? piece : nil
    }
    var reader = LineReader(source: source)
    _ = try reader.next()
    let limit = LineReader.standardByteSizeLimit
    do {
      _ = try reader.next()
      Issue.record("a line of a gigabyte was read")
    } catch let error as ByteStreamError {
      #expect(error.reason == .lineTooLong(line: 2, byteSizeLimit: limit))
      #expect(
        error.description
          == "big.csv:2: the line is longer than 67108864 bytes. Is this a text file?")
    }
  }

  @Test("Quotes hold separators, quotes and line breaks", arguments: bufferSizes)
  func quotes(size: Int) throws {
    let text = "a,\"b,c\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",,x\n\"\",\"\"\n,\n"
    #expect(
      try records(text, size: size) == [
        ["a", "b,c", "say \"hi\""], ["two\nlines", "", "x"], ["", ""], ["", ""],
      ])
  }

  @Test("A quote inside a plain field is an ordinary byte")
  func innerQuote() throws {
    #expect(try records("5\" disk,b\n") == [["5\" disk", "b"]])
  }

  @Test("Broken quotes are errors with the line of their record")
  func brokenQuotes() {
    #expect(throws: ByteStreamError(reason: .unclosedQuote(line: 2), path: "x")) {
      try records("a\n\"b\nc\n")
    }
    #expect(throws: ByteStreamError(reason: .textAfterQuote(line: 1), path: "x")) {
      try records("\"a\"b,c\n")
    }
  }
}

import ByteStreams
import Foundation
import Testing

@Suite("Byte sources")
struct ByteSourceTests {
  static let text = Array((0..<5000).map { "line \($0) of a text\n" }.joined().utf8)

  @Test("Plain, gz and zst give the same bytes at any buffer size", arguments: bufferSizes)
  func sameBytes(size: Int) throws {
    for file in [Self.text, gzipMember(Self.text), zstdFrame(Self.text)] {
      let source = try ByteSource(path: "x", bytes: file, bufferSize: size)
      let bytes = try readAll(source, pieceSize: max(1, size / 3))
      #expect(bytes == Self.text)
      #expect(!source.isTruncated)
    }
  }

  @Test("Members and frames one after the other are one text", arguments: [1, 7, 4096])
  func concatenated(size: Int) throws {
    let parts = [Array(Self.text[..<100]), [], Array(Self.text[100...])]
    let padded = parts.flatMap(gzipMember) + [0, 0, 0]
    let skippable: [UInt8] = [0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]
    for file in [padded, skippable + parts.flatMap(zstdFrame)] {
      let source = try ByteSource(path: "x", bytes: file, bufferSize: size)
      #expect(try readAll(source) == Self.text)
      #expect(!source.isTruncated)
    }
  }

  @Test("A cut stream delivers what came before and says so")
  func cut() throws {
    for file in [gzipMember(Self.text), zstdFrame(Self.text)] {
      for count in [file.count - 1, file.count - 9, file.count / 2, 11] {
        let source = try ByteSource(path: "x", bytes: Array(file.prefix(count)), bufferSize: 64)
        let bytes = try readAll(source)
        #expect(Self.text.starts(with: bytes))
        #expect(source.isTruncated, "cut at \(count) of \(file.count)")
      }
    }
    let source = try ByteSource(path: "x", bytes: Array(gzipMember(Self.text).dropLast(2)))
    #expect(try readAll(source) == Self.text)
  }

  @Test("A checksum that fails is an error, and names the file")
  func checksum() throws {
    var file = gzipMember(Self.text)
    file[500] ^= 1
    let source = try ByteSource(path: "runs/a.gz", bytes: file)
    let error = #expect(throws: ByteStreamError.self) { try readAll(source) }
    #expect(
      error?.description
        == "runs/a.gz: the compressed stream is damaged (incorrect data check). Copy or compress it again."
    )
  }

  @Test("Bytes that are no member after a member are an error")
  func garbage() throws {
    for file in [gzipMember(Self.text) + [1, 2, 3], zstdFrame(Self.text) + [1, 2, 3, 4, 5]] {
      let source = try ByteSource(path: "x", bytes: file)
      #expect(throws: ByteStreamError.self) { try readAll(source) }
    }
  }

  @Test("A frame that wants a window of gigabytes is refused")
  func window() throws {
    var file = zstdFrame(Self.text)
    file[5] = 22 << 3
    let source = try ByteSource(path: "x", bytes: file)
    #expect(throws: ByteStreamError(reason: .windowTooLarge, path: "x")) { try readAll(source) }
  }

  @Test("A decompression bomb of a gigabyte stays in constant memory")
  func bomb() throws {
    let before = peakMemory()
    let source = try ByteSource(path: "x", bytes: zstdBomb(0x20, blockCount: 8192))
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    var count = 0
    while true {
      let more = try piece.withUnsafeMutableBytes { try source.read(into: $0) }
      if more == 0 { break }
      count += more
    }
    #expect(count == 1 << 30)
    // Other tests run meanwhile and take some too.
    #expect(peakMemory() - before < 512 << 20)
  }

  @Test("The head is not used up, and may be longer than the file", arguments: bufferSizes)
  func head(size: Int) throws {
    let source = try ByteSource(path: "x", bytes: gzipMember(Self.text), bufferSize: size)
    #expect(try source.head(100) == Array(Self.text.prefix(100)))
    #expect(try source.head(50).count == 100)
    #expect(try readAll(source) == Self.text)
    let short = try ByteSource(path: "x", bytes: [1, 2], bufferSize: size)
    #expect(try short.head(100) == [1, 2])
  }

  @Test("Missing files and folders are told apart")
  func missing() {
    let gone = #expect(throws: ByteStreamError.self) { try ByteSource(path: "/nonexistent/x") }
    #expect(
      gone?.description == "/nonexistent/x: cannot be opened: No such file or directory."
        + " Is the path right, and may you read it?")
    #expect(throws: ByteStreamError(reason: .isFolder, path: "/")) { try ByteSource(path: "/") }
  }

  @Test("Random byte changes in compressed files never trap", arguments: 0..<400 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let text = Array(Self.text.prefix(300))
    var file = seed % 2 == 0 ? gzipMember(text) : zstdFrame(text)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      file[Int.random(in: 0..<file.count, using: &random)] = .random(in: 0...255, using: &random)
    }
    do {
      _ = try readAll(ByteSource(path: "x", bytes: file, bufferSize: 16))
    } catch is ByteStreamError {}
  }
}

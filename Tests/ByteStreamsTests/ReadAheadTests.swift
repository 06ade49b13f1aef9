import ByteStreams
import Testing

@Suite("Decompression on another thread")
struct ReadAheadTests {
  private func whole(
    _ bytes: [UInt8], ahead: Bool, size: Int
  ) -> (bytes: [UInt8], isTruncated: Bool, failure: String?, reported: Int64) {
    var result: [UInt8] = []
    var reported: Int64 = 0
    do {
      let source = try ByteSource(path: "x", bytes: bytes, bufferSize: 777)
      let head = try source.head(10)
      if ahead { source.readAhead() }
      source.onRead { reported = $0 }
      result = []
      var buffer = [UInt8](repeating: 0, count: size)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
        if count == 0 { break }
        result += buffer[..<count]
      }
      #expect(result.starts(with: head))
      #expect(source.bytesRead == Int64(bytes.count))
      return (result, source.isTruncated, nil, reported)
    } catch {
      return (result, false, "\(error)", 0)
    }
  }

  /// Longer than all buffers together; drawn once for all tests.
  private static let text: [UInt8] = {
    var random = SplitMix64(seed: 3)
    return (0..<1_500_000).map { _ in UInt8.random(in: 0x20...0x3f, using: &random) }
  }()

  @Test(
    "The same bytes, at any size of the reader's buffer", arguments: [1 << 10, 100_000, 1 << 20])
  func same(size: Int) {
    for packed in [gzipMember(Self.text), zstdFrame(Self.text), Self.text] {
      let plain = whole(packed, ahead: false, size: size)
      let ahead = whole(packed, ahead: true, size: size)
      #expect(ahead.bytes == Self.text && plain.bytes == Self.text)
      // Bytes of the memory end without a word.
      #expect(packed == Self.text || ahead.reported == Int64(packed.count))
      #expect(!ahead.isTruncated)
    }
  }

  @Test("A cut stream gives what came before, a damaged one its error")
  func broken() {
    for packed in [gzipMember(Self.text), zstdFrame(Self.text)] {
      let cut = Array(packed.dropLast(packed.count / 3))
      let ahead = whole(cut, ahead: true, size: 1 << 16)
      let plain = whole(cut, ahead: false, size: 1 << 16)
      #expect(ahead.bytes == plain.bytes && ahead.isTruncated && plain.isTruncated)
    }
    var damaged = gzipMember(Self.text)
    damaged[damaged.count / 2] ^= 1
    let failure = whole(damaged, ahead: true, size: 1 << 16).failure
    #expect(failure != nil)
    #expect(failure == whole(damaged, ahead: false, size: 1 << 16).failure)
  }

  @Test("A reader that stops early leaves no thread waiting")
  func abandoned() throws {
    let packed = gzipMember(Self.text)
    for _ in 0..<50 {
      let source = try ByteSource(path: "x", bytes: packed)
      source.readAhead()
      var buffer = [UInt8](repeating: 0, count: 100)
      let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
      #expect(count == 100)
    }
  }
}

import Testing
import TraceStore

@Suite("Chunk payloads")
struct ChunkPayloadTests {
  private static func columns(_ entries: [TimingColumns.Entry], samples: [[Int32]] = [])
    -> TimingColumns
  {
    var columns = TimingColumns()
    for (index, entry) in entries.enumerated() {
      columns.append(entry, samples: samples.isEmpty ? [] : samples[index])
    }
    return columns
  }

  /// Three gradients: from 0 for 5, from 6 for 300, from 200 (overlapping) for 1.
  private static let everything = columns(
    [
      TimingColumns.Entry(start: 0, duration: 5, wait: 1, turnaround: 0, step: 10),
      TimingColumns.Entry(start: 6, duration: 300, wait: 0, turnaround: -1, step: .min),
      TimingColumns.Entry(start: 200, duration: 1, wait: 2, turnaround: 127, step: 12),
    ], samples: [[3, 17, 4], [], [-1]])

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// By hand: n = 3; gaps 6 − 5 = 1 (02) and 200 − 306 = −106 (211 = d301); durations 05 ac02 01;
  /// waits 01 00 02; turnarounds plus one 01 00 8001; steps +10 (14), −2^63 − 10 wraps to
  /// 2^63 − 10, 12 + 2^63 wraps to −2^63 + 12; batch sizes 03 00 01; indices 3 +14 −13 | −1.
  @Test("The unpacked columns are as documented")
  func unpacked() {
    #expect(
      Self.hex(ColumnBytes.pack(Self.everything)) == "03" + "02d301" + "05ac0201" + "010002"
        + "01008001" + "14ecffffffffffffffff01e7ffffffffffffffff01" + "030001" + "061c1901")
  }

  /// Written by zstd 1.5.4; another version may pack differently, and has to read this.
  @Test("A recorded chunk can be read for ever")
  func golden() throws {
    let recorded =
      "010f2a2304df28b52ffd202b2d0100e80302d30105ac02010100020100800114ecff01e7ff01030001061c1901"
      + "0200200f190803"
    let bytes = stride(from: 0, to: recorded.utf8.count, by: 2).compactMap { index in
      UInt8(recorded.dropFirst(index).prefix(2), radix: 16)
    }
    #expect(try ChunkPayload().unpack(bytes, gradientCount: 3, firstStart: 0) == Self.everything)
    let packed = try ChunkPayload().pack(Self.everything)
    // Version, columns, and behind the checksum zstd's magic.
    #expect(Self.hex(Array(packed.prefix(2) + packed[6..<10])) == "010f28b52ffd")
  }

  @Test("What is packed comes back", arguments: 0..<40 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let count = [1, 2, 50, 4096][Int(seed % 4)]
    var columns = TimingColumns()
    var start: Int64 = seed % 3 == 0 ? 0 : 1 << 40
    let first = start
    for _ in 0..<count {
      let entry = TimingColumns.Entry(
        start: start, duration: .random(in: 1...(1 << 20), using: &random),
        wait: seed & 1 == 0 ? 0 : .random(in: 0...5, using: &random),
        turnaround: seed & 2 == 0 ? -1 : .random(in: -1...5, using: &random),
        step: seed & 4 == 0 ? .min : .random(in: .min ... .max, using: &random))
      let batch = (0..<(seed & 8 == 0 ? 0 : Int.random(in: 0...3, using: &random))).map { _ in
        Int32.random(in: .min ... .max, using: &random)
      }
      columns.append(entry, samples: batch)
      start += .random(in: 0...(1 << 21), using: &random)
    }
    let packed = try ChunkPayload().pack(columns)
    let unpacked = try ChunkPayload().unpack(packed, gradientCount: count, firstStart: first)
    #expect(unpacked == columns)
  }

  @Test("Any changed, missing or added byte is an error")
  func corrupt() throws {
    let payload = ChunkPayload()
    let good = try payload.pack(Self.everything)
    var accepted: [String] = []
    func mustFail(_ bytes: [UInt8], _ what: String) {
      do {
        _ = try payload.unpack(bytes, gradientCount: 3, firstStart: 0)
        accepted.append(what)
      } catch is ChunkPayload.Failure {
      } catch {
        accepted.append("\(what): \(error)")
      }
    }
    for index in good.indices {
      for bit in 0..<8 {
        var bad = good
        bad[index] ^= 1 << UInt8(bit)
        mustFail(bad, "bit \(bit) of byte \(index)")
      }
      mustFail(Array(good[..<index]), "cut at \(index)")
    }
    mustFail(good + [0], "one more")
    for count in [0, 1, 2, 4, 4096, 4097, -1, .max, .min] {
      #expect(throws: ChunkPayload.Failure.self) {
        try payload.unpack(good, gradientCount: count, firstStart: 0)
      }
    }
    #expect(throws: ChunkPayload.Failure.self) {
      try payload.unpack(good, gradientCount: 3, firstStart: .max)
    }
    #expect(accepted == [])
  }

  /// Bytes that pass the checksum: what a hostile writer would make.
  @Test("Crafted columns never trap", arguments: 0..<200 as Range<UInt64>)
  func crafted(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var content = ColumnBytes.pack(Self.everything)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      content[Int.random(in: content.indices, using: &random)] = .random(
        in: 0...255, using: &random)
    }
    let presence = TimingColumns.Presence(rawValue: .random(in: 0...15, using: &random))
    let count = Int.random(in: 1...4, using: &random)
    content.withUnsafeBytes { bytes in
      let columns = try? ColumnBytes.unpack(
        bytes, presence: presence, gradientCount: count, firstStart: 0)
      #expect(columns == nil || columns?.count == count)
    }
  }

  /// 3 gradients may not unpack to a megabyte of zeros.
  @Test("A frame that unpacks to more than its row allows is refused before it is unpacked")
  func bomb() throws {
    let frame = try ZstdCodec().compress([UInt8](repeating: 0, count: 1 << 20))
    var payload: [UInt8] = [1, 0, 0, 0, 0, 0] + frame
    var checksum = CRC32()
    payload.withUnsafeBytes { bytes in
      checksum.update(UnsafeRawBufferPointer(rebasing: bytes[0..<2]))
      checksum.update(UnsafeRawBufferPointer(rebasing: bytes[6...]))
    }
    for index in 0..<4 { payload[2 + index] = UInt8(checksum.value >> (8 * UInt32(index)) & 255) }
    let failure = #expect(throws: ChunkPayload.Failure.self) {
      try ChunkPayload().unpack(payload, gradientCount: 3, firstStart: 0)
    }
    #expect(
      failure?.problem
        == "the payload claims to unpack to 1048576 bytes, and the limit is 192")
  }

  @Test("CRC-32 of the digits is the one of the standard")
  func checksum() {
    var checksum = CRC32()
    Array("123456789".utf8).withUnsafeBytes { checksum.update($0) }
    #expect(checksum.value == 0xcbf4_3926)
    // In pieces of any length it is the same.
    let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    var whole = CRC32()
    bytes.withUnsafeBytes { whole.update($0) }
    for cut in 0...100 {
      var pieces = CRC32()
      bytes.withUnsafeBytes { all in
        pieces.update(UnsafeRawBufferPointer(rebasing: all[..<cut]))
        pieces.update(UnsafeRawBufferPointer(rebasing: all[cut...]))
      }
      #expect(pieces.value == whole.value)
    }
  }
}

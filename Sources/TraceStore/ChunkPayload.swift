/// The bytes of up to 4,096 gradients of one worker, as `timing_chunk.payload` holds them.
///
/// ## The layout, version 1
///
///     byte 0        version, 1
///     byte 1        presence: bit 0 waits, bit 1 turnarounds, bit 2 steps, bit 3 samples;
///                   the other bits are 0
///     bytes 2..<6   CRC-32 (the one of zlib and gzip) of bytes 0, 1 and 6..., little-endian
///     bytes 6...    one zstd frame that states its content size, and nothing behind it
///
/// The frame unpacks to varints: seven bits a byte, lowest first, the highest bit set on all but
/// the last, at most ten bytes. *Signed* ones are zigzag: 0, −1, 1, −2 … are stored as 0, 1, 2, 3 …
/// With n the row's `gradient_count`, they are, column after column:
///
///     1                  n
///     n − 1   signed     start of gradient j ≥ 1 minus the end of gradient j − 1; an end is
///                        start + duration. Gradient 0 starts at the row's `first_start_ns`
///     n                  duration in nanoseconds, above 0
///     n       if bit 0   wait after it in nanoseconds, 0 unknown
///     n       if bit 1   turnaround in nanoseconds plus 1, 0 unknown
///     n       signed     if bit 2: step minus the step before it (0 before the first), modulo
///                        2^64; the step −2^63 is an unknown one
///     n       if bit 3   the size of the batch
///     all     signed     if bit 3: the batches end to end, each index minus the one before it in
///                        its batch (0 before the first)
///
/// Starts never decrease. A column that is absent holds no recorded value. All times but
/// `first_start_ns` are relative, so a payload depends on nothing but the gradients in it.
///
/// The checksum covers the packed bytes, so that damaged ones never reach zstd; against crafted
/// ones there are bounds: the frame unpacks to at most 64 bytes times n, with samples 5 · 2^24 more.
package struct ChunkPayload {
  /// The first byte; a payload with another one is refused.
  package static let version: UInt8 = 1
  /// Version, presence and checksum, in front of the zstd frame.
  package static let headerByteSize = 6
  /// What a gradient may unpack to, samples apart: six varints of ten bytes, and room for the count.
  package static let bytesPerGradientLimit = 64

  /// Why a payload is no chunk of so many gradients.
  package struct Failure: Error {
    /// What does not hold, as a part of a sentence; table and chunk are added by who reads them.
    package var problem: String
  }

  private let codec = ZstdCodec()

  package init() {}

  /// The bytes for the store. One call to zstd at level 3.
  package func pack(_ columns: TimingColumns) throws -> [UInt8] {
    let content = ColumnBytes.pack(columns)
    let frame = try codec.compress(content)
    var payload: [UInt8] = [Self.version, columns.presence.rawValue, 0, 0, 0, 0]
    payload.reserveCapacity(Self.headerByteSize + frame.count)
    payload.append(contentsOf: frame)
    Self.seal(&payload)
    return payload
  }

  /// Writes the checksum of a payload into it; one without a whole header is left as it is.
  package static func seal(_ payload: inout [UInt8]) {
    guard payload.count >= headerByteSize else { return }
    let checksum = checksum(payload)
    for index in 0..<4 {
      payload[2 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index)))
    }
  }

  /// Unpacks a payload, or tells what is wrong with it. Any bytes are safe.
  package func unpack(
    _ payload: [UInt8], gradientCount: Int, firstStart: Int64
  ) throws -> TimingColumns {
    guard payload.count > Self.headerByteSize else {
      throw Failure(problem: "the payload ends after \(payload.count) bytes")
    }
    guard payload[0] == Self.version else {
      throw Failure(problem: "the payload has version \(payload[0]), and 1 is known")
    }
    let presence = TimingColumns.Presence(rawValue: payload[1])
    guard presence.isSubset(of: .all) else {
      throw Failure(problem: "the payload has unknown columns (\(payload[1]))")
    }
    let claimed = (0..<4).reduce(UInt32(0)) { $0 | UInt32(payload[2 + $1]) << (8 * UInt32($1)) }
    guard claimed == Self.checksum(payload) else {
      throw Failure(problem: "the checksum does not match")
    }
    guard (1...TimingColumns.gradientLimit).contains(gradientCount) else {
      throw Failure(problem: "a chunk of \(gradientCount) gradients cannot be")
    }
    var limit = Self.bytesPerGradientLimit * gradientCount
    if presence.contains(.samples) { limit += 5 * TimingColumns.sampleLimit }
    let content: [UInt8]
    do {
      content = try payload.withUnsafeBytes { bytes in
        try codec.decompress(
          UnsafeRawBufferPointer(rebasing: bytes[Self.headerByteSize...]), limit: limit)
      }
    } catch let failure as ZstdCodec.Failure {
      throw Failure(problem: failure.problem)
    }
    return try content.withUnsafeBytes { bytes in
      try ColumnBytes.unpack(
        bytes, presence: presence, gradientCount: gradientCount, firstStart: firstStart)
    }
  }

  private static func checksum(_ payload: [UInt8]) -> UInt32 {
    payload.withUnsafeBytes { bytes in
      var checksum = CRC32()
      checksum.update(UnsafeRawBufferPointer(rebasing: bytes[0..<2]))
      checksum.update(UnsafeRawBufferPointer(rebasing: bytes[headerByteSize...]))
      return checksum.value
    }
  }
}

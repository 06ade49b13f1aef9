import ByteStreams
import Foundation

/// The sizes at which every boundary falls somewhere nasty.
let bufferSizes = [1, 2, 3, 7, 777, 4096, 262_144]

/// A small generator with a seed (Steele, Lea, Flood, OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Wraps bytes as one gzip member without compressing them (RFC 1952, stored blocks).
func gzipMember(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
  let blockSize = 60_000
  var start = 0
  repeat {
    let block = bytes[start..<min(start + blockSize, bytes.count)]
    start += block.count
    let size = UInt16(block.count)
    result.append(start == bytes.count ? 1 : 0)
    for half in [size, ~size] { result += [UInt8(half & 255), UInt8(half >> 8)] }
    result += block
  } while start < bytes.count
  for word in [crc32(bytes), UInt32(bytes.count)] {
    for shift in [0, 8, 16, 24] as [UInt32] { result.append(UInt8(word >> shift & 255)) }
  }
  return result
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
  var crc: UInt32 = ~0
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
  }
  return ~crc
}

/// A zstd frame (RFC 8878, no content size, no checksum, a window of 128 KiB) of raw blocks.
func zstdFrame(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]
  let blockSize = 100_000
  var start = 0
  repeat {
    let block = bytes[start..<min(start + blockSize, bytes.count)]
    start += block.count
    result += blockHeader(isLast: start == bytes.count, kind: 0, size: block.count)
    result += block
  } while start < bytes.count
  return result
}

/// A zstd frame that unpacks to `blockCount` times 128 KiB of one byte, 4 bytes a block.
func zstdBomb(_ byte: UInt8, blockCount: Int) -> [UInt8] {
  var result: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]
  for block in 1...blockCount {
    result += blockHeader(isLast: block == blockCount, kind: 1, size: 128 << 10) + [byte]
  }
  return result
}

private func blockHeader(isLast: Bool, kind: UInt32, size: Int) -> [UInt8] {
  let header = UInt32(size) << 3 | kind << 1 | (isLast ? 1 : 0)
  return [UInt8(header & 255), UInt8(header >> 8 & 255), UInt8(header >> 16 & 255)]
}

func readAll(_ source: ByteSource, pieceSize: Int = 1000) throws -> [UInt8] {
  var result: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: pieceSize)
  while true {
    let count = try piece.withUnsafeMutableBytes { try source.read(into: $0) }
    if count == 0 { return result }
    result += piece.prefix(count)
  }
}

/// The most memory this process has held so far, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #else
    getrusage(__rusage_who_t(Int32(RUSAGE_SELF.rawValue)), &usage)
    return usage.ru_maxrss * 1024
  #endif
}

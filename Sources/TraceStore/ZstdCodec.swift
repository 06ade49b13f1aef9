import CZstd

/// One zstd compressor and one decompressor, reused from chunk to chunk.
///
/// Not `Sendable`: zstd's contexts belong to one thread at a time.
package final class ZstdCodec {
  /// A frame that cannot be made or read.
  package struct Failure: Error {
    /// zstd's own words, or what the frame claims and does not hold.
    package var problem: String
  }

  /// Level 3 is zstd's default: 1 gains nothing in time here, and higher ones nothing in size.
  private static let level: Int32 = 3

  private let compressor = ZSTD_createCCtx()
  private let decompressor = ZSTD_createDCtx()

  package init() {}

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
  }

  /// Returns one frame that states its content size.
  package func compress(_ content: [UInt8]) throws -> [UInt8] {
    let bound = ZSTD_compressBound(content.count)
    var code = 0
    let frame = [UInt8](unsafeUninitializedCapacity: bound) { buffer, used in
      code = content.withUnsafeBytes { bytes in
        ZSTD_compressCCtx(
          compressor, buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count, Self.level)
      }
      used = ZSTD_isError(code) == 0 ? code : 0
    }
    guard ZSTD_isError(code) == 0 else {
      throw Failure(problem: "zstd: \(String(cString: ZSTD_getErrorName(code)))")
    }
    return frame
  }

  /// Unpacks one frame of at most `limit` bytes. Allocates no more than that, whatever the frame
  /// claims.
  package func decompress(_ frame: UnsafeRawBufferPointer, limit: Int) throws -> [UInt8] {
    let contentSize = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
    // The two largest values are zstd's "unknown" and "error"; neither is below the limit.
    guard contentSize <= UInt64(limit) else {
      throw Failure(
        problem: contentSize >= UInt64.max - 1
          ? "the payload is no zstd frame with a content size"
          : "the payload claims to unpack to \(contentSize) bytes, and the limit is \(limit)")
    }
    guard ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count) == frame.count else {
      throw Failure(problem: "the payload is no single zstd frame")
    }
    var code = 0
    let content = [UInt8](unsafeUninitializedCapacity: Int(contentSize)) { buffer, used in
      code = ZSTD_decompressDCtx(
        decompressor, buffer.baseAddress, buffer.count, frame.baseAddress, frame.count)
      used = ZSTD_isError(code) == 0 ? code : 0
    }
    guard ZSTD_isError(code) == 0, content.count == Int(contentSize) else {
      throw Failure(problem: "the payload does not unpack")
    }
    return content
  }
}

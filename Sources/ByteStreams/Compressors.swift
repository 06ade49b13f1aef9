import CZlib
import CZstd

/// Packs a stream piece by piece, in constant memory.
///
/// The same pieces give the same bytes on any machine with the same zlib or zstd: one thread, a fixed
/// level, and no time and no name in the header.
public protocol StreamCompressor: AnyObject {
  /// Takes the next bytes and returns what is ready, often nothing.
  func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8]
  /// Ends the stream and returns its last bytes. Nothing may be packed after it.
  func finish() -> [UInt8]
}

/// One gzip member.
public final class GzipCompressor: StreamCompressor {
  /// zlib's default: higher levels take far longer for the last few percent.
  private static let level: Int32 = 6

  /// At a fixed address: zlib keeps a pointer to it.
  private let stream: UnsafeMutablePointer<z_stream>

  public init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = outpace_deflate_init(stream, Self.level)
    precondition(code == Z_OK, "zlib does not start: \(code)")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  public func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var packed: [UInt8] = []
    var rest = bytes[...]
    // zlib counts in 32 bits.
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      deflate(piece, flush: Z_NO_FLUSH, into: &packed)
      rest = rest.dropFirst(piece.count)
    }
    return packed
  }

  public func finish() -> [UInt8] {
    var packed: [UInt8] = []
    deflate(UnsafeRawBufferPointer(start: nil, count: 0), flush: Z_FINISH, into: &packed)
    return packed
  }

  private func deflate(
    _ bytes: UnsafeRawBufferPointer, flush: Int32, into packed: inout [UInt8]
  ) {
    // zlib only reads through this pointer, whose type has no const.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(bytes.count)
    var isFull = true
    while isFull {
      let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, used in
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(buffer.count)
        let code = CZlib.deflate(stream, flush)
        precondition(code != Z_STREAM_ERROR, "the gzip stream was used after its end")
        used = buffer.count - Int(stream.pointee.avail_out)
        isFull = stream.pointee.avail_out == 0
      }
      packed += chunk
    }
  }
}

/// One zstd frame with a checksum of its content.
public final class ZstdCompressor: StreamCompressor {
  private let stream: OpaquePointer

  /// - Parameter level: 1 to 19.
  public init(level: Int32) {
    guard let stream = ZSTD_createCCtx() else { preconditionFailure("zstd does not start") }
    self.stream = stream
    ZSTD_CCtx_setParameter(stream, ZSTD_c_compressionLevel, level)
    ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)
  }

  deinit {
    ZSTD_freeCCtx(stream)
  }

  public func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { compress(bytes, ZSTD_e_continue) }

  public func finish() -> [UInt8] {
    compress(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end)
  }

  private func compress(
    _ bytes: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective
  ) -> [UInt8] {
    var packed: [UInt8] = []
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    var pending = 1
    while pending != 0 || input.pos < input.size {
      let chunk = [UInt8](unsafeUninitializedCapacity: ZSTD_CStreamOutSize()) { buffer, used in
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        pending = ZSTD_compressStream2(stream, &output, &input, directive)
        precondition(
          ZSTD_isError(pending) == 0, "zstd: \(String(cString: ZSTD_getErrorName(pending)))")
        used = output.pos
      }
      packed += chunk
      // What is left inside of zstd comes with the next piece.
      if directive == ZSTD_e_continue, input.pos == input.size { break }
    }
    return packed
  }
}

import CZlib
import CZstd

/// Something that turns the bytes of a file into those that were compressed.
protocol Decompressor: AnyObject {
  /// The stream ended before it said so; what came before was delivered.
  var isTruncated: Bool { get }
  /// Returns how many bytes were written to `target`, 0 only at the end.
  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int
}

/// One or more gzip members, one after the other.
final class GzipDecompressor: Decompressor {
  private(set) var isTruncated = false
  private let input: RawInput
  /// At a fixed address: zlib keeps a pointer to it and refuses a stream that has moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isInMember = false
  private var hasEnded = false

  init(_ input: RawInput) throws(ByteStreamError) {
    self.input = input
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard outpace_inflate_init(stream) == Z_OK else {
      throw ByteStreamError(reason: .corrupt("zlib does not start"), path: input.path)
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    let size = min(target.count, 1 << 30)
    guard !hasEnded, size > 0 else { return 0 }
    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(size)
    while Int(stream.pointee.avail_out) == size {
      let isAtEnd = try input.available.isEmpty && !input.refill()
      if !isInMember {
        // Tapes and some tools pad the file with zeros.
        while let byte = input.available.first, byte == 0 { input.consume(1) }
        if isAtEnd {
          hasEnded = true
          break
        }
        if input.available.isEmpty { continue }
        isInMember = true
        inflateReset(stream)
      }
      let bytes = input.available
      stream.pointee.next_in = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_in = UInt32(bytes.count)
      let code = inflate(stream, Z_NO_FLUSH)
      input.consume(bytes.count - Int(stream.pointee.avail_in))
      switch code {
      case Z_STREAM_END:
        isInMember = false
      case Z_OK, Z_BUF_ERROR:
        // At the end of the file zlib may still hold output; only without any is the stream cut.
        if isAtEnd, Int(stream.pointee.avail_out) == size {
          isTruncated = true
          hasEnded = true
          return 0
        }
      default:
        let detail = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)"
        throw ByteStreamError(reason: .corrupt(detail), path: input.path)
      }
    }
    return size - Int(stream.pointee.avail_out)
  }
}

/// One or more zstd frames, one after the other.
final class ZstdDecompressor: Decompressor {
  private(set) var isTruncated = false
  private let input: RawInput
  private let stream: OpaquePointer
  /// What zstd said last: 0 when a frame is complete and flushed.
  private var pending = 0
  private var hasEnded = false

  init(_ input: RawInput) throws(ByteStreamError) {
    self.input = input
    guard let stream = ZSTD_createDStream() else {
      throw ByteStreamError(reason: .corrupt("zstd does not start"), path: input.path)
    }
    self.stream = stream
    // 128 MiB, which `zstd --long` uses; a hostile frame could ask for gigabytes.
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)
  }

  deinit {
    ZSTD_freeDStream(stream)
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !hasEnded, !target.isEmpty else { return 0 }
    var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
    while output.pos == 0 {
      let isAtEnd = try input.available.isEmpty && !input.refill()
      if isAtEnd, pending == 0 {
        hasEnded = true
        break
      }
      let bytes = input.available
      var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
      let code = ZSTD_decompressStream(stream, &output, &source)
      input.consume(source.pos)
      if ZSTD_isError(code) != 0 {
        if ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge {
          throw ByteStreamError(reason: .windowTooLarge, path: input.path)
        }
        let detail = String(cString: ZSTD_getErrorName(code))
        throw ByteStreamError(reason: .corrupt(detail), path: input.path)
      }
      pending = code
      if isAtEnd, output.pos == 0, pending != 0 {
        isTruncated = true
        hasEnded = true
      }
      if isAtEnd, output.pos == 0 { break }
    }
    return output.pos
  }
}

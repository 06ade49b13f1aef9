#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Returns the operating system's sentence for an error number.
func systemMessage(_ code: Int32) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  return String(cString: text)
}

/// An open file that closes itself.
///
/// The calls live here so that one file knows which C library there is.
struct FileDescriptor: ~Copyable {
  private let number: Int32
  /// The size of a regular file; nil for a pipe, a device or standard input.
  let byteSize: Int64?

  init(path: String) throws(ByteStreamError) {
    if path == "-" {
      number = 0
      byteSize = nil
      return
    }
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw ByteStreamError(reason: .cannotOpen(errno), path: path) }
    var status = stat()
    guard fstat(number, &status) == 0 else {
      let code = errno
      _ = close(number)
      throw ByteStreamError(reason: .cannotRead(code), path: path)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      _ = close(number)
      throw ByteStreamError(reason: .isFolder, path: path)
    }
    self.number = number
    byteSize = status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
  }

  deinit {
    if number != 0 { _ = close(number) }
  }

  /// Returns how many bytes came, 0 at the end.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, path: String
  ) throws(ByteStreamError) -> Int {
    while true {
      #if canImport(Glibc)
        let count = Glibc.read(number, buffer.baseAddress, buffer.count)
      #elseif canImport(Musl)
        let count = Musl.read(number, buffer.baseAddress, buffer.count)
      #elseif canImport(Darwin)
        let count = Darwin.read(number, buffer.baseAddress, buffer.count)
      #endif
      if count >= 0 { return count }
      // A signal is no end of file.
      if errno != EINTR { throw ByteStreamError(reason: .cannotRead(errno), path: path) }
    }
  }
}

/// Returns the position of `byte` in `bytes`, or nil.
@inline(__always)
func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
  guard let base = bytes.baseAddress, !bytes.isEmpty,
    let found = memchr(base, Int32(byte), bytes.count)
  else { return nil }
  return UnsafeRawPointer(found) - base
}

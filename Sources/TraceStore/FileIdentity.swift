import Crypto
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Tells whether a file is still the one that was read.
///
/// Its size, when it was last written and last changed in any way, and a digest of its content: of all
/// of it up to 4 MiB, of 64 blocks of 64 KiB spread over a larger one. (Reading a large file whole to
/// know whether it has to be read would save nothing.) Whoever writes to a file moves the time of its
/// last change, which no program can set back; the digest is for network disks with coarse clocks.
struct FileIdentity: Hashable, Sendable {
  private static let blockByteSize = 64 << 10
  private static let blockCount = 64

  let text: String

  /// Nil for what is no regular file.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = FileHandle(forReadingAtPath: path)
    else { return nil }
    defer { try? file.close() }
    let size = Int(status.st_size)
    var digest = SHA256()
    let step = max(Self.blockByteSize, size / Self.blockCount)
    var offset = 0
    while offset < size {
      guard (try? file.seek(toOffset: UInt64(offset))) != nil,
        let block = try? file.read(upToCount: Self.blockByteSize)
      else { return nil }
      digest.update(data: block)
      offset += step
    }
    if size > Self.blockByteSize {
      guard (try? file.seek(toOffset: UInt64(size - Self.blockByteSize))) != nil,
        let block = try? file.read(upToCount: Self.blockByteSize)
      else { return nil }
      digest.update(data: block)
    }
    let hash = digest.finalize().map { String($0, radix: 16) }.joined(separator: ".")
    #if canImport(Darwin)
      let (written, changed) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (written, changed) = (status.st_mtim, status.st_ctim)
    #endif
    text =
      "\(size) \(written.tv_sec).\(written.tv_nsec) \(changed.tv_sec).\(changed.tv_nsec) \(hash)"
  }
}

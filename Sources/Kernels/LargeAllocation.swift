#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory of which random places are read, 64-byte aligned at least; to be given back by `deallocate()`.
///
/// A row of a few KiB lies on one or two pages of 4 KiB, and with a matrix beyond the caches looking
/// up each page costs as much as reading a part of the row. Where the system has pages of 2 MiB it is
/// asked for them, from half such a page on, which then is a whole one; where it has not, nothing is
/// different but the time.
public func allocateLarge(byteCount: Int) -> UnsafeMutableRawPointer {
  let pageSize = 1 << 21
  guard byteCount >= pageSize / 2 else {
    return .allocate(byteCount: byteCount, alignment: 64)
  }
  let byteCount = (byteCount + pageSize - 1) & ~(pageSize - 1)
  let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: pageSize)
  #if os(Linux)
    // MADV_HUGEPAGE; a refusal is no error.
    _ = madvise(raw, byteCount, 14)
  #endif
  return raw
}

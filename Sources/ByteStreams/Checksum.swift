import CZlib

/// The CRC-32 of gzip, of these bytes behind others that have the checksum `before`; 0 of none.
package func checksum(of bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
  // Without an address zlib forgets what was before.
  guard let base = bytes.baseAddress else { return before }
  return UInt32(
    truncatingIfNeeded: crc32_z(
      UInt(before), base.assumingMemoryBound(to: UInt8.self), bytes.count))
}

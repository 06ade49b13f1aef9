/// The CRC-32 of zlib, gzip and PNG: polynomial 0x04C11DB7, reflected, inverted before and after.
///
/// Reference: ISO 3309 and RFC 1952, section 8.
struct CRC32 {
  private var register: UInt32 = 0xffff_ffff

  /// The remainders of all bytes.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { remainder, _ in
      remainder & 1 == 0 ? remainder >> 1 : (remainder >> 1) ^ 0xedb8_8320
    }
  }

  var value: UInt32 { ~register }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    register = Self.table.withUnsafeBufferPointer { table in
      bytes.reduce(register) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ ($0 >> 8) }
    }
  }
}

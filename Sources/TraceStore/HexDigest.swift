import Crypto

/// SHA-256 in lower-case hex, fed in pieces: for the digests of requests and of data.
public struct HexDigest {
  private var hash = SHA256()

  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// Adds the UTF-8 of a text.
  public mutating func update(_ text: String) {
    hash.update(data: Array(text.utf8))
  }

  /// 64 lower-case hex digits.
  public consuming func finish() -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in hash.finalize() {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

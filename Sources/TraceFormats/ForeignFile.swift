import ByteStreams

/// What a file that no format claims seems to be, so that the message can name the next step.
public enum ForeignFile: Hashable, Sendable {
  /// JSON with these keys at its top, or in the first object of its array.
  case json(keys: [String])
  /// A container of another kind that holds tables or files, by its name.
  case container(String)

  private static let magics: [(String, [UInt8])] = [
    ("a Parquet file", Array("PAR1".utf8)), ("an HDF5 file", [0x89] + Array("HDF".utf8)),
    ("a ZIP archive", [0x50, 0x4b, 0x03, 0x04]), ("an Arrow file", Array("ARROW1".utf8)),
  ]

  /// Nil where nothing is known of it.
  init?(_ head: FileHead) {
    if let (name, _) = ForeignFile.magics.first(where: { head.bytes.starts(with: $0.1) }) {
      self = .container(name)
      return
    }
    guard let keys = ForeignFile.keys(head), !keys.isEmpty else { return nil }
    self = .json(keys: keys)
  }

  /// The first few keys, as far as they are in the head.
  private static func keys(_ head: FileHead) -> [String]? {
    guard head.firstByte == 0x7b || head.firstByte == 0x5b else { return nil }
    var keys: [String] = []
    _ = head.scan { scanner in
      if try scanner.kind() == .array {
        try scanner.enterArray()
        guard try scanner.nextElement() else { return }
      }
      guard try scanner.kind() == .object else { return }
      try scanner.enterObject()
      while keys.count < 4, let key = try scanner.nextKey() {
        keys.append(decodedText(key.prefix(40)).text)
        try scanner.skipValue()
      }
    }
    return keys
  }
}

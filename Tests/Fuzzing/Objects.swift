import ByteStreams

extension Decoder {
  /// Takes each object of the bytes at once, and step by step: both have to find the same.
  func decodeObjects(_ bytes: UnsafeRawBufferPointer) {
    for (start, byte) in bytes.enumerated() where byte == 0x7b {
      let text = UnsafeRawBufferPointer(rebasing: bytes[start...])
      var quick = lenientScanner(text)
      guard let object = try? quick.takeObject() else {
        precondition(quick.byteOffset == 0, "an object that was not taken has been")
        continue
      }
      var slow = lenientScanner(text)
      do {
        try slow.enterObject()
        var count = 0
        while let key = try slow.nextKey() {
          precondition(count < object.count, "an entry too few")
          precondition(object.key(count).elementsEqual(key), "another key")
          let value = object.value(count)
          let isScalar = try slow.kind() == .scalar
          precondition(slow.byteOffset == object.valueOffset(count), "another place")
          if isScalar {
            let scalar = try slow.scalar()
            precondition(scalar.elementsEqual(value), "another scalar")
          } else {
            try slow.skipValue()
          }
          precondition(
            slow.byteOffset == object.valueOffset(count) + Int64(value.count), "another end")
          count += 1
        }
        precondition(count == object.count, "an entry too many")
        precondition(slow.byteOffset == quick.byteOffset, "another end of the object")
        precondition(slow.oddities.count == 0, "something odd was taken")
      } catch {
        preconditionFailure("an object was taken that is none: \(error)")
      }
    }
  }

  private func lenientScanner(_ text: UnsafeRawBufferPointer) -> JSONScanner {
    var scanner = JSONScanner()
    scanner.isLenient = true
    scanner.load(text)
    return scanner
  }
}

extension JSONScanner {
  /// Goes behind the closing quote of a string of any length.
  mutating func skipStringRest() throws {
    var check = StringCheck()
    let start = byteOffset
    while true {
      var isUnusual = false
      let begin = position
      let stop = quoteOrBackslash(in: bytes, begin, end, &isUnusual)
      check.take(bytes, begin..<stop, isUnusual)
      position = stop
      if stop == end {
        guard try refill() else { throw truncated() }
        continue
      }
      position = stop + 1
      if byte(at: stop) == 0x22 { return note(check, at: start) }
      // The escaped byte may be the first one of the next buffer.
      if position == end {
        guard try refill() else { throw truncated() }
      }
      check.takeEscape(of: byte(at: position))
      position += 1
    }
  }

  /// Goes behind a number or bare word of any length.
  mutating func skipScalar() throws {
    var count = 0
    let start = byteOffset
    var isOdd = false
    repeat {
      let stop = scalarEnd(in: bytes, position, end)
      // Only NaN, Infinity and the like have these letters.
      for index in position..<stop where byte(at: index) == 0x4e || byte(at: index) == 0x49 {
        isOdd = true
      }
      count += stop - position
      position = stop
      if stop < end { break }
    } while try refill()
    if isOdd { noteWord(at: start) }
    if count == 0 { throw position < end ? unexpected("a value") : truncated() }
  }

  /// Goes behind the bracket that closes `count` containers, by counting brackets outside strings.
  mutating func skipContainers(_ count: Int, depthLeft: Int) throws {
    var open = count
    guard open <= depthLeft else { throw tooDeep() }
    while true {
      let bytes = bytes
      let end = end
      var index = position
      var isAtString = false
      scan: while index < end {
        let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
        index += 1
        if byte == 0x22 {
          var isUnusual = false
          let stop = quoteOrBackslash(in: bytes, index, end, &isUnusual)
          if stop < end, bytes.load(fromByteOffset: stop, as: UInt8.self) == 0x22 {
            if isUnusual { note(string: index..<stop) }
            index = stop + 1
            continue scan
          }
          // An escape or the end of the buffer: the careful way, then start over.
          isAtString = true
          break scan
        }
        // Digits, commas, colons and spaces are below all brackets and letters.
        guard byte >= 0x40 else { continue }
        // Bit 5 is all that tells '{' from '[' and '}' from ']'.
        let folded = byte | 0x20
        if folded == 0x7b {
          open += 1
          if open > depthLeft {
            position = index - 1
            throw tooDeep()
          }
        } else if folded == 0x7d {
          open -= 1
          if open == 0 {
            position = index
            return
          }
        } else if byte == 0x49 || byte == 0x4e {
          // JSON has no capital letter but E outside of strings.
          noteWord(byte, at: offset + Int64(index) - 1)
        }
      }
      position = index
      if isAtString { try skipStringRest() }
      if position < self.end { continue }
      guard try refill() else { throw truncated() }
    }
  }
}

extension JSONScanner {
  /// Goes behind the closing quote of a string of any length.
  mutating func skipStringRest() throws {
    while true {
      let stop = quoteOrBackslash(in: bytes, position, end)
      position = stop
      if stop == end {
        guard try refill() else { throw truncated() }
        continue
      }
      position = stop + 1
      if byte(at: stop) == 0x22 { return }
      // The escaped byte may be the first one of the next buffer.
      if position == end {
        guard try refill() else { throw truncated() }
      }
      position += 1
    }
  }

  /// Goes behind a number or bare word of any length.
  mutating func skipScalar() throws {
    var count = 0
    repeat {
      let stop = scalarEnd(in: bytes, position, end)
      count += stop - position
      position = stop
      if stop < end { break }
    } while try refill()
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
          let stop = quoteOrBackslash(in: bytes, index, end)
          if stop < end, bytes.load(fromByteOffset: stop, as: UInt8.self) == 0x22 {
            index = stop + 1
            continue scan
          }
          // An escape or the end of the buffer: the careful way, then start over.
          isAtString = true
          break scan
        }
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
        }
      }
      position = index
      if isAtString { try skipStringRest() }
      if position < self.end { continue }
      guard try refill() else { throw truncated() }
    }
  }
}

import ByteStreams

extension PyTorchReader {
  /// An object with `traceEvents` and one of the keys, or steps, that only this profiler writes.
  static func claims(_ head: FileHead) -> Bool {
    guard head.firstByte == 0x7b else { return false }
    var hasEvents = false
    var hasMark = false
    _ = head.scan { scanner in
      try scanner.enterObject()
      while let key = try scanner.nextKey() {
        if isSame(key, "traceEvents") {
          hasEvents = try scanner.kind() == .array
        } else if isSame(key, "deviceProperties") || isSame(key, "distributedInfo") {
          hasMark = true
          // Long lists of process groups may fill the whole head.
          hasEvents = hasEvents || !head.isWhole
        } else if isSame(key, "baseTimeNanoseconds") || isSame(key, "schemaVersion") {
          hasMark = true
        }
        if hasEvents, hasMark { return }
        guard hasEvents else {
          try scanner.skipValue()
          continue
        }
        try scanner.enterArray()
        while try scanner.nextElement(), !hasMark { hasMark = try isStep(&scanner) }
        if hasMark { return }
      }
    }
    return hasEvents && hasMark
  }

  private static func isStep(_ scanner: inout JSONScanner) throws -> Bool {
    guard try scanner.kind() == .object else {
      try scanner.skipValue()
      return false
    }
    var isStep = false
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      if isSame(key, "name"), try scanner.kind() == .string {
        if case .step = ProfileName(try scanner.string()) { isStep = true }
      } else {
        try scanner.skipValue()
      }
    }
    return isStep
  }

  /// The rank and world size in the head of a file, if they are there.
  static func identity(_ head: FileHead) -> (rank: Int64, worldSize: Int64)? {
    var rank: Int64?
    var worldSize: Int64?
    _ = head.scan { scanner in
      var quoted = 0
      try scanner.enterObject()
      while let key = try scanner.nextKey() {
        guard isSame(key, "distributedInfo"), try scanner.kind() == .object else {
          try scanner.skipValue()
          continue
        }
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
          if isSame(key, "rank") {
            rank = try scanner.number(scale: 0, quoted: &quoted)
          } else if isSame(key, "world_size") {
            worldSize = try scanner.number(scale: 0, quoted: &quoted)
          } else {
            try scanner.skipValue()
          }
          if rank != nil, worldSize != nil { return }
        }
      }
    }
    guard let rank, let worldSize else { return nil }
    return (rank, worldSize)
  }
}

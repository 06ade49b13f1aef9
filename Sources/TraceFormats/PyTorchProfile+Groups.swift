import ByteStreams
import TraceModel

extension PyTorchProfile {
  private static let groupLimit = 1 << 16
  private static let memberLimit = 1 << 20

  /// Reads `pg_config`: the groups that the rank is a member of.
  static func groups(_ scanner: inout JSONScanner) throws -> [ProcessGroup] {
    guard try scanner.kind() == .array else {
      try scanner.skipValue()
      return []
    }
    var groups: [ProcessGroup] = []
    var memberCount = 0
    try scanner.enterArray()
    while try scanner.nextElement() {
      guard try scanner.kind() == .object, groups.count < groupLimit else {
        try scanner.skipValue()
        continue
      }
      let group = try group(&scanner, memberLimit - memberCount)
      memberCount += group.ranks.count
      groups.append(group)
    }
    return groups
  }

  private static func group(_ scanner: inout JSONScanner, _ limit: Int) throws -> ProcessGroup {
    var group = ProcessGroup()
    var quoted = 0
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      if isSame(key, "pg_name") {
        group.name = try text(&scanner)
      } else if isSame(key, "pg_desc") {
        group.description = try text(&scanner)
      } else if isSame(key, "pg_size") {
        group.size = try scanner.number(scale: 0, quoted: &quoted) ?? 0
      } else if isSame(key, "ranks") {
        guard try scanner.kind() == .array else {
          try scanner.skipValue()
          continue
        }
        try scanner.enterArray()
        while try scanner.nextElement() {
          let rank = try scanner.number(scale: 0, quoted: &quoted)
          if let rank, group.ranks.count < limit { group.ranks.append(rank) }
        }
      } else {
        try scanner.skipValue()
      }
    }
    if !group.ranks.isEmpty { group.size = Int64(group.ranks.count) }
    return group
  }

  private static func text(_ scanner: inout JSONScanner) throws -> String {
    switch try scanner.kind() {
    case .string: return decodedText(try scanner.string().prefix(WorkerLabel.byteSizeLimit)).text
    case .scalar: return decodedText(try scanner.scalar().prefix(WorkerLabel.byteSizeLimit)).text
    case .object, .array:
      try scanner.skipValue()
      return ""
    }
  }

  /// Takes the `args` of an event, and tells whether its group is one of `names`; nil if it names
  /// no group.
  static func isInside(_ scanner: inout JSONScanner, _ names: Set<[UInt8]>) throws -> Bool? {
    guard try scanner.kind() == .object else {
      try scanner.skipValue()
      return nil
    }
    var isInside: Bool?
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      guard isSame(key, "Process Group Name") else {
        try scanner.skipValue()
        continue
      }
      isInside = names.contains(Array(try text(&scanner).utf8))
    }
    return isInside
  }
}

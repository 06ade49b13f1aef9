import GRDB

/// Sorted runs in a TEMP table: a few dozen kilobytes of packed segments in a row, never a row a
/// gradient. The table is in SQLite's own temporary file, which vanishes with the process; the
/// store itself is neither read nor locked.
package final class SpoolTable {
  /// Segments are gathered up to this size; a merge holds one block of each run.
  private static let blockByteSize = 32 << 10

  package let name: String
  package private(set) var runCount = 0

  package init(_ database: Database, name: String) throws {
    self.name = name
    try SQLStatement(
      database,
      """
      CREATE TEMP TABLE \(name) (
        run INTEGER NOT NULL, block INTEGER NOT NULL, content BLOB NOT NULL,
        PRIMARY KEY (run, block))
      """
    ).run()
  }

  package func add(_ run: BufferedRun, to database: Database) throws {
    let insert = try SQLStatement(database, "INSERT INTO temp.\(name) VALUES (?, ?, ?)")
    var block: [UInt8] = []
    var blockIndex = 0
    while let segment = run.next() {
      Self.append(segment, to: &block)
      if block.count >= Self.blockByteSize {
        try insert.run([.integer(runCount), .integer(blockIndex), .blob(block)])
        block.removeAll(keepingCapacity: true)
        blockIndex += 1
      }
    }
    if !block.isEmpty {
      try insert.run([.integer(runCount), .integer(blockIndex), .blob(block)])
    }
    runCount += 1
  }

  /// The stored runs from their beginnings, oldest first.
  package func runs(in database: Database) throws -> [any SpoolRun] {
    let fetch = try SQLStatement(
      database, "SELECT content FROM temp.\(name) WHERE run = ? AND block = ?")
    return (0..<runCount).map { StoredRun(index: $0, fetch: fetch) }
  }

  private static func append(_ segment: SpoolSegment, to block: inout [UInt8]) {
    let content = ColumnBytes.pack(segment.columns)
    let header: [UInt64] = [
      UInt64(segment.handle), UInt64(segment.columns.presence.rawValue),
      UInt64(segment.columns.count), Varint.zigzag(segment.columns.starts[0]),
      UInt64(content.count),
    ]
    block.append(
      contentsOf: [UInt8](unsafeUninitializedCapacity: header.count * Varint.byteSizeLimit) {
        buffer, used in
        guard let base = buffer.baseAddress else { return }
        var position = base
        for value in header { Varint.write(value, to: &position) }
        used = position - base
      })
    block.append(contentsOf: content)
  }
}

/// A run in the table, read block by block.
private final class StoredRun: SpoolRun {
  private let index: Int
  private let fetch: SQLStatement
  private var block: [UInt8] = []
  private var position = 0
  private var nextBlock = 0

  package init(index: Int, fetch: SQLStatement) {
    self.index = index
    self.fetch = fetch
  }

  package func next() throws -> SpoolSegment? {
    if position == block.count {
      try fetch.bind([.integer(index), .integer(nextBlock)])
      guard try fetch.step() else { return nil }
      block = try fetch.blob(0)
      position = 0
      nextBlock += 1
    }
    return try block.withUnsafeBytes { bytes in
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      var reader = VarintReader(rest)
      let handle = Int(try reader.next())
      let presence = TimingColumns.Presence(rawValue: UInt8(try reader.next()))
      let count = Int(try reader.next())
      let firstStart = Varint.unzigzag(try reader.next())
      let content = try reader.bytes(Int(try reader.next()))
      let columns = try ColumnBytes.unpack(
        content, presence: presence, gradientCount: count, firstStart: firstStart)
      if let base = content.baseAddress, let begin = bytes.baseAddress {
        position = base + content.count - begin
      }
      return SpoolSegment(handle: handle, columns: columns)
    }
  }
}

import Foundation
import GRDB

/// Sorted runs in a table: a few dozen kilobytes of packed segments in a row, never a row a gradient.
///
/// Usually it is a TEMP table in SQLite's own temporary file, which vanishes with the process; under
/// `--resume` it is one of a file beside the store. The store itself is neither read nor locked.
package struct SpoolTable: Sendable {
  /// Segments are gathered up to this size; a merge holds one block of each run.
  fileprivate static let blockByteSize = 32 << 10
  /// Rows are written in transactions of about this size.
  fileprivate static let batchByteSize = 4 << 20

  /// With its schema, as in `temp.spool_1`.
  package let name: String

  static func columns(_ name: String) -> String {
    """
    CREATE TABLE \(name) (part INTEGER NOT NULL, run INTEGER NOT NULL, block INTEGER NOT NULL, \
    content BLOB NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (part, run, block))
    """
  }

  func create(in database: Database) throws {
    let sql = Self.columns(name).replacingOccurrences(of: "TABLE", with: "TABLE IF NOT EXISTS")
    try SQLStatement(database, sql).run()
  }

  /// Writes one run.
  func add(_ run: any SpoolRun, part: Int, run number: Int, to queue: DatabaseQueue) throws {
    var writer = RunWriter(self, part: part, run: number)
    while let segment = try run.next() {
      writer.append(segment)
      // Packing is done outside of the transactions: several threads may be at it.
      if writer.byteSize >= Self.batchByteSize { try write(&writer, to: queue) }
    }
    writer.endBlock()
    try write(&writer, to: queue)
  }

  private func write(_ writer: inout RunWriter, to queue: DatabaseQueue) throws {
    try queue.inTransaction(.deferred) { database in
      try create(in: database)
      try writer.write(in: database)
      return .commit
    }
  }

  /// A stored run from its beginning.
  func run(part: Int, run: Int, fetch: SQLStatement) -> any SpoolRun {
    StoredRun(part: part, run: run, fetch: fetch)
  }

  func fetch(in database: Database) throws -> SQLStatement {
    try SQLStatement(
      database, "SELECT content, checksum FROM \(name) WHERE part = ? AND run = ? AND block = ?")
  }

  fileprivate static func checksum(_ content: [UInt8]) -> Int64 {
    var crc = CRC32()
    content.withUnsafeBytes { crc.update($0) }
    return Int64(crc.value)
  }

  /// A run in the table, read block by block.
  private final class StoredRun: SpoolRun {
    private let part: Int
    private let number: Int
    private let fetch: SQLStatement
    private var block: [UInt8] = []
    private var position = 0
    private var nextBlock = 0

    init(part: Int, run: Int, fetch: SQLStatement) {
      self.part = part
      number = run
      self.fetch = fetch
    }

    func next() throws -> SpoolSegment? {
      if position == block.count {
        try fetch.bind([.integer(part), .integer(number), .integer(nextBlock)])
        guard try fetch.step() else { return nil }
        block = try fetch.blob(0)
        guard SpoolTable.checksum(block) == (try fetch.integer(1)) else { throw SpoolDamage() }
        position = 0
        nextBlock += 1
      }
      return try block.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        var reader = VarintReader(rest)
        let handle = try reader.next()
        let presence = TimingColumns.Presence(
          rawValue: UInt8(truncatingIfNeeded: try reader.next()))
        let count = try reader.next()
        let firstStart = Varint.unzigzag(try reader.next())
        let size = try reader.next()
        guard handle <= UInt64(Int32.max), count > 0, count <= TimingColumns.gradientLimit,
          size <= bytes.count
        else { throw SpoolDamage() }
        let content = try reader.bytes(Int(size))
        let columns = try ColumnBytes.unpack(
          content, presence: presence, gradientCount: Int(count), firstStart: firstStart)
        if let base = content.baseAddress, let begin = bytes.baseAddress {
          position = base + content.count - begin
        }
        return SpoolSegment(handle: Int(handle), columns: columns)
      }
    }
  }
}

/// Packs the segments of one run into blocks, and writes them as rows.
struct RunWriter {
  private let table: SpoolTable
  private let part: Int
  private let run: Int
  private var rows: [[UInt8]] = []
  private var firstRow = 0
  private var block: [UInt8] = []
  private var columns = TimingColumns()
  private var handle = -1
  /// Of the rows that wait to be written.
  private(set) var byteSize = 0

  init(_ table: SpoolTable, part: Int, run: Int) {
    self.table = table
    self.part = part
    self.run = run
  }

  mutating func append(_ segment: SpoolSegment) {
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
    if block.count >= SpoolTable.blockByteSize { endBlock() }
  }

  /// Adds gradients of a merge, and writes what has gathered.
  mutating func append(
    _ source: TimingColumns, _ range: Range<Int>, handle: Int, in database: Database
  ) throws {
    if handle != self.handle { endSegment() }
    self.handle = handle
    var rest = range
    while !rest.isEmpty {
      if columns.count == TimingColumns.gradientLimit || columns.samples.count >= 1 << 20 {
        endSegment()
        if byteSize >= SpoolTable.batchByteSize { try write(in: database) }
      }
      // With batches one by one: a segment must not become too large to be packed.
      let limit = source.presence.contains(.samples) ? 1 : TimingColumns.gradientLimit
      let part = rest.prefix(min(limit, TimingColumns.gradientLimit - columns.count))
      columns.append(source, part)
      rest = rest.dropFirst(part.count)
    }
  }

  mutating func finish(in database: Database) throws {
    endSegment()
    endBlock()
    try write(in: database)
  }

  mutating func endBlock() {
    guard !block.isEmpty else { return }
    byteSize += block.count
    rows.append(block)
    block.removeAll(keepingCapacity: true)
  }

  mutating func write(in database: Database) throws {
    let insert = try SQLStatement(database, "INSERT INTO \(table.name) VALUES (?, ?, ?, ?, ?)")
    for (index, content) in rows.enumerated() {
      try insert.run([
        .integer(part), .integer(run), .integer(firstRow + index), .blob(content),
        .integer(SpoolTable.checksum(content)),
      ])
    }
    firstRow += rows.count
    rows = []
    byteSize = 0
  }

  private mutating func endSegment() {
    guard columns.count > 0 else { return }
    append(SpoolSegment(handle: handle, columns: columns))
    columns.removeAll()
  }
}

/// A run does not hold what was written.
struct SpoolDamage: Error {}

/// A run under the handles of the whole trace.
final class MappedRun: SpoolRun {
  private let run: any SpoolRun
  private let handles: [Int32]
  private let shiftsNs: [Int: Int64]

  /// - Parameters:
  ///   - handles: by the run's own ones. They keep its order.
  ///   - shiftsNs: what is added to the starts of a worker, by the run's own handles.
  init(_ run: any SpoolRun, handles: [Int32], shiftsNs: [Int: Int64]) {
    self.run = run
    self.handles = handles
    self.shiftsNs = shiftsNs
  }

  func next() throws -> SpoolSegment? {
    guard var segment = try run.next() else { return nil }
    guard handles.indices.contains(segment.handle) else { throw SpoolDamage() }
    if let shiftNs = shiftsNs[segment.handle] {
      for index in segment.columns.starts.indices {
        let (start, overflow) = segment.columns.starts[index].addingReportingOverflow(shiftNs)
        guard !overflow, start < TraceSpool.timeLimit else { throw SpoolDamage() }
        segment.columns.starts[index] = start
      }
    }
    segment.handle = Int(handles[segment.handle])
    return segment
  }
}

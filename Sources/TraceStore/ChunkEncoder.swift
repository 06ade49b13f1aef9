import Dispatch
import Synchronization
import TraceModel

/// Turns chunks into the bytes that are stored, and hashes them, beside the thread that merges.
///
/// What comes of it is inserted by that thread, in the order in which it was added: nobody can tell
/// afterwards whether there was a second one. About a hundred thousand gradients are under way at most.
final class ChunkEncoder {
  private enum Item: Sendable {
    case chunk(TimingColumns, workerIndex: Int, index: Int)
    case end(WorkerStatistics)
  }

  private enum Row: Sendable {
    case chunk(ChunkRow, payload: [UInt8], workerIndex: Int, index: Int)
    case end(WorkerStatistics, digest: [UInt8])
  }

  /// `@unchecked`: used by one piece of work at a time, on a serial queue or without one.
  private final class Coder: @unchecked Sendable {
    private let payload = ChunkPayload()
    private var digest = ContentDigest.Columns()

    func encode(_ item: Item) throws -> Row {
      switch item {
      case .chunk(let columns, let workerIndex, let index):
        digest.update(columns)
        return .chunk(
          ChunkRow(columns), payload: try payload.pack(columns), workerIndex: workerIndex,
          index: index)
      case .end(let worker):
        defer { digest = ContentDigest.Columns() }
        return .end(worker, digest: digest.finalized())
      }
    }
  }

  /// A piece of work: enough that handing it over costs nothing beside it.
  private static let batchGradientCount = 1 << 15
  private static let batchItemCount = 1 << 9
  private static let batchLimit = 3

  private let tables: AssembledTables
  private let registry: WorkerRegistry
  /// Worker indices by handle.
  private let indices: [Int32]
  private let coder = Coder()
  /// Nil for one thread.
  private let queue: DispatchQueue?
  private let room = DispatchSemaphore(value: batchLimit)
  private let done = RowQueue()
  private var batch: [Item] = []
  private var batchCount = 0

  /// Rows that are ready, in order.
  private final class RowQueue: Sendable {
    private let rows = Mutex<[Result<[Row], any Error>]>([])

    func add(_ batch: Result<[Row], any Error>) { rows.withLock { $0.append(batch) } }

    func take() throws -> [Row] {
      let batches = rows.withLock { rows in
        defer { rows = [] }
        return rows
      }
      return try batches.flatMap { try $0.get() }
    }
  }

  init(tables: AssembledTables, registry: WorkerRegistry, indices: [Int32], threads: Int) {
    self.tables = tables
    self.registry = registry
    self.indices = indices
    queue = threads > 1 ? DispatchQueue(label: "outpace.chunks") : nil
  }

  deinit {
    // A semaphore may not go while somebody has still to signal it.
    queue?.sync {}
  }

  /// Adds the next chunk of a worker.
  func add(_ columns: TimingColumns, handle: Int, index: Int) throws {
    batchCount += columns.count
    try add(.chunk(columns, workerIndex: Int(indices[handle]), index: index))
  }

  /// Adds a worker's row behind its chunks.
  func end(_ worker: WorkerStatistics) throws { try add(.end(worker)) }

  /// Inserts what is still under way.
  func finish() throws {
    submit()
    queue?.sync {}
    try insertDone()
  }

  private func add(_ item: Item) throws {
    guard queue != nil else { return try insert(try coder.encode(item)) }
    batch.append(item)
    guard batchCount >= Self.batchGradientCount || batch.count >= Self.batchItemCount else {
      return
    }
    submit()
    try insertDone()
  }

  private func submit() {
    guard let queue, !batch.isEmpty else { return }
    room.wait()
    let (items, coder, done, room) = (batch, coder, done, room)
    batch = []
    batchCount = 0
    queue.async {
      done.add(Result { try items.map { try coder.encode($0) } })
      room.signal()
    }
  }

  private func insertDone() throws {
    for row in try done.take() { try insert(row) }
  }

  private func insert(_ row: Row) throws {
    switch row {
    case .chunk(let row, let payload, let workerIndex, let index):
      try tables.insert(row, payload: payload, workerIndex: workerIndex, chunkIndex: index)
    case .end(let worker, let digest):
      try tables.insert(
        worker, index: Int(indices[worker.handle]), registry: registry, digest: digest)
    }
  }
}

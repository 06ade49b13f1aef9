import Dispatch
import Synchronization
import TraceModel

/// Turns chunks into the bytes that are stored, and hashes them, beside the thread that merges.
///
/// Packing and hashing take about as long, and neither needs the other: each has a thread. What comes of
/// them is inserted by the thread that merges, in the order in which it was added: nobody can tell
/// afterwards whether there were others. About a hundred thousand gradients are under way at most.
final class ChunkEncoder {
  private enum Item: Sendable {
    case chunk(TimingColumns, workerIndex: Int, index: Int)
    case end(WorkerStatistics)
  }

  private struct Packed: Sendable {
    var row: ChunkRow
    var payload: [UInt8]
  }

  /// `@unchecked`: used by one piece of work at a time, on a serial queue or without one.
  private final class Packer: @unchecked Sendable {
    private let payload = ChunkPayload()

    func pack(_ items: [Item]) throws -> [Packed] {
      try items.compactMap { item in
        guard case .chunk(let columns, _, _) = item else { return nil }
        return Packed(row: ChunkRow(columns), payload: try payload.pack(columns))
      }
    }
  }

  /// `@unchecked`: as a packer.
  private final class Hasher: @unchecked Sendable {
    private var digest = ContentDigest.Columns()

    /// The digests of the workers that end.
    func hash(_ items: [Item]) -> [[UInt8]] {
      items.compactMap { item in
        switch item {
        case .chunk(let columns, _, _):
          digest.update(columns)
          return nil
        case .end:
          defer { digest = ContentDigest.Columns() }
          return digest.finalized()
        }
      }
    }
  }

  /// A piece of work: enough that handing it over costs nothing beside it.
  private final class Batch: Sendable {
    struct State: Sendable {
      var packed: Result<[Packed], any Error>?
      var digests: [[UInt8]]?

      var isDone: Bool { packed != nil && digests != nil }
    }

    let items: [Item]
    private let state = Mutex(State())

    init(_ items: [Item]) {
      self.items = items
    }

    var current: State { state.withLock { $0 } }

    /// Returns whether nothing is left to do.
    func set(_ change: (inout State) -> Void) -> Bool {
      state.withLock { state in
        change(&state)
        return state.isDone
      }
    }
  }

  private static let batchGradientCount = 1 << 15
  private static let batchItemCount = 1 << 9
  private static let batchLimit = 3

  private let tables: AssembledTables
  private let registry: WorkerRegistry
  /// Worker indices by handle.
  private let indices: [Int32]
  private let packer = Packer()
  private let hasher = Hasher()
  /// Nil for one thread.
  private let queues: (packing: DispatchQueue, hashing: DispatchQueue)?
  private let room = DispatchSemaphore(value: batchLimit)
  /// Those under way, in order.
  private var batches: [Batch] = []
  private var items: [Item] = []
  private var gradientCount = 0

  init(tables: AssembledTables, registry: WorkerRegistry, indices: [Int32], threads: Int) {
    self.tables = tables
    self.registry = registry
    self.indices = indices
    queues =
      threads > 1
      ? (DispatchQueue(label: "outpace.chunks"), DispatchQueue(label: "outpace.digests")) : nil
  }

  deinit {
    // A semaphore may not go while somebody has still to signal it.
    wait()
  }

  /// Adds the next chunk of a worker.
  func add(_ columns: TimingColumns, handle: Int, index: Int) throws {
    gradientCount += columns.count
    try add(.chunk(columns, workerIndex: Int(indices[handle]), index: index))
  }

  /// Adds a worker's row behind its chunks.
  func end(_ worker: WorkerStatistics) throws { try add(.end(worker)) }

  /// Inserts what is still under way.
  func finish() throws {
    submit()
    wait()
    try insertDone()
  }

  private func wait() {
    queues?.packing.sync {}
    queues?.hashing.sync {}
  }

  private func add(_ item: Item) throws {
    guard queues != nil else {
      return try insert([item], packer.pack([item]), hasher.hash([item]))
    }
    items.append(item)
    guard gradientCount >= Self.batchGradientCount || items.count >= Self.batchItemCount else {
      return
    }
    submit()
    try insertDone()
  }

  private func submit() {
    guard let queues, !items.isEmpty else { return }
    room.wait()
    let (batch, packer, hasher, room) = (Batch(items), packer, hasher, room)
    batches.append(batch)
    items = []
    gradientCount = 0
    queues.packing.async {
      let packed = Result { try packer.pack(batch.items) }
      if batch.set({ $0.packed = packed }) { room.signal() }
    }
    queues.hashing.async {
      let digests = hasher.hash(batch.items)
      if batch.set({ $0.digests = digests }) { room.signal() }
    }
  }

  private func insertDone() throws {
    while let batch = batches.first {
      let state = batch.current
      guard let packed = state.packed, let digests = state.digests else { return }
      batches.removeFirst()
      try insert(batch.items, try packed.get(), digests)
    }
  }

  private func insert(_ items: [Item], _ packed: [Packed], _ digests: [[UInt8]]) throws {
    var packed = packed[...]
    var digests = digests[...]
    for item in items {
      switch item {
      case .chunk(_, let workerIndex, let index):
        guard let chunk = packed.popFirst() else { preconditionFailure("a chunk was not packed") }
        try tables.insert(
          chunk.row, payload: chunk.payload, workerIndex: workerIndex, chunkIndex: index)
      case .end(let worker):
        guard let digest = digests.popFirst() else { preconditionFailure("no digest") }
        try tables.insert(
          worker, index: Int(indices[worker.handle]), registry: registry, digest: digest)
      }
    }
  }
}

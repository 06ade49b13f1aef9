import GRDB
import Synchronization
import TraceModel

/// The files of one trace, spooled apart from one another and on any thread.
///
/// Of a finished file the memory keeps four bytes a worker; its gradients are in the table.
final class SpoolParts: TraceParts {
  struct Finished: Sendable {
    /// In the table.
    var id: Int
    var runCount: Int
    var gradientCount: Int
    /// Handles of the joint registry, by those of the part.
    var handles: [Int32]
    var shiftsNs: [Int: Int64] = [:]
  }

  struct State: Sendable {
    /// The workers of all parts.
    var registry = WorkerRegistry()
    var finished: [Int: Finished] = [:]
  }

  /// As many as are read at once share the buffers' memory.
  private static let partBufferByteSize = 8 << 20

  private let store: TraceStore
  let table: SpoolTable
  /// Where finished files outlive the process.
  private let kept: KeptSpool?
  private let bufferByteSize: Int
  private let state = Mutex(State())

  init(store: TraceStore, table: SpoolTable, kept: KeptSpool?, bufferByteSize: Int) {
    self.store = store
    self.table = table
    self.kept = kept
    self.bufferByteSize = min(bufferByteSize, Self.partBufferByteSize)
  }

  func recall(_ part: Int, path: String) throws -> [UInt8]? {
    guard let kept, let identity = FileIdentity(path: path),
      let known = try kept.recall(path: path, identity: identity)
    else { return nil }
    try state.withLock { state in
      state.finished[part] = Finished(
        id: known.id, runCount: known.runCount, gradientCount: known.gradientCount,
        handles: try state.registry.join(known.registry))
    }
    return known.description
  }

  func begin(_ part: Int, path: String) throws -> any TraceSink {
    SpoolPart(
      id: kept?.newPart() ?? part, store: store, table: table, bufferByteSize: bufferByteSize,
      identity: kept == nil ? nil : FileIdentity(path: path))
  }

  func finish(
    _ part: Int, path: String, _ sink: any TraceSink, description: [UInt8]
  ) throws {
    guard let sink = sink as? SpoolPart else { preconditionFailure("a part has a strange sink") }
    try sink.flush()
    // A file that was written to while it was read is read again the next time.
    if let kept, let identity = sink.identity, identity == FileIdentity(path: path) {
      try kept.keep(sink, path: path, identity: identity, description: description)
    }
    try state.withLock { state in
      state.finished[part] = Finished(
        id: sink.id, runCount: sink.runCount, gradientCount: sink.gradientCount,
        handles: try state.registry.join(sink.registry))
    }
  }

  func shift(part: Int, worker handle: Int, by nanoseconds: Int64) {
    state.withLock { $0.finished[part]?.shiftsNs[handle] = nanoseconds }
  }

  /// All parts in their order, with the registry of their workers.
  func all() -> (registry: WorkerRegistry, parts: [Finished]) {
    state.withLock { state in
      (state.registry, state.finished.sorted { $0.key < $1.key }.map(\.value))
    }
  }

  func forget() { state.withLock { $0 = State() } }
}

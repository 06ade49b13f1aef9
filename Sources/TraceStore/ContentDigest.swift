import Crypto
import TraceModel

/// The identity of a trace: a SHA-256 over what was recorded, and over nothing of how it is stored.
///
/// ## What is hashed
///
/// Whole numbers are little-endian; a *string* is its number of bytes in 8 bytes, then its bytes.
///
///     trace    "outpace trace 1\n", string unit ("s" or "relative"), M in 8 bytes,
///              then the 32 bytes of each worker in order of index
///     worker   "outpace worker 1\n", string label, one byte 1 and string host, or one byte 0 if
///              it is unknown, string trust, first start (from the trace's) in 8 bytes,
///              number of gradients in 8 bytes, 32 bytes: SHA-256 of its blocks
///     block    of 4,096 gradients (the last: the rest): its number of gradients in 4 bytes, its
///              presence bits in 4 bytes, then the columns: starts (from the worker's first) and
///              durations in 8 bytes an entry, and those of waits, turnarounds (−1 unknown) and
///              steps (−2^63 unknown) that have an entry with a known value, likewise; then, if
///              there are samples, batch sizes and data indices in 4 bytes an entry
///
/// The presence bits are those of `ChunkPayload`. Trust and first start are outside of the blocks:
/// they are only known once all workers have been read. Nothing depends on names, on the order of
/// files or rows, or on packing.
enum ContentDigest {
  /// The blocks of one worker.
  struct Columns {
    private var hash = SHA256()
    private var origin: Int64?
    /// From the first one on; kept for its memory.
    private var starts: ContiguousArray<Int64> = []

    /// Takes the next 4,096 gradients of the worker, or its last ones.
    mutating func update(_ columns: borrowing TimingColumns) {
      let origin = self.origin ?? columns.starts.first ?? 0
      self.origin = origin
      hash.update(UInt32(columns.count))
      hash.update(UInt32(columns.presence.rawValue))
      starts.removeAll(keepingCapacity: true)
      for start in columns.starts { starts.append(start &- origin) }
      hash.update(starts)
      hash.update(columns.durations)
      if columns.presence.contains(.waits) { hash.update(columns.waits) }
      if columns.presence.contains(.turnarounds) { hash.update(columns.turnarounds) }
      if columns.presence.contains(.steps) { hash.update(columns.steps) }
      if columns.presence.contains(.samples) {
        hash.update(columns.sampleCounts)
        hash.update(columns.samples)
      }
    }

    func finalized() -> [UInt8] { Array(hash.finalize()) }
  }

  static func worker(
    label: String, host: String?, trust: TrustGrade, firstStart: Int64, gradientCount: Int,
    columns: [UInt8]
  ) -> [UInt8] {
    var hash = SHA256()
    hash.update(Array("outpace worker 1\n".utf8))
    hash.update(string: label)
    hash.update([UInt8(host == nil ? 0 : 1)])
    if let host { hash.update(string: host) }
    hash.update(string: trust.rawValue)
    hash.update(firstStart)
    hash.update(Int64(gradientCount))
    hash.update(columns)
    return Array(hash.finalize())
  }

  /// The whole trace, from its workers in order.
  struct Workers {
    private var hash = SHA256()

    init(unit: TimeUnit, workerCount: Int) {
      hash.update(Array("outpace trace 1\n".utf8))
      hash.update(string: unit.rawValue)
      hash.update(Int64(workerCount))
    }

    mutating func update(_ worker: [UInt8]) { hash.update(worker) }

    /// 64 lower-case hex digits.
    func finalized() -> String {
      let digits = Array("0123456789abcdef".utf8)
      let text = hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
      return String(decoding: text, as: UTF8.self)
    }
  }
}

extension SHA256 {
  fileprivate mutating func update(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { update(bufferPointer: $0) }
  }

  fileprivate mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update(bufferPointer: $0) }
  }

  fileprivate mutating func update(string: String) {
    update(Int64(string.utf8.count))
    update(Array(string.utf8))
  }

  fileprivate mutating func update<Value: FixedWidthInteger>(_ column: ContiguousArray<Value>) {
    #if _endian(little)
      column.withUnsafeBytes { update(bufferPointer: $0) }
    #else
      for value in column { update(value) }
    #endif
  }

}

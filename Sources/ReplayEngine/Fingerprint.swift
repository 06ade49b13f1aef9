import Crypto
import Kernels
import Optimization
import TraceModel

/// The SHA-256 of all that a replay did: its arrivals, the method's verdicts and the iterates.
///
/// Equal requests give equal fingerprints on every machine; another seed, a stepsize times
/// (1 + 2^−52) or a duration 1 ns longer gives another one. What is only observed (losses, history,
/// virtual iterates) and what only concerns speed (threads) does not enter, nor do names.
///
/// The hashed bytes, all numbers little-endian, without padding, one record after the other:
///
/// | record | bytes |
/// | --- | --- |
/// | header | `OUTPACE` and a 0 (8 bytes), format u32, M u64, d u64, method (u8 length, ASCII), stepsize rule (u8 length, ASCII; length 0 for none), number of parameters u8, each f64, γ first; seed u64; in format 2 the timing u8 = 1 for `clock`, 2 for `recorded` |
/// | arrival | fate u8 (0 discarded, 1 applied, 2 collected), time i64 in ns, worker u32, updates at read u64, updates so far u64, γ_k f64 |
/// | round's end | u8 = 16, time i64, updates u64; after every update that was collected |
/// | iterate | u8 = 17, updates k u64, d times f64; after updates 0, 1, 2, 4, 8 …, every 4,096th, and the last |
///
/// A replay in sequence has format 1, any other format 2, so that a fingerprint made before there
/// was a choice still holds. A gradient of `local` is a worker's whole round: one arrival record for
/// its H gradients.
///
/// The parameters after γ: `async` with `adaptive` c and L, with `drop` the limit; `backup` need;
/// `rennala` collect and abort (0 or 1); `ringmaster` limit and abort; `buffered` collect;
/// `fastest` workers; `local` steps; `picky` distance; `clipped` radius; `dc-async` λ; `momentum` β. Every NaN is written as 0x7ff8000000000000, since the payload of a
/// NaN depends on the processor.
struct Fingerprint: ~Copyable {
  /// The header's format, by what it has to say.
  static func format(_ timing: Timing) -> UInt32 {
    switch timing {
    case .sequence: 1
    case .clock, .recorded: 2
    }
  }

  /// Little enough to stay beside the iterate in the nearest cache: a larger block drives out rows of the data.
  private static let blockSize = 4_096

  private var hash = SHA256()
  private let block: UnsafeMutableRawPointer
  private var used = 0
  /// The update whose iterate was written last.
  private var lastIterate = -1

  init() {
    block = .allocate(byteCount: Self.blockSize, alignment: 64)
  }

  deinit {
    block.deallocate()
  }

  mutating func writeHeader(
    workerCount: Int, dimension: Int, method: MethodChoice, parameters: [Double], seed: UInt64,
    timing: Timing
  ) {
    for byte in "OUTPACE\0".utf8 { write(byte) }
    write(Self.format(timing))
    write(UInt64(workerCount))
    write(UInt64(dimension))
    writeText(method.name)
    writeText(method.rule?.rawValue ?? "")
    write(UInt8(parameters.count))
    for parameter in parameters { write(Self.bits(parameter)) }
    write(seed)
    switch timing {
    case .sequence: break
    case .clock: write(UInt8(1))
    case .recorded: write(UInt8(2))
    }
  }

  @inline(__always)
  mutating func writeArrival(_ record: ArrivalRecord, stepsize: Double) {
    makeRoom(ArrivalRecord.byteCount)
    // A copy: a store through a pointer might change any property, for all the compiler knows.
    let place = block + used
    place.storeBytes(of: record.words.0, as: UInt64.self)
    place.storeBytes(of: record.words.1, toByteOffset: 8, as: UInt64.self)
    place.storeBytes(of: record.words.2, toByteOffset: 16, as: UInt64.self)
    place.storeBytes(of: record.words.3, toByteOffset: 24, as: UInt64.self)
    place.storeBytes(
      of: Self.bits(stepsize).littleEndian, toByteOffset: ArrivalRecord.byteCount - 8,
      as: UInt64.self)
    used += ArrivalRecord.byteCount
  }

  mutating func writeRoundEnd(timeNs: Int64, updateCount: Int) {
    write(UInt8(16))
    write(timeNs)
    write(UInt64(updateCount))
  }

  /// Whether the iterate after this update is part of the fingerprint, whatever comes later.
  @inline(__always)
  static func includesIterate(_ updateCount: Int) -> Bool {
    updateCount & (updateCount &- 1) == 0 || updateCount & 4095 == 0
  }

  mutating func writeIterate(_ x: borrowing Vector, updateCount: Int) {
    guard updateCount != lastIterate else { return }
    lastIterate = updateCount
    write(UInt8(17))
    write(UInt64(updateCount))
    for index in 0..<x.dimension { write(Self.bits(x.base[index])) }
  }

  /// 64 hex digits. Nothing can be written afterwards.
  mutating func digest() -> String {
    flush()
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in hash.finalize() {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  @inline(__always)
  private static func bits(_ number: Double) -> UInt64 {
    number.isNaN ? 0x7ff8_0000_0000_0000 : number.bitPattern
  }

  private mutating func writeText(_ text: String) {
    write(UInt8(text.utf8.count))
    for byte in text.utf8 { write(byte) }
  }

  @inline(__always)
  private mutating func write<T: FixedWidthInteger>(_ number: T) {
    makeRoom(MemoryLayout<T>.size)
    put(number)
  }

  @inline(__always)
  private mutating func makeRoom(_ byteCount: Int) {
    if used + byteCount > Self.blockSize { flush() }
  }

  @inline(__always)
  private mutating func put<T: FixedWidthInteger>(_ number: T) {
    block.storeBytes(of: number.littleEndian, toByteOffset: used, as: T.self)
    used += MemoryLayout<T>.size
  }

  private mutating func flush() {
    hash.update(bufferPointer: UnsafeRawBufferPointer(start: block, count: used))
    used = 0
  }
}

/// What several replays with one schedule write of an arrival: all but γ_k, which comes last.
struct ArrivalRecord {
  static let byteCount = 37

  /// Its 29 bytes, as they lie in memory, and three zeros.
  fileprivate let words: (UInt64, UInt64, UInt64, UInt64)

  @inline(__always)
  init(_ arrival: Arrival, fate: Verdict.Fate, updateCount: Int) {
    let time = UInt64(bitPattern: arrival.time.nanoseconds)
    let worker = UInt64(UInt32(truncatingIfNeeded: arrival.worker))
    let updatesAtRead = UInt64(truncatingIfNeeded: arrival.updatesAtRead)
    let updates = UInt64(truncatingIfNeeded: updateCount)
    words = (
      (UInt64(fate.rawValue) | time &<< 8).littleEndian,
      (time &>> 56 | worker &<< 8 | updatesAtRead &<< 40).littleEndian,
      (updatesAtRead &>> 24 | updates &<< 40).littleEndian,
      (updates &>> 24).littleEndian
    )
  }
}

extension MethodChoice {
  /// What the header holds of the method's options, γ first.
  func fingerprintParameters(stepsize: Double, smoothness: Double, workerCount: Int) -> [Double] {
    switch self {
    case .minibatch: [stepsize]
    case .async(.adaptive, _, let constant): [stepsize, constant, smoothness]
    case .async(.drop, let limit, _): [stepsize, Double(limit ?? 2 * workerCount)]
    case .async: [stepsize]
    case .backup(let need): [stepsize, Double(need)]
    case .rennala(let collect, let abort): [stepsize, Double(collect), abort ? 1 : 0]
    case .ringmaster(let limit, let abort): [stepsize, Double(limit), abort ? 1 : 0]
    case .buffered(let collect): [stepsize, Double(collect)]
    case .fastest(let workers): [stepsize, Double(workers)]
    case .local(let steps): [stepsize, Double(steps)]
    case .picky(let number), .clipped(let number), .dcAsync(let number, false),
      .momentum(let number):
      [stepsize, number]
    case .dcAsync(let lambda, true): [stepsize, lambda, DelayCompensatedASGD.decay]
    }
  }
}

/// d numbers, 64-byte aligned and padded with zeros to a multiple of eight, so that kernels have no
/// tail and every sum has one order.
///
/// The padding stays zero: kernels write zeros there or nothing.
public struct Vector: ~Copyable {
  /// d, without the padding.
  public let dimension: Int
  /// 64-byte aligned; `paddedCount` numbers, those behind d are 0.
  public let base: UnsafeMutablePointer<Double>

  /// The number of entries that are stored for `dimension` numbers: the next multiple of eight.
  public static func paddedCount(_ dimension: Int) -> Int { (dimension + 7) & ~7 }

  /// The next multiple of eight.
  public var paddedCount: Int { Self.paddedCount(dimension) }

  private let allocation: UnsafeMutableRawPointer

  /// A vector of zeros.
  ///
  /// - Parameter line: the 64-byte line, of the 64 of a page of 4 KiB, at which it begins; nil for any. Only
  ///   the time depends on it: a processor takes a load for one of what was just stored at the same place of
  ///   another page, and waits. Vectors that are worked on together begin at lines of their own.
  public init(dimension: Int, line: Int? = nil) {
    precondition(dimension >= 0, "a vector of \(dimension) entries")
    self.dimension = dimension
    let count = max(8, Self.paddedCount(dimension))
    let skipped = ((line ?? 0) & 63) * 64
    allocation = .allocate(
      byteCount: skipped + count * 8, alignment: line == nil ? 64 : 4_096)
    base = (allocation + skipped).initializeMemory(as: Double.self, repeating: 0, count: count)
  }

  /// A vector of these entries.
  ///
  /// - Parameter line: as for zeros.
  public init(_ entries: some Collection<Double>, line: Int? = nil) {
    self.init(dimension: entries.count, line: line)
    for (index, entry) in entries.enumerated() { base[index] = entry }
  }

  deinit {
    allocation.deallocate()
  }

  /// Entry `index`, in 0 ..< d.
  public subscript(index: Int) -> Double {
    get {
      precondition(index >= 0 && index < dimension, "entry \(index) of \(dimension)")
      return base[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < dimension, "entry \(index) of \(dimension)")
      base[index] = newValue
    }
  }

  /// The d entries as an array.
  public var entries: [Double] { (0..<dimension).map { base[$0] } }
}

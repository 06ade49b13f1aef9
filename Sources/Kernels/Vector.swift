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

  /// A vector of zeros.
  public init(dimension: Int) {
    precondition(dimension >= 0, "a vector of \(dimension) entries")
    self.dimension = dimension
    let count = max(8, Self.paddedCount(dimension))
    let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 64)
    base = raw.initializeMemory(as: Double.self, repeating: 0, count: count)
  }

  public init(_ entries: some Collection<Double>) {
    self.init(dimension: entries.count)
    for (index, entry) in entries.enumerated() { base[index] = entry }
  }

  deinit {
    base.deallocate()
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

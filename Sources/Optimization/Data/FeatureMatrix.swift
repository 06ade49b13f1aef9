import Kernels
import Synchronization

/// The rows a_1 … a_n of a data set, each with `columnCount` numbers, in the form that kernels want.
///
/// Dense rows are 64-byte aligned and padded with zeros to a multiple of eight at least. A matrix with fewer
/// than a quarter of its entries different from zero is stored as compressed rows. An entry there
/// costs 3 (SSE2) to 10 (AVX-512) times a dense one, and 12 bytes instead of 8; the rule cannot ask
/// the processor, since the storage decides the order of sums.
public final class FeatureMatrix: @unchecked Sendable {
  // Nothing is written after `init` but what a lock protects, so that threads may share it: this is the
  // proof of the `@unchecked` above.

  enum Storage {
    /// `stride` numbers a row.
    case dense(UnsafeMutablePointer<Double>, stride: Int)
    /// Row i has the entries `starts[i] ..< starts[i + 1]`, columns ascending.
    case sparse(
      starts: UnsafeMutablePointer<Int>, columns: UnsafeMutablePointer<Int32>,
      values: UnsafeMutablePointer<Double>)
  }

  /// Below this share of entries other than zero rows are stored compressed.
  static let sparseBelow = 0.25

  /// n, the samples.
  public let rowCount: Int
  /// d, the features.
  public let columnCount: Int
  let storage: Storage
  /// nil until somebody asks.
  private let knownSquares = Mutex<Double?>(nil)

  /// Whether rows are kept without their zeros.
  public var isSparse: Bool {
    if case .sparse = storage { true } else { false }
  }

  /// Whether rows are kept with their zeros.
  var isDense: Bool { !isSparse }

  /// The entries of a row that are stored, on average.
  var entriesPerRow: Int {
    switch storage {
    case .dense: columnCount
    case .sparse(let starts, _, _): starts[rowCount] / max(1, rowCount)
    }
  }

  /// Stores rows of equal length.
  public convenience init(rows: [[Double]]) {
    let width = rows.first?.count ?? 0
    self.init(
      compressed: CompressedRows(rows: rows, columnCount: width))
  }

  /// Stores rows in the form that their density calls for.
  public convenience init(compressed rows: CompressedRows) {
    let all = Double(rows.rowCount) * Double(rows.columnCount)
    self.init(compressed: rows, sparse: Double(rows.values.count) < Self.sparseBelow * all)
  }

  /// Stores rows in the form that is asked for.
  public init(compressed rows: CompressedRows, sparse: Bool) {
    rowCount = rows.rowCount
    columnCount = rows.columnCount
    if sparse {
      let starts = UnsafeMutablePointer<Int>.allocate(capacity: rows.starts.count)
      starts.initialize(from: rows.starts, count: rows.starts.count)
      let columns = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, rows.columns.count))
      columns.initialize(from: rows.columns, count: rows.columns.count)
      let values = UnsafeMutablePointer<Double>.allocate(capacity: max(1, rows.values.count))
      values.initialize(from: rows.values, count: rows.values.count)
      storage = .sparse(starts: starts, columns: columns, values: values)
    } else {
      let stride = Self.rowStride(columnCount)
      let base = Self.allocateRows(rowCount: rowCount, stride: stride)
      for row in 0..<rowCount {
        for entry in rows.starts[row]..<rows.starts[row + 1] {
          base[row * stride + Int(rows.columns[entry])] = rows.values[entry]
        }
      }
      storage = .dense(base, stride: stride)
    }
  }

  /// Lets `fill` write each row of a dense matrix: n · d numbers need no second home.
  init(rowCount: Int, columnCount: Int, fill: (_ row: Int, UnsafeMutablePointer<Double>) -> Void) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    let stride = Self.rowStride(columnCount)
    let base = Self.allocateRows(rowCount: rowCount, stride: stride)
    for row in 0..<rowCount { fill(row, base + row * stride) }
    storage = .dense(base, stride: stride)
  }

  /// The numbers from one dense row to the next.
  ///
  /// Where 64-byte lines of rows are even in number, rows begin at few places of a page of 4 KiB only. A
  /// processor takes a load for one of what was just stored at the same place of another page, and waits: among
  /// the stores of several iterates that is so for many lines of each row. One more line, where it is 3 % of a
  /// row at the most, spreads the rows over all places.
  private static func rowStride(_ columnCount: Int) -> Int {
    let padded = Vector.paddedCount(columnCount)
    return padded >= 256 && padded % 16 == 0 ? padded + 8 : padded
  }

  private static func allocateRows(rowCount: Int, stride: Int) -> UnsafeMutablePointer<Double> {
    let count = max(8, rowCount * stride)
    let raw = allocateLarge(byteCount: count * 8)
    return raw.initializeMemory(as: Double.self, repeating: 0, count: count)
  }

  deinit {
    switch storage {
    case .dense(let base, _):
      base.deallocate()
    case .sparse(let starts, let columns, let values):
      starts.deallocate()
      columns.deallocate()
      values.deallocate()
    }
  }

  /// ⟨a_row, x⟩
  @inline(__always)
  func dot(row: Int, _ x: UnsafePointer<Double>) -> Double {
    switch storage {
    case .dense(let base, let stride):
      return Kernels.dot(base + row * stride, x, count: columnCount)
    case .sparse(let starts, let columns, let values):
      let start = starts[row]
      return sparseDot(values + start, columns + start, count: starts[row + 1] - start, with: x)
    }
  }

  /// y += scale · a_row
  @inline(__always)
  func add(_ scale: Double, timesRow row: Int, to y: UnsafeMutablePointer<Double>) {
    switch storage {
    case .dense(let base, let stride):
      axpy(scale, base + row * stride, to: y, count: columnCount)
    case .sparse(let starts, let columns, let values):
      let start = starts[row]
      sparseAxpy(scale, values + start, columns + start, count: starts[row + 1] - start, to: y)
    }
  }

  /// out_i = ⟨a_row, x⟩ for the rows of a batch.
  func multiply(
    at rows: UnsafeBufferPointer<Int32>, by x: UnsafePointer<Double>,
    into out: UnsafeMutablePointer<Double>
  ) {
    if case .dense(let base, let stride) = storage {
      Kernels.multiply(
        rows: base, stride: stride, at: rows, by: x, into: out, count: columnCount)
    } else {
      for (index, row) in rows.enumerated() { out[index] = dot(row: Int(row), x) }
    }
  }

  /// y += Σ_i (scale · values_i) a_row over the rows of a batch, in their order.
  func addCombination(
    _ scale: Double, times values: UnsafePointer<Double>, at rows: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    if case .dense(let base, let stride) = storage {
      Kernels.addCombination(
        scale, times: values, of: base, stride: stride, at: rows, to: y, count: columnCount)
    } else {
      for (index, row) in rows.enumerated() {
        add(scale * values[index], timesRow: Int(row), to: y)
      }
    }
  }

  /// ⟨a_row, x⟩, while the second half of another row is brought near.
  @inline(__always)
  func dot(row: Int, _ x: UnsafePointer<Double>, fetching ahead: Int) -> Double {
    guard case .dense(let base, let stride) = storage else { return dot(row: row, x) }
    return Kernels.dot(
      base + row * stride, x, count: columnCount,
      fetching: base + ahead * stride + columnCount / 2)
  }

  /// y += scale · a_row, while the first half of another row is brought near.
  @inline(__always)
  func add(
    _ scale: Double, timesRow row: Int, to y: UnsafeMutablePointer<Double>, fetching ahead: Int
  ) {
    guard case .dense(let base, let stride) = storage else {
      return add(scale, timesRow: row, to: y)
    }
    axpy(
      scale, base + row * stride, to: y, count: columnCount, fetching: base + ahead * stride)
  }

  /// y += scale · a_row, then ⟨a_other, y⟩, while a third row is brought near; −1 for none.
  @inline(__always)
  func add(
    _ scale: Double, timesRow row: Int, to y: UnsafeMutablePointer<Double>, thenDot other: Int,
    fetching ahead: Int
  ) -> Double {
    guard case .dense(let base, let stride) = storage else {
      add(scale, timesRow: row, to: y)
      return dot(row: other, y)
    }
    return axpyDot(
      scale, base + row * stride, to: y, with: base + other * stride, count: columnCount,
      fetching: ahead < 0 ? nil : UnsafeRawPointer(base + ahead * stride))
  }

  /// Several of these in turn for `count` vectors y, each with scales of its own: what comes out is steps × vectors.
  ///
  /// - Parameters:
  ///   - rows: at most 8.
  ///   - ahead: rows that are brought near meanwhile, at most 8.
  func add(
    _ scales: UnsafePointer<Double>, timesRows rows: UnsafeBufferPointer<Int32>,
    to y: UnsafePointer<UnsafeMutablePointer<Double>>, thenDot others: UnsafePointer<Int32>,
    into out: UnsafeMutablePointer<Double>, count: Int,
    fetching ahead: UnsafeBufferPointer<Int32>
  ) {
    guard case .dense(let base, let stride) = storage else {
      for (step, row) in rows.enumerated() {
        for member in 0..<count {
          let place = step * count + member
          add(scales[place], timesRow: Int(row), to: y[member])
          out[place] = dot(row: Int(others[step]), y[member])
        }
      }
      return
    }
    withUnsafeTemporaryAllocation(of: UnsafePointer<Double>.self, capacity: 24) { places in
      guard let x = places.baseAddress else { return }
      let steps = min(8, rows.count)
      for step in 0..<steps {
        (x + step).initialize(to: base + Int(rows[step]) * stride)
        (x + 8 + step).initialize(to: base + Int(others[step]) * stride)
      }
      let aheadCount = isFetchedInParts ? min(8, ahead.count) : 0
      for place in 0..<aheadCount {
        (x + 16 + place).initialize(to: base + Int(ahead[place]) * stride)
      }
      axpyDots(
        scales, x, to: y, with: x + 8, into: out, steps: steps, members: count,
        count: columnCount, fetching: x + 16, aheadCount: aheadCount)
    }
  }

  /// Whether rows are brought near a part at a time, while others are worked on.
  var isFetchedInParts: Bool {
    if case .dense = storage { outgrowsCache && columnCount >= 128 } else { false }
  }

  /// Whether the rows are more than a core's own cache holds, so that a random row has to be waited
  /// for: 1 MiB is the second-level cache of today's processors.
  var outgrowsCache: Bool {
    switch storage {
    case .dense(_, let stride): rowCount * stride * 8 > 1 << 20
    case .sparse(let starts, _, _): starts[rowCount] * 12 > 1 << 20
    }
  }

  /// ‖A‖_F², the sum of the squares of all entries; computed once.
  var frobeniusSquared: Double {
    knownSquares.withLock { known in
      if let known { return known }
      var total = 0.0
      switch storage {
      case .dense(let base, let stride):
        for row in 0..<rowCount {
          total += normSquared(base + row * stride, count: columnCount)
        }
      case .sparse(let starts, _, let values):
        total = normSquared(values, count: starts[rowCount])
      }
      known = total
      return total
    }
  }

  /// Asks for a row to be brought near.
  @inline(__always)
  func prefetch(row: Int) {
    switch storage {
    case .dense(let base, let stride):
      Kernels.prefetch(base + row * stride, byteCount: columnCount * 8)
    case .sparse(let starts, let columns, let values):
      let start = starts[row]
      let count = starts[row + 1] - start
      Kernels.prefetch(values + start, byteCount: count * 8)
      Kernels.prefetch(columns + start, byteCount: count * 4)
    }
  }

  /// out_i = ⟨a_i, x⟩ for the rows of a range.
  func multiply(
    rows: Range<Int>, by x: UnsafePointer<Double>, into out: UnsafeMutablePointer<Double>
  ) {
    if case .dense(let base, let stride) = storage {
      Kernels.multiply(
        rows: base + rows.lowerBound * stride, stride: stride, rowCount: rows.count, by: x,
        into: out, count: columnCount)
    } else {
      for row in rows { out[row - rows.lowerBound] = dot(row: row, x) }
    }
  }

  /// ⟨a_i, x_p⟩ for the dense rows of a range and all points of a block, with the bits of each alone.
  func multiply(rows: Range<Int>, byAll block: PointBlock) {
    guard case .dense(let base, let stride) = storage else {
      preconditionFailure("the rows are not dense")
    }
    Kernels.multiply(
      Rows(UnsafePointer(base + rows.lowerBound * stride), stride: stride, rowCount: rows.count),
      byRowsOf: block.points, into: block.products, stride: block.count, count: columnCount)
  }

  /// Adds, for each point of a block, as many times of dense rows of a range as its products say: the bits of
  /// ``addCombination(rows:scales:to:)``, but each row is loaded for several points.
  func addCombinations(rows: Range<Int>, to block: PointBlock) {
    guard case .dense(let base, let stride) = storage else {
      preconditionFailure("the rows are not dense")
    }
    Kernels.addCombinations(
      of: Rows(
        UnsafePointer(base + rows.lowerBound * stride), stride: stride, rowCount: rows.count),
      scales: block.products, scaleStride: block.count, to: block.sumRows, count: columnCount)
  }

  /// y += Σ scales_i a_i over the rows of a range.
  func addCombination(
    rows: Range<Int>, scales: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>
  ) {
    if case .dense(let base, let stride) = storage {
      Kernels.addCombination(
        of: base + rows.lowerBound * stride, stride: stride, rowCount: rows.count, scales: scales,
        to: y, count: columnCount)
    } else {
      for row in rows { add(scales[row - rows.lowerBound], timesRow: row, to: y) }
    }
  }

  /// out_k = ⟨w_k, a_row⟩ for the rows of W, which lie `columnCount` apart.
  func multiply(
    row: Int, byRowsOf w: UnsafePointer<Double>, rowCount: Int,
    into out: UnsafeMutablePointer<Double>
  ) {
    if case .dense(let base, let stride) = storage {
      Kernels.multiply(
        rows: w, stride: columnCount, rowCount: rowCount, by: base + row * stride, into: out,
        count: columnCount)
    } else {
      for index in 0..<rowCount { out[index] = dot(row: row, w + index * columnCount) }
    }
  }

  /// w_k += scales_k · a_row for the rows of W, which lie `columnCount` apart.
  func add(
    _ scales: UnsafePointer<Double>, timesRow row: Int, toRowsOf w: UnsafeMutablePointer<Double>,
    rowCount: Int
  ) {
    if case .dense(let base, let stride) = storage {
      addOuterProduct(
        scales, base + row * stride, to: w, stride: columnCount, rowCount: rowCount,
        count: columnCount)
    } else {
      for index in 0..<rowCount { add(scales[index], timesRow: row, to: w + index * columnCount) }
    }
  }

  /// Rows as dense numbers: in place where they are dense and follow one another, else copied to
  /// `scratch` (`rowCount` times the padded number of columns).
  func dense(
    rowCount: Int, rowAt row: (Int) -> Int, scratch: UnsafeMutablePointer<Double>
  ) -> Rows<UnsafePointer<Double>> {
    let width = Vector.paddedCount(columnCount)
    if case .dense(let base, let stride) = storage {
      let first = row(0)
      if (1..<max(1, rowCount)).allSatisfy({ row($0) == first + $0 }) {
        return Rows(UnsafePointer(base + first * stride), stride: stride, rowCount: rowCount)
      }
      for index in 0..<rowCount {
        copy(base + row(index) * stride, into: scratch + index * width, count: width)
      }
    } else {
      clear(scratch, count: rowCount * width)
      for index in 0..<rowCount {
        add(1, timesRow: row(index), to: scratch + index * width)
      }
    }
    return Rows(UnsafePointer(scratch), stride: width, rowCount: rowCount)
  }

  /// Hands out the bytes that a digest of the data is taken of: per row its `columnCount` numbers as
  /// little-endian doubles, whatever the storage, so that equal data have equal digests.
  func forEachBlock(_ body: (UnsafeRawBufferPointer) -> Void) {
    let row = Vector(dimension: columnCount)
    for index in 0..<rowCount {
      let numbers = dense(rowCount: 1, rowAt: { _ in index }, scratch: row.base)
      body(UnsafeRawBufferPointer(start: numbers.base, count: columnCount * 8))
    }
  }
}

/// What the kernels mean, in plain Swift and one number at a time. The C kernels have the same bits;
/// a test holds them to it. Nothing here is fast, nothing else calls it.
public enum ReferenceKernels {
  /// Σ of terms in 32 lanes: term e goes to lane e mod 32 in order of e; then lanes l, l + 8, l + 16
  /// and l + 24 are summed as (l + (l + 8)) + ((l + 16) + (l + 24)), and the eight that are left as
  /// ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)).
  ///
  /// A padding of zeros leaves a sum as it is: a lane starts at +0 and is never −0.
  public static func sum(_ terms: [Double]) -> Double {
    var lanes = [Double](repeating: 0, count: 32)
    for (index, term) in terms.enumerated() { lanes[index % 32] += term }
    var eight = [Double](repeating: 0, count: 8)
    for lane in 0..<8 {
      let low: Double = lanes[lane] + lanes[lane + 8]
      let high: Double = lanes[lane + 16] + lanes[lane + 24]
      eight[lane] = low + high
    }
    let even: Double = (eight[0] + eight[4]) + (eight[2] + eight[6])
    let odd: Double = (eight[1] + eight[5]) + (eight[3] + eight[7])
    return even + odd
  }

  /// ⟨a, b⟩
  public static func dot(_ a: [Double], _ b: [Double]) -> Double {
    precondition(a.count == b.count, "dot of \(a.count) and \(b.count) entries")
    return sum(a.indices.map { a[$0] * b[$0] })
  }

  /// y + scale · x
  public static func axpy(_ scale: Double, _ x: [Double], to y: [Double]) -> [Double] {
    precondition(x.count == y.count, "axpy of \(x.count) and \(y.count) entries")
    return x.indices.map { y[$0] + scale * x[$0] }
  }

  /// scale · x
  public static func scale(_ factor: Double, _ x: [Double]) -> [Double] {
    x.map { factor * $0 }
  }

  /// ⟨row i, x⟩ for each row
  public static func multiply(rows: [[Double]], by x: [Double]) -> [Double] {
    rows.map { dot($0, x) }
  }

  /// y + Σ scales_i · row i, added in order of i
  public static func addCombination(
    of rows: [[Double]], scales: [Double], to y: [Double]
  ) -> [Double] {
    zip(rows, scales).reduce(y) { axpy($1.1, $1.0, to: $0) }
  }

  /// diagonal · x_i + beside · (x_(i−1) + x_(i+1))
  public static func multiplyTridiagonal(
    diagonal: Double, beside: Double, by x: [Double]
  ) -> [Double] {
    x.indices.map { index in
      let before = index == 0 ? 0 : x[index - 1]
      let after = index == x.count - 1 ? 0 : x[index + 1]
      return diagonal * x[index] + beside * (before + after)
    }
  }

  /// Σ values_e · x[columns_e] in four lanes: entry e goes to lane e mod 4, then (0 + 2) + (1 + 3).
  public static func sparseDot(
    _ values: [Double], _ columns: [Int32], with x: [Double]
  ) -> Double {
    var lanes = [0.0, 0.0, 0.0, 0.0]
    for (index, value) in values.enumerated() { lanes[index % 4] += value * x[Int(columns[index])] }
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
  }

  /// y[columns_e] + scale · values_e
  public static func sparseAxpy(
    _ scale: Double, _ values: [Double], _ columns: [Int32], to y: [Double]
  ) -> [Double] {
    var y = y
    for (value, column) in zip(values, columns) { y[Int(column)] += scale * value }
    return y
  }

  /// The softmax of z, and log Σ e^z.
  public static func softmax(_ z: [Double]) -> (probabilities: [Double], logSum: Double) {
    var largest = z[0]
    for number in z.dropFirst() where number > largest { largest = number }
    let powers = z.map { exp($0 - largest) }
    let total = sum(powers)
    return (powers.map { $0 / total }, largest + log(total))
  }
}

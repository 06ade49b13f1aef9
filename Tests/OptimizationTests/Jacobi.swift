/// The eigenvalues of a symmetric matrix by Jacobi's rotations: another way to L than the library's.
func eigenvalues(of matrix: [[Double]]) -> [Double] {
  var a = matrix
  let n = a.count
  for _ in 0..<60 {
    var rest = 0.0
    for p in 0..<n {
      for q in 0..<n where q > p {
        rest += a[p][q] * a[p][q]
        guard abs(a[p][q]) > 1e-300 else { continue }
        let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
        let sign: Double = theta < 0 ? -1 : 1
        let t = sign / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        for k in 0..<n {
          let (x, y) = (a[k][p], a[k][q])
          a[k][p] = c * x - s * y
          a[k][q] = s * x + c * y
        }
        for k in 0..<n {
          let (x, y) = (a[p][k], a[q][k])
          a[p][k] = c * x - s * y
          a[q][k] = s * x + c * y
        }
      }
    }
    if rest < 1e-30 { break }
  }
  return (0..<n).map { a[$0][$0] }.sorted()
}

/// AᵀA for the rows of A.
func gram(_ rows: [[Double]]) -> [[Double]] {
  let d = rows.first?.count ?? 0
  var result = [[Double]](repeating: [Double](repeating: 0, count: d), count: d)
  for row in rows {
    for i in 0..<d {
      for j in 0..<d { result[i][j] += row[i] * row[j] }
    }
  }
  return result
}

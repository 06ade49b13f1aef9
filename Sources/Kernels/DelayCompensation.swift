/// x += scale · g ⊙ g ⊙ d, entry by entry: no sum, and so one result on every processor.
public func addCompensation(
  _ scale: Double, _ gradient: UnsafePointer<Double>, difference d: UnsafePointer<Double>,
  to x: UnsafeMutablePointer<Double>, count: Int
) {
  for entry in 0..<count {
    let slope = gradient[entry] * gradient[entry]
    x[entry] += scale * (slope * d[entry])
  }
}

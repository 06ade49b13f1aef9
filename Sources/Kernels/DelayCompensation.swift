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

/// s ← m s + (1 − m) g ⊙ g, then x += scale · g ⊙ g ⊙ d / √(s + 10⁻⁷), entry by entry.
public func addAdaptiveCompensation(
  _ scale: Double, _ gradient: UnsafePointer<Double>, difference d: UnsafePointer<Double>,
  meanSquare s: UnsafeMutablePointer<Double>, decay m: Double,
  to x: UnsafeMutablePointer<Double>, count: Int
) {
  for entry in 0..<count {
    let slope = gradient[entry] * gradient[entry]
    s[entry] = m * s[entry] + (1 - m) * slope
    x[entry] += scale * (slope * d[entry] / (s[entry] + 1e-7).squareRoot())
  }
}

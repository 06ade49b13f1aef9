/// Worst-case theory, constants dropped: seconds per LΔ/ε of three families of methods.
///
/// With s_1 ≤ … ≤ s_M sorted and h(m) = ((1/m) Σ_{i ≤ m} 1/s_i)^{-1}: minibatch s_M(1 + B/M),
/// asynchronous h(M)(1 + B/M), optimal min_m h(m)(1 + B/m), where B = σ²/ε says how many gradients at
/// one point are worth averaging. Ties in the minimum go to fewer workers.
///
/// Reference: Tyurin, Richtárik, "Optimal Time Complexities of Parallel Stochastic Optimization
/// Methods Under a Fixed Computation Model", NeurIPS 2023.
func predictedTimes(cycleSeconds: [Double]) -> [Inspection.Predicted] {
  let sorted = cycleSeconds.sorted()
  let count = Double(sorted.count)
  guard let slowest = sorted.last else { return [] }
  let rates = sorted.reduce(into: [Double]()) { $0.append(($0.last ?? 0) + 1 / $1) }
  var seen: [Double] = []
  for batch in [0, 1, count, 10 * count] where !seen.contains(batch) { seen.append(batch) }
  return seen.map { batch in
    var best = (time: Double.infinity, workers: 0)
    for m in 1...sorted.count {
      let time = (Double(m) + batch) / rates[m - 1]
      // A later minimum must be lower by more than rounding.
      if time < best.time * (1 - 1e-12) { best = (time, m) }
    }
    return Inspection.Predicted(
      criticalBatch: batch, minibatch: slowest * (1 + batch / count),
      async: (count + batch) / rates[sorted.count - 1], optimal: best.time,
      optimalWorkers: best.workers)
  }
}

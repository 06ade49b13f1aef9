/// How far the formula moves when data are left out, as a signed change.
struct Influence {
  /// The change of largest size over all single gradients; nil where no worker has two.
  var ofOne: Double?
  /// The change when the first gradient of each worker that has two is left out.
  var ofWarmUp: Double?

  init(_ timings: Timings) {
    let means = timings.means
    let formula = countFormula(means)
    let workerCount = Double(timings.workerCount)
    let reciprocals = orderFreeSum(means.map { 1 / $0 })
    let order = slowestFirst(means)
    var warm = means
    var largest: Double?
    for m in 0..<timings.workerCount where timings.counts[m] > 1 {
      let range = timings.offsets[m]..<(timings.offsets[m] + timings.counts[m])
      let count = Double(timings.counts[m])
      let sum = means[m] * count
      let slowestOther =
        timings.workerCount == 1 ? 0 : means[order[0] == m ? order[1] : order[0]]
      for duration in timings.durations[range] {
        let mean = (sum - duration) / (count - 1)
        let changed =
          max(mean, slowestOther) * (reciprocals - 1 / means[m] + 1 / mean) / workerCount
        if abs(changed - formula) > abs(largest ?? 0) || largest == nil {
          largest = changed - formula
        }
      }
      warm[m] = (sum - timings.durations[range.lowerBound]) / (count - 1)
    }
    func change(_ value: Double) -> Double {
      // A difference of two nearly equal ratios holds no more than rounding.
      abs(value) < 1e-12 * formula ? 0 : value
    }
    ofOne = largest.map(change)
    ofWarmUp = largest == nil ? nil : change(countFormula(warm) - formula)
  }
}

import TraceModel

extension Trace {
  /// The trace as it would be if every worker had computed as long, on average, as the same worker of
  /// another trace: what one run says of another one's rate, apart from how long computing takes.
  ///
  /// Ends are scaled with starts, so that gradients keep their order and do not begin to overlap.
  /// Waits and turnarounds stay: they are not computing.
  ///
  /// - Parameter other: of as many workers.
  /// - Returns: nil where a worker has no gradients to compare, or times would be beyond an `Int64`.
  func computing(asLongAs other: Trace) -> Trace? {
    var result = self
    for (place, pair) in zip(workers, other.workers).enumerated() {
      guard let timings = pair.0.scaled(to: pair.1) else { return nil }
      result.workers[place] = timings
    }
    return result
  }
}

extension WorkerTimings {
  /// The mean of the durations, in nanoseconds; 0 without gradients.
  var meanNs: Double { durationSumNs / Double(max(1, gradientCount)) }

  private var durationSumNs: Double { durationsNs.reduce(0) { $0 + Double($1) } }

  fileprivate func scaled(to other: WorkerTimings) -> WorkerTimings? {
    guard meanNs > 0, other.meanNs > 0 else { return nil }
    let factor = other.meanNs / meanNs
    let largest = max(Double(lastEndNs), durationSumNs)
    guard factor * largest < 0x1p62 else { return nil }
    func scaled(_ timeNs: Int64) -> Int64 { Int64((factor * Double(timeNs)).rounded()) }
    var result = self
    for gradient in 0..<gradientCount {
      let startNs = scaled(startsNs[gradient])
      result.startsNs[gradient] = startNs
      result.durationsNs[gradient] = max(
        1, scaled(startsNs[gradient] + durationsNs[gradient]) - startNs)
    }
    return result
  }
}

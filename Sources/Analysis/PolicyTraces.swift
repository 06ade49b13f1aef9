import TraceModel

extension Trace {
  /// The trace on which minibatch SGD does what batches shared out by speed do on this one.
  ///
  /// Worker m takes w_m ∝ 1/s_m of the work of a gradient, mean 1, and so w_m times as long, what does
  /// not grow with the batch excepted. The mean of all samples of a round is that of M whole batches at
  /// one point, so that its noise is that of full minibatch.
  public func rebalanced(fixedCostNs: Int64 = 0) -> Trace {
    let means = workers.map { worker in
      worker.durationsNs.reduce(0.0) { $0 + Double($1) } / Double(max(1, worker.gradientCount))
    }
    let scale = Double(means.count) / orderFreeSum(means.map { 1 / $0 })
    var trace = self
    for m in workers.indices {
      let share = scale / means[m]
      for entry in workers[m].durationsNs.indices {
        let duration = Double(workers[m].durationsNs[entry])
        let fixed = min(Double(fixedCostNs), duration)
        let time = fixed + share * (duration - fixed)
        trace.workers[m].durationsNs[entry] = max(1, Int64(min(time.rounded(), 0x1p61)))
      }
    }
    return trace
  }

  /// The trace made of blocks of its own, drawn with replacement, the same for all workers; nil where
  /// there are fewer than 8 blocks.
  ///
  /// Within a block everything stays as it was, so that what is slow together stays so.
  public func resampled(_ repetition: Int, seed: UInt64) -> Trace? {
    let timings = Timings(self, turnaround: .none)
    guard let plan = BlockPlan(timings, starts: workers.map(\.startsNs)) else { return nil }
    let blocks = plan.resample(repetition, seed: seed)
    var trace = self
    trace.digest = ""
    for m in workers.indices {
      let order = blocks.flatMap { Array(plan.cuts[m][$0]..<plan.cuts[m][$0 + 1]) }
      trace.workers[m] = workers[m].reordered(order)
    }
    return trace
  }

  /// The blocks that ``resampled(_:seed:)`` draws from; nil where there are fewer than 8.
  public var resampledBlockCount: Int? {
    BlockPlan(Timings(self, turnaround: .none), starts: workers.map(\.startsNs))?.blockCount
  }
}

extension WorkerTimings {
  /// The gradients at some places, each followed by the gap that it had; the last one by none.
  func reordered(_ order: [Int]) -> WorkerTimings {
    func column(_ values: [Int64]) -> [Int64] {
      values.count == gradientCount ? order.map { values[$0] } : values
    }
    var result = self
    result.durationsNs = column(durationsNs)
    result.waitsNs = column(waitsNs)
    result.turnaroundsNs = column(turnaroundsNs)
    result.steps = []
    if let samples {
      var lists = SampleColumn()
      for place in order { lists.append(samples[place]) }
      result.samples = lists
    }
    var now = startsNs.first ?? 0
    result.startsNs = order.map { place in
      let start = now
      let isLast = place + 1 == gradientCount
      now += isLast ? durationsNs[place] : startsNs[place + 1] - startsNs[place]
      return start
    }
    return result
  }
}

import Analysis
import Reports
import TraceModel

extension Samples {
  /// As many units as workers of a trace, the largest gain first; the first three replayed.
  static func blame(_ trace: Trace, unlisted: Int = 0) -> Blame {
    let count = trace.workerCount
    let units = trace.workers.reversed().enumerated().map { place, timings -> Blame.Unit in
      Blame.Unit(
        label: timings.worker.label.text, workers: [timings.worker.label],
        minibatchGain: place < 2 ? 16.4 - 9 * Double(place) : -2.7,
        bestSynchronousGain: nil, idealLoss: place < count / 2 ? 48 - Double(place) : 0,
        secondsToTargetGain: place < 3 ? 4.5 - 3 * Double(place) : nil)
    }
    let order = trace.workers.reversed().map(\.worker.label)
    let half = count / 2
    let sets = (1..<max(2, min(count, 64))).map { k -> Blame.Cumulative in
      let gain: Double = k <= half ? 8 * Double(k) : 44.1 - 9 * Double(k - half)
      let async: Double = 99.6 * (1 - 0.9 * Double(k) / Double(count))
      return Blame.Cumulative(
        dropped: Array(order.prefix(k)), unitCount: k, minibatchGain: gain,
        asyncGradientsPerSecond: async)
    }
    return Blame(
      leavesOut: .worker, minibatchGradientsPerSecond: 27.1, asyncGradientsPerSecond: 99.6,
      bestSynchronous: nil, idealGradientsPerSecond: 142, units: units, unlistedCount: unlisted,
      cumulative: sets.sorted { $0.minibatchGain > $1.minibatchGain }, canTellApart: true,
      targetFraction: 0.01, secondsToTarget: 46)
  }

  static func effects(_ trace: Trace) -> EditEffects {
    let slowest = trace.workers.last?.worker.label.text ?? ""
    func effect(
      _ name: String, _ texts: [String], _ minibatch: Double, _ policy: Double
    ) -> EditEffects.Effect {
      .init(name: name, texts: texts, minibatchRatio: minibatch, policyRatio: policy)
    }
    return EditEffects(
      policy: .async, minibatchGradientsPerSecond: 27.1, policyGradientsPerSecond: 99.6,
      effects: [
        effect("twice as many workers", ["workers:2x"], 1.88, 2),
        effect("worker \(slowest) twice as slow", ["scale:\(slowest)=2"], 0.52, 0.97),
        effect("without worker \(slowest)", ["drop:\(slowest)"], 1.61, 0.96),
        effect("turnaround of 10% of a gradient", ["comm:+6.01ms"], 0.98, 0.92),
      ])
  }
}

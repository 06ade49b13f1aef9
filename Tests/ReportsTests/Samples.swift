import Analysis
import ReplayEngine
import Reports
import TraceModel

/// Made-up analysis values of any size, the same on every machine.
enum Samples {
  /// Numbers in 0 ..< 1 from a linear congruence; only variety is asked of them.
  struct Random {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 2 &+ 1 }

    mutating func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / 9_007_199_254_740_992
    }
  }

  /// `slow` of the workers take about four times as long; the slowest two get slower late.
  static func trace(
    workers: Int = 10, gradients: Int = 60, unit: TimeUnit = .seconds, slow: Int? = nil,
    spread: Double = 0.3, labels: [String]? = nil, turnaroundNs: Int64? = nil
  ) -> Trace {
    let slowCount = slow ?? workers / 2
    var random = Random(seed: 7)
    let scale = unit == .seconds ? 1e6 : 1e9
    let timings = (0..<workers).map { index in
      let isSlow = index >= workers - slowCount
      // The fast are recorded for as long as the slow.
      let count = isSlow ? gradients : min(gradients * 4, gradients + 400)
      let base = isSlow ? 200 + 60 * Double(index % 5) / 4 : 60.0
      let durations = (0..<count).map { j -> Int64 in
        let late = isSlow && index >= workers - 2 && j > count * 3 / 4 ? 3.0 : 1
        return Int64(base * late * (1 + spread * (random.next() - 0.5)) * scale)
      }
      let label = labels.map { $0[index] } ?? "\(index)"
      var timings = WorkerTimings(
        worker: Worker(index: index, label: WorkerLabel(label)), backToBack: durations)
      if let turnaroundNs {
        timings.turnaroundsNs = durations.map { _ in turnaroundNs }
      }
      return timings
    }
    return Trace(
      name: "sample", digest: String(repeating: "ab", count: 32), unit: unit, workers: timings,
      issues: [])
  }

  static func summary(_ trace: Trace) -> Inspection.TraceSummary {
    .init(
      id: 3, name: trace.name, digest: trace.digest, format: trace.format, kind: trace.kind,
      unit: trace.unit, workerCount: trace.workerCount, gradientCount: trace.gradientCount,
      spanSeconds: Double(trace.spanNs) / 1e9, issues: trace.issues)
  }

  static func inspection(_ trace: Trace) -> Inspection {
    let sorted = trace.workers.map { $0.durationsNs.map { Double($0) / 1e9 }.sorted() }
    let means = sorted.map { $0.reduce(0, +) / Double($0.count) }
    let slowest = means.indices.max { (means[$0], -$0) < (means[$1], -$1) } ?? 0
    let fastest = means.min() ?? 1
    func quantile(_ values: [Double], _ p: Double) -> Double {
      values[Int(p * Double(values.count - 1))]
    }
    let workers = trace.workers.indices.map { m in
      let values = sorted[m]
      return Inspection.WorkerFigures(
        worker: trace.workers[m].worker, gradientCount: values.count, meanSeconds: means[m],
        medianSeconds: quantile(values, 0.5), p5Seconds: quantile(values, 0.05),
        p90Seconds: quantile(values, 0.9), p95Seconds: quantile(values, 0.95),
        p99Seconds: quantile(values, 0.99), minSeconds: values.first ?? 0,
        maxSeconds: values.last ?? 0, waitSeconds: 0, slowdown: means[m] / fastest,
        relativeSpeed: means[slowest] / means[m])
    }
    let sum = means.reduce(0) { $0 + means[slowest] / $1 }
    let formula = sum / Double(means.count)
    return Inspection(
      trace: summary(trace), workers: workers, slowest: slowest,
      speedup: .init(
        formulaMean: formula, formulaMedian: formula * 0.97, formulaNull: 1.02, pEqual: 0.005,
        interval: Interval(lower: formula * 0.9, upper: formula * 1.1), realised: formula + 0.2,
        realisedInterval: nil, withTurnaround: nil, persistent: formula - 1.02, random: 0.42,
        coinciding: -0.2, persistentInterval: Interval(lower: 0.2, upper: formula),
        randomInterval: Interval(lower: 0.3, upper: 0.5)),
      forecast: .init(
        asyncUpdatesPerSecond: means.reduce(0) { $0 + 1 / $1 },
        minibatchGradientsPerSecond: Double(means.count) / means[slowest]),
      delayEstimate: sum, synchronousWaste: 1 - 1 / formula,
      predicted: [0, 1, Double(means.count), 10 * Double(means.count)].map {
        .init(
          criticalBatch: $0, minibatch: means[slowest] * (1 + $0 / Double(means.count)),
          async: fastest * (1 + $0 / Double(means.count)), optimal: fastest, optimalWorkers: 1)
      },
      stragglers: [], trust: .measured)
  }

  static func policy(
    _ name: PolicyName, _ parameter: String? = nil, dropped: [String] = [], ratio: Double,
    time: Double? = nil, delays: (Double, Double, Int)? = nil, unused: Double = 0,
    isReplayed: Bool = true
  ) -> Comparison.Policy {
    .init(
      name: name, parameter: parameter, dropped: dropped.map { WorkerLabel($0) },
      gradientsPerSecond: 27.1 * ratio, countRatio: ratio,
      interval: ratio == 1 ? nil : Interval(lower: ratio * 0.85, upper: ratio * 1.2),
      isReplayed: isReplayed, timeToTargetSeconds: time,
      timeToTargetSpread: time.map {
        TimeSpread(lowerSeconds: 0.9 * $0, upperSeconds: 1.05 * $0, seedCount: 5)
      }, delayP50: delays?.0, delayP99: delays?.1,
      delayMax: delays?.2,
      unusedShare: unused, discardedCount: Int(unused * 10_000), updatesPerSecond: 27.1 * ratio,
      breakEvenServerSeconds: delays == nil ? nil : 0.0137, secondsPerRound: 0.3,
      gradientsPerUpdate: name == .minibatch ? 10 : name == .backup ? 5 : 1)
  }

  static func comparison(timed: Bool = true, abstains: Bool = false) -> Comparison {
    func time(_ seconds: Double) -> Double? { timed ? seconds : nil }
    let policies = [
      policy(.minibatch, ratio: 1, time: time(46)),
      policy(
        .subset, "drop=5", dropped: ["5", "6", "7", "8", "9"], ratio: 2.63, time: time(26.1)),
      policy(.rebalanced, ratio: 2.82, time: time(26.8)),
      policy(.backup, "need=5", ratio: 2.63, time: time(27.1), unused: 0.5),
      policy(.async, "rule=constant", ratio: 3.67, time: time(21.5), delays: (6, 33, 102)),
      policy(.async, "rule=scaled", ratio: 3.67, time: time(21.6), delays: (6, 33, 102)),
      policy(
        .rennala, "collect=10", ratio: 2.12, time: time(31.2), delays: (1, 1, 1), unused: 0.42),
      policy(.ringmaster, "delay-limit=20", ratio: 3.23, delays: (5, 20, 20), unused: 0.12),
    ]
    let shares: [Double?] = [0.47, 0.82, 0.8, 0.79, 1, 1, 0.7, nil]
    let rows = [0, 0.25, 1, 4, .infinity].map { ratio in
      Comparison.NoiseRow(
        criticalBatchOverWorkers: ratio, policy: abstains ? nil : ratio < 1 ? .rebalanced : .async,
        parameter: ratio < 1 ? nil : "rule=constant", relativeTimes: shares)
    }
    let verdict = Verdict(
      recommendation: abstains
        ? nil : .init(policy: .async, parameter: "rule=constant", workers: []),
      byNoise: rows,
      sentence: abstains
        ? "This trace cannot tell: waiting may hide in the durations of 3 workers."
        : "Train asynchronously. Minibatch SGD takes 2.1× as long to the target loss.",
      why: "Workers 5, 6, 7, 8 and 9 take 3.3 to 5.4 times as long per gradient as the other five, "
        + "and 8 and 9 slow down threefold late in the job.",
      gain: "Time-to-target speed-up 2.14× [1.88, 2.34]. Count speed-up realised 3.67×, formula "
        + "3.26×.",
      trust: "Own time measured for 10 of 10 workers; server and network cost are not recorded and "
        + "not charged.",
      next: "`outpace whatif sample comm:+20ms` shows what a slow server would take away.")
    return Comparison(policies: policies, verdict: verdict)
  }

  /// One update of the asynchronous schedule of a trace.
  struct Update {
    var worker: Int
    var delay: Int
    var startNs: Int64
    var endNs: Int64
  }

  /// The asynchronous schedule of a trace, by the obvious simulation.
  static func schedule(_ trace: Trace, updates: Int) -> [Update] {
    var start = [Int64](repeating: 0, count: trace.workers.count)
    var next = trace.workers.map { $0.durationsNs[0] }
    var entries = [Int](repeating: 0, count: next.count)
    var read = [Int](repeating: 0, count: next.count)
    return (1...updates).map { update in
      let worker = next.indices.min { (next[$0], $0) < (next[$1], $1) } ?? 0
      let result = Update(
        worker: worker, delay: update - read[worker], startNs: start[worker], endNs: next[worker])
      read[worker] = update
      entries[worker] += 1
      let durations = trace.workers[worker].durationsNs
      start[worker] = next[worker]
      next[worker] += durations[entries[worker] % durations.count]
      return result
    }
  }

  static func delays(_ trace: Trace, updates: Int) -> DelayStatistics {
    var counts: [Int: Int] = [:]
    for update in schedule(trace, updates: updates) { counts[update.delay, default: 0] += 1 }
    let bins = counts.sorted { $0.key < $1.key }
      .map { DelayHistogram.Bin(delay: $0.key, count: $0.value) }
    return DelayStatistics(
      overall: .init(bins: bins), perWorker: [], identityHolds: true)
  }

  static func delayMap(_ trace: Trace, updates: Int) -> DelayMapData {
    let schedule = schedule(trace, updates: updates)
    var map = DelayMapData(trace, spanNs: schedule.last?.endNs ?? 1)
    for update in schedule {
      map.add(
        worker: update.worker, delay: update.delay, startNs: update.startNs, endNs: update.endNs)
    }
    return map
  }

  enum Method {
    case minibatch
    case constant
    case scaled
  }

  static func run(
    _ method: Method, seed: UInt64, stepsize: Double = 0.125, rate: Double, floor: Double,
    perSecond: Double, horizon: Double = 80, outcome: Run.Outcome = .completed,
    delays: DelayStatistics? = nil, points: Int = 400, unused: Int = 0, minimum: Double = 0.09
  ) -> Run {
    var random = Random(seed: seed)
    var state: [Run.Point] = []
    for index in 0..<points {
      let time = horizon * Double(index) / Double(max(1, points - 1))
      let noise = 1 + 0.25 * (random.next() - 0.5)
      var loss = minimum + noise * (2.2 / (1 + rate * time) + floor)
      if case .diverged = outcome, index >= points / 3 { loss = .infinity }
      state.append(
        .init(
          timeNs: Int64(time * 1e9), updateCount: Int(time * perSecond),
          gradientCount: Int(time * perSecond), loss: loss, gradientNormSquared: loss))
    }
    return Run(
      request: ReplayRequest(
        method: method == .minibatch
          ? .minibatch : .async(rule: method == .scaled ? .scaled : .constant),
        stepsize: stepsize, horizon: Horizon(timeNs: Int64(horizon * 1e9)),
        seed: seed),
      outcome: outcome, timeNs: Int64(horizon * 1e9), updateCount: Int(horizon * perSecond),
      gradientCount: Int(horizon * perSecond), computedCount: Int(horizon * perSecond) + unused,
      discardedCount: unused, abortedCount: 0, roundCount: method == .minibatch ? 90 : 0,
      utilisation: 0.9, fingerprint: String(repeating: "0f", count: 32), delays: delays,
      points: state, finalIterate: [0], wallSeconds: 0.5)
  }

  static func replay(
    _ trace: Trace, minimum: Double? = 0.09, divergedSeeds: Set<UInt64> = []
  ) -> ReplayReport {
    var runs: [Run] = []
    var policies: [PolicyName] = []
    for seed in 1...3 as ClosedRange<UInt64> {
      runs.append(
        run(.minibatch, seed: seed, stepsize: 1.41, rate: 1.9, floor: 0.005, perSecond: 27))
      runs.append(
        run(.minibatch, seed: seed, stepsize: 0.707, rate: 4, floor: 0.006, perSecond: 71))
      runs.append(
        run(
          .constant, seed: seed, rate: 5.4, floor: 0.003, perSecond: 99.6,
          outcome: divergedSeeds.contains(seed) ? .diverged(update: 812) : .completed,
          delays: delays(trace, updates: 4000)))
      runs.append(
        run(.scaled, seed: seed, rate: 5.2, floor: 0.004, perSecond: 99.6))
      policies += [.minibatch, .subset, .async, .async]
    }
    func row(
      _ target: Double, _ method: String, _ rule: String?, _ stepsize: Double, _ seconds: Double?,
      _ place: StepsizePlace = .interior
    ) -> TimeToTarget {
      TimeToTarget(
        target: target, fraction: 0.01, method: method, stepsizeRule: rule, stepsize: stepsize,
        seconds: seconds, lowerSeconds: seconds.map { $0 * 0.9 },
        upperSeconds: seconds.map { $0 * 1.1 }, reached: seconds != nil, seeds: [1, 2, 3],
        weight: 0.5, place: place)
    }
    let offset = minimum ?? 0
    let times = [
      row(offset + 0.2, "minibatch", nil, 1.41, 5.9, .stabilityLimit),
      row(offset + 0.2, "subset", nil, 0.707, 2.6),
      row(offset + 0.2, "async", "constant", 0.125, 2),
      row(offset + 0.2, "async", "scaled", 0.125, 2.1),
      row(offset + 0.05, "minibatch", nil, 1.41, 27),
      row(offset + 0.05, "subset", nil, 0.707, 13.1),
      row(offset + 0.05, "async", "constant", 0.125, 8.6),
      row(offset + 0.05, "async", "scaled", 0.125, 9.3),
      row(offset + 0.02, "minibatch", nil, 1.41, nil), row(offset + 0.02, "subset", nil, 0.707, 46),
      row(offset + 0.02, "async", "constant", 0.125, 29),
      row(offset + 0.02, "async", "scaled", 0.125, 33, .gridEdge),
    ]
    var report = ReplayReport(
      trace: summary(trace), objectiveDescription: "softmax:digits.svm?l2=1e-4,batch=1",
      minimumLoss: minimum, runs: runs, runPolicies: policies,
      runDroppedCounts: policies.map { $0 == .subset ? 5 : 0 }, countSpeedupMeasured: 3.674,
      timeToTarget: times, tuning: scans(targets: [offset + 0.2, offset + 0.05, offset + 0.02]))
    report.theory = theory()
    return report
  }

  static func report(_ trace: Trace) -> ReportInput {
    var replay = replay(trace)
    replay.noiseLevels = noiseLevels()
    var input = ReportInput(
      inspection: inspection(trace), comparison: comparison(), replay: replay,
      heatmap: HeatmapData(trace), gantt: GanttData(trace),
      importNotes: ["21 829 rows read, 21 829 used"],
      manifest: [.init("seeds", "1, 2, 3")],
      commands: ["outpace report sample.csv --stepsize tuned -o report.html"])
    input.delayMap = delayMap(trace, updates: 4000)
    input.blame = blame(trace)
    input.effects = effects(trace)
    input.forecast = forecast(trace)
    return input
  }
}

import Analysis
import ReplayEngine

/// The loss of one method over its seeds, as a line with a band, along time or along gradients.
struct LossCurve {
  struct Point {
    var x: Double
    var median: Double
    var lower: Double
    var upper: Double
  }

  var style: MethodStyle
  var name: String
  var seedCount: Int
  var points: [Point]
  /// Points before thinning.
  var fullCount: Int
  /// The seeds that diverged, and at which update.
  var diverged: [(seed: UInt64, update: Int)]
  /// The curve ends before its method's horizon, since the median over seeds is infinite there.
  var isCutShort: Bool
  /// A bound and nothing that was measured: thin and dotted.
  var isBound = false
}

enum LossAxis {
  /// Simulated seconds.
  case time
  /// Applied gradients.
  case gradients
}

extension ReplayReport {
  /// Runs of one method and stepsize, in order of first appearance.
  struct RunGroup {
    var style: MethodStyle
    var name: String
    var runs: [Int]
    /// The name inside a sentence.
    var phrase: String {
      name == style.name ? style.phrase : style.phrase + name.dropFirst(style.name.count)
    }
  }

  var groups: [RunGroup] {
    var groups: [RunGroup] = []
    for index in runs.indices {
      let style = self.style(of: index)
      let stepsize = runs[index].request.stepsize
      let place = groups.firstIndex {
        $0.style == style && runs[$0.runs[0]].request.stepsize == stepsize
      }
      if let place {
        groups[place].runs.append(index)
      } else {
        groups.append(RunGroup(style: style, name: style.name, runs: [index]))
      }
    }
    // Several stepsizes of one method are told apart by their stepsize.
    for index in groups.indices
    where groups.count(where: { $0.style == groups[index].style }) > 1 {
      let stepsize = runs[groups[index].runs[0]].request.stepsize
      groups[index].name += ", γ \(Numbers.significant(stepsize, trimming: true))"
    }
    return groups
  }

  /// The largest simulated time of any run.
  var horizonSeconds: Double { Double(runs.map(\.timeNs).max() ?? 0) / 1e9 }

  /// The curve of one group along one axis.
  ///
  /// Each run is averaged over the last 1% of the horizon, since single evaluations dip below a
  /// target by luck, and stops before its first loss that is not finite. Seeds meet at the points
  /// of the longest run; a seed that has diverged counts as infinite.
  func curve(_ group: RunGroup, along axis: LossAxis, pointLimit: Int = 200) -> LossCurve {
    let window = horizonSeconds / 100
    let smooth = group.runs.map { smoothed(runs[$0], windowSeconds: window, axis) }
    let longest = smooth.max { $0.count < $1.count } ?? []
    let grid = Self.thinned(longest.map(\.x), to: pointLimit)
    var points: [LossCurve.Point] = []
    var positions = [Int](repeating: -1, count: smooth.count)
    var isCutShort = false
    for x in grid {
      var values: [Double] = []
      for (index, series) in smooth.enumerated() {
        while positions[index] + 1 < series.count, series[positions[index] + 1].x <= x {
          positions[index] += 1
        }
        let isOver = positions[index] == series.count - 1 && hasDiverged(group.runs[index])
        let isEnd = isOver && series.last.map { x > $0.x } ?? true
        if isEnd {
          values.append(.infinity)
        } else if positions[index] >= 0 {
          values.append(series[positions[index]].value)
        }
      }
      values.sort()
      guard !values.isEmpty else { continue }
      let median = (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
      guard median.isFinite, let lower = values.first else {
        isCutShort = true
        break
      }
      let upper = values.last { $0.isFinite } ?? median
      points.append(.init(x: x, median: median, lower: lower, upper: upper))
    }
    var diverged: [(seed: UInt64, update: Int)] = []
    for index in group.runs {
      if case .diverged(let update) = runs[index].outcome {
        diverged.append((runs[index].request.seed, update))
      }
    }
    return LossCurve(
      style: group.style, name: group.name, seedCount: group.runs.count, points: points,
      fullCount: longest.count, diverged: diverged,
      isCutShort: isCutShort || (!diverged.isEmpty && diverged.count == group.runs.count))
  }

  private func hasDiverged(_ index: Int) -> Bool {
    if case .diverged = runs[index].outcome { return true }
    return false
  }

  private func smoothed(
    _ run: Run, windowSeconds: Double, _ axis: LossAxis
  ) -> [(x: Double, value: Double)] {
    var result: [(x: Double, value: Double)] = []
    var first = 0
    let finite = run.points.prefix { $0.loss.isFinite }
    for (index, point) in finite.enumerated() {
      let from = point.timeNs - Int64(max(0, min(windowSeconds, 1e9)) * 1e9)
      // Strictly inside the window, so that an average never reaches back to the point before it
      // where points are as far apart as the window is long.
      while first < index, finite[first].timeNs <= from { first += 1 }
      let sum = finite[first...index].reduce(0.0) { $0 + $1.loss }
      let mean = sum / Double(index - first + 1) - (minimumLoss ?? 0)
      let x = axis == .time ? Double(point.timeNs) / 1e9 : Double(point.gradientCount)
      if axis == .gradients, point.gradientCount == 0 { continue }
      result.append((x, mean))
    }
    return result
  }

  /// Every n-th value, the first and the last kept.
  private static func thinned(_ values: [Double], to limit: Int) -> [Double] {
    guard values.count > limit, limit > 1 else { return values }
    return (0..<limit).map { values[$0 * (values.count - 1) / (limit - 1)] }
  }

  /// The groups that are drawn: minibatch, the best other synchronous one, the two best
  /// asynchronous ones. Best is by time to the target, then by the loss at the end.
  var drawnGroups: [RunGroup] {
    let groups = self.groups
    let target = mainTarget
    func badness(_ group: RunGroup) -> (Double, Double) {
      let time = target.flatMap { timeToTarget(of: group, target: $0)?.seconds } ?? .infinity
      let losses = group.runs.map { runs[$0].points.last?.loss ?? .infinity }
        .map { $0.isFinite ? $0 : .infinity }
      return (time, losses.max() ?? .infinity)
    }
    let ranked = groups.indices.sorted {
      let (a, b) = (badness(groups[$0]), badness(groups[$1]))
      return (a.0, a.1, $0) < (b.0, b.1, $1)
    }.map { groups[$0] }
    let minibatch = ranked.filter { $0.style.key == "mb" }.prefix(1)
    // Of one worker all curves are one.
    if trace.workerCount == 1, !minibatch.isEmpty { return Array(minibatch) }
    let synchronous = ranked.filter { $0.style.isSynchronous && $0.style.key != "mb" }.prefix(1)
    let asynchronous = ranked.filter { !$0.style.isSynchronous }.prefix(2)
    return Array(minibatch) + Array(synchronous) + Array(asynchronous)
  }

  /// Distinct targets, loosest first.
  var targets: [Double] {
    var result: [Double] = []
    for row in timeToTarget.sorted(by: { $0.target > $1.target })
    where row.target.isFinite && result.last != row.target {
      result.append(row.target)
    }
    return result
  }

  /// The one that the report was made for, else the tightest target that minibatch reaches; without one, the tightest that anybody reaches;
  /// else the loosest.
  var mainTarget: Double? {
    if let shownFraction, let row = timeToTarget.first(where: { $0.fraction == shownFraction }) {
      return row.target
    }
    let reached = targets.filter { target in
      timeToTarget.contains { $0.target == target && $0.reached && $0.method == "minibatch" }
    }
    let byAnybody = targets.filter { target in
      timeToTarget.contains { $0.target == target && $0.reached }
    }
    return reached.last ?? byAnybody.last ?? targets.first
  }

  /// The row of a group, matched by method, rule and stepsize.
  func timeToTarget(of group: RunGroup, target: Double) -> TimeToTarget? {
    let index = group.runs[0]
    let request = runs[index].request
    let policy = runPolicies.indices.contains(index) ? runPolicies[index].rawValue : nil
    let candidates = timeToTarget.filter { $0.target == target && $0.stepsize == request.stepsize }
    if let policy, policy != request.method.name {
      return candidates.first { $0.method == policy }
    }
    return candidates.first {
      $0.method == request.method.name && $0.stepsizeRule == request.method.rule?.rawValue
        && $0.adaptiveConstant == request.method.adaptiveConstant
    }
  }
}

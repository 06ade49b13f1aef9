import Analysis
import Reports

extension Comparison {
  /// Gives the policies that were replayed their times to one target.
  ///
  /// Asynchronous SGD becomes a row a stepsize rule, since durations cannot tell rules apart and
  /// times to target can. Where it is recommended, the recommendation names the sooner rule.
  ///
  /// - Parameter fraction: of the initial distance, the target that is read.
  mutating func setTimes(from report: ReplayReport, fraction: Double) {
    let rows = report.timeToTarget.filter { $0.fraction == fraction }
    for row in rows where row.method != PolicyName.async.rawValue {
      guard let index = policies.firstIndex(where: { $0.name.rawValue == row.method }) else {
        continue
      }
      policies[index].isReplayed = true
      policies[index].timeToTargetSeconds = row.seconds
      policies[index].timeToTargetSpread = TimeSpread(row)
    }
    let rules = rows.filter { $0.method == PolicyName.async.rawValue }
    guard let index = policies.firstIndex(where: { $0.name == .async }), !rules.isEmpty else {
      return
    }
    let plain = policies[index]
    let copies = rules.map { row in
      var policy = plain
      policy.parameter = row.ruleParameter
      policy.isReplayed = true
      policy.timeToTargetSeconds = row.seconds
      policy.timeToTargetSpread = TimeSpread(row)
      return policy
    }
    policies.replaceSubrange(index...index, with: copies)
    for place in verdict.byNoise.indices
    where verdict.byNoise[place].relativeTimes.indices.contains(index) {
      let law = verdict.byNoise[place].relativeTimes[index]
      verdict.byNoise[place].relativeTimes.replaceSubrange(
        index...index, with: copies.map { _ in law })
    }
    if verdict.recommendation?.policy == .async {
      let soonest = copies.min {
        ($0.timeToTargetSeconds ?? .infinity) < ($1.timeToTargetSeconds ?? .infinity)
      }
      verdict.recommendation?.parameter = soonest?.parameter
    }
  }
}

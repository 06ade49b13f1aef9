import Analysis
import Reports
import TraceModel

/// Whether the replays of a report bear out what the law recommends.
///
/// The card rests on durations and a law with dropped constants. Where replays on real gradients
/// reach the target sooner with another policy, a reader has to know it before anything else.
struct ReplayAgreement {
  private struct Entry {
    var policy: PolicyName
    var name: String
    var seconds: Double
  }

  private let entries: [Entry]
  private let fraction: Double

  /// - Parameter fraction: of the initial distance, the target that is read.
  init(_ report: ReplayReport, fraction: Double) {
    self.fraction = fraction
    entries = report.timeToTarget.filter { $0.fraction == fraction }.compactMap { row in
      guard let policy = PolicyName(rawValue: row.method), let seconds = row.seconds else {
        return nil
      }
      let rule = row.stepsizeRule.map { $0 == "constant" ? "" : " (\($0))" } ?? ""
      return Entry(policy: policy, name: row.method + rule, seconds: seconds)
    }
  }

  /// One sentence, or nil where nothing was reached or nothing is recommended.
  func sentence(recommended: PolicyName?, unit: TimeUnit) -> (isDoubt: Bool, text: String)? {
    guard let recommended, let best = entries.min(by: { $0.seconds < $1.seconds }),
      let minibatch = entries.first(where: { $0.policy == .minibatch })
    else { return nil }
    let target = "\(Numbers.significant(100 * fraction, trimming: true))% of the initial loss gap"
    guard let chosen = entries.filter({ $0.policy == recommended }).map(\.seconds).min() else {
      return nil
    }
    if chosen <= 1.03 * best.seconds {
      let ratio = Numbers.ratio(minibatch.seconds / chosen)
      return (false, "Replayed, tuned: time-to-target speed-up \(ratio) (to \(target)).")
    }
    return (
      true,
      "Replays disagree: \(best.name) reaches \(target) "
        + "\(Numbers.ratio(chosen / best.seconds)) sooner than \(recommended.rawValue)."
    )
  }
}

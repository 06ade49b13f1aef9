import Analysis
import Reports

/// Whether the replays of a report bear out what the law recommends, and at which noise.
///
/// The card rests on durations and a law with dropped constants. Where replays on real gradients
/// reach the target sooner with another policy, a reader has to know it before anything else.
package struct ReplayAgreement {
  /// What the replays at one noise level say of the recommended policy.
  private enum Finding {
    /// No other reaches the target more than 3% sooner, and every simpler one takes more than 3%
    /// longer than the soonest.
    case holds
    /// A simpler policy is within 3% of the soonest too, and would be recommended there.
    case hasSimplerEqual(String)
    /// Another one does, so many times sooner; nil if the recommended one does not reach it at all.
    case isSooner(String, ratio: Double?)
    case nobodyReaches
  }

  /// The levels whose replays are the built-in objective's, high noise first; empty for an objective
  /// that was given.
  private let levels: [(level: NoiseLevel, finding: Finding)]
  private let isGiven: Bool
  private let fraction: Double

  /// - Parameters:
  ///   - recommended: what the verdict recommends.
  ///   - levels: what was replayed; of a given objective its one.
  ///   - isGiven: whether the objective was given, so that its noise has no name.
  package init(recommended: PolicyName, levels: [NoiseLevel], isGiven: Bool) {
    self.isGiven = isGiven
    fraction = levels.last?.fraction ?? 0
    self.levels = levels.reversed().filter { $0.exclusion == nil }.map { level in
      (level, Self.finding(level, recommended))
    }
  }

  private static func finding(_ level: NoiseLevel, _ recommended: PolicyName) -> Finding {
    guard let best = level.soonest, let bestSeconds = best.seconds else { return .nobodyReaches }
    let own = level.rows.filter { $0.method == recommended.rawValue }.compactMap(\.seconds).min()
    if let own, own <= 1.03 * bestSeconds {
      // Rows stand in the order of simplicity.
      let simplest = level.rows.first { $0.seconds.map { $0 <= 1.03 * bestSeconds } ?? false }
      guard let simplest, simplest.method != recommended.rawValue else { return .holds }
      return .hasSimplerEqual(level.phrase(of: simplest))
    }
    return .isSooner(level.phrase(of: best), ratio: own.map { $0 / bestSeconds })
  }

  /// What the bars of the card are, now that they are no prediction: tuned times to a share of the
  /// initial loss gap. Short, so that what holds and this are one line.
  package var barsSentence: String {
    let share = "\(Numbers.significant(100 * fraction, trimming: true))%"
    return "Bars: to \(share) of the gap" + (isGiven ? "." : ", high noise.")
  }

  /// One sentence, and whether it speaks against the recommendation.
  package var sentence: (isDoubt: Bool, text: String)? {
    guard !levels.isEmpty else { return nil }
    let holding = levels.filter { if case .holds = $0.finding { true } else { false } }
    let clauses = otherClauses
    if isGiven {
      return clauses.first.map {
        (true, "On the one objective given, \($0).")
      } ?? (false, "Holds on the one objective given.")
    }
    if levels.allSatisfy({ if case .nobodyReaches = $0.finding { true } else { false } }) {
      return (true, "Replays cannot tell: nothing reaches the target at any noise.")
    }
    if holding.count == NoiseLevel.Name.allCases.count {
      return (false, "Holds at all three noise levels.")
    }
    let opening =
      holding.isEmpty
      ? "Replays do not bear it out: " : "Holds \(Self.list(holding.map(\.level)))"
    let separator = holding.isEmpty || clauses.isEmpty ? "" : "; "
    return (
      !clauses.isEmpty, opening + separator + clauses.joined(separator: "; ") + "."
    )
  }

  /// Who is sooner in the replays that the bars show, where that is not what is recommended: a clause
  /// for the sentence of the card, so that nobody reads the one without the other.
  package var contradiction: String? {
    guard let first = levels.first, case .isSooner(let name, let ratio) = first.finding else {
      return nil
    }
    return ratio.map { "replayed, \(name) is sooner (\(Numbers.ratio($0)))" }
      ?? "replayed, it misses the target that \(name) reaches"
  }

  /// What happens where it does not hold: one clause for each outcome.
  private var otherClauses: [String] {
    var groups: [(outcome: String, levels: [NoiseLevel], ratios: [String])] = []
    for (level, finding) in levels {
      let outcome: String
      var ratio: String?
      switch finding {
      case .holds: continue
      case .nobodyReaches: outcome = "nothing reaches the target"
      case .hasSimplerEqual(let name): outcome = "\(name) is as soon, and simpler"
      case .isSooner(let name, nil): outcome = "\(name) reaches the target and it does not"
      case .isSooner(let name, let times?):
        outcome = "\(name) is sooner"
        ratio = Numbers.ratio(times)
      }
      if let place = groups.firstIndex(where: { $0.outcome == outcome }) {
        groups[place].levels.append(level)
        groups[place].ratios += [ratio].compactMap { $0 }
      } else {
        groups.append((outcome, [level], [ratio].compactMap { $0 }))
      }
    }
    return groups.map { group in
      let ratios = group.ratios.isEmpty ? "" : " (\(group.ratios.joined(separator: ", ")))"
      return (isGiven ? "" : Self.list(group.levels) + " ") + group.outcome + ratios
    }
  }

  /// `at high and middle noise`, `at high noise and without noise`
  private static func list(_ levels: [NoiseLevel]) -> String {
    let noisy = levels.filter { $0.name != .none }
    var parts: [String] = []
    if noisy.count == 1 {
      parts.append(noisy[0].phrase)
    } else if !noisy.isEmpty {
      parts.append("at \(noisy.map(\.name.rawValue).joined(separator: " and ")) noise")
    }
    if noisy.count < levels.count { parts.append("without noise") }
    return parts.joined(separator: " and ")
  }
}

extension Analysis.Verdict {
  /// Says at which noise the replays bear the recommendation out.
  ///
  /// Doubts come first under Trust; what bears it out stands first under Gain. A recommended policy
  /// that no replay can carry out is named, since only the law speaks for it then.
  mutating func add(_ levels: [NoiseLevel], isGiven: Bool, restsOnReplays: Bool, isReplayed: Bool) {
    guard let recommended = recommendation?.policy else { return }
    guard isReplayed else {
      trust = "Not replayed: \(recommended.rawValue); predicted times decide. " + trust
      return
    }
    let agreement = ReplayAgreement(recommended: recommended, levels: levels, isGiven: isGiven)
    if restsOnReplays { gain = agreement.barsSentence + " " + gain }
    if let clause = agreement.contradiction {
      sentence = (sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence) + "; \(clause)."
      if !isGiven {
        next =
          "Prediction and replays disagree: report again with --objective, the loss that you "
          + "train; tuned replays of it then decide."
      }
    }
    guard let (isDoubt, text) = agreement.sentence else { return }
    if isDoubt {
      trust = text + " " + trust
    } else {
      gain = text + " " + gain
    }
  }
}

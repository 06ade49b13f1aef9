import TraceModel

extension Comparison {
  /// The same comparison with a verdict that rests on tuned time to target.
  ///
  /// Recommended is the simplest policy whose time is, with 97.5% confidence against each of the
  /// others, at most 3% above theirs. A verdict that abstains goes on abstaining: durations that may
  /// hold waiting are no better for being replayed.
  ///
  /// - Parameters:
  ///   - ratios: of the policies, in their order; those that were not replayed reach nothing.
  ///   - abstains: whether the trace is one that no verdict rests on.
  public func decided(by ratios: TimeRatios, unit: TimeUnit, abstains: Bool) -> Comparison {
    var decided = self
    for place in policies.indices {
      decided.policies[place].timeToTargetSeconds = ratios.seconds[place]
    }
    guard let replays, !abstains else { return decided }
    let choice = TunedChoice(decided.policies, ratios)
    let words = TunedWords(decided, choice: choice, replays: replays, unit: unit)
    decided.verdict.recommendation = choice.recommended.map { place in
      let policy = decided.policies[place]
      return Verdict.Recommendation(
        policy: policy.name, parameter: policy.parameter, workers: policy.dropped)
    }
    decided.verdict.sentence = words.sentence
    decided.verdict.gain = words.gain + " " + verdict.gain
    decided.verdict.trust = words.trust + " " + verdict.trust
    decided.verdict.next = words.next ?? verdict.next
    return decided
  }
}

extension Comparison {
  /// How many times as many seeds would tell whether a policy is as soon as the soonest, one that is
  /// simpler than what is recommended, or any where nothing is; nil where no policy is left open so.
  package func seedFactor(by ratios: TimeRatios) -> Double? {
    TunedChoice(policies, ratios).factor.flatMap { $0.isFinite ? $0 : nil }
  }
}

/// What the times to target decide.
private struct TunedChoice {
  /// Among the policies.
  var recommended: Int?
  /// Those that may be the soonest, within 3%, in order of simplicity.
  var open: [Int] = []
  /// The one with the shortest time; nil if none reaches the target.
  var fastest: Int?
  /// How many times as many seeds or traces would settle it, as far as one can tell; infinite where
  /// more of the same would not.
  var factor: Double?

  init(_ policies: [Comparison.Policy], _ ratios: TimeRatios) {
    let reaching = policies.indices.filter {
      policies[$0].isCandidate && ratios.seconds[$0] != nil
    }
    func time(_ place: Int) -> Double { ratios.seconds[place] ?? .infinity }
    fastest = reaching.min { time($0) < time($1) }
    let simplicity = PolicyName.allCases
    let order = reaching.sorted {
      let (a, b) = (
        simplicity.firstIndex(of: policies[$0].name), simplicity.firstIndex(of: policies[$1].name)
      )
      return (a ?? 0, $0) < (b ?? 0, $1)
    }
    if let fastest {
      open = order.filter { place in
        guard place != fastest else { return true }
        let ratio = time(place) / time(fastest)
        let lower = ratios.interval(of: place, over: fastest)?.lower ?? ratio
        return lower <= PolicyStudy.tolerance
      }
    }
    for place in order {
      var needed = 1.0
      var holds = true
      for other in reaching where other != place {
        let ratio = time(place) / time(other)
        // Without an interval some resamples miss the target: then nothing is sure of this one.
        let upper = ratios.interval(of: place, over: other)?.upper ?? .infinity
        guard upper > PolicyStudy.tolerance else { continue }
        holds = false
        let factor = (upper - ratio) / (PolicyStudy.tolerance - ratio)
        needed = ratio < PolicyStudy.tolerance ? max(needed, factor * factor) : .infinity
      }
      if holds {
        recommended = place
        return
      }
      factor = min(factor ?? .infinity, needed)
    }
  }
}

/// The sentences of a verdict from replays.
private struct TunedWords {
  let comparison: Comparison
  let choice: TunedChoice
  let replays: Comparison.TunedReplays
  let unit: TimeUnit

  init(
    _ comparison: Comparison, choice: TunedChoice, replays: Comparison.TunedReplays,
    unit: TimeUnit
  ) {
    self.comparison = comparison
    self.choice = choice
    self.replays = replays
    self.unit = unit
  }

  private var policies: [Comparison.Policy] { comparison.policies }

  private func seconds(_ place: Int) -> Double { policies[place].timeToTargetSeconds ?? .infinity }

  private var full: Int? { policies.firstIndex { $0.name == .minibatch } }

  var target: String { "\(Wording.percent(replays.targetFraction)) of the initial loss gap" }

  var sentence: String {
    guard let recommended = choice.recommended else {
      guard choice.fastest != nil else {
        return "No policy reaches \(target) within the horizon: nothing is recommended."
      }
      return "Cannot tell from these replays which reaches the target first: \(contenders)."
    }
    let policy = policies[recommended]
    let time = Wording.time(seconds(recommended), unit)
    var against = ""
    if let full, full != recommended {
      against =
        policies[full].timeToTargetSeconds == nil
        ? ", which full minibatch does not reach"
        : ", full minibatch takes \(Wording.ratio(seconds(full) / seconds(recommended))) as long"
    }
    return "\(advice(policy)): \(time) to the target\(against); \(alternative(recommended))."
  }

  /// Who may be the soonest, and how far behind full minibatch is if it is none of them.
  private var contenders: String {
    var names: [String] = []
    for place in choice.open {
      let name =
        switch policies[place].name {
        case .minibatch: "full minibatch"
        case .subset: "draining \(Wording.workers(policies[place].dropped, limit: 2))"
        case .async: "asynchronous SGD"
        case let other: other.rawValue
        }
      if !names.contains(name) { names.append(name) }
    }
    if names.count > 5 { names[4...] = ["one of \(names.count - 4) more"] }
    let last = names.popLast() ?? ""
    let all = names.isEmpty ? last : "\(names.joined(separator: ", ")) or \(last)"
    guard let full, !choice.open.contains(full), let fastest = choice.fastest else { return all }
    return policies[full].timeToTargetSeconds == nil
      ? "\(all); full minibatch does not reach it"
      : "\(all); full minibatch takes \(Wording.ratio(seconds(full) / seconds(fastest))) as long"
  }

  private func advice(_ policy: Comparison.Policy) -> String {
    switch policy.name {
    case .minibatch: "Stay with full minibatch"
    case .subset: "Drain \(Wording.workers(policy.dropped)) and stay synchronous"
    case .rebalanced: "Give each worker a batch by its speed and stay synchronous"
    case .backup:
      "End each synchronous round with its first "
        + "\(Wording.fixed(policy.gradientsPerUpdate, decimals: 0)) gradients"
    case .async: "Train asynchronously\(rule(policy))"
    case .buffered, .rennala, .ringmaster: "Train with \(name(policy))"
    }
  }

  private func rule(_ policy: Comparison.Policy) -> String {
    policy.parameter.map { " (\($0))" } ?? ""
  }

  private func name(_ policy: Comparison.Policy) -> String { policy.name.rawValue + rule(policy) }

  /// The best of the other kind: the soonest asynchronous policy beside a synchronous one, else the
  /// soonest synchronous one.
  private func alternative(_ recommended: Int) -> String {
    func isSynchronous(_ name: PolicyName) -> Bool {
      switch name {
      case .minibatch, .subset, .rebalanced, .backup: true
      case .async, .buffered, .rennala, .ringmaster: false
      }
    }
    let wanted = !isSynchronous(policies[recommended].name)
    let others = policies.indices.filter {
      isSynchronous(policies[$0].name) == wanted && policies[$0].isCandidate
        && policies[$0].name != .minibatch
    }
    let kind = wanted ? "synchronous" : "asynchronous"
    guard let best = others.min(by: { seconds($0) < seconds($1) }), seconds(best).isFinite else {
      return "no other \(kind) policy reaches it"
    }
    let ratio = Wording.ratio(seconds(best) / seconds(recommended))
    return "the best \(kind) one, \(name(policies[best])), takes \(ratio) its time"
  }

  var gain: String {
    guard let recommended = choice.recommended, let full, full != recommended,
      policies[full].timeToTargetSeconds != nil
    else { return "Tuned replays to \(target)." }
    let ratio = Wording.ratio(seconds(full) / seconds(recommended))
    return "Tuned replays: time-to-target speed-up \(ratio), to \(target)."
  }

  var trust: String {
    let traces =
      replays.resampledTraceCount > 0
      ? ", \(Wording.grouped(replays.resampledTraceCount)) resampled traces"
      : ", this trace as it is (--trace-bootstrap N resamples it)"
    return "Holds for this objective: \(Wording.grouped(replays.seedCount)) seeds\(traces)."
  }

  var next: String? {
    guard choice.recommended == nil, choice.fastest != nil else { return nil }
    let seeds = (choice.factor ?? .infinity) * Double(replays.seedCount)
    guard replays.resampledTraceCount == 0 else {
      guard let factor = choice.factor, factor < 1e4 else {
        return "Record a longer run: resamples of this one miss the target."
      }
      return
        "A trace about \(Wording.grouped(Int(factor.rounded(.up)))) times as long would tell."
    }
    guard seeds < 1e5 else {
      return "More seeds would not tell: some miss the target. Take a less noisy objective."
    }
    return "About \(Wording.grouped(TunedWords.roundedSeeds(seeds))) seeds would tell (--seeds)."
  }

  /// Two digits: it is an estimate.
  private static func roundedSeeds(_ seeds: Double) -> Int {
    var unit = 1.0
    while seeds / unit >= 100 { unit *= 10 }
    return Int((seeds / unit).rounded(.up) * unit)
  }
}

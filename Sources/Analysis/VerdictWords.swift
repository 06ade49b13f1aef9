import TraceModel

/// The card. Each part is one or two sentences of what was computed, and every one of them can say
/// the opposite. The card has 12 lines of 80 columns, of which three are bars; what does not fit into
/// the other nine is left out, the least important first.
extension PolicyStudy {
  func verdict(
    policies: [Comparison.Policy], choice: NoiseChoice, byNoise: [Comparison.NoiseRow]
  ) -> Verdict {
    guard !isAbstaining else { return abstention(byNoise) }
    let recommendation = choice.recommended.map {
      Verdict.Recommendation(policy: $0.name, parameter: $0.parameter, workers: dropped($0))
    }
    let sentence = sentence(policies, choice)
    let next = next(choice, byNoise)
    let trustWords = trustWords(choice)
    // Without a recommendation there are no bars. What speaks against the result is never left
    // unsaid: trust gets its lines first.
    var rest = (recommendation == nil ? 12 : 9) - Wording.lineCount(sentence, width: 80)
    rest -= Wording.lineCount(next)
    let doubts = Wording.lineCount(
      trustWords.prefix(5).filter { !$0.isEmpty }.joined(separator: " "))
    let trustLines = max(1, min(doubts, 3, rest - 2))
    let gain = Wording.fitting(
      gainWords(policies, choice), lines: max(1, min(2, rest - trustLines - 2)))
    rest -= Wording.lineCount(gain)
    let why = whyWords(lines: max(1, min(3, rest - trustLines)))
    rest -= Wording.lineCount(why)
    return Verdict(
      recommendation: recommendation, byNoise: byNoise, sentence: sentence, why: why, gain: gain,
      trust: Wording.fitting(trustWords, lines: max(1, rest)), next: next)
  }

  /// Who is slow, or why nobody is drained, explains the choice; where turnaround takes away most of what
  /// own times promise, that does. Where it matters at all, both figures stand there, in few words if
  /// there is no room for more.
  private func whyWords(lines: Int) -> String {
    guard !turnaroundWords.isEmpty else {
      return Wording.fitting([stragglerWords, waitingWords], lines: lines)
    }
    if turnaroundDecides {
      return Wording.fitting([turnaroundWords, stragglerWords, waitingWords], lines: lines)
    }
    for words in [turnaroundWords, shortTurnaroundWords] {
      let why = Wording.fitting([stragglerWords, words, waitingWords], lines: lines)
      if why.contains(words) { return why }
    }
    return Wording.fitting([shortTurnaroundWords, stragglerWords, waitingWords], lines: lines)
  }

  private func abstention(_ byNoise: [Comparison.NoiseRow]) -> Verdict {
    let blind = inspection.workers.filter { $0.worker.trust == .wallClock }
    let fallen = trace.trust > .wallClock
    return Verdict(
      byNoise: byNoise,
      sentence: fallen
        ? "No verdict: the recorded schedule does not replay in the recorded time."
        : "No verdict: these durations cannot be told apart from waiting for others.",
      why: "\(Wording.grouped(blind.count)) of \(Wording.grouped(timings.workerCount)) workers are "
        + "graded wall-clock: a fast worker that waits for a slow one looks as slow as that one.",
      gain: "Unknown. The figures below are what the durations give if taken at their word.",
      trust: Wording.fitting(
        [lostGrades ? backcastWords : "", lostGrades ? missingWords : "", gradeWords], lines: 3),
      next: fallen
        ? "Record the turnaround of each gradient, or the waiting; drop a warm-up with --skip N."
        : "Record each worker's own computing, from the start of a gradient to its end without the "
          + "all-reduce, or a profile that shows the collectives; --trust measured overrides.")
  }

  private func policy(_ name: PolicyName, _ policies: [Comparison.Policy]) -> Comparison.Policy? {
    policies.first { $0.name == name }
  }

  // MARK: Sentence

  private func sentence(_ policies: [Comparison.Policy], _ choice: NoiseChoice) -> String {
    guard let recommended = choice.recommended,
      let chosen = policy(recommended.name, policies), let async = policy(.async, policies),
      let full = policy(.minibatch, policies)
    else {
      guard let needed = choice.gradientsNeeded else {
        return "Cannot tell from this trace which policy is best."
      }
      let fewest = timings.counts.min() ?? 0
      let now =
        timings.counts.allSatisfy { $0 == fewest }
        ? "per worker would"
        : "of every worker would; the fewest now are \(Wording.grouped(fewest))"
      return "Cannot tell from this trace which policy is best; about "
        + "\(Wording.grouped(roundedUp(needed))) gradients \(now)."
    }
    let counted = "\(Wording.ratio(chosen.countRatio)) the gradients of full minibatch"
    let onTop = onTop(async.gradientsPerSecond / chosen.gradientsPerSecond - 1)
    switch recommended {
    case .minibatch:
      if timings.workerCount == 1 {
        return missingRankWords.isEmpty
          ? "Nothing to compare: there is one worker."
          : "Nothing to compare: one rank of the job was given."
      }
      let time = async.secondsPerRound / full.secondsPerRound
      // More gradients are not less time; where they are predicted to be, nothing contradicts.
      return "Stay with full minibatch: asynchronous training applies "
        + "\(Wording.ratio(async.countRatio)) the gradients "
        + "\(async.countRatio > 1 && time > 1 ? "but" : "and") is predicted to take "
        + "\(Wording.ratio(time)) as long."
    case .subset:
      return "Drain \(drained(chosen.dropped)) and stay synchronous: \(counted); \(onTop)."
    case .rebalanced:
      return "Give each worker a batch by its speed and stay synchronous: "
        + "\(counted); \(onTop)."
    case .backup(let need):
      return "End each synchronous round with its first \(Wording.grouped(need)) of "
        + "\(Wording.grouped(timings.workerCount)) gradients: \(counted); \(onTop)."
    case .async:
      func sentence(_ names: Int) -> String {
        let synchronous = bestSynchronous(policies, against: full, names: names)
        return "Train asynchronously: \(counted); \(synchronous)."
      }
      let named = sentence(2)
      return Wording.lineCount(named, width: 80) <= 2 ? named : sentence(0)
    }
  }

  /// By name, or where long labels would fill the sentence and still not all be named, by number.
  private func drained(_ labels: [WorkerLabel]) -> String {
    let areLong = labels.contains { $0.text.unicodeScalars.count > 12 }
    return labels.count > 2 && areLong
      ? "the \(Wording.grouped(labels.count)) slowest workers" : Wording.workers(labels)
  }

  private func onTop(_ change: Double) -> String {
    if abs(change) < 0.005 { return "asynchronous training adds nothing on top" }
    return change > 0
      ? "asynchronous training adds \(Wording.percent(change)) on top"
      : "asynchronous training makes \(Wording.percent(-change)) fewer"
  }

  /// Of the candidates, the synchronous one with the shortest predicted time, and that time: its
  /// count may well be below that of full minibatch.
  ///
  /// - Parameter names: the most drained workers to name; 0 counts them.
  private func bestSynchronous(
    _ policies: [Comparison.Policy], against full: Comparison.Policy, names: Int
  ) -> String {
    let synchronous = policies.filter { $0.name != .async && $0.isCandidate }
    guard let best = synchronous.min(by: { $0.secondsPerRound < $1.secondsPerRound }) else {
      return "there is no synchronous policy"
    }
    let what: String
    switch best.name {
    case .subset:
      let count = best.dropped.count
      let drained =
        names > 0
        ? Wording.workers(best.dropped, limit: names)
        : "\(Wording.grouped(count)) \(count == 1 ? "worker" : "workers")"
      what = "draining \(drained)"
    case .rebalanced: what = "batches by speed"
    case .backup:
      what = "rounds of the first \(Wording.fixed(best.gradientsPerUpdate, decimals: 0))"
    default: return "no synchronous policy is faster than full minibatch"
    }
    let time = Wording.ratio(best.secondsPerRound / full.secondsPerRound)
    return "the best synchronous policy, \(what), takes \(time) minibatch's time"
  }

  // MARK: Why

  /// The formula stays that of a free server; where that misleads, both figures stand together.
  private var turnaroundWords: String {
    guard withTurnaround, timings.workerCount > 1, let turnaround = inspection.turnaround,
      let charged = inspection.speedup.withTurnaround
    else { return "" }
    return "Turnaround is \(Wording.percent(turnaround.shareOfCycle)) of a cycle "
      + "(\(Wording.time(turnaround.meanSeconds, trace.unit))): count speed-up "
      + "\(Wording.ratio(charged)) with it, own times alone give "
      + "\(Wording.ratio(inspection.speedup.formulaMean))."
  }

  /// Whether turnaround takes away more than half of the gain that own times alone promise, of workers
  /// that differ.
  private var turnaroundDecides: Bool {
    guard canTellApart, withTurnaround, let charged = inspection.speedup.withTurnaround else {
      return false
    }
    let promised = inspection.speedup.formulaMean
    return promised - charged > (promised - 1) / 2
  }

  private var shortTurnaroundWords: String {
    guard let charged = inspection.speedup.withTurnaround else { return "" }
    let formula = Wording.ratio(inspection.speedup.formulaMean)
    // What is left is never more than there was: slow moments, which the formula cannot see, made it so.
    return charged < inspection.speedup.formulaMean
      ? "Turnaround leaves \(Wording.ratio(charged)) of \(formula)."
      : "With turnaround \(Wording.ratio(charged)), formula \(formula)."
  }

  private var stragglerWords: String {
    let speedup = inspection.speedup
    if timings.workerCount == 1 { return "One worker is never late, so every policy is the same." }
    guard canTellApart else {
      guard let formulaNull = speedup.formulaNull, let pEqual = speedup.pEqual else {
        return "Whether the workers differ by more than chance was not tested, so nothing is "
          + "drained or rebalanced."
      }
      if withTurnaround {
        // The figures of turnaround follow and need the room.
        return "These workers cannot be told apart (p = \(Wording.probability(pEqual))), so "
          + "nothing is drained or rebalanced."
      }
      return "These workers cannot be told apart, so nothing is drained or rebalanced: the formula "
        + "count speed-up is \(Wording.ratio(speedup.formulaMean)), by chance "
        + "\(Wording.ratio(formulaNull)) (p = \(Wording.probability(pEqual)))."
    }
    let slow = inspection.stragglers.filter { $0.kind == .persistent }
    let means = inspection.workers.map(\.meanSeconds)
    // Of fewer than four workers there is no quarter.
    let isFew = means.count < 4
    let reference = isFew ? means.min() ?? 1 : Sample(means).quantile(0.25)
    let fastest = isFew ? "the fastest" : "the fastest quarter"
    guard !slow.isEmpty else {
      let worst = inspection.slowest
      guard means[worst] >= 1.25 * reference else {
        return "The workers differ, but none is far behind \(fastest)."
      }
      // Slow in the mean, and not beyond chance.
      let how =
        switch inspection.stragglers.first(where: { $0.index == worst })?.kind {
        case .drifting: "since it slows down over the trace"
        case .transient: "by single long gradients"
        case .persistent, nil: "which may be chance"
        }
      return Wording.capitalised(Wording.workers([trace.workers[worst].worker.label])) + " takes "
        + "\(Wording.number(means[worst] / reference)) times as long as \(fastest), \(how)."
    }
    let slowdowns = slow.map { inspection.workers[$0.index].meanSeconds / reference }
    let order = slow.indices.sorted {
      (-slowdowns[$0], slow[$0].index) < (-slowdowns[$1], slow[$1].index)
    }
    // One whose excess is twice that of the next is the one that decides.
    if let first = order.first, let second = order.dropFirst().first,
      slowdowns[first] - 1 >= 2 * (slowdowns[second] - 1)
    {
      let others = order.dropFirst().map { slow[$0] }.sorted { $0.index < $1.index }
      return Wording.capitalised(Wording.workers([slow[first].label]))
        + " takes \(Wording.number(slowdowns[first])) times as long per gradient as \(fastest), "
        + "\(Wording.workers(others.map(\.label), limit: 3)) \(others.count == 1 ? "" : "up to ")"
        + "\(Wording.number(slowdowns[second])) times."
    }
    let low = Wording.number(slowdowns.min() ?? 1)
    let high = Wording.number(slowdowns.max() ?? 1)
    let names = Wording.workers(slow.sorted { $0.index < $1.index }.map(\.label))
    let verb = slow.count == 1 ? "takes" : "take"
    return Wording.capitalised(names) + " \(verb) \(low == high ? low : "\(low) to \(high)") times "
      + "as long per gradient as \(fastest)."
  }

  private var waitingWords: String {
    guard timings.workerCount > 1 else { return "" }
    return "Workers wait \(Wording.percent(inspection.synchronousWaste)) of a synchronous run."
  }

  // MARK: Gain

  private func gainWords(
    _ policies: [Comparison.Policy], _ choice: NoiseChoice
  ) -> [String] {
    let speedup = inspection.speedup
    var first = ""
    if let recommended = choice.recommended, let chosen = policy(recommended.name, policies),
      recommended != .minibatch
    {
      first = "Count ratio \(Wording.ratio(chosen.countRatio))\(Wording.interval(chosen.interval))"
      if let outOfTime = chosen.countRatioOutOfTime, recommended != .async {
        first += ", out of time \(Wording.ratio(outOfTime))"
      }
      first += "."
    }
    let counts =
      "Formula count speed-up \(Wording.ratio(speedup.formulaMean))"
      + "\(Wording.interval(speedup.interval)), realised \(Wording.ratio(speedup.realised))"
      + "\(Wording.interval(speedup.realisedInterval))."
    return [first, counts]
  }

  // MARK: Trust

  private func trustWords(_ choice: NoiseChoice) -> [String] {
    // What decides without intervals, and what lowered the grades, come before all else.
    var sentences = [missingRankWords, noIntervalWords(choice), lostGrades ? backcastWords : ""]
    if lostGrades { sentences.append(missingWords) }
    sentences += [stationaryWords, gradeWords]
    switch choice.recommended {
    case .backup:
      sentences.append("Backup is judged by the slower of both timing models.")
    case .rebalanced:
      sentences.append("Assumes that time is proportional to the batch.")
    default: break
    }
    if !lostGrades { sentences.append(backcastWords) }
    if inspection.turnaround == nil, timings.workerCount > 1 {
      sentences.append("Server and network cost were not recorded and are not charged.")
    }
    return sentences
  }

  /// A rank that is missing may be the one that all others waited for.
  private var missingRankWords: String {
    let missing = trace.issues.first { $0.code == "rank-missing" }?.count ?? 0
    guard missing > 0 else { return "" }
    return missing == 1
      ? "A rank of the job was not given, and may be the slowest."
      : "\(Wording.grouped(missing)) ranks of the job were not given, maybe the slowest."
  }

  private func noIntervalWords(_ choice: NoiseChoice) -> String {
    guard resamples == nil, timings.workerCount > 1 else { return "" }
    if trace.holdsRates { return "A table of rates tells no spread: point estimates decide." }
    if isLeftToChance, choice.recommended == nil {
      return "Too few rounds for intervals, and workers that cannot be told apart."
    }
    let reason =
      timings.workerCount > workerLimitOfExtras
      ? "No intervals above \(Wording.grouped(workerLimitOfExtras)) workers"
      : options.resampleCount == 0 ? "No intervals were asked for" : "Too few rounds for intervals"
    return reason + ": point estimates decide."
  }

  private var gradeWords: String {
    let total = Wording.grouped(timings.workerCount)
    let parts = TrustGrade.allCases.reversed().compactMap { grade -> String? in
      let count = inspection.workers.filter { $0.worker.trust == grade }.count
      return count == 0 ? nil : "\(grade.rawValue) for \(Wording.grouped(count))"
    }
    let workers = timings.workerCount == 1 ? "worker" : "workers"
    let gradients =
      "\(Wording.grouped(trace.gradientCount)) \(trace.gradientCount == 1 ? "gradient" : "gradients")"
    // A lowered grade says nothing about what the format did: nothing was separated.
    return lostGrades
      ? "Graded \(Wording.list(parts)) of \(total) \(workers) after the backcast, \(gradients)."
      : "Own time \(Wording.list(parts)) of \(total) \(workers), \(gradients)."
  }

  private var lostGrades: Bool { inspection.backcast?.lowersGrades ?? false }

  private var backcastWords: String {
    guard let backcast = inspection.backcast else { return "" }
    let ratio = Wording.number(backcast.ratio)
    guard lostGrades else {
      return "The recorded schedule replays in \(ratio) of its time."
    }
    let grades = TrustGrade.allCases.reversed().filter { grade in
      inspection.workers.contains { $0.worker.trust == grade }
    }
    return "Replays in \(ratio) of recorded time: every grade falls by one, to "
      + "\(Wording.list(grades.map(\.rawValue)))."
  }

  private var missingWords: String { inspection.backcast?.missing ?? "" }

  private var stationaryWords: String {
    guard let halves,
      let change = Stationarity(timings, halves, inspection, canTellApart: canTellApart)
    else { return "" }
    let (first, second) = change.slowest
    let slowest =
      first == second
      ? ""
      : ", the slowest worker \(Wording.label(trace.workers[first].worker.label)) then "
        + Wording.label(trace.workers[second].worker.label)
    let formulas =
      "Not stationary: the formula is \(Wording.ratio(change.formulaFirst)) in the first half and "
      + "\(Wording.ratio(change.formulaSecond)) in the second\(slowest)"
    guard let (worker, share) = change.changing else { return formulas + "." }
    let name = Wording.workers([trace.workers[worker].worker.label])
    return formulas + "; \(name) changes \(Wording.percent(share)) into the trace."
  }

  // MARK: Next

  private func next(_ choice: NoiseChoice, _ byNoise: [Comparison.NoiseRow]) -> String {
    if timings.workerCount == 1 {
      return "Record the other workers of the job: one cannot be late."
    }
    if trace.holdsRates {
      return "Import recorded gradients of these workers: slow moments that come and go count too."
    }
    if resamples == nil, options.resampleCount > 0, timings.workerCount <= workerLimitOfExtras,
      let fewest = inspection.workers.map(\.gradientCount).min(), fewest < 20
    {
      return "Record at least 20 steps of every worker after its warm-up: \(fewest) "
        + "\(fewest == 1 ? "is" : "are") too few to tell speed from chance."
    }
    if choice.recommended == nil {
      return "Record a longer run of the same job; more gradients per worker narrow the intervals."
    }
    let groups = byNoise.reduce(into: [(name: String, from: Double)]()) { groups, row in
      let name = row.policy.map { $0 == .subset ? "drain" : $0.rawValue } ?? "cannot tell"
      if groups.last?.name != name { groups.append((name, row.criticalBatchOverWorkers)) }
    }
    guard groups.count > 1 else {
      return "The same policy is recommended at every noise scale. outpace report replays it on an "
        + "objective."
    }
    let words = groups.map { "\($0.name) from \(noise($0.from))" }
    return "By B_crit (--noise-scale): \(words.joined(separator: ", "))."
  }

  /// As a multiple of M.
  private func noise(_ ratio: Double) -> String {
    switch ratio {
    case 0: "0"
    case .infinity: "∞"
    case 0.25: "M/4"
    case 1: "M"
    case _ where ratio == ratio.rounded(): "\(Wording.fixed(ratio, decimals: 0)) M"
    default: "\(Wording.fixed(ratio, decimals: 2)) M"
    }
  }
}

/// Two significant digits, upwards: a number of steps that would do is no more exact than that.
private func roundedUp(_ count: Int) -> Int {
  var scale = 1
  while count / scale >= 100 { scale *= 10 }
  return (count + scale - 1) / scale * scale
}

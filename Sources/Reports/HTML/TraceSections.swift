import Analysis
import TraceModel

/// Speeds of the workers: bars up to 64 of them, above that a ribbon over ranks and the ten worst.
func workersSection(_ input: ReportInput) -> PageSection? {
  let inspection = input.inspection
  let ordered = inspection.workers.indices.sorted {
    (-inspection.workers[$0].meanSeconds, $0) < (-inspection.workers[$1].meanSeconds, $1)
  }.map { inspection.workers[$0] }
  guard let slowest = ordered.first else { return nil }
  let unit = inspection.trace.unit
  let drawn = ordered.count > 64 ? Array(ordered.prefix(10)) : ordered
  let message = workersMessage(inspection, ordered)
  var figure = ""
  if ordered.count > 64 {
    let ribbon = WorkerRibbon(workers: ordered, unit: unit, description: message)
    figure += PageSection.scrolling(ribbon.rendered(id: "ribbon"))
  }
  let bars = WorkerBars(
    workers: drawn, unit: unit, slowestMean: slowest.meanSeconds,
    slowestIndex: slowest.worker.index, description: message)
  figure += PageSection.scrolling(bars.rendered(id: "workers"))

  var note = "Bar: mean; tick: median; whisker: p5 to p95. The mean of s_max/s_m is the formula "
  note += "count speed-up, \(Numbers.ratio(inspection.speedup.formulaMean))"
  note += inspection.speedup.interval.map { " " + Numbers.interval($0.lower, $0.upper) } ?? ""
  note += "; realised \(Numbers.ratio(inspection.speedup.realised))"
  note +=
    inspection.speedup.realisedInterval.map { " " + Numbers.interval($0.lower, $0.upper) } ?? ""
  if let with = inspection.speedup.withTurnaround {
    note += ", with turnaround \(Numbers.ratio(with))"
  }
  note += "."
  if ordered.count > 64 {
    note += " Above, \(workersPhrase(ordered.count)) by rank: band p5 to p95, bold the mean, thin "
    note += "the median. Below, the ten slowest of them."
  }
  return PageSection(
    id: "workers", title: "Workers", navigation: "Workers", message: message, note: note,
    command: command("inspect", input), figure: figure)
}

func workersMessage(
  _ inspection: Inspection, _ ordered: [Inspection.WorkerFigures]
) -> String {
  guard let slowest = ordered.first, let fastest = ordered.last else { return "" }
  let time = TimeScale(for: slowest.meanSeconds, unit: inspection.trace.unit)
  guard ordered.count > 1 else {
    return "One worker needs \(time.text(slowest.meanSeconds)) a gradient: there is nobody to "
      + "wait for."
  }
  if let p = inspection.speedup.pEqual, p > 0.05 {
    return "These workers cannot be told apart: as large a difference arises by chance with "
      + "p = \(Numbers.significant(p, digits: 2))."
  }
  let slow = ordered.filter { $0.slowdown > 1.25 }
  if slow.isEmpty {
    return "The slowest of \(workersPhrase(ordered.count)), "
      + "\(Labels.short(slowest.worker.label)), takes "
      + "\(Numbers.percent(max(0, slowest.slowdown - 1))) longer a gradient than the fastest: "
      + "\(time.number(slowest.meanSeconds)) against \(time.text(fastest.meanSeconds))."
  }
  let fast = ordered.count - slow.count
  let least = slow.map(\.slowdown).min() ?? 1
  let most = slowest.slowdown
  let range =
    slow.count == 1 || most - least < 0.05
    ? Numbers.significant(most)
    : "\(Numbers.significant(least)) to \(Numbers.significant(most))"
  let fastPhrase = fast == 1 ? "One worker needs" : "\(Numbers.word(fast)) workers need"
  let fastTime = TimeScale.text(fastest.meanSeconds, inspection.trace.unit)
  return "\(fastPhrase.capitalisedFirst) about \(fastTime) a gradient; "
    + (slow.count == 1
      ? "\(Labels.short(slowest.worker.label)) takes \(range) times as long."
      : "\(Numbers.word(slow.count)) others take \(range) times as long, "
        + "\(Labels.short(slowest.worker.label)) the longest.")
}

/// Mean durations by worker and time.
func heatmapSection(_ input: ReportInput) -> PageSection? {
  guard let data = input.heatmap, let first = data.rows.first, first.means.count > 1 else {
    return nil
  }
  let unit = input.inspection.trace.unit
  let message = heatmapMessage(data, unit)
  let column = TimeScale.text(data.columnSeconds, unit)
  var note = "Each cell is the mean duration of the gradients under way in \(column); more is "
  note += "further from the page. Empty: none was under way."
  if data.workerCount > 64 {
    note += " \(workersPhrase(data.workerCount)) in 32 groups by speed, then the ten slowest."
  }
  return PageSection(
    id: "time", title: "Workers × time", navigation: "Workers × time", message: message,
    note: note, command: command("inspect", input, "--csv"),
    figure: PageSection.scrolling(
      Heatmap(durations: data, unit: unit, description: message).rendered(id: "time")))
}

/// Names the workers whose duration changes by half or more at one moment and stays so; else those
/// that drift.
func heatmapMessage(_ data: HeatmapData, _ unit: TimeUnit) -> String {
  struct Change {
    var label: WorkerLabel
    var column: Int
    var ratio: Double
    var size: Double { decimalLogarithm(ratio).magnitude }
  }
  var named: Set<WorkerLabel> = []
  let changes = data.rows.compactMap { row -> Change? in
    guard let label = row.label, named.insert(label).inserted,
      let step = largestStep(row.means.map { $0.map(decimalLogarithm) })
    else { return nil }
    return Change(label: label, column: step.column, ratio: step.ratio)
  }
  guard let first = changes.max(by: { $0.size < $1.size }) else {
    return driftSentence(data)
      ?? "No worker's durations change by half or more for long" + spellClause(data, unit) + "."
  }
  // Slower workers notice the same moment later: what lies within a sixteenth is one event.
  let tolerance = max(3, (data.rows.first?.means.count ?? 0) / 16)
  let together = changes.filter {
    ($0.ratio > 1) == (first.ratio > 1) && ($0.column - first.column).magnitude <= tolerance
  }
  let time = TimeScale.text(Double(first.column) * data.columnSeconds, unit)
  let factor = Numbers.significant(first.ratio > 1 ? first.ratio : 1 / first.ratio, digits: 2)
  let others = changes.count - together.count
  let isOne = together.count == 1
  let names = Labels.list(together.map(\.label), limit: 4)
  // Only our own word takes a capital; a label stays as recorded.
  let isOurs = names.hasPrefix("worker ") || names.hasPrefix("workers ")
  let who = isOurs ? names.capitalisedFirst : names
  return "\(who) \(isOne ? "becomes" : "become") \(isOne ? "" : "up to ")\(factor) times "
    + "\(first.ratio > 1 ? "slower" : "faster") after \(time) and \(isOne ? "stays" : "stay") so"
    + (others > 0
      ? "; \(Numbers.word(others)) \(others == 1 ? "other changes" : "others change") at another "
        + "time." : ".")
}

/// The worker whose durations grow or shrink most little by little: by a line through their
/// logarithms that explains half of their variance and rises or falls by 30% or more.
private func driftSentence(_ data: HeatmapData) -> String? {
  var worst: (label: WorkerLabel, change: Double)?
  for row in data.rows {
    guard let label = row.label, let change = drift(row.means),
      change.magnitude > worst?.change.magnitude ?? 0
    else { continue }
    worst = (label, change)
  }
  guard let worst else { return nil }
  let name = Labels.short(worst.label)
  let who = name.hasPrefix("worker ") ? name.capitalisedFirst : name
  let factor = Numbers.significant(powerOfTen(real: worst.change.magnitude), digits: 2)
  return
    "\(who) becomes \(factor) times \(worst.change > 0 ? "slower" : "faster") little by little."
}

/// The change along the fitted line, in decimal logarithms; nil where there is no drift.
private func drift(_ means: [Double?]) -> Double? {
  let points = means.enumerated().compactMap { item -> (x: Double, y: Double)? in
    guard let mean = item.element, mean > 0, mean.isFinite else { return nil }
    return (Double(item.offset), decimalLogarithm(mean))
  }
  guard points.count >= 10, let first = points.first, let last = points.last else { return nil }
  let count = Double(points.count)
  let x = points.reduce(0) { $0 + $1.x } / count
  let y = points.reduce(0) { $0 + $1.y } / count
  let xx = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
  let xy = points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) }
  let yy = points.reduce(0) { $0 + ($1.y - y) * ($1.y - y) }
  guard xx > 0, yy > 0, xy * xy >= xx * yy * explained(by: points.count) else { return nil }
  let change = xy / xx * (last.x - first.x)
  // log₁₀ 1.3
  return change.magnitude >= 0.113_943_352 ? change : nil
}

/// The darkest spell of the map, where a cell is half again its worker's median or more.
private func spellClause(_ data: HeatmapData, _ unit: TimeUnit) -> String {
  struct Spell {
    var label: WorkerLabel
    var columns: Range<Int>
    var ratio: Double
  }
  var named: Set<WorkerLabel> = []
  let spells = data.rows.compactMap { row -> Spell? in
    guard let label = row.label, named.insert(label).inserted else { return nil }
    let sorted = row.means.compactMap { $0 }.filter { $0.isFinite && $0 > 0 }.sorted()
    guard let most = sorted.last else { return nil }
    let median = sorted[sorted.count / 2]
    guard most >= 1.5 * median, let peak = row.means.firstIndex(of: most) else { return nil }
    func isSlow(_ column: Int) -> Bool {
      row.means.indices.contains(column) && row.means[column].map { $0 >= 1.5 * median } ?? false
    }
    var (low, high) = (peak, peak)
    while isSlow(low - 1) { low -= 1 }
    while isSlow(high + 1) { high += 1 }
    return Spell(label: label, columns: low..<high + 1, ratio: most / median)
  }
  guard let worst = spells.max(by: { $0.ratio < $1.ratio }) else { return "" }
  let ratio = Numbers.significant(worst.ratio, digits: 2)
  guard spells.count <= max(1, named.count / 4) else {
    return "; \(Numbers.word(spells.count)) of \(Numbers.count(named.count)) have short slow "
      + "spells, \(Labels.short(worst.label)) of up to \(ratio) times its median"
  }
  let time = TimeScale(for: Double(worst.columns.upperBound) * data.columnSeconds, unit: unit)
  let from = time.number(Double(worst.columns.lowerBound) * data.columnSeconds)
  let to = time.text(Double(worst.columns.upperBound) * data.columnSeconds)
  return "; \(Labels.short(worst.label)) is up to \(ratio) times slower than its median between "
    + "\(from) and \(to)"
}

/// The share of a variance that has to be explained: half of it, and more where few cells would let
/// chance explain as much.
private func explained(by count: Int) -> Double { 0.5 + 4 / Double(count) }

/// The split of a row in two that explains most of its variance, if it explains half of it and the
/// two means differ by half or more; each side has at least a tenth of the columns.
private func largestStep(_ logarithms: [Double?]) -> (column: Int, ratio: Double)? {
  let known = logarithms.enumerated().compactMap { item in
    item.element.map { (column: item.offset, value: $0) }
  }.filter { $0.value.isFinite }
  guard known.count >= 10 else { return nil }
  let total = known.reduce(0) { $0 + $1.value }
  let mean = total / Double(known.count)
  let variance = known.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) }
  guard variance > 0 else { return nil }
  var best: (position: Int, gain: Double, difference: Double)?
  var sum = 0.0
  let margin = known.count / 10
  for position in 1..<known.count {
    sum += known[position - 1].value
    guard position >= margin, known.count - position >= margin else { continue }
    let before = sum / Double(position)
    let after = (total - sum) / Double(known.count - position)
    let difference = after - before
    let weight = Double(position) * Double(known.count - position) / Double(known.count)
    let gain = weight * difference * difference
    if gain > best?.gain ?? 0 { best = (position, gain, difference) }
  }
  // log₁₀ 1.5
  guard let best, best.gain >= variance * explained(by: known.count),
    best.difference.magnitude >= 0.176_091_259
  else {
    return nil
  }
  return (known[best.position].column, powerOfTen(real: best.difference))
}

/// 10^x by squares: 10^x = (10^(x/1024))^1024 with a series for the small power.
private func powerOfTen(real x: Double) -> Double {
  let small = x * 2.302_585_092_994_046 / 1024
  var power = 1 + small * (1 + small / 2 * (1 + small / 3 * (1 + small / 4)))
  for _ in 0..<10 { power *= power }
  return power
}

/// Both schedules on one axis.
func ganttSection(_ input: ReportInput) -> PageSection? {
  guard let data = input.gantt else { return nil }
  let message = ganttMessage(data)
  var note =
    "Both schedules take each worker's recorded durations from the first one. Pale: waiting "
  note += "for the round to end"
  let hasTurnaround = (data.minibatch + data.asynchronous).contains { $0.kind == .turnaround }
  if hasTurnaround { note += "; thin and dark: exchange with the server" }
  note += ". The black gradient shows how its delay is counted."
  if data.example == nil {
    note = String(note.dropLast(" The black gradient shows how its delay is counted.".count))
  }
  if data.lanes.count < data.workerCount {
    note += " Drawn: the five slowest, five around the median and the five fastest of "
    note += "\(workersPhrase(data.workerCount)); the counts are of all."
  }
  if !data.mergedLanes.isEmpty {
    note += " One bar stands for all gradients of "
    note += "\(Labels.list(data.mergedLanes.map { data.lanes[$0] })): they are too many to draw."
  }
  return PageSection(
    id: "gantt", title: "Both schedules", navigation: "Schedules", message: message, note: note,
    command: command("compare", input, "--json"),
    figure: PageSection.scrolling(
      Gantt(data: data, description: message).rendered(id: "gantt")))
}

func ganttMessage(_ data: GanttData) -> String {
  let (sync, async) = (data.minibatchCount, data.asynchronousCount)
  let counts = "\(Numbers.count(async)) against \(Numbers.count(sync)) gradients"
  if data.workerCount == 1 { return "With one worker both schedules are the same." }
  if async == sync {
    return "In the time of \(Numbers.count(data.roundEndsNs.count)) rounds both schedules finish "
      + "\(Numbers.count(sync)) \(sync == 1 ? "gradient" : "gradients"): nobody waits long enough "
      + "for one more."
  }
  if async < sync {
    return "The asynchronous schedule finishes fewer: \(counts) in the same time."
  }
  return "While minibatch finishes \(Numbers.count(sync)) gradients, the asynchronous schedule "
    + "finishes \(Numbers.count(async)), because nobody waits."
}

/// Why the staircase of independent workers ends elsewhere than the realised ratio of the page.
private func clockNote(_ byClock: Double, _ paired: Double) -> String {
  " These workers are independent, so rounds are taken by the clock: \(Numbers.ratio(byClock)), where "
    + "pairing the recorded durations in order gives \(Numbers.ratio(paired)). By the clock a start "
    + "in the middle of a gradient meets long gradients more often."
}

/// What the synchronous run loses, and of which kind the loss is.
func wasteSection(_ input: ReportInput) -> PageSection? {
  let speedup = input.inspection.speedup
  guard let persistent = speedup.persistent, let random = speedup.random,
    let coinciding = speedup.coinciding, input.inspection.workers.count > 1,
    // One gradient each cannot tell a slow worker from a slow gradient.
    input.inspection.workers.contains(where: { $0.gradientCount > 1 })
  else { return nil }
  // For independent workers the parts add up to the ratio by the clock.
  let total = speedup.realisedOfSplit ?? 1 + persistent + random + coinciding
  let isByClock = abs(total - speedup.realised) > 0.005 * speedup.realised
  let parts = SpeedupParts(
    persistent: persistent, random: random, coinciding: coinciding, realised: total,
    description: "The count speed-up \(Numbers.ratio(total)) is 1 plus "
      + "\(Numbers.fixed(persistent, decimals: 2)) persistent, "
      + "\(Numbers.fixed(random, decimals: 2)) random, "
      + "\(Numbers.fixed(coinciding, decimals: 2)) coinciding.")
  let waste = input.inspection.synchronousWaste
  let largest: String
  // A part that may as well be 0 is not named.
  let isPersistent = speedup.persistentInterval.map { $0.lower > 0 } ?? true
  let isRandom = speedup.randomInterval.map { $0.lower > 0 } ?? true
  if speedup.persistentInterval == nil, speedup.randomInterval == nil {
    largest =
      "and in so few rounds nobody can tell whether it is always the same ones that are slow"
  } else if max(persistent, random) < 0.05 || !(isPersistent || isRandom) {
    largest = "and hardly any of it could be won back"
  } else if isPersistent, persistent >= random || !isRandom {
    largest = "and most of the loss is persistent: the means differ"
  } else {
    largest = "and most of the loss is random: whoever is slow changes from round to round"
  }
  let message = "Workers wait \(Numbers.percent(waste)) of the synchronous run, \(largest)."
  var figure = ""
  if let shares = ComputingShares(input.inspection, description: message) {
    figure += PageSection.scrolling(shares.rendered(id: "shares"))
  }
  figure += PageSection.scrolling(parts.rendered(id: "waste"))
  return PageSection(
    id: "waste", title: "Where the synchronous run loses time", navigation: "Lost time",
    message: message,
    note:
      "Above, each worker's share of a run of minibatch SGD. Below, the realised count speed-up: "
      + "1 and three parts. Persistent: formula without its bias. "
      + "Random: what shuffled durations add. Coinciding: what is lost again when slow moments hit "
      + "all together." + (isByClock ? clockNote(total, speedup.realised) : ""),
    command: command("inspect", input, "--json"),
    figure: figure)
}

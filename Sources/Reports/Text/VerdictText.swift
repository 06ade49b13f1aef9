import Analysis
import Foundation
import TraceModel

/// The verdict card for a terminal: at most 12 lines of 80 columns.
///
/// One sentence, three bars with their ratios, then Why, Gain, Trust and Next. Lines are given to
/// the texts in the order in which a reader can least do without them; what is cut ends with an
/// ellipsis and stands whole in the report and in JSON.
public func verdictText(
  _ comparison: Comparison, unit: TimeUnit = .seconds, style: TextStyle = .plain
) -> String {
  let verdict = comparison.verdict
  let summary = CardSummary(comparison)
  let bars = barLines(summary, unit: unit, style: style)
  let parts = [
    ("", verdict.sentence), ("Next", verdict.next), ("Trust", verdict.trust),
    ("Gain", verdict.gain), ("Why", verdict.why),
  ].map { (name: $0.0, text: oneLine($0.1)) }.filter { !$0.text.isEmpty }

  var limits = [Int](repeating: 1, count: parts.count)
  var left = 12 - bars.count - parts.count
  func width(_ name: String) -> Int { name.isEmpty ? 80 : 72 }
  // One line more for each part in turn, up to three, so that none is cut for another's third; but
  // trust, where doubts stand, has its three before gain, which has whole sentences to lose, its
  // second.
  // What to do next is one sentence, of which a half says nothing.
  let next = parts.firstIndex { $0.name == "Next" }
  let trust = parts.firstIndex { $0.name == "Trust" }
  let why = parts.firstIndex { $0.name == "Why" }
  let turns =
    [0, next, trust, 0, why, trust].compactMap { $0 }
    + (2...3).flatMap { _ in Array(parts.indices) }
  for index in turns where left > 0 && parts.indices.contains(index) && limits[index] < 3 {
    let wanted = wrapped(parts[index].text, width: width(parts[index].name), limit: 99).count
    guard wanted > limits[index] else { continue }
    limits[index] += 1
    left -= 1
  }
  func lines(_ name: String) -> [String] {
    guard let index = parts.firstIndex(where: { $0.name == name }) else { return [] }
    let body = wholeSentences(parts[index].text, width: width(name), limit: limits[index])
    if name.isEmpty { return body.map { style.bold($0) } }
    return body.enumerated().map { position, line in
      (position == 0 ? style.bold(padded(name, to: 8)) : String(repeating: " ", count: 8)) + line
    }
  }
  let all = lines("") + bars + lines("Why") + lines("Gain") + lines("Trust") + lines("Next")
  return all.joined(separator: "\n") + "\n"
}

/// The sentences at the beginning of a text that fit; of a first one that does not, what fits.
private func wholeSentences(_ text: String, width: Int, limit: Int) -> [String] {
  var kept = text
  while wrapped(kept, width: width, limit: limit + 1).count > limit {
    // The stop of the sentence before the last one that is kept.
    guard let stop = kept.dropLast(2).range(of: ". ", options: .backwards) else {
      return wrapped(text, width: width, limit: limit)
    }
    kept = String(kept[...stop.lowerBound])
  }
  return wrapped(kept, width: width, limit: limit)
}

/// Text without anything that could steer a terminal, and without the marks for code.
private func oneLine(_ text: String) -> String {
  Labels.visible(String(text.map { $0 == "\n" ? " " : $0 })).split(separator: "`")
    .joined()
}

/// One bar a policy, each with its number in words, since there is no line for a heading.
///
/// None where nothing is recommended, since bars would recommend something all the same, and none of
/// one worker, whose bars are equal.
private func barLines(_ summary: CardSummary, unit: TimeUnit, style: TextStyle) -> [String] {
  let minibatch = summary.rows.first { $0.policy.name == .minibatch }
  guard summary.rows.contains(where: \.isRecommended), minibatch?.policy.gradientsPerUpdate != 1
  else { return [] }
  let largest = summary.rows.compactMap(\.value).filter(\.isFinite).max() ?? 0
  let time = TimeScale(for: largest, unit: unit)
  return summary.rows.map { row in
    let value =
      switch (row.value, summary.measure) {
      case (nil, _): "not reached"
      case (let value?, .timeToTarget):
        time.text(value) + " to target" + (row.ratio.map { ", " + Numbers.ratio($0) } ?? "")
      case (let value?, .predictedTime): Numbers.ratio(value) + " time, \(summary.noiseName)"
      case (let value?, .countRatio): Numbers.ratio(value) + " the gradients"
      }
    let share = largest > 0 ? (row.value ?? 0) / largest : 0
    // A bar that has a value keeps its colour; the words repeat what colour says.
    return style.method(padded(row.style.name, to: 22), row.style) + " "
      + style.method(padded(block(share, width: 25), to: 25), row.style) + " "
      + padded(value, to: 29, right: true) + (row.isRecommended ? " ◀" : "")
  }
}

/// A bar of eighths of a block.
private func block(_ share: Double, width: Int) -> String {
  guard share.isFinite, share > 0 else { return "" }
  let eighths = max(1, Int((min(1, share) * Double(width * 8)).rounded()))
  let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
  return String(repeating: "█", count: eighths / 8) + partial[eighths % 8]
}

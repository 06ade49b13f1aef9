/// The user's regular expression for the lines of a log.
struct LinePattern {
  struct Match {
    var worker: String?
    var time: String?
    var duration: String?
    var step: String?
  }

  let text: String
  private let expression: Regex<AnyRegexOutput>
  private let hasWorker: Bool
  private let hasTime: Bool
  private let hasDuration: Bool
  private let hasStep: Bool

  init(_ text: String) throws(TraceFormatError) {
    self.text = text
    let compiled: Regex<AnyRegexOutput>
    do {
      compiled = try Regex(text)
    } catch {
      throw TraceFormatError(reason: .badLinePattern(text), path: "--pattern")
    }
    expression = compiled
    hasWorker = compiled.contains(captureNamed: "worker")
    hasTime = compiled.contains(captureNamed: "time")
    hasDuration = compiled.contains(captureNamed: "duration")
    hasStep = compiled.contains(captureNamed: "step")
    guard hasTime || hasDuration else {
      throw TraceFormatError(reason: .patternLacksGroups(text), path: "--pattern")
    }
  }

  /// The groups of the first place in a line where the pattern matches; nil if there is none.
  func match(_ line: String) -> Match? {
    guard let found = try? expression.firstMatch(in: line) else { return nil }
    func group(_ name: String, _ isThere: Bool) -> String? {
      isThere ? found[name]?.substring.map(String.init) : nil
    }
    return Match(
      worker: group("worker", hasWorker), time: group("time", hasTime),
      duration: group("duration", hasDuration), step: group("step", hasStep))
  }
}

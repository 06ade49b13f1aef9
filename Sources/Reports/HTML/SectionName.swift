/// The sections of a page, in the order in which they stand on it.
///
/// Everything that has to know all sections goes through this list: the page draws its sections from
/// it, and the test of their layout wants each of them drawn at least once.
package enum SectionName: String, CaseIterable, Sendable {
  case policies
  case workers
  /// Workers × time.
  case time
  /// Where the synchronous run loses time.
  case waste
  case gantt
  case lossAgainstTime = "loss-time"
  case lossAgainstGradients = "loss-gradients"
  case delays
  /// Delays of workers × time.
  case delaysOverTime = "delays-time"
  /// Applied and unused gradients.
  case use
  /// Who costs the synchronous run how much.
  case blame
  /// On which edits of the trace the rates hang.
  case whatIf = "whatif"
  case noise
  case noiseLevels = "noise-levels"
  case stepsizes
  /// What this trace foretells of another recorded run.
  case forecast
  /// What the theory assumes and guarantees.
  case assumptions
  case quality
  case appendix

  /// Whether it sets methods or workers side by side, which takes two workers.
  var compares: Bool {
    switch self {
    case .policies, .waste, .gantt, .lossAgainstGradients, .delays, .delaysOverTime, .use, .blame,
      .whatIf, .noise, .noiseLevels:
      true
    case .workers, .time, .lossAgainstTime, .stepsizes, .forecast, .assumptions, .quality,
      .appendix:
      false
    }
  }
}

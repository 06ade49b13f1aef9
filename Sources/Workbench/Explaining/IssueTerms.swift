import TraceFormats

extension Term {
  /// The codes of issues: what readers count while a file is read, then what the import and the
  /// analysis find. `looks-synchronous` is a notion of its own.
  static let issueTerms: [Term] =
    IssueKind.allCases.map {
      Term($0.rawValue, .issue, "\($0.severity.rawValue.capitalizedFirst). \($0.meaning)")
    } + [
      Term(
        "skipped-gradients", .issue,
        "Info. The first gradients of each worker were left out, as --skip asks."),
      Term(
        "outside-steps", .issue,
        "Info. Gradients outside of the steps that --steps names were left out."),
      Term(
        "steps-by-position", .issue,
        "Info. Gradients have no recorded step; --steps took their places among those of their worker, "
          + "counted from 0."),
      Term(
        "skipped-workers", .issue,
        "Info. So many workers were left out, as --skip-worker asks; the first of them is named."),
      Term(
        "unknown-skip-worker", .issue,
        "Warning. --skip-worker names a worker that is not in the trace; its label may be wrong."),
      Term(
        "overlapping", .issue,
        "Warning. Gradients start before an earlier one of their worker has ended; a replay runs them "
          + "one after the other, so it makes such a worker slower than it was."),
      Term(
        "cores-shared", .issue,
        "Info. 'outpace record' ran more workers than there were cores for them: the recorded times "
          + "include contention, which another schedule would change."),
      Term(
        "recording-ended", .issue,
        "Info. A run of 'outpace record' ended before its horizon, and how; every gradient before that "
          + "is there."),
      Term(
        "long-gap", .issue,
        "Info. A gap of more than ten median cycles may be an outage or waiting; without recorded waits "
          + "it counts as neither, and by the clock the speed before it lasts."),
    ]
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

import TraceModel

/// What the import itself finds dubious.
extension TraceSpool {
  func report(_ dropped: DroppedCounts, _ assembler: TraceAssembler) {
    report(
      ImportIssue(
        code: "skipped-gradients", severity: .info, count: dropped.skipped, firstPlace: "",
        meaning: "the first gradients of each worker were left out on request (--skip)"))
    report(
      ImportIssue(
        code: "steps-by-position", severity: .info, count: dropped.withoutStep, firstPlace: "",
        meaning:
          "gradients have no recorded step; --steps took their places among those of their worker, "
          + "counted from 0"))
    report(
      ImportIssue(
        code: "outside-steps", severity: .info, count: dropped.outsideSteps, firstPlace: "",
        meaning: "gradients outside of the chosen steps were left out on request (--steps)"))
    // Told from the gradients themselves, also where a file says it of them.
    issues.forget("overlapping")
    if let (label, position) = assembler.firstOverlap {
      report(
        ImportIssue(
          code: "overlapping", severity: .warning, count: assembler.overlapping,
          firstPlace: "worker \(label.text), gradient \(position)",
          meaning: "gradients start before an earlier one of their worker has ended; a replay runs "
            + "them one after the other, so it makes such a worker slower than it was"))
    }
  }

  static func looksSynchronous(
    agreeing: Int, rounds: Int, first: WorkerLabel?
  ) -> ImportIssue {
    ImportIssue(
      code: "looks-synchronous", severity: .warning, count: agreeing,
      firstPlace: first.map { "worker \($0.text)" } ?? "",
      meaning: "in \(agreeing) of \(rounds) steps all workers end within "
        + "\(Int(RoundAgreement.tolerance * 100))%: these are step times of a synchronous job, "
        + "with the waiting for the slowest inside, and say nothing about the speed of a worker. "
        + "Record each worker's own computing instead: from the start of its forward pass to the "
        + "end of its backward pass, before the all-reduce (or import a profiler trace)")
  }
}

import ArgumentParser
import Reports
import Workbench

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a trace for other tools, other databases, or as a timeline to look at.",
    discussion: """
      .csv and .ndjson have a row a gradient. The columns are our own: worker, start_ns, duration_ns, \
      then those of wait_ns, turnaround_ns, step, samples and host that the trace has, then trust. \
      Importing the file gives the same trace again, with the same digest. Without -o the rows go to \
      standard output.

      .outpace.zst is the native format: everything that the database knows of the trace, its \
      issues, origin and replays included. Imported elsewhere and exported again it has the same bytes.

      .json.gz is a timeline for Perfetto (ui.perfetto.dev, which reads it in the browser and sends it \
      nowhere). It shows the recorded gradients, a thread a worker; or replays, if there is a --method: \
      a process a method, with arrows from the iterate that a gradient read to the one that it made. \
      With --objective gradients are computed, for the loss; without it only the schedule is replayed.

      Examples:
        outpace export cluster --db cluster.db -o cluster.csv
        outpace export cluster --db cluster.db -o cluster.outpace.zst
        outpace export traces/ray-least-squares-8/sync.json.gz -o rows.ndjson
        outpace export '#3' --to ndjson | jq .duration_ns
        outpace export traces/pytorch-ddp-gloo-4 -o recorded.json.gz
        outpace export traces/pytorch-ddp-gloo-4 --method minibatch --method async --time 2s \
      --window 1s..2s -o replayed.json.gz
      """)

  @Argument(help: ArgumentHelp("A path, a name in the database, or '#id'.", valueName: "trace"))
  var trace: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write csv (the default on standard output), ndjson, native or perfetto, whatever the file's ending says.",
      valueName: "format"))
  var to: ExportFormat?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What of a timeline is written: all that touches this time, as in 10s..20s, 10s.. or ..20s.",
      valueName: "from..to"))
  var window: String?

  @OptionGroup var replay: ReplayOptions
  @OptionGroup var analysis: AnalysisOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      guard !output.json || output.output != nil else {
        throw Failure(.usage, "--json describes the file that was written: name one with -o FILE.")
      }
      let target = try TraceOutput(path: output.output, format: to)
      let timeline = try timelineRequest(target.format)
      let opened = try open([trace], database, reading, console)
      for trace in opened {
        let progress = console.progress
        let show = { (count: Int, unit: String) in
          progress?.show("exporting  \(count)\(unit) gradients")
        }
        let total = " of \(trace.summary.gradientCount)"
        try target.write { write in
          if let timeline {
            try exportTimeline(
              trace, timeline, progress: { show($0, timeline.job == nil ? total : "") }, to: write)
          } else {
            try exportTrace(trace, as: target.format, progress: { show($0, total) }, to: write)
          }
        }
        progress?.clear()
        guard let path = target.path else { continue }
        if output.json {
          try Console.print(JSONWriter().string(exportJSON(trace, as: target.format, path: path)))
        } else {
          console.note("Wrote \(path): \(contents(of: trace, timeline)).")
        }
      }
      noteUnkept(opened, console)
    }
  }

  private func contents(of trace: OpenedTrace, _ timeline: TimelineRequest?) -> String {
    guard let job = timeline?.job else { return "\(trace.summary.gradientCount) gradients" }
    return job.methods.count == 1 ? "1 replay" : "\(job.methods.count) replays"
  }

  /// nil for a format that is no timeline, in which options of one are a mistake.
  private func timelineRequest(_ format: ExportFormat) throws -> TimelineRequest? {
    guard format == .perfetto else {
      for (option, isGiven) in [("--window", window != nil), ("--method", !replay.method.isEmpty)]
      where isGiven {
        throw Failure(
          .usage,
          "\(option) is of a timeline, and this is \(format.rawValue). Name a .json.gz file.")
      }
      try requireNoReplay()
      return nil
    }
    let window = try window.map { try TimelineWindow(parsing: $0) } ?? .whole
    guard !replay.method.isEmpty else {
      try requireNoReplay()
      return TimelineRequest(window: window)
    }
    return TimelineRequest(
      job: try replay.job(turnaround: analysis.turnaround, running: running),
      computesGradients: replay.objective != nil, window: window)
  }

  private func requireNoReplay() throws {
    let given: [(String, Bool)] = [
      ("--objective", replay.objective != nil), ("--stepsize", replay.stepsize != nil),
      ("--time", replay.time != nil), ("--updates", replay.updates != nil),
      ("--gradients", replay.gradients != nil), ("--epochs", replay.epochs != nil),
      ("--order", replay.order != nil),
    ]
    guard let option = given.first(where: { $0.1 })?.0 else { return }
    throw Failure(
      .usage,
      "\(option) is of a replay. Name its method, as in --method async, and a .json.gz file.")
  }
}

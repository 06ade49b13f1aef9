import ArgumentParser
import Reports
import Workbench

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make a trace of synthetic workers, to see what a report says of them.",
    discussion: """
      Profiles:
      \(SyntheticProfile.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

      Rows go to the file of -o (.csv, .ndjson or .outpace.zst), else to standard output; --db FILE puts the \
      trace into a database under the profile's name. The same options give the same bytes. Times \
      are log-normally noisy by default; --sigma 0 makes them exact.

      Examples:
        outpace generate one-slow --workers 64 --slow 2 -o one-slow.csv
        outpace generate exponential --workers 16 --gradients 500 --db lab.db
        outpace generate stalls --slow 10 --share 0.05 --seed 7 -o stalls.ndjson
      """)

  @Argument(help: ArgumentHelp("What the workers are like.", valueName: "profile"))
  var profile: SyntheticProfile

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Workers, M.", valueName: "m"))
  var workers = 8

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Gradients of each worker.", valueName: "n"))
  var gradients = 200

  @Option(name: .long, help: ArgumentHelp("Seed of everything that is drawn.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(
    name: .long,
    help: ArgumentHelp("Mean time of a gradient that nothing slows down.", valueName: "time"))
  var mean = "10ms"

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "σ of the logarithm of each gradient's time; default 0.1, for lognormal 0.5.",
      valueName: "sigma"))
  var sigma: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "How many times slower: one-slow and drift 2, bursts and stalls 5.", valueName: "factor"))
  var slow: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Tail index α of heavy-tail; default 2.5.", valueName: "alpha"))
  var shape: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "How long an episode of bursts and stalls lasts, in mean times of a gradient; default 10.",
      valueName: "gradients"))
  var episode: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The share of the time in episodes of bursts and stalls; default 0.1.", valueName: "share"))
  var share: Double?

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let isKept = database.db != nil
      guard !output.json || output.output != nil || isKept else {
        throw Failure(
          .usage, "--json describes the trace that was made: name a file with -o or --db.")
      }
      let request = try self.request()
      let writesRows = output.output != nil || !isKept
      let target = writesRows ? try TraceOutput(path: output.output, format: nil) : nil
      let trace = try generateTrace(request)
      let report = try database.db.map {
        try keepTrace(trace, source: source, in: $0)
      }
      if let target {
        try target.write {
          try exportTrace(trace, as: target.format, source: source, to: $0)
        }
      }
      if output.json {
        try Console.print(
          JSONWriter().string(
            generateJSON(request, trace, path: output.output, kept: report)))
      } else if let report {
        try Console.print(importText([report], style: console.style))
      }
      if let path = output.output {
        console.note(
          "Wrote \(path): \(trace.gradientCount) gradients of \(trace.workerCount) workers.")
      }
    }
  }

  private var source: String { "outpace generate \(profile.rawValue)" }

  private func request() throws -> SyntheticRequest {
    var request = SyntheticRequest(
      profile, workerCount: workers, gradientCount: gradients, seed: seed,
      meanNs: try TimeText.nanoseconds(mean))
    request.parameters[.sigma] = sigma
    request.parameters[.slow] = slow
    request.parameters[.shape] = shape
    request.parameters[.episode] = episode
    request.parameters[.share] = share
    return request
  }
}

extension SyntheticProfile: ExpressibleByArgument {}

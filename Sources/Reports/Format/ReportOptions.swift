/// The options of a report that are not the defaults, as words of a command line, by what depends on them:
/// the commands on a page give its numbers only with all of those that they take.
public struct ReportOptions: Hashable, Sendable {
  /// How the trace is read: every command.
  public var reading: [String] = []
  /// Turnaround and seed: what is computed from durations. `replay` names them run by run.
  public var analysis: [String] = []
  /// Server, fixed cost and the like: what a comparison depends on besides.
  public var policies: [String] = []
  /// `--noise-scale` with its number, if it was given.
  public var noiseScale: [String] = []
  /// `--objective` with what was given.
  public var objective: [String] = []
  /// `--time` of the replays.
  public var horizon: [String] = []

  public init() {}

  /// Those that a command takes and depends on.
  func words(for verb: String) -> [String] {
    switch verb {
    case "inspect": reading + analysis
    case "whatif": reading + analysis + policies + noiseScale
    case "compare", "blame": reading + objective + analysis + policies + noiseScale
    case "report": reading + objective + horizon + analysis + policies + noiseScale
    default: reading
    }
  }
}

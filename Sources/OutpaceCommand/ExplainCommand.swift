import ArgumentParser
import Reports
import Workbench

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say what a number, a word or an option means.",
    discussion: """
      Without a term it lists them all. A term is a name, a key of our JSON or an option.

      Examples:
        outpace explain p_equal
        outpace explain inspect.speedup.realised
        outpace explain --turnaround
        outpace explain formats
      """)

  // Options that are not ours are what is asked for.
  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp("What to explain; several words are one term.", valueName: "term"))
  var term: [String] = []

  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.form()
      guard form == .json || form == .text else {
        throw Failure(.usage, "explain writes .json or .txt.")
      }
      let word = term.joined(separator: " ")
      let terms = word.isEmpty ? Term.all : try explainTerm(word)
      switch form {
      case .json: try console.write(JSONWriter().string(explainJSON(terms)))
      default: try console.write(word.isEmpty ? termListText() : explainText(terms))
      }
    }
  }
}

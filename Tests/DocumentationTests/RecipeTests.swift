import Foundation
import TestSupport
import Testing

/// The recipes as they stand: their programs write files, their commands read them. A recipe whose tool is
/// not installed is left out, and says so.
@Suite("Recipes for recording", .serialized, .needsOptimiser)
struct RecipeTests {
  struct Recipe: Sendable, CustomTestStringConvertible {
    /// The program's name, its first line.
    var program: String
    /// What Python has to import for it.
    var modules: [String]
    var workers: Int
    /// Gradients that every worker has at the least.
    var gradients: Int
    var trust: String

    var testDescription: String { program }

    var isInstalled: Bool {
      get async { await Recipes.shared.canImport(modules) }
    }
  }

  static let all = [
    Recipe(program: "ddp.py", modules: ["torch"], workers: 2, gradients: 29, trust: "separated"),
    Recipe(
      program: "ray_sgd.py", modules: ["ray", "numpy"], workers: 2, gradients: 20,
      trust: "measured"),
    Recipe(
      program: "hvd_sgd.py", modules: ["torch", "horovod.torch"], workers: 2, gradients: 50,
      trust: "separated"),
    Recipe(
      program: "log_gradients.py", modules: ["multiprocessing"], workers: 3, gradients: 20,
      trust: "measured"),
  ]

  @Test("What a recipe writes is read as it says", .timeLimit(.minutes(5)), arguments: all)
  func works(recipe: Recipe) async throws {
    guard await recipe.isInstalled else {
      print("left out: python3 cannot import \(recipe.modules.joined(separator: ", "))")
      return
    }
    let article = try Article("Sources/TraceFormats/TraceFormats.docc/Recipes.md")
    let blocks = article.codeBlocks
    let place = try #require(
      blocks.firstIndex { $0.language == "python" && $0.text.hasPrefix("# \(recipe.program)\n") })
    let commands = try #require(blocks[place...].first { $0.language == "bash" }).text
    let shell = try Shell()
    _ = try shell.folder.write(blocks[place].text, to: recipe.program)
    // A machine that does other things must not keep a test for ever; none of these takes a minute.
    let result = try shell.run(
      "export RAY_AUTH_MODE=disabled OMP_NUM_THREADS=1\n"
        + commands.replacing("python3 ", with: "timeout 240 python3 ")
        .replacing("outpace inspect", with: "outpace inspect --json"))
    #expect(result.status == 0, "\(result.errors)")
    let inspection = try JSONFields(result.output)
    let workers = inspection["workers"].list
    #expect(workers.count == recipe.workers)
    for worker in workers {
      #expect(try #require(worker["gradients"].integer) >= recipe.gradients)
      #expect(worker["trust"].text == recipe.trust)
    }
    #expect(try #require(inspection["turnaround"]["mean_seconds"].number) > 0)
  }
}

/// What Python can import, asked once.
private actor Recipes {
  static let shared = Recipes()

  private var known: [[String]: Bool] = [:]

  func canImport(_ modules: [String]) -> Bool {
    if let known = known[modules] { return known }
    let shell = try? Shell()
    let result = try? shell?.run(
      "timeout 120 python3 -c 'import \(modules.joined(separator: ", "))'")
    let isThere = result?.status == 0
    known[modules] = isThere
    return isThere
  }
}

import TestSupport
import Testing

@Suite("Help")
struct HelpTests {
  @Test(
    "Every command has help with an example",
    arguments: ["report", "import", "inspect", "list", "replay", "compare"])
  func help(command: String) throws {
    let result = try Tool.run([command, "--help"])
    #expect(result.status == 0)
    #expect(result.output.contains("outpace \(command) "))
    #expect(result.output.contains("Example"))
  }

  @Test("An unknown flag is a usage error")
  func usage() throws {
    #expect(try Tool.run(["inspect", "--nonsense"]).status == 64)
    #expect(try Tool.run(["dance"]).status == 64)
  }

  @Test("Colours only where they are asked for")
  func colours() throws {
    let trace = Repository.traces.appendingPathComponent("pytorch-ddp-gloo-4").path
    #expect(!(try Tool.run(["compare", trace]).output.contains("\u{1B}[")))
    #expect(try Tool.run(["compare", trace, "--color", "always"]).output.contains("\u{1B}["))
  }

  @Test("The version is a number")
  func version() throws {
    #expect(try Tool.run(["--version"]).output.first?.isNumber == true)
  }
}

import Foundation
import TestSupport
import Testing

/// What the tool says of itself agrees with what it takes.
@Suite("Help, explain and completions")
struct SelfDescriptionTests {
  private struct Help: Decodable {
    var command: Command

    struct Command: Decodable {
      var commandName: String
      var abstract: String?
      var shouldDisplay: Bool?
      var arguments: [Argument]?
      var subcommands: [Command]?
    }

    struct Argument: Decodable {
      var kind: String
      var names: [Name]?
      var abstract: String?

      struct Name: Decodable {
        var kind: String
        var name: String
      }
    }
  }

  private struct Explained: Decodable {
    var terms: [Item]

    struct Item: Decodable {
      var term: String
      var kind: String
      var definition: String
    }
  }

  private static func help() throws -> Help {
    let result = try Tool.run(["--experimental-dump-help"])
    return try JSONDecoder().decode(Help.self, from: Data(result.output.utf8))
  }

  private static func options(_ command: Help.Command) -> Set<String> {
    let own = (command.arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }
    return (command.subcommands ?? []).reduce(Set(own.map { "--" + $0.name })) {
      $0.union(options($1))
    }
  }

  @Test("Every option of every command has a term, and no other has one")
  func options() throws {
    let result = try Tool.run(["explain", "--json"])
    #expect(result.status == 0)
    let explained = try JSONDecoder().decode(Explained.self, from: Data(result.output.utf8))
    let terms = Set(explained.terms.filter { $0.kind == "option" }.map(\.term))
    let taken = Self.options(try Self.help().command)
    #expect(taken.count > 40)
    #expect(taken.subtracting(terms).sorted() == [])
    #expect(terms.subtracting(taken).sorted() == [])
  }

  @Test("An option can be asked for as it is written", arguments: ["--turnaround", "turnaround"])
  func explainOption(word: String) throws {
    let result = try Tool.run(["explain", word])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("--turnaround (option)"))
    #expect(result.output.contains("turnaround (figure)") == !word.hasPrefix("--"))
  }

  @Test("Every command and option says what it is for")
  func abstracts() throws {
    // 'help' is not ours.
    for command in try Self.help().command.subcommands ?? [] where command.commandName != "help" {
      #expect(command.abstract?.isEmpty == false, "\(command.commandName)")
      for argument in command.arguments ?? [] {
        let name = argument.names?.first?.name ?? "argument"
        #expect(argument.abstract?.isEmpty == false, "\(command.commandName) \(name)")
      }
    }
  }

  @Test("Completions for every shell know every command", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let result = try Tool.run(["--generate-completion-script", shell])
    #expect(result.status == 0, "\(result.errors)")
    for command in try Self.help().command.subcommands ?? []
    where command.shouldDisplay != false {
      #expect(result.output.contains(command.commandName))
    }
    #expect(result.output.contains("skip-worker"))
  }
}

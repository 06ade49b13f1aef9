import ArgumentParser

@main
struct Outpace: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "outpace")
}

import ArgumentParser
import TestSupport
import Testing

@testable import wequery

/// The help text of every command, in `Tests/Golden/help`.
@Suite("Help texts") struct HelpGoldenTests {
  @Test func helpIsAsItWas() throws {
    for command in commands(Wequery.self) {
      let name = command.names.joined(separator: "-")
      let text = Wequery.helpMessage(for: command.type, columns: 100) + "\n"

      let difference = try GoldenText.difference(text, from: "Tests/Golden/help/\(name).txt")
      #expect(difference == nil)
    }
  }

  /// A command and those below it.
  private func commands(
    _ type: any ParsableCommand.Type, below names: [String] = []
  ) -> [(names: [String], type: any ParsableCommand.Type)] {
    let names = names + [type.configuration.commandName ?? type._commandName]
    return [(names, type)] + type.configuration.subcommands.flatMap { commands($0, below: names) }
  }
}

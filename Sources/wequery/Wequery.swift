internal import ArgumentParser
internal import Glibc
internal import QueryEngine

/// The `wequery` program: SQL over local Apache Iceberg tables, and their upkeep.
@main
struct Wequery: ParsableCommand {
  static let subcommands: [any ParsableCommand.Type] = [
    SQLCommand.self, BatchCommand.self, Demo.self, Generate.self, Load.self, Tables.self, Describe.self,
    Snapshots.self, Files.self, Partitions.self, HistoryCommand.self, References.self, Compact.self,
    Stats.self, Expire.self, Orphans.self, Restore.self, Register.self, TableCommand.self,
    Shell.self,
  ]

  static let configuration = CommandConfiguration(
    commandName: "wequery", abstract: "SQL over local Apache Iceberg tables, and their upkeep.",
    subcommands: subcommands, defaultSubcommand: Shell.self)

  /// Runs the command that the arguments name.
  ///
  /// A command named outright is parsed alone, which spares the parser the tree of all the others: a quarter of
  /// the time that `SELECT 1` takes. Everything else (help, mistakes, commands below commands) goes through
  /// the tree, which knows how to word it.
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let named = subcommands.first(where: { $0.configuration.commandName == arguments.first }),
      var command = try? named.parse(Array(arguments.dropFirst()))
    {
      do { try command.run() } catch { exit(withError: error) }
      return
    }
    if let unknown = unknownCommand(arguments) {
      ErrorRenderer(isJSON: asksForJSON(arguments), command: "").print(unknown)
      Glibc.exit(unknown.code.rawValue)
    }
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure, asksForJSON(arguments) else { exit(withError: error) }
      let failure = CommandFailure(
        .usage, message(for: error), hint: "\"wequery help COMMAND\" tells the options")
      // Options alone are the shell's.
      let name = arguments.first.flatMap { $0.hasPrefix("-") ? nil : $0 } ?? "shell"
      ErrorRenderer(isJSON: true, command: name).print(failure)
      Glibc.exit(failure.code.rawValue)
    }
  }

  /// What to say of a first word that is neither an option nor a command.
  private static func unknownCommand(_ arguments: [String]) -> CommandFailure? {
    let names = subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard let word = arguments.first, !word.hasPrefix("-"), !names.contains(word) else { return nil }
    return CommandFailure(
      .usage, "there is no command \"\(word)\"",
      hint: NearestName.hint(for: word, among: names) ?? "\"wequery help\" lists them")
  }

  /// Whether a command line that cannot be parsed asks for JSON.
  private static func asksForJSON(_ arguments: [String]) -> Bool {
    arguments.contains("--format=json")
      || zip(arguments, arguments.dropFirst()).contains { $0 == "--format" && $1 == "json" }
  }
}

internal import ArgumentParser

/// The `wequery` program: SQL over local Apache Iceberg tables, and their upkeep.
@main
struct Wequery: ParsableCommand {
  static let subcommands: [any ParsableCommand.Type] = [
    SQLCommand.self, BatchCommand.self, Demo.self, Generate.self, Load.self, Tables.self, Describe.self,
    Snapshots.self, Files.self, Partitions.self, HistoryCommand.self, References.self, Compact.self,
    Stats.self, Expire.self, Orphans.self, Restore.self, Shell.self,
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
    guard let named = subcommands.first(where: { $0.configuration.commandName == arguments.first }),
      var command = try? named.parse(Array(arguments.dropFirst()))
    else {
      main(arguments)
      return
    }
    do { try command.run() } catch { exit(withError: error) }
  }
}

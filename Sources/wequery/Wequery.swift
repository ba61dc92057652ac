internal import ArgumentParser

/// The `wequery` program: SQL over local Apache Iceberg tables, and their upkeep.
@main
struct Wequery: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wequery", abstract: "SQL over local Apache Iceberg tables, and their upkeep.",
    subcommands: [
      SQLCommand.self, BatchCommand.self, Demo.self, Generate.self, Load.self, Tables.self, Describe.self,
      Snapshots.self, Files.self, Partitions.self, HistoryCommand.self, References.self, Compact.self,
      Stats.self, Expire.self, Orphans.self, Restore.self, Shell.self,
    ], defaultSubcommand: Shell.self)
}

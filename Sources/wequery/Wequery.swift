internal import ArgumentParser

/// The `wequery` program: SQL over local Apache Iceberg tables, and their upkeep.
@main
struct Wequery: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wequery", abstract: "SQL over local Apache Iceberg tables, and their upkeep.")
}

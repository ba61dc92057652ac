internal import ArgumentParser
internal import QueryEngine
internal import TableFormat

/// A command that answers with the rows of one query on a table.
protocol TableQueryCommand: ParsableCommand {
  var options: GlobalOptions { get }
  var table: String { get }
  /// The query; `name` is the table, quoted.
  static func query(_ name: String) -> String
}

extension TableQueryCommand {
  func run() throws {
    try Program.run(Self.configuration.commandName ?? "", options) { environment in
      // So that a missing table is exit code 66, and not an error of a statement nobody wrote.
      let table = try environment.table(table)
      let runner = StatementRunner(environment)
      try runner.run(Self.query(table.identifier.quoted))
    }
  }
}

extension TableIdentifier {
  /// The name as SQL takes it exactly.
  var quoted: String {
    (namespace.levels + [name]).map { level in
      "\"" + level.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }.joined(separator: ".")
  }
}

/// The `wequery tables` command.
struct Tables: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables", abstract: "List the tables of the catalog.")
  @OptionGroup var options: GlobalOptions

  func run() throws {
    try Program.run("tables", options) { environment in
      try environment.checkCatalogExists()
      try StatementRunner(environment).run("SHOW TABLES")
    }
  }
}

/// The `wequery describe` command.
struct Describe: TableQueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe", abstract: "Show the columns of a table.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  static func query(_ name: String) -> String { "DESCRIBE \(name)" }
}

/// The `wequery snapshots` command.
struct Snapshots: TableQueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshots", abstract: "List the snapshots of a table.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  static func query(_ name: String) -> String {
    """
    SELECT committed_at, snapshot_id, parent_id, operation,
           CAST(element_at(summary, 'added-data-files') AS BIGINT) AS added_files,
           CAST(element_at(summary, 'deleted-data-files') AS BIGINT) AS removed_files,
           CAST(element_at(summary, 'added-records') AS BIGINT) AS added_rows,
           CAST(element_at(summary, 'total-data-files') AS BIGINT) AS total_files,
           CAST(element_at(summary, 'total-records') AS BIGINT) AS total_rows
    FROM \(name).snapshots ORDER BY committed_at, snapshot_id
    """
  }
}

/// The `wequery files` command.
struct Files: TableQueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "files", abstract: "List the live files of a table.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  static func query(_ name: String) -> String {
    """
    SELECT content, file_path, spec_id, record_count, file_size_in_bytes
    FROM \(name).files ORDER BY file_path
    """
  }
}

/// The `wequery partitions` command.
struct Partitions: TableQueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "partitions", abstract: "List the partitions of a table.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  static func query(_ name: String) -> String { "SELECT * FROM \(name).partitions ORDER BY 1" }
}

/// The `wequery history` command.
struct HistoryCommand: TableQueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Show when which snapshot was current.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  static func query(_ name: String) -> String { "SELECT * FROM \(name).history ORDER BY made_current_at" }
}

/// The `wequery refs` command.
struct References: TableQueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "refs", abstract: "List the branches and tags of a table.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  static func query(_ name: String) -> String { "SELECT * FROM \(name).refs ORDER BY name" }
}

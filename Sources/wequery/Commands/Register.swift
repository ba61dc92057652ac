internal import ArgumentParser
internal import FileFormats
internal import TableFormat

/// The `wequery register` command.
struct Register: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "register", abstract: "Add a table that lies in a folder to the catalog.",
    discussion: """
      The folder's newest metadata file is taken, or the one that is named. Files stay where they are.

        wequery register analytics.web_events /data/web_events
      """)
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The name it gets, as namespace.table.") var table: String
  @Argument(help: "The table's folder, or a metadata file.") var location: String

  func run() throws {
    try Program.run("register", options) { environment in
      let catalog = try environment.requireCatalog()
      do throws(TableFormatError) {
        let loaded = try catalog.register(environment.identifier(table), at: location)
        ReportRenderer(environment).print(Report("register", loaded, previous: nil))
      } catch {
        throw CommandFailure(error)
      }
    }
  }
}

/// The `wequery table` command: what is done to a table's row in the catalog.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table", abstract: "Change what the catalog says of a table.",
    subcommands: [TableRefresh.self])
}

/// The `wequery table refresh` command.
struct TableRefresh: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refresh", abstract: "Point the catalog to the newest metadata file of a table's folder.",
    discussion: "For tables that another engine changed without the catalog.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String

  func run() throws {
    try Program.run("table refresh", options) { environment in
      let catalog = try environment.requireCatalog()
      do throws(TableFormatError) {
        let result = try catalog.refresh(environment.identifier(table))
        ReportRenderer(environment).print(Report("table refresh", result.table, previous: result.previous))
      } catch {
        throw CommandFailure(error)
      }
    }
  }
}

extension Report {
  fileprivate init(_ command: String, _ table: TableFormat.Table, previous: String?) {
    self.init(command)
    add("table", "\(table.identifier)")
    add("metadata_location", table.metadataLocation)
    if command == "table refresh" {
      add("changed", previous != nil)
      add("previous_metadata_location", previous.map { .string($0) } ?? .null)
    }
    add(
      "snapshot_id", table.currentSnapshot.map { .integer($0.id.rawValue) } ?? .null)
    add("format_version", table.metadata.formatVersion)
  }
}

internal import Columnar
internal import TableFormat

/// The table that access logs are loaded into.
enum CombinedLogTable {
  /// The columns, in order.
  static let columns: [(name: String, type: LogicalType, isRequired: Bool)] = [
    ("client", .varchar, true), ("identd", .varchar, false), ("user", .varchar, false),
    ("event_timestamp", .timestampTZ, true), ("event_date", .date, true), ("method", .varchar, false),
    ("path", .varchar, false), ("protocol", .varchar, false), ("status", .integer, false),
    ("bytes", .bigint, false), ("referrer", .varchar, false), ("user_agent", .varchar, false),
    ("is_bot", .boolean, false), ("session_id", .varchar, false),
  ]

  /// Describes the table.
  static func creation(
    _ identifier: TableIdentifier, rule: BotRule, clock: CommitClock
  ) throws(MaintenanceError) -> CreateTable {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      let schema = try Schema(
        columns: columns.map { Schema.Column($0.name, $0.type, isRequired: $0.isRequired) })
      var creation = CreateTable(identifier, schema: schema, clock: clock)
      creation.partitionSpec = PartitionSpec(fields: [
        PartitionField(id: 1000, sourceID: 5, name: "event_date", transform: .identity)
      ])
      creation.properties = ["wequery.rules.version": rule.rawValue]
      return creation
    }
  }

  /// Throws unless a table has these columns, in this order.
  static func check(_ table: Table) throws(MaintenanceError) {
    let found = try RecordTable.columns(of: table)
    for (index, column) in columns.enumerated()
    where index >= found.count || found[index].name != column.name || found[index].type != column.type {
      throw MaintenanceError(
        .unsupported,
        "the table \(table.identifier) is none of access logs: its column \(index + 1) is not \(column.name) \(column.type)",
        hint: "load into a table made by --create")
    }
    guard found.count == columns.count else {
      throw MaintenanceError(
        .unsupported, "the table \(table.identifier) has more columns than access logs",
        hint: "load into a table made by --create")
    }
  }
}

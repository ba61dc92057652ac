internal import Columnar
package import TableFormat

/// The home table: what it is made of, and how it is made.
package enum WebEventTable {
  /// Returns whether a table has the columns of web events.
  package static func matches(_ table: Table) -> Bool {
    let names = Set(table.schema.fields.map(\.name))
    return WebEventColumn.all.allSatisfy { names.contains($0.name) }
  }

  /// Makes the table.
  package static func create(
    _ identifier: TableIdentifier, in catalog: any Catalog, clock: CommitClock, rule: BotRule = .v1
  ) throws(MaintenanceError) -> Table {
    let creation = try creation(identifier, rule: rule, clock: clock)
    return try MaintenanceError.wrapping { () throws(TableFormatError) in
      if try !catalog.namespaces().contains(identifier.namespace) {
        try catalog.createNamespace(identifier.namespace, properties: [:])
      }
      return try catalog.createTable(creation)
    }
  }

  /// Describes the table.
  static func creation(
    _ identifier: TableIdentifier, rule: BotRule, clock: CommitClock
  ) throws(MaintenanceError) -> CreateTable {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      let columns = WebEventColumn.all.map {
        Schema.Column($0.name, $0.type, isRequired: $0.isRequired, doc: $0.comment)
      }
      let schema = try Schema(columns: columns)
      var creation = CreateTable(identifier, schema: schema, clock: clock)
      func id(_ name: String) throws(TableFormatError) -> FieldID {
        try schema.field(named: name)?.id ?? 0
      }
      creation.partitionSpec = PartitionSpec(fields: [
        PartitionField(id: 1000, sourceID: try id("event_date"), name: "event_date", transform: .identity)
      ])
      creation.sortOrder = SortOrder(
        id: 1,
        fields: [SortField(sourceID: try id("session_id")), SortField(sourceID: try id("event_timestamp"))])
      creation.properties = [
        "write.format.default": "parquet", "write.parquet.compression-codec": "zstd",
        "write.target-file-size-bytes": "134217728", "write.merge.mode": "merge-on-read",
        "commit.retry.num-retries": "10", "commit.retry.min-wait-ms": "100",
        "wequery.rules.version": rule.rawValue,
        "write.parquet.bloom-filter-enabled.column.event_id": "true",
      ]
      return creation
    }
  }

  /// What sessions of people do not exceed; `nil` where the rule does not ask.
  static func sessionRate(of table: Table) -> SessionRate? {
    guard rule(of: table) == .v2 else { return nil }
    let given = table.metadata.properties[SessionRate.property].flatMap { Int($0) }
    return SessionRate(limit: given.map { max(1, $0) } ?? SessionRate.defaultLimit)
  }

  /// The version of the bot rule that a table's column was made by.
  package static func rule(of table: Table) -> BotRule {
    table.metadata.properties["wequery.rules.version"].flatMap { BotRule(rawValue: $0) } ?? .v1
  }

  /// Puts columns in the order of a table that has them in another, and nulls where it has more.
  static func arranged(_ batch: Batch, for table: Table) throws(MaintenanceError) -> Batch {
    var places: [String: Int] = [:]
    for (index, column) in WebEventColumn.all.enumerated() { places[column.name] = index }
    var columns: [Vector] = []
    for field in table.schema.fields {
      let type = try MaintenanceError.wrapping { () throws(TableFormatError) in try field.type.logicalType }
      guard let place = places[field.name] else {
        columns.append(.nulls(type, count: batch.rowCount))
        continue
      }
      let own = WebEventColumn.all[place].type
      guard own.physicalType == type.physicalType else {
        throw MaintenanceError(
          .unsupported,
          "the column \"\(field.name)\" of \(table.identifier) is \(type), web events have \(own)",
          hint: "load into a table made by --create, and INSERT INTO … SELECT CAST(…) from there")
      }
      columns.append(batch.columns[place])
    }
    return Batch(columns: columns, rowCount: batch.rowCount, selection: batch.selection)
  }
}

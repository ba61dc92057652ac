internal import Columnar
internal import TableFormat

/// Tables made from what is loaded into them.
enum RecordTable {
  /// Describes a table of columns found in records, partitioned by the day of its time column if it has one.
  static func creation(
    _ identifier: TableIdentifier, _ columns: [(name: String, type: LogicalType)], clock: CommitClock
  ) throws(MaintenanceError) -> CreateTable {
    guard !columns.isEmpty else {
      throw MaintenanceError(.failed, "there is nothing to make the table \(identifier) of")
    }
    return try MaintenanceError.wrapping { () throws(TableFormatError) in
      let schema = try Schema(columns: columns.map { Schema.Column($0.name, $0.type) })
      var creation = CreateTable(identifier, schema: schema, clock: clock)
      let names = ["event_date", "date", "event_timestamp", "timestamp", "time", "ts", "created_at"]
      if let name = names.first(where: { name in
        columns.contains { $0.name == name && ($0.type == .date || $0.type.isTimestamp) }
      }), let field = try schema.field(named: name) {
        let isDate = field.type == .date
        creation.partitionSpec = PartitionSpec(fields: [
          PartitionField(
            id: 1000, sourceID: field.id, name: isDate ? name : "\(name)_day",
            transform: isDate ? .identity : .day)
        ])
      }
      return creation
    }
  }

  /// Returns the columns of a table as records are read into them.
  static func columns(
    of table: Table
  ) throws(MaintenanceError) -> [(name: String, type: LogicalType, isRequired: Bool)] {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      var columns: [(name: String, type: LogicalType, isRequired: Bool)] = []
      for field in table.schema.fields {
        columns.append((field.name, try field.type.logicalType, field.isRequired))
      }
      return columns
    }
  }
}

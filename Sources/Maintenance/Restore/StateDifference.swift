package import TableFormat

/// What sets two states of a table apart, without reading rows.
package struct StateDifference: Sendable {
  /// Rows of each state; `nil` where deletes must be read to know.
  package var rowsBefore: Int64?
  package var rowsAfter: Int64?
  /// Data files of each state.
  package var filesBefore = 0
  package var filesAfter = 0
  /// Data files that only the later state has.
  package var filesRemoved = 0
  /// Data files that only the restored state has.
  package var filesRestored = 0
  /// Changes of the columns, one a line; empty when the schema stays.
  package var schemaChanges: [String] = []

  /// Compares the head of `main` with another snapshot.
  package init(_ table: Table, restoring snapshot: Snapshot, schema: Schema) throws(MaintenanceError) {
    try self.init(table, from: (table.currentSnapshot, table.schema), to: (snapshot, schema))
  }

  /// Compares a state of a table with another.
  package init(
    _ table: Table, from old: (snapshot: Snapshot?, schema: Schema),
    to new: (snapshot: Snapshot?, schema: Schema)
  ) throws(MaintenanceError) {
    let now = try Self.plan(table, old.snapshot)
    let then = try Self.plan(table, new.snapshot)
    (rowsBefore, rowsAfter) = (now.exactRowCount, then.exactRowCount)
    (filesBefore, filesAfter) = (now.tasks.count, then.tasks.count)
    let pathsNow = Set(now.tasks.map { table.paths.key(of: $0.file.path) })
    let pathsThen = Set(then.tasks.map { table.paths.key(of: $0.file.path) })
    filesRemoved = pathsNow.subtracting(pathsThen).count
    filesRestored = pathsThen.subtracting(pathsNow).count
    schemaChanges = Self.changes(from: old.schema, to: new.schema)
  }

  private static func plan(_ table: Table, _ snapshot: Snapshot?) throws(MaintenanceError) -> ScanPlan {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try ScanPlanner(table, snapshot: snapshot).plan()
    }
  }

  /// Names the changes of columns, matched by field id.
  package static func changes(from old: Schema, to new: Schema) -> [String] {
    var changes: [String] = []
    for id in old.allFieldIDs where new.field(id: id) == nil {
      changes.append("drop \(old.name(of: id) ?? "\(id)")")
    }
    for id in new.allFieldIDs {
      guard let field = new.field(id: id), let name = new.name(of: id) else { continue }
      guard let before = old.field(id: id) else {
        changes.append("add \(name) \(field.type)")
        continue
      }
      if before.name != field.name {
        changes.append("rename \(old.name(of: id) ?? before.name) to \(field.name)")
      }
      if !field.type.isNested, before.type != field.type {
        changes.append("change \(name) from \(before.type) to \(field.type)")
      }
      if before.isRequired != field.isRequired {
        changes.append("make \(name) \(field.isRequired ? "required" : "optional")")
      }
    }
    return changes
  }
}

internal import Columnar
package import TableFormat

/// A table of a catalog, pinned to one snapshot.
package struct TableRelation: Relation {
  package let table: Table
  /// The state that is read; `nil` for a table that never had rows.
  package let snapshot: Snapshot?
  /// The schema that names and types come from (rule 74).
  package let schema: Schema
  package let displayName: String
  package let columns: [RelationColumn]
  package let statistics: RelationStatistics

  /// Pins a table.
  ///
  /// - Parameters:
  ///   - table: The table as loaded.
  ///   - catalog: The catalog's name, for messages.
  ///   - version: The state asked for; `nil` is the newest.
  /// - Throws: ``QueryError`` if there is no such state.
  package init(_ table: Table, catalog: String, version: TableVersion?) throws(QueryError) {
    self.table = table
    displayName = "\(catalog).\(table.identifier)"
    (snapshot, schema) = try TableRelation.pin(table, to: version)
    var columns: [RelationColumn] = []
    for field in schema.fields {
      do throws(TableFormatError) {
        columns.append(
          RelationColumn(
            field.name, try field.type.logicalType, isNullable: !field.isRequired,
            fieldID: Int(field.id.rawValue)))
      } catch {
        // A column of a type that cannot be read leaves the others usable: it fails when it is asked for.
        columns.append(RelationColumn(field.name, .null, isHidden: true, fieldID: Int(field.id.rawValue)))
      }
    }
    columns += TableRelation.hiddenColumns
    self.columns = columns
    statistics = TableStatistics.of(table, snapshot, schema)
  }

  /// The metadata columns of a row (rule 6); `"$path"` is Trino's name of `_file`.
  private static let hiddenColumns = [
    RelationColumn("_file", .varchar, isNullable: false, isHidden: true, fieldID: Int(FieldID.file.rawValue)),
    RelationColumn(
      "_pos", .bigint, isNullable: false, isHidden: true, fieldID: Int(FieldID.position.rawValue)),
    RelationColumn(
      "_spec_id", .integer, isNullable: false, isHidden: true, fieldID: Int(FieldID.specID.rawValue)),
    RelationColumn("$path", .varchar, isNullable: false, isHidden: true, fieldID: Int(FieldID.file.rawValue)),
  ]

  private static func pin(
    _ table: Table, to version: TableVersion?
  ) throws(QueryError) -> (Snapshot?, Schema) {
    guard let version else { return (table.currentSnapshot, table.schema) }
    do throws(TableFormatError) {
      switch version {
      case .snapshot(let id):
        let snapshot = try table.snapshot(id: SnapshotID(id))
        return (snapshot, table.metadata.schema(of: snapshot))
      case .reference(let name):
        let snapshot = try table.snapshot(reference: name)
        let isBranch = table.metadata.references[name]?.kind == .branch
        return (snapshot, isBranch ? table.schema : table.metadata.schema(of: snapshot))
      case .timestamp(let micros):
        let snapshot = try table.snapshot(atMillis: CivilDate.floorDivide(micros, 1000))
        return (snapshot, table.metadata.schema(of: snapshot))
      }
    } catch {
      throw QueryError(.invalidParameter, error.message, hint: error.hint ?? oldest(table), cause: error)
    }
  }

  private static func oldest(_ table: Table) -> String? {
    guard let first = table.metadata.snapshotLog.first else { return "the table has no snapshots" }
    var text: [UInt8] = []
    Timestamp.append(micros: first.timestampMillis * 1000, isUTC: true, to: &text)
    return "the oldest snapshot is \(first.snapshotID), of \(String(decoding: text, as: UTF8.self))"
  }
}

/// What a table's metadata tell the optimizer.
enum TableStatistics {
  /// Row count from the snapshot's summary, distinct counts from the newest statistics file.
  static func of(_ table: Table, _ snapshot: Snapshot?, _ schema: Schema) -> RelationStatistics {
    guard let snapshot else { return RelationStatistics(rowCount: 0) }
    var statistics = RelationStatistics(rowCount: snapshot.summary.count("total-records").map { Int($0) })
    let files = table.metadata.statistics
    guard let file = files.last(where: { $0.snapshotID == snapshot.id }) ?? files.last else {
      return statistics
    }
    for blob in file.blobs {
      guard blob.type == "apache-datasketches-theta-v1", blob.fields.count == 1,
        let count = blob.properties["ndv"].flatMap({ Double($0) }),
        let index = schema.fields.firstIndex(where: { $0.id == blob.fields[0] })
      else { continue }
      statistics.distinctCounts[index] = count
    }
    return statistics
  }
}

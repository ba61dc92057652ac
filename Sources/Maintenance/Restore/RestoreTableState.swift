internal import TableFormat

/// Makes a table's schema, partition spec, sort order and properties what they were.
///
/// All of them change together, as a spec may need the columns of its schema and the other way round.
struct RestoreTableState: TransactionAction {
  /// The schema's id.
  var schemaID: Int?
  /// The partition spec's id.
  var specID: Int?
  /// The sort order's id.
  var sortOrderID: Int?
  /// All properties; `nil` leaves them.
  var properties: [String: String]?

  /// Makes the change.
  func apply(to changes: inout TableChanges) throws(TableFormatError) {
    if let schemaID {
      guard changes.metadata.schema(id: schemaID) != nil else {
        throw TableFormatError(.notFound, "the table has no schema \(schemaID) any more")
      }
      changes.metadata.currentSchemaID = schemaID
    }
    if let specID {
      guard changes.metadata.partitionSpec(id: specID) != nil else {
        throw TableFormatError(.notFound, "the table has no partition spec \(specID) any more")
      }
      changes.metadata.defaultSpecID = specID
    }
    if let sortOrderID {
      guard changes.metadata.sortOrders.contains(where: { $0.id == sortOrderID }) else {
        throw TableFormatError(.notFound, "the table has no sort order \(sortOrderID) any more")
      }
      changes.metadata.defaultSortOrderID = sortOrderID
    }
    for field in changes.metadata.partitionSpec.fields where field.transform != .void {
      guard changes.metadata.schema.field(id: field.sourceID) != nil else {
        throw TableFormatError(
          .invalidArgument,
          "the schema \(changes.metadata.currentSchemaID) lacks the column that the table is partitioned by (\"\(field.name)\")",
          hint: "restore the data only, and change the schema by ALTER TABLE", field: field.name)
      }
    }
    for field in changes.metadata.sortOrder.fields
    where changes.metadata.schema.field(id: field.sourceID) == nil {
      changes.metadata.defaultSortOrderID = changes.metadata.sortOrders.first { $0.isUnsorted }?.id ?? 0
    }
    if let properties { changes.metadata.properties = properties }
  }
}

/// Gives a table new columns, partitioning and order and no rows: what CREATE OR REPLACE TABLE does.
///
/// The table keeps its identity, its folder and its history; `main` begins anew. Columns get new ids, so that
/// nothing of the old files can be taken for theirs.
public struct ReplaceTable: TransactionAction {
  /// What the table shall be; its identifier is that of the table replaced.
  public var replacement: CreateTable

  /// Describes the replacement.
  public init(_ replacement: CreateTable) { self.replacement = replacement }

  /// Returns the table as it will be, for writing the data files of its first snapshot.
  ///
  /// - Parameter table: The table to be replaced.
  /// - Returns: A table that shows the new columns; it is not committed.
  /// - Throws: ``TableFormatError`` when the replacement is no valid table.
  public func preview(of table: Table) throws(TableFormatError) -> Table {
    Table(
      identifier: table.identifier, metadata: try replaced(table.metadata),
      metadataLocation: table.metadataLocation, fileSystem: table.fileSystem, paths: table.paths,
      catalog: table.catalog)
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    let begun = changes.begun.metadata
    guard changes.metadata.lastColumnID == begun.lastColumnID,
      changes.metadata.schemas.count == begun.schemas.count,
      changes.metadata.partitionSpecs.count == begun.partitionSpecs.count
    else {
      throw TableFormatError(
        .conflict, "the columns of the table were changed by another writer meanwhile",
        hint: "run the statement again")
    }
    changes.metadata = try replaced(changes.metadata)
  }

  private func replaced(_ old: TableMetadata) throws(TableFormatError) -> TableMetadata {
    var metadata = old
    var shift = Renumbering(from: old.lastColumnID)
    let fields = replacement.schema.fields.map { shift.renumbered($0) }
    let identifiers = replacement.schema.identifierFieldIDs.map { shift.new(for: $0) }
    let schema = Schema(
      id: (old.schemas.map(\.id).max() ?? -1) + 1, fields: fields, identifierFieldIDs: identifiers)
    let text = replacement.properties["format-version"].flatMap { Int($0) }
    metadata.formatVersion = max(old.formatVersion, replacement.formatVersion ?? text ?? 1)
    if metadata.formatVersion >= 3 { metadata.nextRowID = old.nextRowID ?? 0 }
    try SchemaRules.check(schema, formatVersion: metadata.formatVersion)
    metadata.schemas.append(schema)
    (metadata.currentSchemaID, metadata.lastColumnID) = (
      schema.id, max(old.lastColumnID, schema.highestFieldID)
    )

    var spec = PartitionSpec(id: 0)
    for (place, field) in replacement.partitionSpec.fields.enumerated() {
      spec.fields.append(
        PartitionField(
          id: FieldID(old.lastPartitionID.rawValue &+ 1 &+ Int32(place)),
          sourceID: shift.new(for: field.sourceID),
          name: field.name, transform: field.transform))
    }
    try SchemaRules.check(spec, schema: schema)
    metadata.setDefault(spec)
    let keys = replacement.sortOrder.fields.map { key in
      SortField(
        sourceID: shift.new(for: key.sourceID), transform: key.transform, direction: key.direction,
        nullOrder: key.nullOrder)
    }
    try SchemaRules.check(SortOrder(id: 1, fields: keys), schema: schema)
    try metadata.setDefault(sortFields: keys)
    metadata.properties.merge(replacement.properties) { $1 }
    metadata.properties["format-version"] = nil
    metadata.references[SnapshotReference.main] = nil
    metadata.currentSnapshotID = nil
    return metadata
  }

  /// New ids for the fields of a schema.
  private struct Renumbering {
    var last: Int32
    var ids: [FieldID: FieldID] = [:]

    init(from last: FieldID) { self.last = last.rawValue }

    mutating func new(for id: FieldID) -> FieldID {
      if let known = ids[id] { return known }
      last &+= 1
      ids[id] = FieldID(last)
      return FieldID(last)
    }

    mutating func renumbered(_ field: NestedField) -> NestedField {
      var field = field
      field.id = new(for: field.id)
      switch field.type {
      case .struct(let fields):
        var members: [NestedField] = []
        for member in fields { members.append(renumbered(member)) }
        field.type = .struct(members)
      case .list(let element): field.type = .list(element: renumbered(element))
      case .map(let key, let value): field.type = .map(key: renumbered(key), value: renumbered(value))
      default: break
      }
      return field
    }
  }
}

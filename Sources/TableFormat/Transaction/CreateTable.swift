public import Columnar

/// A table to be made.
public struct CreateTable: Sendable {
  /// The table's name.
  public var identifier: TableIdentifier
  /// The columns; their ids are used as they are.
  public var schema: Schema
  /// The partitioning; field ids are given anew.
  public var partitionSpec: PartitionSpec
  /// The order of rows in new files.
  public var sortOrder: SortOrder
  /// Where it goes; by default below its namespace's or the catalog's folder.
  public var location: String?
  /// Settings.
  public var properties: [String: String]
  /// 2 or 3; `nil` takes the property `format-version`, else 2.
  public var formatVersion: Int?
  /// What the time of the first metadata comes from.
  public var clock: CommitClock

  /// Describes a table.
  public init(
    _ identifier: TableIdentifier, schema: Schema, partitionSpec: PartitionSpec = .unpartitioned,
    sortOrder: SortOrder = .unsorted, location: String? = nil, properties: [String: String] = [:],
    formatVersion: Int? = nil, clock: CommitClock = .system
  ) {
    (self.identifier, self.schema, self.partitionSpec) = (identifier, schema, partitionSpec)
    (self.sortOrder, self.location, self.properties) = (sortOrder, location, properties)
    (self.formatVersion, self.clock) = (formatVersion, clock)
  }

  /// What tables made here are set to, so that their metadata does not pile up, nor commits grow with their history.
  static let defaultProperties = [
    "write.parquet.compression-codec": "zstd", "write.metadata.previous-versions-max": "10",
    "write.metadata.delete-after-commit.enabled": "true", "write.metadata.compression-codec": "gzip",
  ]

  /// Makes the first metadata of the table.
  ///
  /// - Parameter location: Where the table goes.
  /// - Returns: Metadata without snapshots.
  /// - Throws: ``TableFormatError`` of kind `invalidArgument` or `unsupported`.
  package func metadata(location: String) throws(TableFormatError) -> TableMetadata {
    var properties = Self.defaultProperties.merging(self.properties) { $1 }
    let text = properties.removeValue(forKey: "format-version")
    guard let version = formatVersion ?? (text == nil ? 2 : text.flatMap { Int($0) }),
      (1...3).contains(version)
    else {
      throw TableFormatError(
        .invalidArgument, "a table cannot have the format version \(text ?? "0")",
        hint: "2 is the default, 3 the newest",
        field: "format-version")
    }
    let schema = schema.with(id: 0)
    try SchemaRules.check(schema, formatVersion: version)
    var spec = PartitionSpec(id: 0)
    for (place, field) in partitionSpec.fields.enumerated() {
      var field = field
      field.id = FieldID(1000 + Int32(place))
      spec.fields.append(field)
    }
    try SchemaRules.check(spec, schema: schema)
    let order =
      sortOrder.isUnsorted ? .unsorted : SortOrder(id: 1, fields: sortOrder.fields)
    try SchemaRules.check(order, schema: schema)
    var metadata = TableMetadata(
      formatVersion: version, uuid: UUIDText.random(), location: location,
      lastUpdatedMillis: clock.nowMillis,
      lastColumnID: schema.highestFieldID, schemas: [schema], currentSchemaID: 0, partitionSpecs: [spec],
      defaultSpecID: 0, lastPartitionID: spec.lastAssignedFieldID,
      sortOrders: order.isUnsorted ? [.unsorted] : [.unsorted, order], defaultSortOrderID: order.id)
    metadata.properties = properties
    if version >= 3 { metadata.nextRowID = 0 }
    return metadata
  }
}

extension Schema {
  /// A column of a table to be made.
  public struct Column: Sendable {
    /// The name.
    public var name: String
    /// The engine's type.
    public var type: LogicalType
    /// The table's type where that says more, such as which parts are required; ids within it are given anew.
    public var exactType: IcebergType?
    /// Whether it never holds null.
    public var isRequired: Bool
    /// A comment for people.
    public var doc: String?

    /// Makes a column.
    public init(
      _ name: String, _ type: LogicalType, exactly exactType: IcebergType? = nil, isRequired: Bool = false,
      doc: String? = nil
    ) {
      (self.name, self.type, self.exactType) = (name, type, exactType)
      (self.isRequired, self.doc) = (isRequired, doc)
    }
  }

  /// Makes the schema of a new table: columns are numbered from 1, nested fields after them.
  ///
  /// - Parameters:
  ///   - columns: The columns in order.
  ///   - identifiers: The names of the columns that identify a row.
  /// - Throws: ``TableFormatError`` for a type that tables cannot have, or an unknown identifier.
  public init(columns: [Column], identifiers: [String] = []) throws(TableFormatError) {
    var last = Int32(columns.count)
    var fields: [NestedField] = []
    for (place, column) in columns.enumerated() {
      var type: IcebergType
      if let exact = column.exactType { type = exact } else { type = try IcebergType(column.type) { 0 } }
      type = type.renumbered {
        last += 1
        return FieldID(last)
      }
      fields.append(
        NestedField(
          id: FieldID(Int32(place + 1)), name: column.name, type: type, isRequired: column.isRequired,
          doc: column.doc))
    }
    let schema = Schema(fields: fields)
    var ids: [FieldID] = []
    for name in identifiers {
      guard let field = try schema.field(named: name) else {
        throw TableFormatError(.invalidArgument, "there is no column \"\(name)\"", field: name)
      }
      ids.append(field.id)
    }
    self.init(id: 0, fields: fields, identifierFieldIDs: ids)
  }
}

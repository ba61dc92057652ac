/// Changes how new files are partitioned; files written before keep their spec.
public struct UpdatePartitionSpec: TransactionAction {
  /// One change.
  public enum Change: Sendable {
    /// Adds a field made of a column; `name` by default follows from both.
    case add(column: String, Transform, name: String? = nil)
    /// Takes the field of that name away.
    case remove(name: String)
    /// Takes the field of that column and transform away.
    case removeTransform(column: String, Transform)
    /// Gives a field another name.
    case rename(name: String, to: String)
  }

  /// The changes, in order.
  public var changes: [Change]

  /// Describes the changes.
  public init(_ changes: [Change]) { self.changes = changes }

  /// Makes the changes.
  public func apply(to table: inout TableChanges) throws(TableFormatError) {
    var spec = table.metadata.partitionSpec
    var lastID = table.metadata.lastPartitionID
    for change in changes {
      switch change {
      case .add(let column, let transform, let name):
        try Self.add(column, transform, name, to: &spec, &lastID, table.metadata)
      case .remove(let name):
        guard let place = spec.fields.firstIndex(where: { $0.name == name && $0.transform != .void }) else {
          throw TableFormatError(.notFound, "the table has no partition field \"\(name)\"", field: name)
        }
        Self.remove(place, from: &spec, table.metadata)
      case .removeTransform(let column, let transform):
        let source = try Self.column(column, table.metadata)
        guard
          let place = spec.fields.firstIndex(where: { $0.sourceID == source.id && $0.transform == transform })
        else {
          throw TableFormatError(
            .notFound, "the table is not partitioned by \(transform) of \"\(column)\"", field: column)
        }
        Self.remove(place, from: &spec, table.metadata)
      case .rename(let name, let new):
        guard let place = spec.fields.firstIndex(where: { $0.name == name }) else {
          throw TableFormatError(.notFound, "the table has no partition field \"\(name)\"", field: name)
        }
        spec.fields[place].name = new
      }
    }
    try SchemaRules.check(spec, schema: table.metadata.schema)
    table.metadata.setDefault(spec)
    table.metadata.lastPartitionID = max(lastID, table.metadata.lastPartitionID)
  }

  private static func column(
    _ name: String, _ metadata: TableMetadata
  ) throws(TableFormatError) -> NestedField {
    guard let field = try metadata.schema.field(named: name) else {
      throw TableFormatError(.notFound, "there is no column \"\(name)\"", field: name)
    }
    return field
  }

  private static func add(
    _ column: String, _ transform: Transform, _ name: String?, to spec: inout PartitionSpec,
    _ lastID: inout FieldID, _ metadata: TableMetadata
  ) throws(TableFormatError) {
    let source = try Self.column(column, metadata)
    // A field that an older spec has, with the same source and transform, keeps its id (rule 70).
    let known = metadata.partitionSpecs.lazy.flatMap(\.fields).first {
      $0.sourceIDs == [source.id] && $0.transform == transform && (name == nil || $0.name == name)
    }
    if let known, metadata.formatVersion >= 2 {
      var field = known
      field.name = name ?? known.name
      spec.fields.append(field)
      return
    }
    guard lastID.rawValue < Int32.max else {
      throw TableFormatError(.unsupported, "the table has no partition field ids left")
    }
    lastID = FieldID(lastID.rawValue + 1)
    spec.fields.append(
      PartitionField(
        id: lastID, sourceID: source.id, name: name ?? defaultName(column, transform), transform: transform))
  }

  /// The name a partition field gets by default: `ts_day`, `id_bucket_16`, `k_trunc_4`.
  public static func defaultName(_ column: String, _ transform: Transform) -> String {
    switch transform {
    case .identity: column
    case .bucket(let count): "\(column)_bucket_\(count)"
    case .truncate(let width): "\(column)_trunc_\(width)"
    case .year, .month, .day, .hour: "\(column)_\(transform)"
    case .void: "\(column)_null"
    case .unknown(let text): "\(column)_\(text)"
    }
  }

  /// In v1 the field stays as `void`, since tuples there are told by position (rule 27).
  private static func remove(_ place: Int, from spec: inout PartitionSpec, _ metadata: TableMetadata) {
    if metadata.formatVersion >= 2 {
      spec.fields.remove(at: place)
    } else {
      let field = spec.fields[place]
      spec.fields[place].name = "\(field.name)_\(field.id)"
      spec.fields[place].transform = .void
    }
  }
}

extension TableMetadata {
  /// Makes a spec the default one: an equal one that is there already, else a new one (rule 70).
  mutating func setDefault(_ spec: PartitionSpec) {
    if let same = partitionSpecs.first(where: { $0.fields == spec.fields }) {
      defaultSpecID = same.id
      return
    }
    var spec = spec
    spec.id = (partitionSpecs.map(\.id).max() ?? -1) + 1
    partitionSpecs.append(spec)
    defaultSpecID = spec.id
    lastPartitionID = max(lastPartitionID, spec.lastAssignedFieldID)
  }
}

/// Makes one of the table's partition specs the default one again.
public struct SetDefaultPartitionSpec: TransactionAction {
  /// The spec's id.
  public var id: Int

  /// Describes the change.
  public init(id: Int) { self.id = id }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    guard let spec = changes.metadata.partitionSpec(id: id) else {
      throw TableFormatError(.notFound, "the table has no partition spec \(id)")
    }
    try SchemaRules.check(spec, schema: changes.metadata.schema)
    changes.metadata.defaultSpecID = id
  }
}

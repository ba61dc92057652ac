/// How rows are assigned to partitions: the values of all fields make a row's partition tuple.
public struct PartitionSpec: Hashable, Sendable {
  /// The spec's number within its table.
  public var id: Int
  /// The fields, in the order of the partition tuple.
  public var fields: [PartitionField]

  /// Makes a spec.
  public init(id: Int = 0, fields: [PartitionField] = []) { (self.id, self.fields) = (id, fields) }

  /// The spec of a table without partitions.
  public static let unpartitioned = PartitionSpec()

  /// Whether all rows belong to one partition: there is no field, or only dropped ones.
  public var isUnpartitioned: Bool { fields.allSatisfy { $0.transform == .void } }

  /// The largest partition field id, 999 for a spec without fields.
  public var lastAssignedFieldID: FieldID { fields.map(\.id).max() ?? 999 }

  /// Whether two specs partition alike, whatever their ids are.
  public func isCompatible(with other: PartitionSpec) -> Bool {
    fields.count == other.fields.count
      && zip(fields, other.fields).allSatisfy {
        $0.sourceIDs == $1.sourceIDs && $0.transform == $1.transform && $0.name == $1.name
      }
  }

  /// The fields of the partition tuple as a struct: ids are the partition fields', types the transforms' results.
  ///
  /// - Parameter schema: Where the source columns are looked up.
  /// - Returns: One optional field for each partition field.
  /// - Throws: ``TableFormatError`` of kind `notFound` when a source column is missing and its type matters.
  public func partitionType(in schema: Schema) throws(TableFormatError) -> [NestedField] {
    var result: [NestedField] = []
    for field in fields {
      result.append(try field.resultField(source: schema.field(id: field.sourceID)?.type))
    }
    return result
  }
}

/// One component of a partition tuple.
public struct PartitionField: Hashable, Sendable {
  /// The partition field's id, from 1000 on.
  public var id: FieldID
  /// The columns it is made of; several only under transforms we do not know.
  public var sourceIDs: [FieldID]
  /// The name, which partition paths and metadata tables show.
  public var name: String
  /// How the value is made.
  public var transform: Transform

  /// The column it is made of.
  public var sourceID: FieldID { sourceIDs.first ?? 0 }

  /// Makes a field of one source column.
  public init(id: FieldID, sourceID: FieldID, name: String, transform: Transform) {
    (self.id, self.sourceIDs, self.name, self.transform) = (id, [sourceID], name, transform)
  }

  /// Makes a field.
  public init(id: FieldID, sourceIDs: [FieldID], name: String, transform: Transform) {
    (self.id, self.sourceIDs, self.name, self.transform) = (id, sourceIDs, name, transform)
  }

  /// The field of the partition struct that holds the values.
  package func resultField(source: IcebergType?) throws(TableFormatError) -> NestedField {
    let type: IcebergType
    switch transform {
    case .bucket, .year, .month, .hour: type = .int
    case .day: type = .date
    case .void: type = source ?? .int
    case .identity, .truncate, .unknown:
      guard let source else {
        throw TableFormatError(
          .notFound, "the column with id \(sourceID) of the partition field \"\(name)\" is in no schema",
          field: name)
      }
      type = source
    }
    return NestedField(id: id, name: name, type: type)
  }
}

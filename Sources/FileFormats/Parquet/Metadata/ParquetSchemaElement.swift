/// One node of the schema as the footer lists it, depth first (parquet.thrift, `SchemaElement`).
public struct ParquetSchemaElement: Hashable, Sendable {
  /// How values are stored; `nil` for groups.
  public var physicalType: ParquetPhysicalType?
  /// Bytes of a fixed-length value.
  public var typeLength: Int?
  /// How often the node occurs; `nil` for the root.
  public var repetition: ParquetRepetition?
  /// The node's own name.
  public var name: String
  /// Children, which follow the node; 0 for leaves.
  public var childCount: Int
  /// The field id, by which Iceberg finds columns.
  public var fieldID: Int?
  /// What values mean.
  public var annotation: ParquetAnnotation?

  /// Makes a node.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - physicalType: How values are stored; `nil` for groups.
  ///   - typeLength: Bytes of a fixed-length value.
  ///   - repetition: How often it occurs.
  ///   - childCount: Children that follow.
  ///   - fieldID: The field id.
  ///   - annotation: What values mean.
  public init(
    name: String, physicalType: ParquetPhysicalType? = nil, typeLength: Int? = nil,
    repetition: ParquetRepetition? = nil, childCount: Int = 0, fieldID: Int? = nil,
    annotation: ParquetAnnotation? = nil
  ) {
    (self.name, self.physicalType, self.typeLength) = (name, physicalType, typeLength)
    (self.repetition, self.childCount, self.fieldID) = (repetition, childCount, fieldID)
    self.annotation = annotation
  }
}

extension ParquetSchemaElement {
  static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> ParquetSchemaElement {
    var element = ParquetSchemaElement(name: "")
    var convertedType: Int32?
    var (precision, scale) = (0, 0)
    var isGroup = false
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1:
        let number = try reader.int32(field)
        guard let type = ParquetPhysicalType(rawValue: number) else {
          throw .unsupported("Parquet physical type \(number) is not supported")
        }
        element.physicalType = type
      case 2: element.typeLength = try reader.count32(field)
      case 3:
        let number = try reader.int32(field)
        guard let repetition = ParquetRepetition(rawValue: number) else {
          throw reader.damaged("Parquet has no repetition \(number)")
        }
        element.repetition = repetition
      case 4: element.name = try reader.text(field)
      case 5:
        element.childCount = try reader.count32(field)
        isGroup = element.childCount > 0
      case 6: convertedType = try reader.int32(field)
      case 7: scale = Int(try reader.int32(field))
      case 8: precision = Int(try reader.int32(field))
      case 9: element.fieldID = Int(try reader.int32(field))
      case 10: element.annotation = try ParquetAnnotation.decode(field, from: &reader)
      default: try reader.skip(field)
      }
    }
    if isGroup { element.physicalType = nil }
    // The logical type wins; a converted type speaks where it is absent or means nothing to us.
    if element.annotation == nil || element.annotation == .unknown, let convertedType {
      element.annotation =
        ParquetAnnotation(convertedType: convertedType, precision: precision, scale: scale)
        ?? element.annotation
    }
    return element
  }

  func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    if let physicalType { writer.int32(1, Int(physicalType.rawValue)) }
    if let typeLength { writer.int32(2, typeLength) }
    if let repetition { writer.int32(3, Int(repetition.rawValue)) }
    writer.text(4, name)
    if physicalType == nil { writer.int32(5, childCount) }
    if let annotation {
      if let convertedType = annotation.convertedType { writer.int32(6, convertedType) }
      if case .decimal(let precision, let scale) = annotation {
        writer.int32(7, scale)
        writer.int32(8, precision)
      }
    }
    if let fieldID { writer.int32(9, fieldID) }
    annotation?.encode(10, to: &writer)
    writer.endStructure()
  }
}

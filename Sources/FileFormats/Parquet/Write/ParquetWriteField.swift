public import Columnar

/// A column to write, or a field, element, key or value within one.
public struct ParquetWriteField: Hashable, Sendable {
  /// The column's name; of elements, keys and values the format decides the name.
  public var name: String
  /// What its values are.
  public var type: LogicalType
  /// The field id that goes into the file.
  public var fieldID: Int?
  /// Whether no value is null where the parent is not.
  public var isRequired: Bool
  /// The fields of a struct, the element of a list, or key and value of a map, in the order of the type.
  public var children: [ParquetWriteField]

  /// Makes a column.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - type: What its values are.
  ///   - fieldID: The field id that goes into the file.
  ///   - isRequired: Whether no value is null.
  ///   - children: What is nested in it; empty makes optional children without ids.
  public init(
    _ name: String, _ type: LogicalType, fieldID: Int? = nil, isRequired: Bool = false,
    children: [ParquetWriteField] = []
  ) {
    (self.name, self.type, self.fieldID) = (name, type, fieldID)
    self.isRequired = isRequired
    if !children.isEmpty {
      self.children = children
      return
    }
    switch type {
    case .list(let element): self.children = [ParquetWriteField("element", element)]
    case .map(let key, let value):
      self.children = [ParquetWriteField("key", key, isRequired: true), ParquetWriteField("value", value)]
    case .struct(let fields): self.children = fields.map { ParquetWriteField($0.name, $0.type) }
    default: self.children = []
    }
  }
}

extension ParquetWriteField {
  /// Appends the schema nodes of the column, depth first (Iceberg specification, "Parquet").
  func appendElements(to elements: inout [ParquetSchemaElement]) throws(FileFormatError) {
    guard children.count == (type.isMap ? 2 : type.childTypes.count) else {
      throw FileFormatError(
        .internal, "the column \"\(name)\" of type \(type) has \(children.count) children")
    }
    var node = ParquetSchemaElement(
      name: name, repetition: isRequired ? .required : .optional, fieldID: fieldID)
    switch type {
    case .list:
      (node.annotation, node.childCount) = (.list, 1)
      elements.append(node)
      elements.append(ParquetSchemaElement(name: "list", repetition: .repeated, childCount: 1))
      try children[0].named("element").appendElements(to: &elements)
    case .map:
      (node.annotation, node.childCount) = (.map, 1)
      elements.append(node)
      elements.append(ParquetSchemaElement(name: "key_value", repetition: .repeated, childCount: 2))
      var key = children[0].named("key")
      key.isRequired = true
      try key.appendElements(to: &elements)
      try children[1].named("value").appendElements(to: &elements)
    case .struct:
      guard !children.isEmpty else {
        throw .unsupported("Parquet has no struct without fields, as \"\(name)\" is")
      }
      node.childCount = children.count
      elements.append(node)
      for child in children { try child.appendElements(to: &elements) }
    default:
      try setStorage(of: &node)
      elements.append(node)
    }
  }

  private func named(_ name: String) -> ParquetWriteField {
    var field = self
    field.name = name
    return field
  }

  private func setStorage(of node: inout ParquetSchemaElement) throws(FileFormatError) {
    switch type {
    case .null: (node.physicalType, node.annotation, node.repetition) = (.int32, .unknown, .optional)
    case .boolean: node.physicalType = .boolean
    case .tinyint: (node.physicalType, node.annotation) = (.int32, .integer(bitWidth: 8, isSigned: true))
    case .smallint: (node.physicalType, node.annotation) = (.int32, .integer(bitWidth: 16, isSigned: true))
    case .integer: node.physicalType = .int32
    case .bigint: node.physicalType = .int64
    case .decimal(let precision, let scale):
      guard precision >= 1, precision <= 38, scale >= 0, scale <= precision else {
        throw .unsupported("Parquet has no \(type), as \"\(name)\" is")
      }
      node.annotation = .decimal(precision: precision, scale: scale)
      node.physicalType = precision <= 9 ? .int32 : precision <= 18 ? .int64 : .fixedLengthByteArray
      if precision > 18 { node.typeLength = ParquetWriteField.byteCount(ofPrecision: precision) }
    case .real: node.physicalType = .float
    case .double: node.physicalType = .double
    case .varchar: (node.physicalType, node.annotation) = (.byteArray, .string)
    case .binary: node.physicalType = .byteArray
    case .fixed(let length):
      guard length > 0 else { throw .unsupported("Parquet has no \(type), as \"\(name)\" is") }
      (node.physicalType, node.typeLength) = (.fixedLengthByteArray, length)
    case .uuid:
      (node.physicalType, node.typeLength, node.annotation) = (.fixedLengthByteArray, 16, .uuid)
    case .date: (node.physicalType, node.annotation) = (.int32, .date)
    case .time: (node.physicalType, node.annotation) = (.int64, .time(.micros, isAdjustedToUTC: false))
    case .timestamp, .timestampTZ:
      node.physicalType = .int64
      node.annotation = .timestamp(.micros, isAdjustedToUTC: type == .timestampTZ)
    case .timestampNanos, .timestampTZNanos:
      node.physicalType = .int64
      node.annotation = .timestamp(.nanos, isAdjustedToUTC: type == .timestampTZNanos)
    case .interval: throw .unsupported("an INTERVAL, as \"\(name)\" is, cannot be written to Parquet")
    case .list, .struct, .map: throw FileFormatError(.internal, "\(type) has no storage")
    }
  }

  /// Returns the fewest bytes whose two's complement holds every number of that many digits.
  static func byteCount(ofPrecision precision: Int) -> Int {
    var largest: Int128 = 1
    for _ in 0..<precision { largest *= 10 }
    largest -= 1
    return (Int128.bitWidth - largest.leadingZeroBitCount + 1 + 7) / 8
  }
}

extension LogicalType {
  /// Whether values are maps.
  var isMap: Bool {
    if case .map = self { return true }
    return false
  }
}

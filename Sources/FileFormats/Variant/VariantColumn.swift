public import Columnar

/// Reads columns of the variant type as JSON text (Parquet format, "Variant Shredding").
///
/// A variant lies in a group of `metadata`, `value` and, where the writer has shredded it, `typed_value`: the value,
/// or what it has in common with others, in columns of plain types. Both parts are put together again here.
public struct VariantColumn: Hashable, Sendable {
  private let metadata: Int
  private let value: Int?
  private let typed: Int?
  private let type: LogicalType

  /// Finds the parts of a group.
  ///
  /// - Parameter column: A group of a Parquet file.
  /// - Throws: If it is not the group of a variant.
  public init(_ column: ParquetColumn) throws(FileFormatError) {
    guard case .struct(let members) = column.shape,
      let metadata = members.firstIndex(where: { $0.name == "metadata" && $0.type == .binary })
    else { throw .damaged("the column \"\(column.name)\" is no variant: it has no metadata") }
    self.metadata = metadata
    value = members.firstIndex { $0.name == "value" && $0.type == .binary }
    typed = members.firstIndex { $0.name == "typed_value" }
    guard value != nil || typed != nil else {
      throw .damaged("the column \"\(column.name)\" is no variant: it has no value")
    }
    type = column.type
  }

  /// The JSON of one value that is not shredded.
  package static func text(metadata: [UInt8], value: [UInt8]) throws(FileFormatError) -> [UInt8] {
    var text: [UInt8] = []
    var reader = VariantValue(value, try VariantMetadata(metadata))
    try reader.append(to: &text)
    return text
  }

  /// Makes text of rows.
  ///
  /// - Parameter vector: Rows of the group, of any encoding.
  /// - Returns: JSON texts; null where the group is.
  /// - Throws: If a value is damaged.
  public func texts(of vector: Vector) throws(FileFormatError) -> Vector {
    var builder = VectorBuilder(.varchar)
    for row in 0..<vector.count {
      guard case .struct(let parts) = vector.scalar(at: row, as: type) else {
        builder.append(.null)
        continue
      }
      guard case .bytes(let names) = parts[metadata] else { throw .damaged("a variant has no metadata") }
      let value: ScalarValue = value.map { parts[$0] } ?? .null
      let typedValue: ScalarValue = typed.map { parts[$0] } ?? .null
      let typedType = typed.map { type.childTypes[$0] } ?? .null
      var text: [UInt8] = []
      let metadata = try VariantMetadata(names)
      try Self.append(value, typedValue, typedType, metadata, to: &text)
      builder.append(.bytes(text))
    }
    return builder.finish()
  }

  /// Appends a value of which a part, or all, may be shredded.
  private static func append(
    _ value: ScalarValue, _ typed: ScalarValue, _ type: LogicalType, _ metadata: VariantMetadata,
    to text: inout [UInt8]
  ) throws(FileFormatError) {
    switch (typed, type) {
    case (.null, _):
      guard case .bytes(let bytes) = value else { return VariantText.append(.null, as: .null, to: &text) }
      var rest = VariantValue(bytes, metadata)
      try rest.append(to: &text)
    case (.struct(let values), .struct(let members)):
      try append(try fields(value, values, members, metadata), to: &text)
    case (.list(let elements), .list(let element)):
      text.append(UInt8(ascii: "["))
      for (index, part) in elements.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        let parts = try Self.parts(part, element)
        try append(parts.value, parts.typed, parts.type, metadata, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case (.list, _), (.struct, _), (.map, _): throw .damaged("a shredded variant has the type \(type)")
    default:
      guard value.isNull else { throw .damaged("a shredded variant has two values") }
      VariantText.append(typed, as: type, to: &text)
    }
  }

  private static func append(
    _ fields: [VariantField], to text: inout [UInt8]
  ) throws(FileFormatError) {
    text.append(UInt8(ascii: "{"))
    let sorted = fields.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    for (index, field) in sorted.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      JSONWriter.appendQuoted(field.name.span, to: &text)
      text.append(UInt8(ascii: ":"))
      text += field.text
    }
    text.append(UInt8(ascii: "}"))
  }

  /// The fields of an object: the shredded ones that are there, and those of the rest.
  private static func fields(
    _ rest: ScalarValue, _ values: [ScalarValue], _ members: [LogicalType.StructField],
    _ metadata: VariantMetadata
  ) throws(FileFormatError) -> [VariantField] {
    var result: [VariantField] = []
    for (member, value) in zip(members, values) {
      let parts = try parts(value, member.type)
      // A field without either value is missing.
      if parts.value.isNull && parts.typed.isNull { continue }
      var text: [UInt8] = []
      try append(parts.value, parts.typed, parts.type, metadata, to: &text)
      result.append(VariantField(name: Array(member.name.utf8), text: text))
    }
    guard case .bytes(let bytes) = rest else { return result }
    var object = VariantValue(bytes, metadata)
    guard let others = try object.objectFields() else {
      throw .damaged("the rest of a shredded object is no object")
    }
    for field in others {
      guard !members.contains(where: { Array($0.name.utf8) == field.name }) else {
        throw .damaged("a shredded object has a field twice")
      }
      result.append(field)
    }
    return result
  }

  /// The `value` and `typed_value` of a field or element.
  private static func parts(
    _ part: ScalarValue, _ type: LogicalType
  ) throws(FileFormatError) -> (value: ScalarValue, typed: ScalarValue, type: LogicalType) {
    guard case .struct(let members) = type else {
      throw .damaged("a part of a shredded variant is no group")
    }
    guard case .struct(let values) = part else { return (.null, .null, .null) }
    var result: (value: ScalarValue, typed: ScalarValue, type: LogicalType) = (.null, .null, .null)
    for (member, value) in zip(members, values) {
      switch member.name {
      case "value": result.value = value
      case "typed_value": (result.typed, result.type) = (value, member.type)
      default: break
      }
    }
    return result
  }
}

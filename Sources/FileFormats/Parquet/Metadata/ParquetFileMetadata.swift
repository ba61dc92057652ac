/// What the footer of a Parquet file states (parquet.thrift, `FileMetaData`).
public struct ParquetFileMetadata: Sendable {
  /// The format's version as the file states it, 1 or 2.
  public var version: Int
  /// The columns.
  public var schema: ParquetSchema
  /// Rows of all row groups.
  public var rowCount: Int
  /// The row groups, in file order.
  public var rowGroups: [RowGroupMetadata]
  /// The writer's own key-value pairs, such as `iceberg.schema`.
  public var keyValues: [KeyValue]
  /// The program that wrote the file.
  public var createdBy: String?
  /// By leaf, whether min and max follow the order that its type defines; empty when the file does not say.
  public var hasTypeDefinedOrder: [Bool]

  /// A pair of the file's key-value metadata.
  public struct KeyValue: Hashable, Sendable {
    /// The key.
    public var key: String
    /// The value.
    public var value: String?

    /// Makes a pair.
    public init(_ key: String, _ value: String?) { (self.key, self.value) = (key, value) }
  }

  /// Makes metadata.
  ///
  /// - Parameters:
  ///   - schema: The columns.
  ///   - rowCount: Rows of all row groups.
  ///   - rowGroups: The row groups.
  ///   - keyValues: Key-value pairs.
  ///   - createdBy: The program that writes the file.
  public init(
    schema: ParquetSchema, rowCount: Int = 0, rowGroups: [RowGroupMetadata] = [],
    keyValues: [KeyValue] = [], createdBy: String? = nil
  ) {
    version = 2
    (self.schema, self.rowCount, self.rowGroups) = (schema, rowCount, rowGroups)
    (self.keyValues, self.createdBy) = (keyValues, createdBy)
    hasTypeDefinedOrder = [Bool](repeating: true, count: schema.leaves.count)
  }

  /// Returns the value of a key of the file's key-value metadata.
  public func value(of key: String) -> String? { keyValues.first { $0.key == key }?.value }

  /// Whether `minValue` and `maxValue` of a leaf's statistics may be used at all.
  public func hasUsableOrder(leaf index: Int) -> Bool {
    hasTypeDefinedOrder.indices.contains(index) && hasTypeDefinedOrder[index]
  }
}

extension ParquetFileMetadata {
  /// Reads a footer.
  ///
  /// - Parameter reader: The footer's bytes.
  /// - Returns: The metadata.
  /// - Throws: If it is damaged, or the file is encrypted.
  package static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> ParquetFileMetadata {
    var version = 0
    var elements: [ParquetSchemaElement] = []
    var rowCount: Int?
    var rowGroups: [RowGroupMetadata] = []
    var keyValues: [KeyValue] = []
    var createdBy: String?
    var orders: [Bool] = []
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: version = Int(try reader.int32(field))
      case 2:
        for _ in 0..<(try reader.list(field, of: .structure)) {
          elements.append(try ParquetSchemaElement.decode(from: &reader))
        }
      case 3: rowCount = try reader.count64(field)
      case 4:
        let count = try reader.list(field, of: .structure)
        for _ in 0..<count { rowGroups.append(try RowGroupMetadata.decode(from: &reader)) }
      case 5:
        for _ in 0..<(try reader.list(field, of: .structure)) {
          keyValues.append(try KeyValue.decode(from: &reader))
        }
      case 6: createdBy = try reader.text(field)
      case 7:
        for _ in 0..<(try reader.list(field, of: .structure)) {
          var isTypeDefined = false
          var order = try reader.beginStructure()
          while let field = try reader.next(&order) {
            isTypeDefined = field.id == 1
            try reader.skip(field)
          }
          orders.append(isTypeDefined)
        }
      case 8: throw .unsupported("encrypted Parquet files are not supported")
      default: try reader.skip(field)
      }
    }
    guard let rowCount else { throw reader.damaged("the Parquet footer states no row count") }
    let schema = try ParquetSchema(elements)
    var metadata = ParquetFileMetadata(
      schema: schema, rowCount: rowCount, rowGroups: rowGroups, keyValues: keyValues, createdBy: createdBy)
    (metadata.version, metadata.hasTypeDefinedOrder) = (version, orders)
    try metadata.check()
    // Some writers leave 0 here.
    if rowCount == 0 { metadata.rowCount = rowGroups.reduce(0) { $0 + $1.rowCount } }
    return metadata
  }

  /// Throws unless the row groups fit the schema and the row count.
  private func check() throws(FileFormatError) {
    var rows = 0
    for (ordinal, group) in rowGroups.enumerated() {
      guard group.columns.count == schema.leaves.count else {
        throw .damaged(
          "row group \(ordinal) has \(group.columns.count) column chunks, the schema has "
            + "\(schema.leaves.count) leaves")
      }
      for (chunk, leaf) in zip(group.columns, schema.leaves) {
        guard chunk.physicalType == leaf.leaf?.physicalType else {
          throw .damaged(
            "column \"\(leaf.name)\" of row group \(ordinal) is stored as \(chunk.physicalType), "
              + "where the schema says otherwise")
        }
      }
      let (sum, overflow) = rows.addingReportingOverflow(group.rowCount)
      guard !overflow else { throw .damaged("the Parquet row groups state too many rows") }
      rows = sum
    }
    guard rows == rowCount || rowCount == 0 else {
      throw .damaged("the Parquet footer states \(rowCount) rows, its row groups \(rows)")
    }
  }

  /// Writes the footer's bytes.
  func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    writer.int32(1, version)
    writer.list(2, of: .structure, count: schema.elements.count)
    for element in schema.elements { element.encode(to: &writer) }
    writer.int64(3, rowCount)
    writer.list(4, of: .structure, count: rowGroups.count)
    for group in rowGroups { group.encode(schema: schema, to: &writer) }
    if !keyValues.isEmpty {
      writer.list(5, of: .structure, count: keyValues.count)
      for pair in keyValues { pair.encode(to: &writer) }
    }
    if let createdBy { writer.text(6, createdBy) }
    if !hasTypeDefinedOrder.isEmpty {
      writer.list(7, of: .structure, count: hasTypeDefinedOrder.count)
      for isTypeDefined in hasTypeDefinedOrder {
        writer.beginStructure()
        if isTypeDefined { writer.emptyStructure(1) }
        writer.endStructure()
      }
    }
    writer.endStructure()
  }
}

extension ParquetFileMetadata.KeyValue {
  static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> Self {
    var pair = Self("", nil)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: pair.key = try reader.text(field)
      case 2: pair.value = try reader.text(field)
      default: try reader.skip(field)
      }
    }
    return pair
  }

  func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    writer.text(1, key)
    if let value { writer.text(2, value) }
    writer.endStructure()
  }
}

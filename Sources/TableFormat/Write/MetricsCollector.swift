internal import Columnar
internal import FileFormats

/// Turns what a Parquet file holds into the metrics that manifests keep (Iceberg specification, "Data File
/// Fields" 108 to 128).
struct MetricsCollector {
  /// One leaf of a file.
  private struct Leaf {
    var id: FieldID
    var type: LogicalType
    var isRepeated: Bool
    var byteCount: Int
    var valueCount: Int
    var nullCount: Int?
    var nanCount: Int?
    var lower: ScalarValue?
    var upper: ScalarValue?
  }

  private let schema: Schema
  private let modes: [FieldID: MetricsMode]

  /// Makes a collector for the files of a table.
  ///
  /// - Parameters:
  ///   - schema: The schema that files are written with.
  ///   - sortOrder: The order of their rows, whose columns keep bounds.
  ///   - properties: The table's settings.
  init(_ schema: Schema, sortOrder: SortOrder = .unsorted, properties: TableProperties) {
    self.schema = schema
    modes = MetricsMode.modes(of: schema, sortOrder: sortOrder, properties)
  }

  /// Makes a collector that keeps bounds whole, as position delete files need them.
  init(full schema: Schema) {
    self.schema = schema
    modes = Dictionary(uniqueKeysWithValues: schema.allFieldIDs.map { ($0, .full) })
  }

  /// Adds the metrics of a file that was just written to its description.
  func collect(_ summary: ParquetWriteSummary, into file: inout DataFile) {
    file.splitOffsets = summary.splitOffsets
    var leaves: [Leaf] = []
    for column in summary.columns {
      guard let number = column.fieldID, let id = Int32(exactly: number) else { continue }
      leaves.append(
        Leaf(
          id: FieldID(id), type: column.type, isRepeated: column.isRepeated,
          byteCount: column.compressedByteCount, valueCount: column.valueCount, nullCount: column.nullCount,
          nanCount: column.nanCount, lower: column.minValue, upper: column.maxValue))
    }
    add(leaves, to: &file)
  }

  /// Adds the metrics of a file that somebody else wrote, as far as its footer tells them.
  ///
  /// - Parameters:
  ///   - footer: The file's footer.
  ///   - columns: Its columns with their field ids.
  ///   - file: The description.
  func collect(_ footer: ParquetFileMetadata, _ columns: [FileColumn], into file: inout DataFile) {
    file.splitOffsets = footer.rowGroups.map { Int64($0.startOffset) }.sorted()
    var leaves: [Leaf] = []
    var pending = columns[...]
    while let column = pending.popFirst() {
      guard column.column.leaf != nil else {
        pending = column.children[...] + pending
        continue
      }
      guard let id = column.id else { continue }
      leaves.append(MetricsCollector.leaf(id, column.column, footer))
    }
    add(leaves, to: &file)
  }

  /// Adds up a leaf over all row groups; what one of them does not tell is unknown.
  private static func leaf(_ id: FieldID, _ column: ParquetColumn, _ footer: ParquetFileMetadata) -> Leaf {
    var leaf = Leaf(
      id: id, type: column.type, isRepeated: column.repetitionLevel > 0, byteCount: 0, valueCount: 0,
      nullCount: 0)
    var (hasLower, hasUpper) = (true, true)
    for (number, group) in footer.rowGroups.enumerated() {
      let chunk = group.columns[column.leafIndices.lowerBound]
      leaf.byteCount += chunk.compressedByteCount
      leaf.valueCount += chunk.valueCount
      guard let bounds = ParquetBounds.bounds(footer, column, rowGroup: number) else {
        (leaf.nullCount, hasLower, hasUpper) = (nil, false, false)
        continue
      }
      if let total = leaf.nullCount, let count = bounds.nullCount {
        leaf.nullCount = total + count
      } else {
        leaf.nullCount = nil
      }
      if let count = bounds.nullCount, count == bounds.valueCount { continue }
      if let value = bounds.lower {
        if leaf.lower.flatMap({ ScalarOrder.compare(value, $0) }) ?? -1 < 0 { leaf.lower = value }
      } else {
        hasLower = false
      }
      if let value = bounds.upper {
        if leaf.upper.flatMap({ ScalarOrder.compare(value, $0) }) ?? 1 > 0 { leaf.upper = value }
      } else {
        hasUpper = false
      }
    }
    if !hasLower { leaf.lower = nil }
    if !hasUpper { leaf.upper = nil }
    return leaf
  }

  private func add(_ leaves: [Leaf], to file: inout DataFile) {
    for leaf in leaves.sorted(by: { $0.id < $1.id }) {
      guard let field = schema.field(id: leaf.id), let mode = modes[leaf.id], mode != .none else { continue }
      file.columnSizes[leaf.id] = Int64(leaf.byteCount)
      // Elements of lists have neither useful counts nor bounds (rule 51).
      if leaf.isRepeated { continue }
      file.valueCounts[leaf.id] = Int64(leaf.valueCount)
      if let count = leaf.nullCount { file.nullValueCounts[leaf.id] = Int64(count) }
      if let count = leaf.nanCount { file.nanValueCounts[leaf.id] = Int64(count) }
      guard mode != .counts, let type = try? field.type.logicalType,
        let conversion = ColumnConversion.leaf(leaf.type, type)
      else { continue }
      if let value = leaf.lower.flatMap({ conversion($0) }),
        let bytes = encode(value, field.type, mode, isLower: true)
      {
        file.lowerBounds.append(bytes, for: leaf.id)
      }
      if let value = leaf.upper.flatMap({ conversion($0) }),
        let bytes = encode(value, field.type, mode, isLower: false)
      {
        file.upperBounds.append(bytes, for: leaf.id)
      }
    }
  }

  private func encode(
    _ value: ScalarValue, _ type: IcebergType, _ mode: MetricsMode, isLower: Bool
  ) -> [UInt8]? {
    switch (value, type) {
    // Zeros of either sign are equal, and a bound must enclose both (rule 50).
    case (.real(0), _): return SingleValue.encode(.real(isLower ? -0.0 : 0), as: type)
    case (.double(0), _): return SingleValue.encode(.double(isLower ? -0.0 : 0), as: type)
    case (.bytes(let bytes), .string), (.bytes(let bytes), .binary):
      guard case .truncate(let width) = mode else { return bytes }
      let isText = type == .string
      return isLower
        ? BoundTruncation.lower(bytes, width: width, isText: isText)
        : BoundTruncation.upper(bytes, width: width, isText: isText)
    default: return SingleValue.encode(value, as: type)
    }
  }
}

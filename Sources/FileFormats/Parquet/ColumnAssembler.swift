internal import Columnar

/// Reads a struct, list or map: its leaves first, then what holds them together.
struct ColumnAssembler {
  let reader: ParquetReader
  let group: RowGroupMetadata
  let column: ParquetColumn
  let rows: Range<Int>
  let wanted: Bitmap?
  let open: OpenRowGroup?
  private var leaves: [Int: ColumnChunkReader.Leaf] = [:]

  init(
    reader: ParquetReader, group: RowGroupMetadata, column: ParquetColumn, rows: Range<Int>,
    wanted: Bitmap?, open: OpenRowGroup?
  ) {
    (self.reader, self.group, self.column, self.rows) = (reader, group, column, rows)
    self.open = open
    // Leaves of one list must agree on their elements, but their pages end at different rows.
    let hasLists = column.leafIndices.contains {
      reader.metadata.schema.leaves[$0].repetitionLevel > 0
    }
    self.wanted = hasLists && column.leafIndices.count > 1 ? nil : wanted
  }

  /// Returns the column's rows.
  mutating func read() throws(FileFormatError) -> Vector {
    try readLeaves(column, slotDefinition: 0)
    let vector = try assemble(column, slotDefinition: 0)
    guard vector.count == rows.count else { throw mismatch(column, vector.count, rows.count) }
    return vector
  }

  private mutating func readLeaves(_ node: ParquetColumn, slotDefinition: Int) throws(FileFormatError) {
    if node.leaf != nil {
      let chunk = reader.chunkReader(
        of: node, group, slotDefinition: slotDefinition, keepsLevels: true, sharing: open)
      leaves[node.leafIndices.lowerBound] = try chunk.read(rows: rows, wanted: wanted)
      return
    }
    for child in node.children {
      try readLeaves(child, slotDefinition: childSlotDefinition(node, slotDefinition))
    }
  }

  /// The level from which on the children of a node have slots.
  private func childSlotDefinition(_ node: ParquetColumn, _ slotDefinition: Int) -> Int {
    switch node.shape {
    case .leaf, .struct: slotDefinition
    case .list, .map: node.definitionLevel + 1
    }
  }

  private func assemble(_ node: ParquetColumn, slotDefinition: Int) throws(FileFormatError) -> Vector {
    guard let first = leaves[node.leafIndices.lowerBound] else {
      throw .unsupported("column \"\(node.name)\" has no fields", file: reader.file.path)
    }
    let below = childSlotDefinition(node, slotDefinition)
    if node.leaf != nil { return first.vector }
    let slots = NestedAssembler.slots(
      first.entries, repeatedAbove: node.repetitionLevel, slotDefinition: slotDefinition,
      definition: node.definitionLevel)
    let elements: Vector
    switch node.shape {
    case .leaf: return first.vector
    case .struct(let fields):
      return try structure(fields, count: slots.count, slotDefinition: below, slots.validity)
    case .list(let element): elements = try assemble(element, slotDefinition: below)
    case .map(let key, let value):
      let keys = try assemble(key, slotDefinition: below)
      let values = try assemble(value, slotDefinition: below)
      guard keys.count == values.count else { throw mismatch(value, values.count, keys.count) }
      elements = .struct([keys, values], count: keys.count)
    }
    do throws(FileFormatError) {
      let ends = try NestedAssembler.ends(
        first.entries, listCount: slots.count, repeatedAbove: node.repetitionLevel,
        slotDefinition: slotDefinition, elementDefinition: below)
      let total = Int(ends.elements(as: UInt32.self, count: slots.count + 1)[slots.count])
      guard total == elements.count else { throw mismatch(node, elements.count, total) }
      return .list(ends, count: slots.count, of: elements, validity: slots.validity)
    } catch {
      throw error.inFile(reader.file.path)
    }
  }

  private func structure(
    _ fields: [ParquetColumn], count: Int, slotDefinition: Int, _ validity: Bitmap?
  ) throws(FileFormatError) -> Vector {
    var vectors: [Vector] = []
    for field in fields {
      let vector = try assemble(field, slotDefinition: slotDefinition)
      guard vector.count == count else { throw mismatch(field, vector.count, count) }
      vectors.append(vector)
    }
    return .struct(vectors, count: count, validity: validity)
  }

  private func mismatch(_ node: ParquetColumn, _ found: Int, _ wanted: Int) -> FileFormatError {
    .damaged(
      "column \"\(node.name)\" has \(found) values where its neighbours have \(wanted)",
      file: reader.file.path)
  }
}

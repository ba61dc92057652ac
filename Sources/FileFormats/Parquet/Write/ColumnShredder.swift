internal import Columnar

/// Turns nested columns into levels and leaf values (Melnik and others, "Dremel: Interactive Analysis of
/// Web-Scale Datasets", 2010, section 4.1), one level of nesting after the other.
struct ColumnShredder {
  /// One leaf's part of some rows.
  struct Leaf {
    /// One definition level an entry.
    var definitionLevels: [UInt8]
    /// One repetition level an entry; empty when none is above 0.
    var repetitionLevels: [UInt8]
    /// The rows of `vector` that hold the values, of the entries that have one.
    var rows: [UInt32]
    /// The leaf's own vector.
    var vector: Vector
  }

  /// Marks an entry that is null, or empty, above the node that is looked at.
  private static let absent = UInt32.max

  /// The entries at one node of the tree.
  private struct Entries {
    var definitionLevels: [UInt8]
    var repetitionLevels: [UInt8]
    /// The entry's row in the node's vector, or `absent`.
    var rows: [UInt32]
  }

  /// The leaves in schema order.
  private var leaves: [Leaf] = []

  /// Returns the leaves of some rows of a column.
  static func shred(
    _ column: ParquetColumn, _ vector: Vector, _ rows: Range<Int>
  ) throws(FileFormatError) -> [Leaf] {
    var shredder = ColumnShredder()
    let entries = Entries(
      definitionLevels: [UInt8](repeating: 0, count: rows.count),
      repetitionLevels: [UInt8](repeating: 0, count: rows.count),
      rows: rows.map { UInt32($0) })
    try shredder.visit(column, vector, entries)
    return shredder.leaves
  }

  private mutating func visit(
    _ column: ParquetColumn, _ vector: Vector, _ entries: Entries
  ) throws(FileFormatError) {
    var entries = entries
    try ColumnShredder.markNulls(column, vector, &entries)
    switch column.shape {
    case .leaf:
      let rows = entries.rows.filter { $0 != ColumnShredder.absent }
      leaves.append(
        Leaf(
          definitionLevels: entries.definitionLevels, repetitionLevels: entries.repetitionLevels, rows: rows,
          vector: vector))
    case .struct(let fields):
      let flat = vector.flattened()
      try check(flat, .struct, column)
      let children = flat.fields
      for (field, child) in zip(fields, children) { try visit(field, child, entries) }
    case .list(let element):
      let flat = vector.flattened()
      try check(flat, .list, column)
      try visit(element, flat.elements, ColumnShredder.elements(of: column, flat, entries))
    case .map(let key, let value):
      let flat = vector.flattened()
      try check(flat, .list, column)
      let inner = try ColumnShredder.elements(of: column, flat, entries)
      let pairs = flat.elements.flattened().fields
      try visit(key, pairs[0], inner)
      try visit(value, pairs[1], inner)
    }
  }

  private func check(_ vector: Vector, _ type: PhysicalType, _ column: ParquetColumn) throws(FileFormatError)
  {
    guard vector.type == type else {
      throw FileFormatError(.internal, "the column \"\(column.name)\" is given as \(vector.type)")
    }
  }

  /// Takes the entries out whose row is null; raises the definition level of the others.
  private static func markNulls(
    _ column: ParquetColumn, _ vector: Vector, _ entries: inout Entries
  ) throws(FileFormatError) {
    let mayHaveNulls = vector.mayHaveNulls
    if column.isRequired && !mayHaveNulls { return }
    let level = UInt8(column.definitionLevel)
    let hasEntryNulls = vector.hasNullEntries
    let validity = vector.validity
    for index in entries.rows.indices where entries.rows[index] != absent {
      let row = Int(entries.rows[index])
      let isNull =
        mayHaveNulls && (hasEntryNulls ? vector.isNull(at: row) : validity.map { !$0[row] } ?? false)
      if isNull {
        guard !column.isRequired else {
          throw FileFormatError(.internal, "the required column \"\(column.name)\" is null in a row")
        }
        entries.rows[index] = absent
      } else {
        entries.definitionLevels[index] = level
      }
    }
  }

  /// Returns the entries of the elements: one for each, and one for a list that is null or empty.
  private static func elements(
    of column: ParquetColumn, _ lists: Vector, _ entries: Entries
  ) throws(FileFormatError) -> Entries {
    let offsets = lists.offsets
    var count = 0
    for row in entries.rows {
      count += row == absent ? 1 : max(1, Int(offsets[Int(row) + 1]) - Int(offsets[Int(row)]))
    }
    var inner = Entries(definitionLevels: [], repetitionLevels: [], rows: [])
    inner.definitionLevels.reserveCapacity(count)
    inner.repetitionLevels.reserveCapacity(count)
    inner.rows.reserveCapacity(count)
    let (elementLevel, continued) = (UInt8(column.definitionLevel + 1), UInt8(column.repetitionLevel + 1))
    for index in entries.rows.indices {
      let row = entries.rows[index]
      let (begin, end) = row == absent ? (0, 0) : (offsets[Int(row)], offsets[Int(row) + 1])
      guard begin < end else {
        inner.definitionLevels.append(entries.definitionLevels[index])
        inner.repetitionLevels.append(entries.repetitionLevels[index])
        inner.rows.append(absent)
        continue
      }
      for element in begin..<end {
        inner.definitionLevels.append(elementLevel)
        inner.repetitionLevels.append(element == begin ? entries.repetitionLevels[index] : continued)
        inner.rows.append(element)
      }
    }
    return inner
  }
}

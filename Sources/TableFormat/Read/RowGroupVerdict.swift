internal import Columnar
internal import FileFormats

/// What can be said of a row group and a predicate before its pages are read.
public enum RowGroupVerdict: Hashable, Sendable {
  /// Rows may pass.
  case mightMatch
  /// Every row passes.
  case matchesWholly
  /// No row passes, by the counts and bounds of the column chunks.
  case prunedByStatistics
  /// No row passes, by a bloom filter.
  case prunedByBloomFilter
  /// No row passes, as no dictionary entry does.
  case prunedByDictionary

  /// Whether the row group must be read.
  public var isRead: Bool { self == .mightMatch || self == .matchesWholly }
}

extension DataFileReader {
  /// Entries of a dictionary that are looked at one by one, at most.
  private static let dictionaryLimit = 2000

  /// Judges a row group: by statistics, then by bloom filters, then by small dictionaries.
  ///
  /// - Parameters:
  ///   - rowGroup: A row group.
  ///   - predicate: A condition on ``fields``, such as the task's residual.
  /// - Returns: The verdict of the first that excludes the row group.
  /// - Throws: ``TableFormatError`` if a filter or dictionary is damaged.
  public func verdict(rowGroup: Int, predicate: Predicate) throws(TableFormatError) -> RowGroupVerdict {
    let predicate = predicate.pushingNegationsDown
    let byBounds = outcomes(rowGroup: rowGroup, predicate: predicate)
    if !byBounds.mightMatch { return .prunedByStatistics }
    if byBounds.alwaysMatches { return .matchesWholly }
    if try isExcluded(rowGroup, predicate, by: mayHold(in:_:_:)) { return .prunedByBloomFilter }
    if try isExcluded(rowGroup, predicate, by: dictionaryMayMatch(in:_:_:)) { return .prunedByDictionary }
    return .mightMatch
  }

  /// Whether no row passes, given for each condition whether some row may pass it.
  private func isExcluded(
    _ rowGroup: Int, _ predicate: Predicate,
    by test: (Int, PrunableColumn, Predicate) throws(TableFormatError) -> Bool?
  ) throws(TableFormatError) -> Bool {
    switch predicate {
    case .alwaysFalse: return true
    case .alwaysTrue, .not: return false
    case .and(let parts):
      for part in parts where try isExcluded(rowGroup, part, by: test) { return true }
      return false
    case .or(let parts):
      for part in parts {
        let isPossible = try !isExcluded(rowGroup, part, by: test)
        if isPossible { return false }
      }
      return !parts.isEmpty
    default:
      guard let field = predicate.field, let column = prunable(field) else { return false }
      // A condition that the bounds exclude needs no further test.
      if let known = bounds(of: field, rowGroup: rowGroup), !known.outcomes(of: predicate).mightMatch {
        return true
      }
      return try test(rowGroup, column, predicate) == false
    }
  }

  /// Whether the chunk's bloom filter leaves an equality possible; `nil` if there is none.
  private func mayHold(
    in rowGroup: Int, _ column: PrunableColumn, _ condition: Predicate
  ) throws(TableFormatError) -> Bool? {
    guard case .file(let source, let conversion) = column.source, let leaf = source.column.leaf else {
      return nil
    }
    let literals: [Predicate.Literal]
    switch condition {
    case .comparison(_, .equal, let literal): literals = [literal]
    case .isIn(_, let list): literals = list
    default: return nil
    }
    let chunk = parquet.metadata.rowGroups[rowGroup].columns[source.column.leafIndices.lowerBound]
    guard chunk.bloomFilterOffset != nil else { return nil }
    var hashes: [UInt64] = []
    for literal in literals where !literal.value.isNull {
      guard ScalarOrder.isComparable(literal.type, with: column.type),
        let value = DataFileReader.stored(literal.value, conversion, leaf),
        let hash = BloomFilter.hash(of: value, in: leaf)
      else { return nil }
      hashes.append(hash)
    }
    let filter = try TableFormatError.wrapping(task.file.path) { () throws(FileFormatError) in
      try parquet.bloomFilter(column: source.column, rowGroup: rowGroup)
    }
    return filter.map { filter in hashes.contains { filter.mightContain(hash: $0) } }
  }

  /// Returns a literal as the file's column would hold it; `nil` where equal values may differ in bytes.
  private static func stored(
    _ value: ScalarValue, _ conversion: ColumnConversion, _ leaf: ParquetLeaf
  ) -> ScalarValue? {
    // Other units than the engine's are hashed as the file has them.
    switch leaf.annotation {
    case .time(.millis, _), .time(.nanos, _), .timestamp(.millis, _): return nil
    default: break
    }
    switch (conversion, value) {
    case (_, .real(let number)) where number == 0 || number.isNaN: return nil
    case (_, .double(let number)) where number == 0 || number.isNaN: return nil
    case (.none, .real(let number)) where leaf.physicalType == .double: return .double(Double(number))
    case (.none, .double), (.widenFloat, .double):
      guard leaf.physicalType == .float, case .double(let number) = value else { return value }
      return Double(Float(number)) == number ? .real(Float(number)) : nil
    case (.none, _), (.widenInteger, .integer), (.widenDecimal, .decimal): return value
    default: return nil
    }
  }

  /// Whether some entry of the chunk's dictionary passes a condition; `nil` if that cannot be told cheaply.
  private func dictionaryMayMatch(
    in rowGroup: Int, _ column: PrunableColumn, _ condition: Predicate
  ) throws(TableFormatError) -> Bool? {
    guard case .file(let source, let conversion) = column.source, source.column.leaf != nil else {
      return nil
    }
    switch condition {
    // Null and NaN are no matter of entries, and the other conditions seldom exclude what bounds do not.
    case .comparison(_, .equal, _), .isIn, .startsWith: break
    default: return nil
    }
    let chunk = parquet.metadata.rowGroups[rowGroup].columns[source.column.leafIndices.lowerBound]
    let dictionaryByteCount = chunk.dataPageOffset - chunk.firstPageOffset
    guard dictionaryByteCount > 0, dictionaryByteCount * 4 <= chunk.compressedByteCount else { return nil }
    let dictionary = try TableFormatError.wrapping(task.file.path) { () throws(FileFormatError) in
      try parquet.dictionary(column: source.column, rowGroup: rowGroup)
    }
    guard let dictionary, dictionary.count <= DataFileReader.dictionaryLimit else { return nil }
    for entry in 0..<dictionary.count {
      guard let value = conversion(dictionary.scalar(at: entry, as: source.column.type)) else { return nil }
      if ColumnBounds(constant: value, column.type).outcomes(of: condition).mightMatch { return true }
    }
    return false
  }
}

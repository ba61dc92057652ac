public import Columnar
internal import FileFormats

extension DataFileReader {
  /// Finds the rows of a row group that may pass a predicate, by the page index.
  ///
  /// - Parameters:
  ///   - rowGroup: A row group.
  ///   - rows: Rows of it; all by default.
  ///   - predicate: A condition on ``fields``, such as the task's residual.
  /// - Returns: One bit per row of the range; `nil` if nothing is excluded.
  /// - Throws: ``TableFormatError`` if a page index is damaged.
  public func candidateRows(
    rowGroup: Int, rows: Range<Int>? = nil, predicate: Predicate
  ) throws(TableFormatError) -> Bitmap? {
    let rows = rows ?? 0..<rowCount(rowGroup: rowGroup)
    guard !rows.isEmpty else { return nil }
    var finder = CandidateFinder(reader: self, rowGroup: rowGroup, rows: rows)
    switch try finder.candidates(predicate.pushingNegationsDown) {
    case .all: return nil
    case .none: return Bitmap(repeating: false, count: rows.count)
    case .some(let rows): return rows
    }
  }
}

/// Rows that may pass.
private enum CandidateSet {
  case all
  case none
  case some(Bitmap)
}

/// Walks a predicate and keeps the page indexes that it needs.
private struct CandidateFinder {
  let reader: DataFileReader
  let rowGroup: Int
  let rows: Range<Int>
  private var pages: [Int: [ParquetPage]] = [:]

  init(reader: DataFileReader, rowGroup: Int, rows: Range<Int>) {
    (self.reader, self.rowGroup, self.rows) = (reader, rowGroup, rows)
  }

  mutating func candidates(_ predicate: Predicate) throws(TableFormatError) -> CandidateSet {
    switch predicate {
    case .alwaysTrue, .not: return .all
    case .alwaysFalse: return .none
    case .and(let parts):
      var result = CandidateSet.all
      for part in parts {
        switch (result, try candidates(part)) {
        case (_, .none): return .none
        case (_, .all): continue
        case (.all, let other): result = other
        case (.some(let left), .some(let right)):
          result = Bitmap.intersection(left, right).map { .some($0) } ?? .all
        case (.none, _): return .none
        }
      }
      return result
    case .or(let parts):
      var result = CandidateSet.none
      for part in parts {
        switch (result, try candidates(part)) {
        case (_, .all): return .all
        case (_, .none): continue
        case (.none, let other): result = other
        case (.some(let left), .some(let right)):
          result = Bitmap.union(left, right).map { .some($0) } ?? .none
        case (.all, _): return .all
        }
      }
      return result
    default: return try condition(predicate)
    }
  }

  private mutating func condition(_ predicate: Predicate) throws(TableFormatError) -> CandidateSet {
    guard let field = predicate.field, let column = reader.prunable(field) else { return .all }
    guard case .file(let source, let conversion) = column.source else {
      let known = reader.bounds(of: field, rowGroup: rowGroup)
      return known?.outcomes(of: predicate).mightMatch ?? true ? .all : .none
    }
    let pages = try index(source)
    // One page tells what the row group did.
    guard pages.count > 1 else { return .all }
    var (kept, keptRows) = ([Range<Int>](), 0)
    for page in pages {
      let bounds = reader.converted(ParquetBounds.bounds(page, source.column), conversion, column)
      guard bounds.outcomes(of: predicate).mightMatch else { continue }
      let part = page.rows.clamped(to: rows)
      kept.append(part.lowerBound - rows.lowerBound..<part.upperBound - rows.lowerBound)
      keptRows += part.count
    }
    if keptRows == rows.count { return .all }
    if keptRows == 0 { return .none }
    return .some(CandidateFinder.bitmap(kept, rows.count))
  }

  /// Returns the pages of a column, none if the file has no index of them that covers the row group.
  private mutating func index(_ column: FileColumn) throws(TableFormatError) -> [ParquetPage] {
    let leaf = column.column.leafIndices.lowerBound
    if let known = pages[leaf] { return known }
    let reader = reader
    let rowGroup = rowGroup
    let found = try TableFormatError.wrapping(reader.task.file.path) { () throws(FileFormatError) in
      try reader.parquet.pageIndex(column: column.column, rowGroup: rowGroup)
    }
    var result = found ?? []
    let rowCount = reader.rowCount(rowGroup: rowGroup)
    if result.first?.rows.lowerBound != 0 || result.last?.rows.upperBound != rowCount { result = [] }
    pages[leaf] = result
    return result
  }

  private static func bitmap(_ ranges: [Range<Int>], _ count: Int) -> Bitmap {
    var bits = BitmapBuilder(count: count)
    var words = bits.words
    for range in ranges where !range.isEmpty {
      let (first, last) = (range.lowerBound &>> 6, (range.upperBound - 1) &>> 6)
      for word in first...last {
        var mask = UInt64.max
        if word == first { mask &= UInt64.max &<< UInt64(range.lowerBound & 63) }
        if word == last { mask &= UInt64.max &>> UInt64(63 - ((range.upperBound - 1) & 63)) }
        words[word] |= mask
      }
    }
    return bits.freeze()
  }
}

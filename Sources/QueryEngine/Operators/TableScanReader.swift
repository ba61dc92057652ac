internal import Columnar
internal import Synchronization
internal import TableFormat

/// One worker's reading of a table's row groups.
final class TableScanReader: MorselReader {
  private let source: TableScanSource
  private let context: QueryContext
  private let batchSize: Int
  private var evaluators: [ExpressionEvaluator] = []
  private let dynamicFilters: [(column: Int, filter: any DynamicFilter)]
  /// What packed chunks are unpacked into.
  private var pool = BufferPool()

  init(_ source: TableScanSource, _ worker: WorkerContext) throws(QueryError) {
    self.source = source
    context = worker.query
    // Slices begin at multiples of 64 rows.
    batchSize = max(64, worker.query.settings.batchSize & ~63)
    dynamicFilters = source.dynamicFilters.withLock { $0 }
    for filter in source.filters {
      evaluators.append(
        try ExpressionEvaluator(
          filter.expression, layout: filter.layout, environment: worker.query.evaluation))
    }
  }

  func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
    let morsel = source.morsel(morsel)
    let reader = try source.reader(morsel.task)
    let groups = morsel.rowGroup.map { $0..<$0 + 1 } ?? 0..<reader.rowGroupCount
    for group in groups {
      try context.checkCancelled()
      var rows = morsel.rows ?? 0..<reader.rowCount(rowGroup: group)
      if let limit = source.limit, reader.task.deletes.isEmpty { rows = rows.prefix(limit) }
      var part = try RowGroupPart(self, reader, group, rows)
      if try !part.push(into: next) { return false }
    }
    source.finish(morsel, reader)
    return true
  }

  /// Some rows of a row group on their way.
  private struct RowGroupPart {
    let owner: TableScanReader
    let reader: DataFileReader
    let rowGroup: Int
    let rows: Range<Int>
    /// The rows still wanted; `nil` for all.
    var mask: Bitmap?
    var wantedCount: Int
    var chunks: [ColumnChunk?]

    init(
      _ owner: TableScanReader, _ reader: DataFileReader, _ rowGroup: Int, _ rows: Range<Int>
    ) throws(QueryError) {
      (self.owner, self.reader, self.rowGroup, self.rows) = (owner, reader, rowGroup, rows)
      wantedCount = rows.count
      chunks = owner.source.columns.map { _ in nil }
    }

    /// Filters, reads what is left, and pushes it on in batches.
    mutating func push(into next: OperatorInstance) throws(QueryError) -> Bool {
      if rows.isEmpty { return true }
      let residual = reader.task.residual
      var isCovered = residual == .alwaysTrue
      var isInMemory = false
      if !isCovered {
        isInMemory = filtersAreCached()
        if isInMemory {
          // Bloom filters, dictionaries and page indexes would have to be read: evaluating is cheaper.
          let outcomes = reader.outcomes(rowGroup: rowGroup, predicate: residual)
          if !outcomes.mightMatch {
            countRowGroup("row_groups_pruned")
            return true
          }
          isCovered = outcomes.alwaysMatches
        } else {
          let verdict = try QueryError.wrapping { () throws(TableFormatError) in
            try reader.residualVerdict(rowGroup: rowGroup)
          }
          if !verdict.isRead {
            countRowGroup("row_groups_pruned")
            return true
          }
          isCovered = verdict == .matchesWholly
        }
      }
      if isExcludedByDynamicFilters() {
        countRowGroup("row_groups_pruned_by_join")
        return true
      }
      countRowGroup("row_groups")
      if !isCovered && !isInMemory { try removePrunedPages(residual) }
      if wantedCount == 0 { return true }
      try removeDeleted()
      try applyFilters(isCovered: isCovered)
      try applyDynamicFilters()
      if wantedCount == 0 { return true }
      return try pushBatches(into: next)
    }

    /// Counts a row group once, though several workers may share it.
    private func countRowGroup(_ counter: String) {
      if rows.lowerBound == 0 { owner.source.profile?.add(counter, 1) }
    }

    private func isExcludedByDynamicFilters() -> Bool {
      for (column, filter) in owner.dynamicFilters where filter.isKnown {
        let field = owner.source.fields[column].id
        guard let bounds = reader.bounds(of: field, rowGroup: rowGroup), let lower = bounds.lower,
          let upper = bounds.upper, bounds.nanCount == 0 || !isFloating(column)
        else { continue }
        if filter.excludes(lower: lower, upper: upper, mayHaveNulls: bounds.nullCount != 0) { return true }
      }
      return false
    }

    /// Whether the columns of all filters are in the cache.
    private func filtersAreCached() -> Bool {
      guard let cache = owner.source.chunkCache else { return false }
      for filter in owner.source.filters {
        for column in filter.columns where !cache.contains(key(column), rowCount: rows.count) {
          if reader.constant(owner.source.fields[column].id) == nil { return false }
        }
      }
      return true
    }

    private func key(_ column: Int) -> ChunkCache.Key {
      let field = owner.source.fields[column]
      return ChunkCache.Key(
        path: reader.task.file.path, fileByteCount: Int(clamping: reader.task.file.fileSizeInBytes),
        rowGroup: rowGroup, fieldID: field.id, type: field.type, firstRow: rows.lowerBound)
    }

    private func isFloating(_ column: Int) -> Bool {
      switch owner.source.columns[column].type {
      case .real, .double: true
      default: false
      }
    }

    /// Leaves out the rows of pages that the page index excludes.
    private mutating func removePrunedPages(_ residual: Predicate) throws(QueryError) {
      let candidates = try QueryError.wrapping { () throws(TableFormatError) in
        try reader.candidateRows(rowGroup: rowGroup, rows: rows, predicate: residual)
      }
      guard let candidates else { return }
      narrow(to: candidates)
      owner.source.profile?.add("rows_pruned_by_page", rows.count - wantedCount)
    }

    /// Leaves out deleted rows; which these are is kept beside the chunks, as delete files never change either.
    private mutating func removeDeleted() throws(QueryError) {
      if reader.task.deletes.isEmpty || reader.task.showsDeletedRows { return }
      let cache = owner.source.chunkCache
      let key = cache.map { _ in liveRowsKey() }
      if let key, case .plain(let kept)? = cache?.chunk(key), kept.count == rows.count {
        owner.source.profile?.add("deletes_from_cache", 1)
        if kept.encoding == .flat { narrow(to: kept.bits) }
        return
      }
      let deleted = try QueryError.wrapping { () throws(TableFormatError) in
        try reader.deletedRows(rowGroup: rowGroup)
      }
      let live = deleted.map { Kernels.complement($0, rows) }
      if let live { narrow(to: live) }
      if let key { cache?.insert(live.map { .bits($0) } ?? RowGroupPart.allLive(rows.count), key) }
    }

    /// What the rows are kept by that no delete leaves out: the file, the part, and all deletes that apply.
    private func liveRowsKey() -> ChunkCache.Key {
      var text = KeyText()
      text.append(reader.task.file.path)
      text.appendDeletes(of: reader.task)
      let hash = text.hash
      return ChunkCache.Key(
        path: "\(hash.first) \(hash.second)", fileByteCount: Int(clamping: reader.task.file.fileSizeInBytes),
        rowGroup: rowGroup, fieldID: .isDeleted, type: .boolean, firstRow: rows.lowerBound)
    }

    private static func allLive(_ count: Int) -> Vector {
      .constant(VectorBuilder.single(.boolean(true), .boolean), count: count)
    }

    private mutating func narrow(to rows: Bitmap) {
      let both = Bitmap.intersection(mask, rows)
      mask = both
      wantedCount = both?.setCount ?? wantedCount
      if wantedCount == self.rows.count { mask = nil }
    }

    /// Evaluates the filters, those first that have let the smallest share of rows pass so far.
    private mutating func applyFilters(isCovered: Bool) throws(QueryError) {
      let source = owner.source
      let learned = source.learned.withLock { $0 }
      let order = source.filters.indices.filter { !(isCovered && source.filters[$0].isCovered) }.sorted {
        left, right in cost(left, learned) < cost(right, learned)
      }
      for index in order where wantedCount > 0 {
        let filter = source.filters[index]
        for column in filter.columns { try load(column) }
        let before = wantedCount
        narrow(to: try evaluate(index, filter))
        let after = wantedCount
        source.learned.withLock { learned in
          learned[index].seen += before
          learned[index].passed += after
        }
      }
    }

    /// The share of rows that a filter lets pass, plus something for texts, which take longer.
    private func cost(_ index: Int, _ learned: [(seen: Int, passed: Int)]) -> Double {
      let share =
        learned[index].seen == 0 ? 0.5 : Double(learned[index].passed) / Double(learned[index].seen)
      var weight = 0.0
      for column in owner.source.filters[index].columns {
        switch owner.source.columns[column].type.physicalType {
        case .string: weight += 0.3
        case .list, .struct: weight += 1
        default: weight += 0.05
        }
      }
      return share + weight
    }

    private mutating func evaluate(
      _ index: Int, _ filter: TableScanSource.Filter
    ) throws(QueryError) -> Bitmap {
      let columns = filter.columns.compactMap { chunks[$0] }
      var builder = BitmapBuilder(count: rows.count)
      var first = 0
      while first < rows.count {
        let count = min(Batch.capacity, rows.count - first)
        let wanted = mask?.slice(from: first, count: count)
        let selected = wanted.map { Selection($0) }
        if selected?.count != 0 {
          let batch = Batch(
            columns: columns.map { $0.slice(from: first, count: count, &owner.pool) }, rowCount: count,
            selection: selected?.count == count ? nil : selected)
          let passed = try owner.evaluators[index].select(from: batch)
          var words = builder.words
          Kernels.write(passed?.rows ?? wanted, count: count, to: &words, at: first / 64)
        }
        first += count
      }
      return builder.freeze()
    }

    private mutating func applyDynamicFilters() throws(QueryError) {
      for (index, (column, filter)) in owner.dynamicFilters.enumerated()
      where filter.isKnown && wantedCount > 0 {
        let learned = owner.source.learnedOfDynamic.withLock { $0[index] }
        // What most rows pass costs more than it saves.
        if learned.seen > 100_000 && learned.passed > learned.seen / 5 * 4 && !(filter is TopNThreshold) {
          continue
        }
        try load(column)
        guard let vector = chunks[column]?.slice(from: 0, count: rows.count, &owner.pool) else { continue }
        chunks[column] = .plain(vector)
        let before = wantedCount
        // All rows at once, so that a dictionary's entries are looked at once.
        if let passed = filter.rows(vector, mask: mask) { narrow(to: passed) }
        let after = wantedCount
        owner.source.learnedOfDynamic.withLock { learned in
          learned[index].seen += before
          learned[index].passed += after
        }
      }
    }

    /// Reads a column, from the cache if it is there; few rows are read for themselves and not kept.
    private mutating func load(_ column: Int) throws(QueryError) {
      if chunks[column] != nil { return }
      let source = owner.source
      let field = source.fields[column].id
      if let constant = reader.constant(field) {
        chunks[column] = .plain(.constant(constant, count: rows.count))
        return
      }
      let key = key(column)
      // Whether a row is deleted is not told by its file alone.
      let cache = field == .isDeleted ? nil : source.chunkCache
      // Of a chunk the first rows may be wanted only.
      if let cached = cache?.chunk(key), cached.count >= rows.count {
        source.profile?.add("chunks_from_cache", 1)
        chunks[column] = cached
        return
      }
      source.profile?.add("chunks_read", 1)
      // What is asked for again and again is worth reading as a whole, while there is room.
      let isSparse =
        wantedCount < rows.count / 16
        && !(mask.map { cache?.isWorthWhole(key, $0) ?? false } ?? false)
      let wanted = isSparse || cache == nil ? mask : nil
      let vector = try QueryError.wrapping { () throws(TableFormatError) in
        try reader.read(field, rowGroup: rowGroup, rows: rows, wanted: wanted)
      }
      source.profile?.add("bytes_decoded", vector.storageByteCount)
      if wanted == nil { cache?.insert(vector, key) }
      chunks[column] = .plain(vector)
    }

    private mutating func pushBatches(into next: OperatorInstance) throws(QueryError) -> Bool {
      for column in chunks.indices { try load(column) }
      let columns = chunks.compactMap { $0 }
      var first = 0
      while first < rows.count {
        let count = min(owner.batchSize, rows.count - first)
        var selection: Selection?
        if let mask {
          let selected = Selection(mask.slice(from: first, count: count))
          if selected.count == 0 {
            first += count
            continue
          }
          if selected.count < count { selection = selected }
        }
        let batch = Batch(
          columns: columns.map { $0.slice(from: first, count: count, &owner.pool) }, rowCount: count,
          selection: selection)
        if try !next.push(batch) { return false }
        first += count
      }
      return true
    }
  }
}

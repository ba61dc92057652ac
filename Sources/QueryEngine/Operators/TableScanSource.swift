internal import Columnar
internal import FileFormats
internal import Synchronization
internal import TableFormat

extension TableRelation: ScannableRelation {
  func makeSource(
    _ scan: LogicalPlan.Scan, _ context: QueryContext, _ profile: OperatorProfile?
  ) throws(QueryError) -> any PipelineSource {
    try TableScanSource(self, scan, context, profile)
  }
}

extension QueryError {
  /// Runs `body`, whose error becomes the cause of the one thrown.
  static func wrapping<Result>(
    _ body: () throws(TableFormatError) -> Result
  ) throws(QueryError) -> Result {
    do throws(TableFormatError) {
      return try body()
    } catch {
      throw QueryError(error)
    }
  }
}

/// Reads a table: files, row groups and pages that cannot hold a wanted row are left out, then the columns
/// of the filters are read, the most selective first, and of the other columns only what is left.
final class TableScanSource: PipelineSource {
  /// A conjunct of the filters, over its own columns.
  struct Filter: Sendable {
    var expression: BoundExpression
    /// Places among the scan's columns.
    var columns: [Int]
    var layout: ColumnLayout
    /// Whether the residual being true everywhere makes it true everywhere.
    var isCovered: Bool
  }

  let relation: TableRelation
  let columns: [OutputColumn]
  let fields: [NestedField]
  let filters: [Filter]
  /// Rows after which no further one is wanted; `nil` for all, or where filters leave open how many must be read.
  let limit: Int?
  let plan: ScanPlan
  let profile: OperatorProfile?
  private let reads: ReadCounters?
  /// Conditions that become known later, by place among the columns.
  let dynamicFilters = Mutex<[(column: Int, filter: any DynamicFilter)]>([])
  private let deletes: DeleteLoader
  private let caches: ExecutionCaches
  let chunkCache: ChunkCache?
  private let readers: Mutex<[DataFileReader?]>
  private let morsels = Mutex<[Morsel]>([])
  /// The files that need not be read, as what is asked of them is known.
  private let answered = Mutex<Set<Int>>([])
  /// Of row groups that are read in parts, the parts that are left.
  private let partsLeft = Mutex<[RowGroupKey: Int]>([:])
  /// What has been learned of each filter: rows seen, rows that passed.
  let learned: Mutex<[(seen: Int, passed: Int)]>
  /// The same of the conditions that become known later.
  let learnedOfDynamic = Mutex<[(seen: Int, passed: Int)]>([])

  /// A part of a file: a row group or rows of one, or all of a small file.
  struct Morsel: Sendable {
    var task: Int
    var rowGroup: Int?
    var rows: Range<Int>?
  }

  private struct RowGroupKey: Hashable {
    var task: Int
    var rowGroup: Int
  }

  init(
    _ relation: TableRelation, _ scan: LogicalPlan.Scan, _ context: QueryContext, _ profile: OperatorProfile?
  ) throws(QueryError) {
    self.relation = relation
    self.profile = profile
    reads = profile?.countReads()
    columns = scan.columns
    caches = context.caches
    chunkCache = context.settings.cachesChunks ? context.caches.chunks : nil
    var fields: [NestedField] = []
    var byColumn: [ColumnID: FieldID] = [:]
    for (column, index) in zip(scan.columns, scan.columnIndices) {
      let field = try TableScanSource.field(relation, relation.columns[index])
      fields.append(field)
      byColumn[column.id] = field.id
    }
    self.fields = fields
    let layout = ColumnLayout(scan.columns)
    var filters: [Filter] = []
    var predicates: [Predicate] = []
    for expression in scan.filters {
      let places = expression.columns.compactMap { layout.position(of: $0) }.sorted()
      let translation = PredicateTranslation(expression, fields: byColumn)
      predicates.append(translation.predicate)
      filters.append(
        Filter(
          expression: expression, columns: places, layout: ColumnLayout(places.map { scan.columns[$0] }),
          isCovered: translation.isExact))
    }
    self.filters = filters
    limit = filters.isEmpty ? scan.limit : nil
    learned = Mutex(filters.map { _ in (0, 0) })
    plan = try relation.plan(.all(predicates), context)
    deletes = try QueryError.wrapping { () throws(TableFormatError) in
      try DeleteLoader(relation.table, cache: context.caches.files)
    }
    readers = Mutex(plan.tasks.map { _ in nil })
    if let profile {
      for (name, value) in plannedFiles { profile.add(name, value) }
      profile.add("row_groups", 0)
      profile.add("row_groups_pruned", 0)
    }
  }

  /// What planning found to read and left out.
  var plannedFiles: [(name: String, value: Int)] {
    let counters = plan.counters
    var numbers = [
      ("files", plan.tasks.count),
      (
        "files_pruned",
        counters.filesPrunedByManifest + counters.filesPrunedByPartition + counters.filesPrunedByBounds
      ), ("manifests_pruned", counters.manifestsPruned),
      ("file_bytes", Int(clamping: plan.tasks.reduce(0) { $0 + $1.file.fileSizeInBytes })),
    ]
    if let total = relation.snapshot?.summary.dataByteCount {
      numbers.append(("file_bytes_pruned", Int(clamping: max(0, total - counters.plannedByteCount))))
    }
    return numbers
  }

  static func field(_ relation: TableRelation, _ column: RelationColumn) throws(QueryError) -> NestedField {
    if let id = column.fieldID.flatMap({ Int32(exactly: $0) }), let field = relation.field(id: FieldID(id)) {
      return field
    }
    throw .internalError("column \(column.name) of \(relation.displayName) has no field")
  }

  /// Leaves out files, given by the number of their task.
  func leaveOut(_ tasks: Set<Int>) { answered.withLock { $0 = tasks } }

  var estimatedRowCount: Int { min(rowCount(of: plan.tasks.indices), limit ?? .max) }

  /// Rows of the files of some tasks that are read, deleted ones included.
  func rowCount(of tasks: some Sequence<Int>) -> Int {
    let answered = answered.withLock { $0 }
    return tasks.reduce(0) { total, task in
      answered.contains(task) ? total : total &+ Int(clamping: plan.tasks[task].file.recordCount)
    }
  }

  /// Small files are a morsel each; the footers of others are read to learn of their row groups.
  func open(_ context: QueryContext) throws(QueryError) -> Int {
    var morsels: [Morsel] = []
    let morselRowCount = morselRowCount(context)
    let isPlentiful = plan.tasks.count >= context.settings.threadCount * 8
    let answered = answered.withLock { $0 }
    for index in plan.tasks.indices where !answered.contains(index) {
      let rowCount = Int(clamping: plan.tasks[index].file.recordCount)
      if rowCount <= morselRowCount || (isPlentiful && rowCount <= morselRowCount * 4) {
        morsels.append(Morsel(task: index))
        continue
      }
      let reader = try reader(index)
      for group in 0..<reader.rowGroupCount {
        let count = reader.rowCount(rowGroup: group)
        if count <= morselRowCount * 3 / 2 {
          morsels.append(Morsel(task: index, rowGroup: group))
          continue
        }
        var (first, partCount) = (0, 0)
        while first < count {
          // What is left over is not worth a morsel of its own.
          let end = count - first < morselRowCount * 3 / 2 ? count : first + morselRowCount
          morsels.append(Morsel(task: index, rowGroup: group, rows: first..<end))
          first = end
          partCount += 1
        }
        partsLeft.withLock { $0[RowGroupKey(task: index, rowGroup: group)] = partCount }
        reader.openRowGroup(group)
      }
    }
    self.morsels.withLock { $0 = morsels }
    return morsels.count
  }

  /// Rows of a morsel: its columns are in memory at once, which is a small share of the limit for each worker.
  private func morselRowCount(_ context: QueryContext) -> Int {
    let rowByteCount = columns.reduce(1) { $0 + $1.type.physicalType.usualByteCount }
    let room = context.memory.limit / (16 * max(1, context.settings.threadCount)) / rowByteCount
    var count = context.settings.morselRowCount
    while count > 2048 && count > room { count = max(2048, count / 4096 * 2048) }
    return count
  }

  func morsel(_ index: Int) -> Morsel { morsels.withLock { $0[index] } }

  /// Notes that a morsel is done; with the last part of a row group goes what the parts shared.
  func finish(_ morsel: Morsel, _ reader: DataFileReader) {
    guard morsel.rows != nil, let rowGroup = morsel.rowGroup else { return }
    let isLast = partsLeft.withLock { parts in
      let left = (parts[RowGroupKey(task: morsel.task, rowGroup: rowGroup)] ?? 0) - 1
      parts[RowGroupKey(task: morsel.task, rowGroup: rowGroup)] = left
      return left == 0
    }
    if isLast { reader.closeRowGroup(rowGroup) }
  }

  /// The reader of a file, opened by whoever comes first.
  func reader(_ task: Int) throws(QueryError) -> DataFileReader {
    if let reader = readers.withLock({ $0[task] }) { return reader }
    let reader = try QueryError.wrapping { () throws(TableFormatError) in
      try DataFileReader(
        plan.tasks[task], table: relation.table, fields: fields, deletes: deletes, cache: caches.files,
        counters: reads)
    }
    readers.withLock { $0[task] = reader }
    return reader
  }

  /// Adds a condition on one of the scan's columns.
  func add(_ filter: any DynamicFilter, on column: ColumnID) {
    guard let place = columns.firstIndex(where: { $0.id == column }) else { return }
    dynamicFilters.withLock { $0.append((place, filter)) }
    learnedOfDynamic.withLock { $0.append((0, 0)) }
  }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    try TableScanReader(self, worker)
  }
}

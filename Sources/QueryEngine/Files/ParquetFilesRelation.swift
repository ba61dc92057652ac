internal import Columnar
internal import FileFormats

/// Parquet files as a table: the columns of the first, which the others must have too.
struct ParquetFilesRelation: ScannableRelation {
  let displayName: String
  let columns: [RelationColumn]
  let readers: [ParquetReader]

  /// Opens files.
  ///
  /// - Parameters:
  ///   - paths: At least one.
  ///   - name: What EXPLAIN calls them.
  ///   - fileSystem: Where they are.
  /// - Throws: ``QueryError`` if a file cannot be read or has other columns.
  init(_ paths: [String], named name: String, in fileSystem: any FileSystem) throws(QueryError) {
    displayName = name
    var readers: [ParquetReader] = []
    var columns: [RelationColumn] = []
    for path in paths {
      let reader = try FileReading.wrapping { () throws(FileFormatError) in
        try ParquetReader(try fileSystem.open(path))
      }
      if readers.isEmpty {
        columns = reader.metadata.schema.columns.map { RelationColumn($0.name, $0.type) }
      }
      for column in columns {
        guard let found = reader.column(named: column.name) else {
          throw QueryError(
            .undefinedColumn,
            "the file \"\(path)\" has no column \"\(column.name)\", which \"\(paths[0])\" has",
            kind: .bind)
        }
        guard found.type == column.type else {
          throw QueryError(
            .datatypeMismatch,
            "the column \"\(column.name)\" is \(found.type) in \"\(path)\" and \(column.type) in \"\(paths[0])\"",
            hint: "read the files apart and join them by UNION ALL")
        }
      }
      readers.append(reader)
    }
    self.columns = columns + [RelationColumn("_file", .varchar, isNullable: false, isHidden: true)]
    self.readers = readers
  }

  var statistics: RelationStatistics {
    RelationStatistics(rowCount: readers.reduce(0) { $0 + Int(clamping: $1.metadata.rowCount) })
  }

  func makeSource(
    _ scan: LogicalPlan.Scan, _ context: QueryContext, _ profile: OperatorProfile?
  ) throws(QueryError) -> any PipelineSource {
    FilteredSource(ParquetFilesSource(self, scan.columnIndices), scan)
  }
}

/// Reads Parquet files, a row group a morsel.
private struct ParquetFilesSource: PipelineSource {
  /// Rows that are decoded at a time, a multiple of 64.
  static let windowRowCount = 65_536

  let relation: ParquetFilesRelation
  let columnIndices: [Int]
  /// The row groups of all files.
  let groups: [(reader: Int, rowGroup: Int)]

  init(_ relation: ParquetFilesRelation, _ columnIndices: [Int]) {
    (self.relation, self.columnIndices) = (relation, columnIndices)
    groups = relation.readers.enumerated().flatMap { index, reader in
      reader.metadata.rowGroups.indices.map { (index, $0) }
    }
  }

  var estimatedRowCount: Int { relation.statistics.rowCount ?? 0 }

  func open(_ context: QueryContext) throws(QueryError) -> Int { groups.count }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    Reader(source: self, context: worker.query)
  }

  private final class Reader: MorselReader {
    private let source: ParquetFilesSource
    private let context: QueryContext

    init(source: ParquetFilesSource, context: QueryContext) {
      (self.source, self.context) = (source, context)
    }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let (index, group) = source.groups[morsel]
      let reader = source.relation.readers[index]
      let rowCount = reader.metadata.rowGroups[group].rowCount
      for start in stride(from: 0, to: rowCount, by: ParquetFilesSource.windowRowCount) {
        try context.checkCancelled()
        let window = start..<min(start + ParquetFilesSource.windowRowCount, rowCount)
        var vectors: [Vector] = []
        for place in source.columnIndices {
          let column = source.relation.columns[place]
          guard !column.isHidden, let found = reader.column(named: column.name) else {
            let path = VectorBuilder.single(.text(reader.file.path), .varchar)
            vectors.append(.constant(path, count: window.count))
            continue
          }
          vectors.append(
            try FileReading.wrapping { () throws(FileFormatError) in
              try reader.read(column: found, rowGroup: group, rows: window)
            })
        }
        for first in stride(from: 0, to: window.count, by: Batch.capacity) {
          let count = min(Batch.capacity, window.count - first)
          let batch = Batch(columns: vectors.map { $0.slice(from: first, count: count) }, rowCount: count)
          if try !batch.pushRows(context.settings.batchSize, into: next) { return false }
        }
      }
      return true
    }
  }
}

/// Applies the filters of a scan behind a source that knows none.
struct FilteredSource: PipelineSource {
  private let source: any PipelineSource
  private let filters: [FilterOperator]

  init(_ source: any PipelineSource, _ scan: LogicalPlan.Scan) {
    self.source = source
    let layout = ColumnLayout(scan.columns)
    filters = scan.filters.map { FilterOperator(predicate: $0, layout: layout) }
  }

  var estimatedRowCount: Int { source.estimatedRowCount }

  func open(_ context: QueryContext) throws(QueryError) -> Int { try source.open(context) }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    Reader(reader: try source.makeReader(worker), filters: filters, worker: worker)
  }

  private final class Reader: MorselReader {
    private let reader: any MorselReader
    private let filters: [FilterOperator]
    private let worker: WorkerContext
    private var chain: (next: OperatorInstance, first: OperatorInstance)?

    init(reader: any MorselReader, filters: [FilterOperator], worker: WorkerContext) {
      (self.reader, self.filters, self.worker) = (reader, filters, worker)
    }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      if filters.isEmpty { return try reader.read(morsel: morsel, into: next) }
      if chain?.next !== next { chain = (next, try Pipeline.chain(filters, worker, into: next)) }
      return try reader.read(morsel: morsel, into: chain?.first ?? next)
    }
  }
}

/// Calls into file formats.
enum FileReading {
  /// Runs `body`, whose error becomes that of the statement.
  static func wrapping<Result>(
    _ body: () throws(FileFormatError) -> Result
  ) throws(QueryError) -> Result {
    do throws(FileFormatError) {
      return try body()
    } catch {
      guard error.kind != .notFound else {
        throw QueryError(
          .undefinedTable, "the file \"\(error.file ?? "")\" \(error.message)",
          hint: error.hint ?? "paths are relative to the working directory", cause: error)
      }
      throw QueryError(error)
    }
  }
}

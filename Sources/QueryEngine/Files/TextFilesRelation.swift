internal import Columnar
internal import FileFormats

/// Files of separated values or JSON as a table; the types are those that the first records go with.
struct TextFilesRelation: ScannableRelation {
  /// What the files hold.
  enum Format: Sendable {
    case csv(CSVOptions)
    case json
  }

  /// Records of the first file that types are found by.
  private static let sampleCount = 20_480

  let displayName: String
  let columns: [RelationColumn]
  private let names: [String]
  private let paths: [String]
  private let format: Format
  private let fileSystem: any FileSystem

  /// Opens files and finds their columns.
  ///
  /// - Parameters:
  ///   - paths: At least one.
  ///   - name: What EXPLAIN calls them.
  ///   - format: What they hold.
  ///   - fileSystem: Where they are.
  ///   - environment: Clock and time zone, for casts.
  /// - Throws: ``QueryError`` if a file cannot be read.
  init(
    _ paths: [String], named name: String, _ format: Format, in fileSystem: any FileSystem,
    _ environment: EvaluationEnvironment
  ) throws(QueryError) {
    (displayName, self.paths, self.format, self.fileSystem) = (name, paths, format, fileSystem)
    let records = try TextFilesRelation.records(of: paths[0], format, nil, fileSystem)
    names = records.names
    guard !names.isEmpty else {
      throw QueryError(.invalidText, "the file \"\(paths[0])\" has no columns")
    }
    var types: [ColumnType]
    if case .csv(let options) = format, options.allText {
      types = names.map { _ in ColumnType(isText: true) }
    } else {
      types = names.map { _ in ColumnType() }
      var seen = 0
      while seen < TextFilesRelation.sampleCount, let columns = try records.next() {
        for (index, column) in columns.enumerated() { try types[index].add(column, environment) }
        seen += columns.first?.count ?? 0
      }
    }
    columns =
      zip(names, types).map { RelationColumn($0, $1.type) }
      + [RelationColumn("_file", .varchar, isNullable: false, isHidden: true)]
  }

  var statistics: RelationStatistics { RelationStatistics() }

  private static func records(
    of path: String, _ format: Format, _ names: [String]?, _ fileSystem: any FileSystem
  ) throws(QueryError) -> any TextRecords {
    let file = try FileReading.wrapping { () throws(FileFormatError) in try fileSystem.open(path) }
    switch format {
    case .csv(let options):
      let records = try CSVRecords(file, options)
      if let names, records.names.count != names.count {
        throw QueryError(
          .invalidText, "the file \"\(path)\" has \(records.names.count) columns, not \(names.count)")
      }
      return records
    case .json: return try JSONRecords(file, names: names)
    }
  }

  func makeSource(
    _ scan: LogicalPlan.Scan, _ context: QueryContext, _ profile: OperatorProfile?
  ) throws(QueryError) -> any PipelineSource {
    FilteredSource(Source(relation: self, columnIndices: scan.columnIndices), scan)
  }

  /// Reads a file a morsel.
  private struct Source: PipelineSource {
    let relation: TextFilesRelation
    let columnIndices: [Int]

    var estimatedRowCount: Int { 100_000 * relation.paths.count }

    func open(_ context: QueryContext) throws(QueryError) -> Int { relation.paths.count }

    func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
      try Reader(self, worker.query)
    }
  }

  private final class Reader: MorselReader {
    private let source: Source
    private let context: QueryContext
    /// Makes the wanted columns of texts.
    private var evaluators: [(column: Int, evaluator: ExpressionEvaluator)?] = []

    init(_ source: Source, _ context: QueryContext) throws(QueryError) {
      (self.source, self.context) = (source, context)
      let text = OutputColumn(id: ColumnID(0), name: "text", type: .varchar)
      for index in source.columnIndices {
        let column = source.relation.columns[index]
        guard !column.isHidden else {
          evaluators.append(nil)
          continue
        }
        let value = BoundExpression.column(text.id, .varchar)
        evaluators.append(
          (
            index,
            try ExpressionEvaluator(
              column.type == .varchar ? value : .cast(value, to: column.type, isTry: false, position: nil),
              layout: ColumnLayout([text]), environment: context.evaluation)
          ))
      }
    }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let relation = source.relation
      let path = relation.paths[morsel]
      let records = try TextFilesRelation.records(
        of: path, relation.format, relation.names, relation.fileSystem)
      while let texts = try records.next() {
        try context.checkCancelled()
        let rowCount = texts.first?.count ?? 0
        for first in stride(from: 0, to: rowCount, by: Batch.capacity) {
          let count = min(Batch.capacity, rowCount - first)
          var columns: [Vector] = []
          for place in evaluators.indices {
            guard let column = evaluators[place]?.column else {
              columns.append(.constant(VectorBuilder.single(.text(path), .varchar), count: count))
              continue
            }
            let text = Batch(columns: [texts[column].slice(from: first, count: count)], rowCount: count)
            columns.append(try value(place, text, of: column, path))
          }
          let batch = Batch(columns: columns, rowCount: count)
          if try !batch.pushRows(context.settings.batchSize, into: next) { return false }
        }
      }
      return true
    }

    private func value(
      _ place: Int, _ text: Batch, of column: Int, _ path: String
    ) throws(QueryError) -> Vector {
      do throws(QueryError) {
        return try evaluators[place]?.evaluator.evaluate(text) ?? text.columns[0]
      } catch {
        var error = error
        error.message += " (column \"\(source.relation.columns[column].name)\" of \"\(path)\")"
        error.hints = [
          "the type was taken from the first records; read_csv('…', all_varchar => true) leaves it as text"
        ]
        throw error
      }
    }
  }
}

/// The narrowest type that the texts of a column go with.
struct ColumnType {
  private static let candidates: [LogicalType] = [
    .boolean, .bigint, .double, .date, .timestamp, .timestampTZ,
  ]
  private var possible: [LogicalType]
  private var hasValues = false

  init(isText: Bool = false) { possible = isText ? [] : ColumnType.candidates }

  /// The type; text if there were no values, or if nothing else goes.
  var type: LogicalType { hasValues ? possible.first ?? .varchar : .varchar }

  /// Leaves out the types that a value does not go with.
  mutating func add(_ texts: Vector, _ environment: EvaluationEnvironment) throws(QueryError) {
    let column = OutputColumn(id: ColumnID(0), name: "text", type: .varchar)
    for first in stride(from: 0, to: texts.count, by: Batch.capacity) {
      let count = min(Batch.capacity, texts.count - first)
      let part = texts.slice(from: first, count: count)
      var lengths: Set<Int> = []
      var valueCount = 0
      for row in 0..<count where !part.isNull(at: row) {
        if case .bytes(let bytes) = part.scalar(at: row, as: .varchar) {
          lengths.insert(min(bytes.count, 11))
        }
        valueCount += 1
      }
      guard valueCount > 0 else { continue }
      hasValues = true
      var left: [LogicalType] = []
      for type in possible {
        // A date is written in ten characters; with more it is a time.
        if type == .date, lengths != [10] { continue }
        // Numbers are numbers: only words are truth values.
        if type == .boolean, !lengths.isSubset(of: [4, 5]) { continue }
        if type.isTimestamp, !lengths.isSubset(of: [10, 11]) { continue }
        var evaluator = try ExpressionEvaluator(
          .cast(.column(column.id, .varchar), to: type, isTry: true, position: nil),
          layout: ColumnLayout([column]), environment: environment)
        let values = try evaluator.evaluate(Batch(columns: [part], rowCount: count))
        if (0..<count).allSatisfy({ part.isNull(at: $0) || !values.isNull(at: $0) }) { left.append(type) }
      }
      possible = left
    }
  }
}

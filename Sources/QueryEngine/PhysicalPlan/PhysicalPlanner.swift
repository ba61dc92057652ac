internal import Columnar

/// A pipeline that has no sink yet.
struct OpenPipeline {
  var source: any PipelineSource
  var operators: [any StreamingOperator] = []
  var layout: ColumnLayout
  /// The operator that the source is part of.
  var sourceProfile: OperatorProfile?
  /// The columns that are those of a scan below, whose rows may be left out by a condition on them.
  var scanColumns: [ColumnID: ScanColumn] = [:]

  /// A column of a scan.
  struct ScanColumn {
    let scan: TableScanSource
    let id: ColumnID
  }

  /// The scan's columns behind expressions that are columns, by the columns that these become.
  func scanColumns(_ expressions: [(expression: BoundExpression, column: ColumnID)]) -> [ColumnID: ScanColumn]
  {
    var found: [ColumnID: ScanColumn] = [:]
    for (expression, column) in expressions {
      if case .column(let id, _) = expression { found[column] = scanColumns[id] }
    }
    return found
  }
}

/// Turns a logical plan into pipelines: a node that needs all its input ends one and begins another.
struct PhysicalPlanner {
  let context: QueryContext
  private(set) var pipelines: [Pipeline] = []
  /// The rows of shared sub-plans, by id.
  private var shared: [Int: SharedRows] = [:]
  private var depth = 0
  private var nextInternalColumn = -1
  /// The nodes being planned, from the root down.
  private var profiles: [OperatorProfile] = []

  enum SharedRows: Sendable {
    case sink(CollectSink)
    case batches([Batch])
  }

  init(_ context: QueryContext, shared: [Int: SharedRows] = [:]) {
    (self.context, self.shared) = (context, shared)
  }

  /// Plans a statement whose rows go to `sink`.
  mutating func plan(_ plan: LogicalPlan, into sink: any PipelineSink) throws(QueryError) {
    close(try open(plan), with: sink)
  }

  /// Gives the rows of a shared sub-plan.
  mutating func share(_ batches: [Batch], as id: Int) { shared[id] = .batches(batches) }

  mutating func close(_ pipeline: OpenPipeline, with sink: any PipelineSink) {
    pipelines.append(ended(pipeline, with: sink))
  }

  /// Returns a pipeline whose sink is part of the node being planned.
  func ended(_ pipeline: OpenPipeline, with sink: any PipelineSink) -> Pipeline {
    Pipeline(
      source: pipeline.source, operators: pipeline.operators, sink: sink,
      sourceProfile: pipeline.sourceProfile, sinkProfile: profile)
  }

  /// What is counted of the node being planned.
  var profile: OperatorProfile? { profiles.last }

  mutating func insert(_ pipeline: Pipeline, at place: Int) { pipelines.insert(pipeline, at: place) }

  /// Makes a column that no statement names.
  mutating func internalColumn(_ type: LogicalType) -> OutputColumn {
    defer { nextInternalColumn -= 1 }
    return OutputColumn(id: ColumnID(nextInternalColumn), name: "", type: type)
  }

  /// Plans a node and what is below it.
  mutating func open(_ plan: LogicalPlan) throws(QueryError) -> OpenPipeline {
    let profile = context.profile.map { $0.add(plan.operatorName, detail: plan.operatorDetail, depth: depth) }
    depth += 1
    defer { depth -= 1 }
    guard depth < 2000 else {
      throw QueryError(.tooComplex, "the statement is nested too deeply")
    }
    guard let profile else { return try openNode(plan) }
    let consumer = profiles.last ?? profile
    profiles.append(profile)
    defer { profiles.removeLast() }
    var pipeline = try openNode(plan)
    if pipeline.sourceProfile == nil { pipeline.sourceProfile = profile }
    pipeline.operators.append(
      ProfileOperator(profile: profile, consumer: consumer, isTimed: context.profile?.isTimed ?? false))
    return pipeline
  }

  /// How many first rows of an order are kept in memory; more are found by a sort, which may go to disk.
  private func mostFirstRows(of input: LogicalPlan) -> Int {
    let rowByteCount = input.outputColumns.reduce(16) { $0 + $1.type.physicalType.usualByteCount }
    // Each worker keeps some times as many before it drops the rest.
    let room = context.memory.limit / (32 * max(1, context.settings.threadCount)) / rowByteCount
    return max(1024, min(1_000_000, room))
  }

  private mutating func openNode(_ plan: LogicalPlan) throws(QueryError) -> OpenPipeline {
    switch plan {
    case .scan(let scan): return try open(scan)
    case .values(let rows, let columns): return try openValues(rows, columns)
    case .filter(let predicate, let input):
      var pipeline = try open(input)
      pipeline.operators.append(FilterOperator(predicate: predicate, layout: pipeline.layout))
      return pipeline
    case .project(let expressions, let input):
      var pipeline = try open(input)
      pipeline.operators.append(
        ProjectOperator(expressions: expressions.map(\.expression), layout: pipeline.layout))
      pipeline.layout = ColumnLayout(expressions.map(\.column))
      pipeline.scanColumns = pipeline.scanColumns(expressions.map { ($0.expression, $0.column.id) })
      return pipeline
    case .aggregate(let aggregate): return try open(aggregate)
    case .join(let join): return try open(join)
    case .window(let window): return try open(window)
    case .sort(let keys, let input):
      let pipeline = try open(input)
      if keys.isEmpty { return pipeline }
      let (layout, profile) = (pipeline.layout, profile)
      let source = clustered(pipeline, clusters(along: keys[0], of: pipeline)) {
        let sink = SortSink(keys, layout, profile)
        return (sink, sink.source)
      }
      return OpenPipeline(source: source, layout: layout)
    case .topN(let keys, let count, let offset, let input):
      if keys.isEmpty { return try open(.limit(count: count, offset: offset, input)) }
      let kept = count.addingReportingOverflow(offset)
      if kept.overflow || kept.partialValue > mostFirstRows(of: input) {
        return try open(.limit(count: count, offset: offset, .sort(keys, input)))
      }
      let pipeline = try open(input)
      let sink = TopNSink(keys, count: count, offset: offset, pipeline.layout)
      offer(sink.threshold, to: pipeline)
      close(pipeline, with: sink)
      return OpenPipeline(source: sink.source, layout: pipeline.layout)
    case .limit(let count, let offset, let input):
      let pipeline = try open(input)
      let sink = CollectSink(
        limit: count, offset: offset, types: pipeline.layout.columns.map(\.type), profile)
      close(pipeline, with: sink)
      return OpenPipeline(source: CollectedSource(sink: sink), layout: pipeline.layout)
    case .distinct(let distinct): return try open(distinct)
    case .setOperation(let operation): return try open(operation)
    case .unnest(let unnest):
      var pipeline = try open(unnest.input)
      pipeline.operators.append(UnnestOperator(unnest, pipeline.layout))
      pipeline.layout = ColumnLayout(plan.outputColumns)
      return pipeline
    case .cteReference(let id, let columns):
      guard let rows = shared[id] else { throw .internalError("shared sub-plan \(id) is not there") }
      switch rows {
      case .sink(let sink):
        return OpenPipeline(source: CollectedSource(sink: sink), layout: ColumnLayout(columns))
      case .batches(let batches):
        return OpenPipeline(
          source: MemoryScanSource(batches: batches, columnIndices: nil), layout: ColumnLayout(columns))
      }
    case .with(let id, _, let definition, let body):
      let pipeline = try open(definition)
      let sink = CollectSink(types: pipeline.layout.columns.map(\.type), profile)
      close(pipeline, with: sink)
      shared[id] = .sink(sink)
      return try open(body)
    case .recursive(let id, let initial, let step, let columns, let isAll):
      let source = RecursiveSource(
        id: id, initial: initial, step: step, columns: columns, isAll: isAll, shared: shared)
      return OpenPipeline(source: source, layout: ColumnLayout(columns))
    }
  }

  private mutating func open(_ scan: LogicalPlan.Scan) throws(QueryError) -> OpenPipeline {
    var pipeline: OpenPipeline
    if let relation = scan.relation as? InMemoryRelation {
      pipeline = OpenPipeline(
        source: MemoryScanSource(batches: relation.batches, columnIndices: scan.columnIndices),
        layout: ColumnLayout(scan.columns))
      for filter in scan.filters {
        pipeline.operators.append(FilterOperator(predicate: filter, layout: pipeline.layout))
      }
    } else if let relation = scan.relation as? any ScannableRelation {
      let source = try relation.makeSource(scan, context, profile)
      pipeline = OpenPipeline(source: source, layout: ColumnLayout(scan.columns))
      if let table = source as? TableScanSource {
        for column in scan.columns { pipeline.scanColumns[column.id] = .init(scan: table, id: column.id) }
      }
    } else {
      throw .internalError("\(scan.relation.displayName) cannot be read")
    }
    if let limit = scan.limit {
      let sink = CollectSink(limit: limit, types: pipeline.layout.columns.map(\.type), profile)
      close(pipeline, with: sink)
      return OpenPipeline(source: CollectedSource(sink: sink), layout: pipeline.layout)
    }
    return pipeline
  }

  private func openValues(
    _ rows: [[BoundExpression]], _ columns: [OutputColumn]
  ) throws(QueryError) -> OpenPipeline {
    var builders = columns.map { VectorBuilder($0.type) }
    var batches: [Batch] = []
    var count = 0
    func flush(_ builders: inout [VectorBuilder], _ count: inout Int) {
      batches.append(Batch(columns: builders.map { $0.finish() }, rowCount: count))
      builders = columns.map { VectorBuilder($0.type) }
      count = 0
    }
    for row in rows {
      for index in columns.indices {
        builders[index].append(
          try ExpressionEvaluator.value(of: row[index], environment: context.evaluation))
      }
      count += 1
      if count == Batch.capacity { flush(&builders, &count) }
    }
    if count > 0 { flush(&builders, &count) }
    return OpenPipeline(
      source: MemoryScanSource(batches: batches, columnIndices: nil), layout: ColumnLayout(columns))
  }

  private mutating func open(_ aggregate: LogicalPlan.Aggregate) throws(QueryError) -> OpenPipeline {
    switch try answerFromMetadata(aggregate) {
    case .rows(let answer):
      return OpenPipeline(
        source: MemoryScanSource(batches: [answer], columnIndices: nil),
        layout: ColumnLayout(LogicalPlan.aggregate(aggregate).outputColumns))
    case .values(let known): return try open(aggregate, knowing: known)
    case nil: return try openReading(aggregate)
    }
  }

  /// Plans an aggregate whose input is read.
  mutating func openReading(_ aggregate: LogicalPlan.Aggregate) throws(QueryError) -> OpenPipeline {
    let columns = LogicalPlan.aggregate(aggregate).outputColumns
    let pipeline = try open(aggregate.input)
    if let grouped = try openByFile(aggregate, over: pipeline) { return grouped }
    let source = openGroups(try AggregatePlan(aggregate), aggregate, over: pipeline)
    var grouped = OpenPipeline(source: source, layout: ColumnLayout(columns))
    if aggregate.groupingSets.isEmpty {
      // A condition on a key leaves whole groups out.
      grouped.scanColumns = pipeline.scanColumns(aggregate.groups.map { ($0.expression, $0.column.id) })
    }
    return grouped
  }

  private mutating func open(_ distinct: LogicalPlan.Distinct) throws(QueryError) -> OpenPipeline {
    let pipeline = try open(distinct.input)
    guard let on = distinct.on else {
      let aggregate = distinct.aggregate
      let source = openGroups(try AggregatePlan(aggregate), aggregate, over: pipeline)
      return OpenPipeline(source: source, layout: pipeline.layout, scanColumns: pipeline.scanColumns)
    }
    let keys = on.map { LogicalPlan.SortKey($0) } + distinct.orderBy
    let (layout, profile) = (pipeline.layout, profile)
    let source = clustered(pipeline, keys.first.flatMap { clusters(along: $0, of: pipeline) }) {
      let sink = SortSink(keys, layout, profile, firstOfEach: on.count)
      return (sink, sink.source)
    }
    return OpenPipeline(source: source, layout: layout)
  }

  private mutating func open(_ operation: LogicalPlan.SetOperation) throws(QueryError) -> OpenPipeline {
    let left = try open(operation.left)
    let right = try open(operation.right)
    let columns = operation.columns
    let layout = ColumnLayout(columns)
    if operation.kind == .union {
      let positions = Array(columns.indices)
      let union = UnionSource([
        .init(source: left.source, operators: left.operators, positions: positions),
        .init(source: right.source, operators: right.operators, positions: positions),
      ])
      let pipeline = OpenPipeline(source: union, layout: layout)
      if operation.isAll { return pipeline }
      let groups = columns.map { LogicalPlan.NamedExpression(.column($0.id, $0.type), as: $0) }
      let sink = HashAggregateSink(
        try AggregatePlan(.init(groups: groups, aggregates: [], input: operation.left)), layout, profile)
      close(pipeline, with: sink)
      return OpenPipeline(source: sink.source, layout: layout)
    }
    let side = internalColumn(.bigint)
    let counts = (internalColumn(.bigint), internalColumn(.bigint))
    let positions = Array(0...columns.count)
    func input(_ pipeline: OpenPipeline, _ flag: Int64) -> UnionSource.Input {
      var expressions = pipeline.layout.columns.map { BoundExpression.column($0.id, $0.type) }
      expressions.append(.literal(.integer(flag), .bigint))
      let project = ProjectOperator(expressions: expressions, layout: pipeline.layout)
      return UnionSource.Input(
        source: pipeline.source, operators: pipeline.operators + [project], positions: positions)
    }
    let union = UnionSource([input(left, 0), input(right, 1)])
    let groups = columns.map { LogicalPlan.NamedExpression(.column($0.id, $0.type), as: $0) }
    let aggregate = LogicalPlan.Aggregate(
      groups: groups,
      aggregates: [
        .init("count_star", [], as: counts.0),
        .init("sum", [.column(side.id, .bigint)], as: counts.1),
      ], input: operation.left)
    let inputLayout = ColumnLayout(columns + [side])
    let sink = HashAggregateSink(try AggregatePlan(aggregate), inputLayout, profile)
    close(OpenPipeline(source: union, layout: inputLayout), with: sink)
    let repeating = RepeatOperator(kind: operation.kind, isAll: operation.isAll, columnCount: columns.count)
    return OpenPipeline(source: sink.source, operators: [repeating], layout: layout)
  }
}

/// A relation that makes its own source of batches, as tables on disk do.
protocol ScannableRelation: Relation {
  /// Makes a source whose batches hold `scan.columns` of the rows that meet `scan.filters`.
  func makeSource(
    _ scan: LogicalPlan.Scan, _ context: QueryContext, _ profile: OperatorProfile?
  ) throws(QueryError) -> any PipelineSource
}

internal import Columnar
internal import TableFormat

/// Rules that go by the files to be read, so that the physical planner follows them.
enum PhysicalRule: String, CaseIterable {
  /// Aggregates, and computes windows of, one partition of a table after the other, or one range of a key.
  case partitionWise = "partition_wise"
  /// Sorts files whose keys do not overlap one after the other.
  case sortByTableOrder = "sort_by_table_order"
}

/// Groups of a table's files that are worked on one by one.
struct FileClusters: Sendable {
  let scan: TableScanSource
  /// Numbers of the scan's tasks.
  var groups: [[Int]]
  /// What the groups are told apart by.
  var name: String
}

extension PhysicalPlanner {
  /// Groups the files of the table below so that rows with equal keys are of one group, if the keys hold the
  /// sources of its partition fields, or a column whose values files do not share, and workers are kept as busy
  /// as by single morsels.
  func partitions(by keys: [BoundExpression], of pipeline: OpenPipeline) -> FileClusters? {
    guard follows(.partitionWise), let scan = pipeline.tableScan else { return nil }
    let fields = keys.compactMap { pipeline.field(of: $0, in: scan) }
    guard !fields.isEmpty else { return nil }
    if let (used, groups) = scan.plan.partitions(by: Set(fields.map(\.id))),
      let clusters = balanced(groups, of: scan)
    {
      let names = used.map(\.name).joined(separator: ", ")
      return FileClusters(scan: scan, groups: clusters, name: "partition-wise by \(names)")
    }
    for field in fields {
      if let groups = scan.plan.clusters(along: field.id, isDescending: false, nullsFirst: false),
        let clusters = balanced(groups, of: scan)
      {
        return FileClusters(scan: scan, groups: clusters, name: "by ranges of \(field.name)")
      }
    }
    return nil
  }

  /// The groups, small ones joined, if they keep the workers busy.
  private func balanced(_ groups: [[Int]], of scan: TableScanSource) -> [[Int]]? {
    guard groups.count > 1 else { return nil }
    // Great ones first: what is left at the end is small, and evens out what the workers have done.
    let counts = groups.map { scan.rowCount(of: $0) }
    let order = groups.indices.sorted { counts[$0] != counts[$1] ? counts[$0] > counts[$1] : $0 < $1 }
    let clusters = joinedNeighbours(order.map { groups[$0] }, of: scan)
    return clusters.count > 1 && isBalanced(clusters, of: scan) ? clusters : nil
  }

  /// Groups the files of the table below so that what is sorted in a group comes before what is sorted in the next.
  func clusters(along key: LogicalPlan.SortKey, of pipeline: OpenPipeline) -> FileClusters? {
    guard follows(.sortByTableOrder), let scan = pipeline.tableScan,
      let field = pipeline.field(of: key.expression, in: scan),
      let groups = scan.plan.clusters(
        along: field.id, isDescending: key.isDescending, nullsFirst: key.nullsFirst), groups.count > 1
    else { return nil }
    let clusters = joinedNeighbours(groups, of: scan)
    guard clusters.count > 1, isBalanced(clusters, of: scan) || !isInMemory(pipeline) else { return nil }
    return FileClusters(scan: scan, groups: clusters, name: "in the order of \(field.name)")
  }

  private func follows(_ rule: PhysicalRule) -> Bool {
    !context.settings.disabledRules.contains(rule.rawValue)
  }

  /// Joins groups with those behind them until each has rows enough to be worth a sink of its own.
  private func joinedNeighbours(_ groups: [[Int]], of scan: TableScanSource) -> [[Int]] {
    var joined: [[Int]] = []
    var count = Int.max
    for group in groups {
      if count < context.settings.clusterRowCount {
        joined[joined.count - 1] += group
        count += scan.rowCount(of: group)
      } else {
        joined.append(group)
        count = scan.rowCount(of: group)
      }
    }
    // The scan's own order is kept within a group, since ties keep the order of the input.
    return joined.map { $0.sorted() }
  }

  /// Whether workers that take the groups one after the other end about as early as if rows were dealt out evenly.
  private func isBalanced(_ groups: [[Int]], of scan: TableScanSource) -> Bool {
    let rowCount = scan.estimatedRowCount
    let workerCount = rowCount < context.settings.parallelRowCount ? 1 : context.settings.threadCount
    var loads = [Int](repeating: 0, count: workerCount)
    for group in groups {
      let least = loads.indices.min { loads[$0] < loads[$1] } ?? 0
      loads[least] += scan.rowCount(of: group)
    }
    return (loads.max() ?? 0) <= (rowCount + rowCount / 8) / workerCount
  }

  /// Whether the rows have room to be sorted together.
  private func isInMemory(_ pipeline: OpenPipeline) -> Bool {
    let rowByteCount = pipeline.layout.columns.reduce(64) { $0 + 2 * $1.type.physicalType.usualByteCount }
    let byteCount = pipeline.source.estimatedRowCount.multipliedReportingOverflow(by: rowByteCount)
    return !byteCount.overflow && byteCount.partialValue < context.memory.limit
  }

  /// Plans the groups of rows, partition by partition where that pays.
  ///
  /// - Parameters:
  ///   - plan: What is computed.
  ///   - aggregate: The same, with its input.
  ///   - pipeline: The input.
  /// - Returns: The groups.
  mutating func openGroups(
    _ plan: AggregatePlan, _ aggregate: LogicalPlan.Aggregate, over pipeline: OpenPipeline
  ) -> any PipelineSource {
    let clusters = partitions(of: aggregate, over: pipeline)
    let (layout, profile) = (pipeline.layout, profile)
    return clustered(pipeline, clusters) {
      let sink = HashAggregateSink(plan, layout, profile, isShared: clusters == nil)
      return (sink, sink.source)
    }
  }

  /// Ends a pipeline in a sink, or in one for each of the groups of files, and returns what comes out of that.
  mutating func clustered(
    _ pipeline: OpenPipeline, _ clusters: FileClusters?, makeSink: @escaping ClusteredSource.MakeSink
  ) -> any PipelineSource {
    if let clusters {
      return ClusteredSource(
        pipeline, clusters.scan, groups: clusters.groups, profile, makeSink: makeSink)
    }
    let (sink, source) = makeSink()
    close(pipeline, with: sink)
    return source
  }

  /// Groups the files of an aggregate's table by partition, if its groups are many or it keeps distinct values.
  func partitions(
    of aggregate: LogicalPlan.Aggregate, over pipeline: OpenPipeline
  ) -> FileClusters? {
    guard aggregate.groupingSets.isEmpty, aggregate.groupLimit == nil,
      let clusters = partitions(by: aggregate.groups.map(\.expression), of: pipeline)
    else { return nil }
    // Few groups are merged in no time.
    let isLarge =
      aggregate.aggregates.contains(where: \.isDistinct)
      || Cardinality().rows(.aggregate(aggregate.knowing(clusters.scan)))
        > Double(context.settings.clusterRowCount / 4)
    return isLarge ? clusters : nil
  }

  /// What EXPLAIN says of a node that is computed by groups of files.
  func clusterNote(on node: LogicalPlan) throws(QueryError) -> String {
    let input: LogicalPlan
    switch node {
    case .aggregate(let aggregate): input = aggregate.input
    case .distinct(let distinct): input = distinct.input
    case .window(let window): input = window.input
    case .sort(_, let below): input = below
    default: return ""
    }
    guard input.isTableRead else { return "" }
    var planner = PhysicalPlanner(context)
    let pipeline = try planner.open(input)
    let clusters: FileClusters? =
      switch node {
      case .aggregate(let aggregate): planner.partitions(of: aggregate, over: pipeline)
      case .distinct(let distinct):
        if let on = distinct.on {
          on.first.flatMap { planner.clusters(along: LogicalPlan.SortKey($0), of: pipeline) }
        } else {
          planner.partitions(of: distinct.aggregate, over: pipeline)
        }
      case .window(let window): planner.partitions(by: window.partitionBy, of: pipeline)
      case .sort(let keys, _): keys.first.flatMap { planner.clusters(along: $0, of: pipeline) }
      default: nil
      }
    return clusters.map { "(\($0.name): \($0.groups.count) parts)" } ?? ""
  }
}

extension OpenPipeline {
  /// The table that is read, if rows pass on one by one and none is held back.
  var tableScan: TableScanSource? {
    let isPassing = operators.allSatisfy {
      $0 is FilterOperator || $0 is ProjectOperator || $0 is UnnestOperator || $0 is ProfileOperator
    }
    return isPassing ? source as? TableScanSource : nil
  }

  /// The field behind an expression that is a column of the scan.
  fileprivate func field(of expression: BoundExpression, in scan: TableScanSource) -> NestedField? {
    guard case .column(let id, _) = expression, let column = scanColumns[id], column.scan === scan,
      let place = scan.columns.firstIndex(where: { $0.id == column.id })
    else { return nil }
    return scan.fields[place]
  }
}

extension LogicalPlan {
  /// Whether this reads one table, and does no more than filter rows and compute columns.
  fileprivate var isTableRead: Bool {
    switch self {
    case .scan(let scan): scan.relation is TableRelation && scan.limit == nil
    case .filter(_, let input), .project(_, let input): input.isTableRead
    case .unnest(let unnest): unnest.input.isTableRead
    default: false
    }
  }

  /// The plan with what the files tell of the columns of the table below.
  fileprivate func knowing(_ source: TableScanSource) -> LogicalPlan {
    guard case .scan(var scan) = self else { return mapInputs { $0.knowing(source) } }
    scan.relation = source.relation.with(source.relation.columnKnowledge(of: source.plan))
    return .scan(scan)
  }
}

extension LogicalPlan.Aggregate {
  fileprivate func knowing(_ source: TableScanSource) -> LogicalPlan.Aggregate {
    var aggregate = self
    aggregate.input = input.knowing(source)
    return aggregate
  }
}

extension LogicalPlan.Distinct {
  /// The grouping by all columns that distinct rows are found by.
  var aggregate: LogicalPlan.Aggregate {
    LogicalPlan.Aggregate(
      groups: input.outputColumns.map { LogicalPlan.NamedExpression(passing: $0) }, aggregates: [],
      input: input)
  }
}

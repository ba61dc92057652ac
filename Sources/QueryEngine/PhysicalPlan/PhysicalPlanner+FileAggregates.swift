internal import Columnar
internal import TableFormat

extension PhysicalPlanner {
  /// Plans an aggregate over a table whose results for some files are known, or shall be from now on.
  ///
  /// Where the aggregates can be computed of parts, the parts of each file are kept, and merged with those of
  /// the files that are read. Others are kept as they are for all files of a partition, if the partition is
  /// part of the key: then no group has rows elsewhere.
  ///
  /// - Parameters:
  ///   - aggregate: The aggregate.
  ///   - pipeline: Its input.
  /// - Returns: The groups; `nil` if this is to be computed as any other.
  /// - Throws: ``QueryError`` if there is no such aggregate.
  mutating func openByFile(
    _ aggregate: LogicalPlan.Aggregate, over pipeline: OpenPipeline
  ) throws(QueryError) -> OpenPipeline? {
    guard let cache = context.caches.aggregates, let scan = pipeline.source as? TableScanSource,
      !scan.plan.tasks.isEmpty, scan.estimatedRowCount >= cache.policy.leastRowCount,
      let fragment = try AggregateFragment(
        aggregate, over: scan, in: context.evaluation, build: cache.build)
    else { return nil }
    let file = internalColumn(.bigint)
    let parts = AggregateParts(fragment.plan, file: file) { internalColumn($0) }
    guard let units = AggregateUnits(fragment, of: scan, byFile: parts != nil) else { return nil }
    let output = LogicalPlan.aggregate(aggregate).outputColumns
    let types = (parts?.columns ?? output).map(\.type)
    cache.open(
      fragment.key, file: scan.relation.table.catalog?.stateFile, rowCount: scan.estimatedRowCount,
      types: types)
    let found = cache.batches(fragment.key, of: units.units.map(\.key))
    let missing = units.units.indices.filter { found[$0] == nil }
    if missing.count == units.units.count, !isWorthKeeping(units, fragment, types, cache) {
      cache.note(fragment.key, groupsOf: profile, rowCount: scan.estimatedRowCount)
      return nil
    }
    let known = AggregateUnits.joined(found.compactMap { $0 }, types)
    leaveOut(units.units.indices.filter { found[$0] != nil }.flatMap { units.units[$0].tasks }, of: scan)
    var source: any PipelineSource = MemoryScanSource(batches: [known], columnIndices: nil)
    if !missing.isEmpty {
      let collected = FileAggregatesSink(known: [known], dropping: parts == nil ? 0 : 1, context.memory) {
        if let results = units.split($0, types, wanted: missing) { cache.insert(fragment.key, results) }
      }
      let groups: any PipelineSource
      if let parts {
        var pipeline = pipeline
        pipeline.operators.append(FileNumberOperator(scan: scan))
        pipeline.layout = pipeline.layout.appending([file])
        let sink = HashAggregateSink(parts.partial, pipeline.layout, profile)
        close(pipeline, with: sink)
        groups = sink.source
      } else {
        groups = openGroups(fragment.plan, aggregate, over: pipeline)
      }
      close(OpenPipeline(source: groups, layout: ColumnLayout(output)), with: collected)
      source = collected.source
    }
    guard let parts else { return OpenPipeline(source: source, layout: ColumnLayout(output)) }
    let layout = ColumnLayout(parts.columns)
    let sink = HashAggregateSink(parts.whole, layout, profile)
    close(OpenPipeline(source: source, layout: layout), with: sink)
    return OpenPipeline(source: sink.source, layout: ColumnLayout(output))
  }

  private func leaveOut(_ tasks: [Int], of scan: TableScanSource) {
    guard !tasks.isEmpty else { return }
    scan.leaveOut(Set(tasks))
    scan.profile?.add("files_from_aggregates", tasks.count)
  }

  /// Whether the groups of most files will be few enough, as far as that is known before.
  private func isWorthKeeping(
    _ units: AggregateUnits, _ fragment: AggregateFragment, _ types: [LogicalType], _ cache: AggregateCache
  ) -> Bool {
    let groupCount = cache.groupCount(of: fragment.key)
    guard let expected = units.groupsOfUnit(keyCount: fragment.plan.keys.count, groupCount: groupCount)
    else { return false }
    let groupByteCount = types.reduce(0) { $0 + $1.physicalType.stride }
    var (all, worth) = (0, 0)
    for unit in units.units {
      all += unit.rowCount
      let count = min(expected, unit.rowCount)
      if cache.isWorthKeeping(
        groupCount: count, rowCount: unit.rowCount, groupByteCount: groupByteCount)
      {
        worth += unit.rowCount
      }
    }
    return worth >= all / 2
  }
}

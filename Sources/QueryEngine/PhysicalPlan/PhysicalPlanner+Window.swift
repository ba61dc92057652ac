extension PhysicalPlanner {
  mutating func open(_ window: LogicalPlan.Window) throws(QueryError) -> OpenPipeline {
    let pipeline = try open(window.input)
    let sink = try WindowSink(window, pipeline.layout, profile)
    close(pipeline, with: sink)
    var computed = OpenPipeline(
      source: sink.source, layout: pipeline.layout.appending(window.calls.map(\.column)))
    // A condition on what all calls are partitioned by leaves whole partitions out.
    let keys = window.partitionBy.compactMap { key -> (BoundExpression, ColumnID)? in
      if case .column(let id, _) = key { (key, id) } else { nil }
    }
    computed.scanColumns = pipeline.scanColumns(keys)
    return computed
  }
}

extension PhysicalPlanner {
  mutating func open(_ window: LogicalPlan.Window) throws(QueryError) -> OpenPipeline {
    let pipeline = try open(window.input)
    try WindowSink.check(window)
    let (layout, profile) = (pipeline.layout, profile)
    let source = clustered(pipeline, partitions(by: window.partitionBy, of: pipeline)) {
      let sink = WindowSink(window, layout, profile)
      return (sink, sink.source)
    }
    var computed = OpenPipeline(source: source, layout: layout.appending(window.calls.map(\.column)))
    // A condition on what all calls are partitioned by leaves whole partitions out.
    let keys = window.partitionBy.compactMap { key -> (BoundExpression, ColumnID)? in
      if case .column(let id, _) = key { (key, id) } else { nil }
    }
    computed.scanColumns = pipeline.scanColumns(keys)
    return computed
  }
}

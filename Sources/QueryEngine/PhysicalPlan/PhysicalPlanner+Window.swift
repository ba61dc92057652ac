extension PhysicalPlanner {
  mutating func open(_ window: LogicalPlan.Window) throws(QueryError) -> OpenPipeline {
    let pipeline = try open(window.input)
    let sink = try WindowSink(window, pipeline.layout, profile)
    close(pipeline, with: sink)
    return OpenPipeline(
      source: sink.source, layout: pipeline.layout.appending(window.calls.map(\.column)))
  }
}

package import Columnar

/// Runs optimized plans.
package enum QueryExecutor {
  /// Runs a plan and returns all its rows.
  ///
  /// - Parameters:
  ///   - plan: A plan whose parameters are bound.
  ///   - context: Settings, workers, memory.
  /// - Returns: The rows, in order.
  /// - Throws: What evaluating raises, or that the statement was cancelled.
  package static func run(_ plan: LogicalPlan, context: QueryContext) throws(QueryError) -> QueryResult {
    QueryResult(columns: plan.outputColumns, batches: try collect(plan, context))
  }

  /// Runs a plan and hands its batches over as they come, in order, on any of the workers' threads.
  ///
  /// - Parameters:
  ///   - plan: A plan whose parameters are bound.
  ///   - context: Settings, workers, memory.
  ///   - consumer: Takes a batch without selection; `false` ends the query.
  /// - Throws: What evaluating or `consumer` raises, or that the statement was cancelled.
  package static func run(
    _ plan: LogicalPlan, context: QueryContext,
    consumer: @escaping @Sendable (Batch) throws(QueryError) -> Bool
  ) throws(QueryError) {
    var planner = PhysicalPlanner(context)
    try planner.plan(plan, into: ConsumerSink(consumer))
    try PipelineExecutor.run(planner.pipelines, context)
  }

  /// Runs a plan that may refer to rows given by id.
  static func collect(
    _ plan: LogicalPlan, _ context: QueryContext, shared: [Int: PhysicalPlanner.SharedRows] = [:]
  ) throws(QueryError) -> [Batch] {
    let sink = CollectSink()
    var planner = PhysicalPlanner(context, shared: shared)
    try planner.plan(plan, into: sink)
    try PipelineExecutor.run(planner.pipelines, context)
    return try sink.batches()
  }
}

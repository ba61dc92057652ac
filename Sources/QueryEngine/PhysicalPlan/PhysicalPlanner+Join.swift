internal import Columnar

extension PhysicalPlanner {
  mutating func open(_ join: LogicalPlan.Join) throws(QueryError) -> OpenPipeline {
    throw .unsupported("JOIN")
  }
  mutating func open(_ window: LogicalPlan.Window) throws(QueryError) -> OpenPipeline {
    throw .unsupported("OVER")
  }
}

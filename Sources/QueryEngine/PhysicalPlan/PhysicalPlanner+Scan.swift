internal import Columnar

extension PhysicalPlanner {
  /// Returns the one batch that answers an aggregate over a table from its metadata, `nil` if rows must be read.
  func answerFromMetadata(_ aggregate: LogicalPlan.Aggregate) throws(QueryError) -> Batch? {
    nil
  }

  /// Lets the scan at the bottom of a pipeline pass over rows that cannot be among the first.
  func offer(_ threshold: TopNThreshold, to pipeline: OpenPipeline) {}
}

internal import Columnar

extension PhysicalPlanner {
  /// Lets a scan below a pipeline pass over rows that cannot be among the first.
  func offer(_ threshold: TopNThreshold, to pipeline: OpenPipeline) {
    guard case .column(let id, _) = threshold.key.expression else { return }
    offer(threshold, on: id, to: pipeline)
  }

  /// Lets a scan below a pipeline pass over rows of which a column cannot pass `filter`.
  func offer(_ filter: any DynamicFilter, on column: ColumnID, to pipeline: OpenPipeline) {
    guard let target = pipeline.scanColumns[column] else { return }
    target.scan.add(filter, on: target.id)
  }
}

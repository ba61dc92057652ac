/// Decides about one data file at a time: whether a query must read it, and with what.
struct FileJudge: Sendable {
  let predicate: Predicate
  let evaluators: PartitionEvaluators
  let bounds: MetricsEvaluator
  let deletes: DeleteFileIndex
  /// The files that count; `nil` for all.
  let paths: Set<String>?

  /// Returns the task for a file; `nil` if none of its rows can pass, or it does not count.
  func task(
    _ entry: ManifestEntry, _ spec: PartitionSpec, _ counters: inout PlanCounters
  ) -> FileScanTask? {
    let (file, evaluator) = (entry.file, evaluators[spec.id])
    if let paths, !paths.contains(file.path) { return nil }
    counters.fileCount += 1
    counters.byteCount += file.fileSizeInBytes
    var residual = predicate
    if predicate != .alwaysTrue {
      guard evaluator.outcomes(of: predicate, in: file.partition).mightMatch else {
        counters.filesPrunedByPartition += 1
        return nil
      }
      residual = PredicateEvaluator.residual(of: predicate) { field, leaf in
        let byBounds = bounds.bounds(of: field, in: file)?.outcomes(of: leaf) ?? .unknown
        let byPartition = evaluator.outcomes(of: leaf, on: field, in: file.partition) ?? .unknown
        return byBounds.intersection(byPartition)
      }
      guard residual != .alwaysFalse else {
        counters.filesPrunedByBounds += 1
        return nil
      }
    }
    // A file without rows has nothing to read.
    guard file.recordCount != 0 else {
      counters.filesPrunedByBounds += 1
      return nil
    }
    let sequenceNumber = entry.sequenceNumber ?? 0
    let deletes = deletes.deletes(for: file, dataSequenceNumber: sequenceNumber)
    if residual == .alwaysTrue { counters.filesMatchedWholly += 1 }
    if !deletes.isEmpty { counters.filesWithDeletes += 1 }
    counters.plannedByteCount += file.fileSizeInBytes
    return FileScanTask(
      file: file, spec: spec, dataSequenceNumber: sequenceNumber, snapshotID: entry.snapshotID,
      residual: residual, deletes: deletes)
  }
}

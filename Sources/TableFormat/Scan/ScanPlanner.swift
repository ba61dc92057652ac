internal import Columnar
internal import Synchronization

/// Finds the data files of a snapshot that a query must read (Iceberg specification, "Scan Planning").
///
/// Manifests go by their partition summaries, files by their partition and then by their bounds; the deletes
/// that apply are attached to each file that stays. Only metadata is read.
public struct ScanPlanner: Sendable {
  /// Runs a body for the numbers below a count, in any order or at once, and returns when all are done.
  public typealias ConcurrentLoop =
    @Sendable (_ count: Int, _ body: @escaping @Sendable (Int) -> Void) -> Void

  private let table: Table
  private let snapshot: Snapshot?
  private let schema: Schema
  private let cache: ManifestCache?
  private let loop: ConcurrentLoop

  /// Makes a planner.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - snapshot: One of its snapshots; `nil` plans no file.
  ///   - schema: What the predicate's field ids are looked up in; by default the table's current schema.
  ///   - cache: Manifests that were read before.
  ///   - loop: How manifests are read; by default one after the other.
  public init(
    _ table: Table, snapshot: Snapshot?, schema: Schema? = nil, cache: ManifestCache? = nil,
    loop: @escaping ConcurrentLoop = { count, body in for index in 0..<count { body(index) } }
  ) {
    (self.table, self.snapshot, self.schema) = (table, snapshot, schema ?? table.schema)
    (self.cache, self.loop) = (cache, loop)
  }

  /// Plans the reading of the rows that pass a predicate.
  ///
  /// - Parameter predicate: A condition; files whose rows all fail it are left out.
  /// - Returns: The files to read, in the order of the manifests.
  /// - Throws: ``TableFormatError`` if metadata cannot be read.
  public func plan(predicate: Predicate = .alwaysTrue) throws(TableFormatError) -> ScanPlan {
    let predicate = predicate.pushingNegationsDown
    var counters = PlanCounters()
    guard let snapshot, predicate != .alwaysFalse else {
      return ScanPlan(schema: schema, tasks: [], counters: counters)
    }
    let manifests = try table.manifests(of: snapshot)
    let evaluators = PartitionEvaluators(table.metadata, schema)
    let (data, deletes) = select(manifests, predicate, evaluators, &counters)
    let entries = try read(data + deletes, &counters)
    let index = try deleteIndex(entries[data.count...], predicate, evaluators, &counters)
    let bounds = MetricsEvaluator(predicate.fieldIDs, schema: schema)
    var tasks: [FileScanTask] = []
    for (manifest, entries) in zip(data, entries) {
      guard let spec = table.metadata.partitionSpec(id: manifest.specID) else {
        throw TableFormatError(
          .damaged, "the table has no partition spec \(manifest.specID)", file: manifest.path,
          field: "partition_spec_id")
      }
      let evaluator = evaluators[manifest.specID]
      for entry in entries where entry.isLive && entry.file.content == .data {
        if let task = task(entry, spec, predicate, evaluator, bounds, index, &counters) { tasks.append(task) }
      }
    }
    return ScanPlan(schema: schema, tasks: tasks, counters: counters)
  }

  /// Leaves out the manifests of which no partition can match, and those without live files.
  private func select(
    _ manifests: [ManifestFile], _ predicate: Predicate, _ evaluators: PartitionEvaluators,
    _ counters: inout PlanCounters
  ) -> (data: [ManifestFile], deletes: [ManifestFile]) {
    var selected: (data: [ManifestFile], deletes: [ManifestFile]) = ([], [])
    for manifest in manifests {
      let isEmpty = manifest.addedFilesCount == 0 && manifest.existingFilesCount == 0
      // Deletes of an unpartitioned spec reach every partition, and have no summaries that could prune them.
      let outcomes = evaluators[manifest.specID].outcomes(of: predicate, in: manifest.partitions)
      let isKept = !isEmpty && outcomes.mightMatch
      switch manifest.content {
      case .data:
        counters.manifestCount += 1
        if isKept { selected.data.append(manifest) } else { counters.manifestsPruned += 1 }
      case .deletes:
        counters.deleteManifestCount += 1
        if isKept { selected.deletes.append(manifest) } else { counters.deleteManifestsPruned += 1 }
      }
    }
    // No data file is left that a delete could apply to.
    if selected.data.isEmpty {
      counters.deleteManifestsPruned += selected.deletes.count
      selected.deletes = []
    }
    return selected
  }

  /// Reads manifests, each from the cache if it is there.
  private func read(
    _ manifests: [ManifestFile], _ counters: inout PlanCounters
  ) throws(TableFormatError) -> [[ManifestEntry]] {
    let results = ManifestResults(count: manifests.count)
    let missing = manifests.indices.filter { index in
      guard let entries = cache?.entries(of: manifests[index]) else { return true }
      results.set(.success(entries), at: index)
      return false
    }
    counters.manifestsFromCache = manifests.count - missing.count
    let (source, known) = (table, cache)
    let readOne: @Sendable (Int) -> Void = { number in
      let manifest = manifests[missing[number]]
      do throws(TableFormatError) {
        let entries = try source.entries(of: manifest)
        known?.insert(entries, of: manifest)
        results.set(.success(entries), at: missing[number])
      } catch {
        results.set(.failure(error), at: missing[number])
      }
    }
    if missing.count > 1 { loop(missing.count, readOne) } else if missing.count == 1 { readOne(0) }
    return try results.entries()
  }

  private func deleteIndex(
    _ entries: ArraySlice<[ManifestEntry]>, _ predicate: Predicate, _ evaluators: PartitionEvaluators,
    _ counters: inout PlanCounters
  ) throws(TableFormatError) -> DeleteFileIndex {
    var live: [ManifestEntry] = []
    for entries in entries {
      for entry in entries where entry.isLive {
        counters.deleteFileCount += 1
        // Deletes stay within their partition, so that those of pruned partitions go with them.
        let outcomes = evaluators[entry.file.specID].outcomes(of: predicate, in: entry.file.partition)
        if outcomes.mightMatch { live.append(entry) }
      }
    }
    return try DeleteFileIndex(
      live, specs: table.metadata.partitionSpecs, schema: schema, paths: table.paths)
  }

  private func task(
    _ entry: ManifestEntry, _ spec: PartitionSpec, _ predicate: Predicate, _ evaluator: PartitionEvaluator,
    _ bounds: MetricsEvaluator, _ index: DeleteFileIndex, _ counters: inout PlanCounters
  ) -> FileScanTask? {
    let file = entry.file
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
    let deletes = index.deletes(for: file, dataSequenceNumber: sequenceNumber)
    if residual == .alwaysTrue { counters.filesMatchedWholly += 1 }
    if !deletes.isEmpty { counters.filesWithDeletes += 1 }
    counters.plannedByteCount += file.fileSizeInBytes
    return FileScanTask(
      file: file, spec: spec, dataSequenceNumber: sequenceNumber, snapshotID: entry.snapshotID,
      residual: residual, deletes: deletes)
  }
}

/// One evaluator for each of a table's specs.
private struct PartitionEvaluators {
  private let byID: [Int: PartitionEvaluator]
  private let none: PartitionEvaluator

  init(_ metadata: TableMetadata, _ schema: Schema) {
    var byID: [Int: PartitionEvaluator] = [:]
    for spec in metadata.partitionSpecs { byID[spec.id] = PartitionEvaluator(spec, schema: schema) }
    self.byID = byID
    none = PartitionEvaluator(.unpartitioned, schema: schema)
  }

  subscript(specID: Int) -> PartitionEvaluator { byID[specID] ?? none }
}

/// Collects what several threads read.
private final class ManifestResults: Sendable {
  private let results: Mutex<[Result<[ManifestEntry], TableFormatError>?]>

  init(count: Int) { results = Mutex(Array(repeating: nil, count: count)) }

  func set(_ result: Result<[ManifestEntry], TableFormatError>, at index: Int) {
    results.withLock { $0[index] = result }
  }

  /// Returns all entries, or throws the first error in the order of the manifests.
  func entries() throws(TableFormatError) -> [[ManifestEntry]] {
    let results = results.withLock { $0 }
    var all: [[ManifestEntry]] = []
    for result in results {
      guard let result else { throw TableFormatError(.internal, "a manifest was not read") }
      all.append(try result.get())
    }
    return all
  }
}

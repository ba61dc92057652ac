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
  /// More files than this are not all built to find the few that a predicate leaves.
  private let wholeReadLimit: Int

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
    self.init(table, snapshot, schema, cache, loop, wholeReadLimit: 2000)
  }

  init(
    _ table: Table, _ snapshot: Snapshot?, _ schema: Schema?, _ cache: ManifestCache?,
    _ loop: @escaping ConcurrentLoop, wholeReadLimit: Int
  ) {
    (self.table, self.snapshot, self.schema) = (table, snapshot, schema ?? table.schema)
    (self.cache, self.loop, self.wholeReadLimit) = (cache, loop, wholeReadLimit)
  }

  /// Plans the reading of the rows that pass a predicate.
  ///
  /// - Parameters:
  ///   - predicate: A condition; files whose rows all fail it are left out.
  ///   - paths: The data files that count, as the table spells them; `nil` for all.
  /// - Returns: The files to read, in the order of the manifests.
  /// - Throws: ``TableFormatError`` if metadata cannot be read.
  public func plan(
    predicate: Predicate = .alwaysTrue, paths: Set<String>? = nil
  ) throws(TableFormatError) -> ScanPlan {
    let predicate = predicate.pushingNegationsDown
    var counters = PlanCounters()
    guard let snapshot, predicate != .alwaysFalse else {
      return ScanPlan(schema: schema, tasks: [], counters: counters)
    }
    let manifests = try table.manifests(of: snapshot)
    let evaluators = PartitionEvaluators(table.metadata, schema)
    let (data, deletes) = select(manifests, predicate, evaluators, &counters)
    for manifest in data where table.metadata.partitionSpec(id: manifest.specID) == nil {
      throw TableFormatError(
        .damaged, "the table has no partition spec \(manifest.specID)", file: manifest.path,
        field: "partition_spec_id")
    }
    // Few files are read whole, and kept; of many only those that are wanted are ever built.
    let fileCount = data.reduce(0) { $0 + ($1.addedFilesCount ?? 1) + ($1.existingFilesCount ?? 0) }
    let isLarge = fileCount > wholeReadLimit && predicate != .alwaysTrue
    let entries = try read(isLarge ? deletes : data + deletes, &counters)
    let index = try deleteIndex(
      entries[(isLarge ? 0 : data.count)...], predicate, evaluators, &counters)
    let judge = FileJudge(
      predicate: predicate, evaluators: evaluators,
      bounds: MetricsEvaluator(predicate.fieldIDs, schema: schema),
      deletes: index, paths: paths)
    if isLarge {
      cache?.indexes.open(table, manifests: manifests)
      let selection = ManifestSelection(table, judge, cache)
      let parts = try Self.collect(data.count, loop) { (number) throws(TableFormatError) in
        try selection.tasks(of: data[number])
      }
      for part in parts { counters.add(part.counters) }
      return ScanPlan(schema: schema, tasks: parts.flatMap(\.tasks), counters: counters)
    }
    var tasks: [FileScanTask] = []
    for (manifest, entries) in zip(data, entries) {
      let spec = table.metadata.partitionSpec(id: manifest.specID) ?? .unpartitioned
      for entry in entries where entry.isLive && entry.file.content == .data {
        if let task = judge.task(entry, spec, &counters) { tasks.append(task) }
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
        guard !isKept else {
          selected.data.append(manifest)
          continue
        }
        counters.manifestsPruned += 1
        counters.filesPrunedByManifest += (manifest.addedFilesCount ?? 0) + (manifest.existingFilesCount ?? 0)
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
    var results = manifests.map { cache?.entries(of: $0) }
    let missing = manifests.indices.filter { results[$0] == nil }
    counters.manifestsFromCache = manifests.count - missing.count
    let (source, known) = (table, cache)
    let read = try Self.collect(missing.count, loop) { (number) throws(TableFormatError) in
      let manifest = manifests[missing[number]]
      let entries = try source.entries(of: manifest)
      known?.insert(entries, of: manifest)
      return entries
    }
    for (index, entries) in zip(missing, read) { results[index] = entries }
    return results.map { $0 ?? [] }
  }

  /// Runs a body for each number, several at once, and returns what they returned or the first error in order.
  private static func collect<Part: Sendable>(
    _ count: Int, _ loop: ConcurrentLoop,
    _ body: @escaping @Sendable (Int) throws(TableFormatError) -> Part
  ) throws(TableFormatError) -> [Part] {
    let results = Collected<Part>(count: count)
    let run: @Sendable (Int) -> Void = { number in
      do throws(TableFormatError) {
        results.set(.success(try body(number)), at: number)
      } catch {
        results.set(.failure(error), at: number)
      }
    }
    if count > 1 { loop(count, run) } else if count == 1 { run(0) }
    return try results.all()
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
}

/// One evaluator for each of a table's specs.
struct PartitionEvaluators: Sendable {
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

/// Collects what several threads found.
private final class Collected<Part: Sendable>: Sendable {
  private let results: Mutex<[Result<Part, TableFormatError>?]>

  init(count: Int) { results = Mutex(Array(repeating: nil, count: count)) }

  func set(_ result: Result<Part, TableFormatError>, at index: Int) {
    results.withLock { $0[index] = result }
  }

  /// Returns everything, or throws the first error in order.
  func all() throws(TableFormatError) -> [Part] {
    let results = results.withLock { $0 }
    var all: [Part] = []
    for result in results {
      guard let result else { throw TableFormatError(.internal, "a manifest was not read") }
      all.append(try result.get())
    }
    return all
  }
}

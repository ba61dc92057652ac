internal import Columnar
internal import FileFormats
internal import Synchronization

/// Finds the files of a query in manifests of which it wants little.
///
/// Each distinct partition tuple is judged once; only entries of partitions that can match are built. Where a manifest
/// was read before, its index says which blocks hold them.
final class ManifestSelection: Sendable {
  /// What one manifest gave.
  struct Part: Sendable {
    var tasks: [FileScanTask] = []
    var counters = PlanCounters()
  }

  /// A partition tuple as it is encoded, and by which schema.
  private struct Tuple: Hashable {
    var plan: Int
    var specID: Int
    var bytes: [UInt8]
  }

  /// Tuples that indexes share, read by one plan.
  private struct SharedTuples: Hashable {
    var plan: Int
    var specID: Int
    var tuples: ObjectIdentifier
  }

  private let table: Table
  private let judge: FileJudge
  private let cache: ManifestCache?
  private let name: String
  /// What was known when the planning began.
  private let known:
    (
      indexes: [ManifestIndexCache.Key: ManifestIndex],
      entries: [ManifestIndexCache.Key: [Int: ManifestEntry]]
    )
  private let verdicts = Mutex<[Tuple: Bool]>([:])
  private let verdictsOfShared = Mutex<[SharedTuples: [Bool?]]>([:])
  private let plans = Mutex<[(schema: [UInt8], specID: Int, plan: Manifest.Plan)]>([])

  init(_ table: Table, _ judge: FileJudge, _ cache: ManifestCache?) {
    (self.table, self.judge, self.cache) = (table, judge, cache)
    name = ManifestIndexCache.name(of: table)
    known = cache?.indexes.known(ofTable: name) ?? ([:], [:])
  }

  /// Returns the files of a manifest that a query must read.
  func tasks(of manifest: ManifestFile) throws(TableFormatError) -> Part {
    if let entries = cache?.entries(of: manifest) {
      var part = Part()
      part.counters.manifestsFromCache = 1
      judgeAll(entries.filter { $0.isLive }, manifest, &part)
      return part
    }
    // An index that is wrong shows when it is used, and costs the reading of the whole manifest.
    if let part = try? tasksByIndex(of: manifest) { return part }
    cache?.indexes.remove(manifest, table: name)
    let path = try table.paths.path(of: manifest.path)
    let bytes = try TableFormatError.wrapping(manifest.path) { () throws(FileFormatError) in
      try table.fileSystem.readAll(path)
    }
    let (wanted, index) = try Manifest.walk(bytes, of: manifest, metadata: table.metadata) {
      (plan, tuple) throws(FileFormatError) in try isWanted(tuple, plan, manifest.specID)
    }
    if bytes.count <= Int(UInt32.max), index.agrees(with: manifest) {
      cache?.indexes.insert(index, of: manifest, table: name)
      cache?.indexes.insert(wanted, of: manifest, table: name)
    }
    return part(index, wanted.map(\.entry), manifest)
  }

  /// Reads by an index; `nil` if there is none that fits.
  private func tasksByIndex(of manifest: ManifestFile) throws(TableFormatError) -> Part? {
    let key = ManifestIndexCache.Key(manifest)
    guard let index = known.indexes[key], index.agrees(with: manifest) else { return nil }
    let plan = try plan(of: index, manifest)
    let places = try TableFormatError.wrapping(manifest.path) { () throws(FileFormatError) in
      try wantedPlaces(of: index, plan, manifest.specID)
    }
    var entries = known.entries[key] ?? [:]
    let missing = places.filter { entries[$0] == nil }
    if !missing.isEmpty {
      let path = try table.paths.path(of: manifest.path)
      let file = try TableFormatError.wrapping(manifest.path) { () throws(FileFormatError) in
        try table.fileSystem.open(path)
      }
      let read = try Manifest.read(missing, by: index, plan, from: file, of: manifest)
      for (place, entry) in zip(missing, read) { entries[place] = entry }
      cache?.indexes.insert(Array(zip(missing, read)), of: manifest, table: name)
    }
    var part = part(index, places.compactMap { entries[$0] }, manifest)
    part.counters.manifestsFromCache = 1
    return part
  }

  /// How the entries of an indexed manifest are read; manifests of one file share their schemas, which shows at once.
  private func plan(
    of index: ManifestIndex, _ manifest: ManifestFile
  ) throws(TableFormatError) -> Manifest.Plan {
    let known = plans.withLock { plans in
      plans.first { $0.specID == manifest.specID && $0.schema == index.schema }?.plan
    }
    if let known { return known }
    let plan = try Manifest.plan(of: index, manifest, table.metadata)
    plans.withLock { $0.append((index.schema, manifest.specID, plan)) }
    return plan
  }

  private func part(_ index: ManifestIndex, _ wanted: [ManifestEntry], _ manifest: ManifestFile) -> Part {
    var part = Part()
    // Those that are wanted are counted as they are judged.
    part.counters.fileCount = index.entries.count - wanted.count
    part.counters.filesPrunedByPartition = index.entries.count - wanted.count
    part.counters.byteCount = wanted.reduce(index.liveByteCount) { $0 &- $1.file.fileSizeInBytes }
    judgeAll(wanted, manifest, &part)
    return part
  }

  private func judgeAll(_ entries: [ManifestEntry], _ manifest: ManifestFile, _ part: inout Part) {
    let spec = table.metadata.partitionSpec(id: manifest.specID) ?? .unpartitioned
    for entry in entries where entry.file.content == .data {
      if let task = judge.task(entry, spec, &part.counters) { part.tasks.append(task) }
    }
  }

  /// Returns which entries of an index are of partitions whose rows can pass.
  private func wantedPlaces(
    of index: ManifestIndex, _ plan: Manifest.Plan, _ specID: Int
  ) throws(FileFormatError) -> [Int] {
    let key = SharedTuples(plan: plan.number, specID: specID, tuples: ObjectIdentifier(index.tuples))
    var verdicts = verdictsOfShared.withLock { $0[key] } ?? index.tuples.all.map { _ in nil }
    var isNew = false
    var places: [Int] = []
    for place in index.entries.indices {
      let tuple = Int(index.entries[place].tuple)
      var verdict = verdicts[tuple]
      if verdict == nil {
        verdict = try isWanted(index.tuples.all[tuple], plan, specID)
        verdicts[tuple] = verdict
        isNew = true
      }
      if verdict == true { places.append(place) }
    }
    // Another worker may have found out about others meanwhile: then it is asked again.
    if isNew { verdictsOfShared.withLock { $0[key] = verdicts } }
    return places
  }

  /// Whether rows of a partition can pass.
  private func isWanted(
    _ tuple: [UInt8], _ plan: Manifest.Plan, _ specID: Int
  ) throws(FileFormatError) -> Bool {
    let key = Tuple(plan: plan.number, specID: specID, bytes: tuple)
    if let known = verdicts.withLock({ $0[key] }) { return known }
    var values = plan.emptyTuple
    if !tuple.isEmpty {
      var decoder = AvroDecoder(tuple)
      try plan.readPartition(&decoder, into: &values)
    }
    let verdict = judge.evaluators[specID].outcomes(of: judge.predicate, in: values).mightMatch
    verdicts.withLock { $0[key] = verdict }
    return verdict
  }
}

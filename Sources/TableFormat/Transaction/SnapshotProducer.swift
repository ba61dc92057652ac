/// Makes a snapshot: the only writer of manifests, manifest lists and snapshots.
///
/// Manifests that need no change are kept by reference. Files added make new manifests; manifests that hold
/// files to be removed are rewritten with the other files carried over (rules 29 to 31). When there are many
/// small manifests, the smallest are merged, so that neither appends nor plans slow down with time.
struct SnapshotProducer {
  /// The kind of change.
  var operation: SnapshotSummary.Operation
  /// The branch that gets the snapshot.
  var branch = SnapshotReference.main
  /// Data files to add.
  var addedData: [DataFile] = []
  /// Delete files to add.
  var addedDeletes: [DataFile] = []
  /// The data sequence number of added data files; `nil` inherits the commit's (rule 33).
  var addedDataSequenceNumber: Int64?
  /// Data files to remove.
  var removedData: [DataFile] = []
  /// Delete files to remove; deletion vectors are told apart by the file they refer to.
  var removedDeletes: [DataFile] = []
  /// Paths of manifests that are written anew, their files ordered by partition.
  var clusteredManifests: Set<String> = []
  /// Values to add to the summary.
  var properties: [String: String] = [:]
  /// Whether the snapshot is only added and no branch moves to it (write, audit, publish).
  var isStaged = false

  /// Makes the snapshot and adds it to the metadata.
  ///
  /// - Parameter changes: The attempt.
  /// - Returns: The snapshot.
  /// - Throws: ``TableFormatError``: `conflict` when a file to remove is not part of the branch any more.
  @discardableResult func produce(in changes: inout TableChanges) throws(TableFormatError) -> Snapshot {
    let number = changes.snapshotCount
    changes.snapshotCount += 1
    let made = changes
    let id = changes.commit.snapshotID(number) { made.newSnapshotID() }
    let parent = try parentSnapshot(changes.metadata)
    let version = changes.metadata.formatVersion
    let sequenceNumber = version >= 2 ? changes.metadata.lastSequenceNumber &+ 1 : 0
    try check(changes.metadata)

    var kept: [ManifestFile] = []
    if let parent {
      kept = try ManifestList.read(
        parent, of: changes.metadata, fileSystem: changes.base.fileSystem, paths: changes.base.paths
      ).filter(\.mayHaveLiveFiles)
    }
    var rewriting = ManifestRewriting(snapshotID: id, sequenceNumber: sequenceNumber)
    if !removedData.isEmpty {
      kept = try rewriting.remove(removedData, content: .data, from: kept, in: &changes)
    }
    if !removedDeletes.isEmpty {
      kept = try rewriting.remove(removedDeletes, content: .deletes, from: kept, in: &changes)
    }
    let added = try manifestsOfAddedFiles(number, id, sequenceNumber, &changes)
    if !clusteredManifests.isEmpty {
      kept = try rewriting.cluster(clusteredManifests, of: kept, in: &changes)
    } else if changes.metadata.settings.mergesManifests {
      kept = try rewriting.merge(kept, adding: added.count, in: &changes)
    }

    var manifests = added + kept
    var (firstRowID, addedRows): (Int64?, Int64?)
    if version >= 3 {
      let first = changes.metadata.nextRowID ?? 0
      let next = Self.assignRowIDs(to: &manifests, from: first)
      (firstRowID, addedRows) = (first, next &- first)
      changes.metadata.nextRowID = next
    }
    let list = try ManifestList.write(
      manifests, formatVersion: version, snapshot: (id, parent?.id, sequenceNumber))
    let location = try changes.write(
      list, named: "snap-\(id)-\(changes.commit.attempt)-\(changes.commit.uuid).avro")
    var summary = SummaryBuilder(operation: operation, parent: parent)
    summary.count(addedData: addedData, addedDeletes: addedDeletes)
    summary.count(removedData: rewriting.removedData, removedDeletes: rewriting.removedDeletes)
    // A snapshot's time is its own, so that the time names it, even while the clock stands still.
    let last = max(parent?.timestampMillis ?? -1, changes.metadata.snapshots.last?.timestampMillis ?? -1)
    let timestamp = max(changes.clock.nowMillis, last &+ 1, changes.metadata.lastUpdatedMillis)
    let snapshot = Snapshot(
      id: id, parentID: parent?.id, sequenceNumber: sequenceNumber, timestampMillis: timestamp,
      manifestList: location, summary: try summary.build(properties, of: changes.metadata),
      schemaID: changes.metadata.currentSchemaID, firstRowID: firstRowID, addedRows: addedRows
    )
    changes.metadata.add(snapshot, to: isStaged ? nil : branch)
    return snapshot
  }

  private func parentSnapshot(_ metadata: TableMetadata) throws(TableFormatError) -> Snapshot? {
    guard let reference = metadata.references[branch] else {
      guard branch == SnapshotReference.main else {
        throw TableFormatError(.notFound, "the table has no branch \"\(branch)\"", field: branch)
      }
      return nil
    }
    guard reference.kind == .branch else {
      throw TableFormatError(
        .invalidArgument, "\"\(branch)\" is a tag, and tags do not take commits", field: branch)
    }
    return try metadata.snapshot(id: reference.snapshotID)
  }

  /// Refuses what no manifest may say.
  private func check(_ metadata: TableMetadata) throws(TableFormatError) {
    var paths: Set<String> = []
    for file in addedData {
      guard file.content == .data else {
        throw TableFormatError(.internal, "\(file.path) is no data file", file: file.path)
      }
      guard paths.insert(file.path).inserted else {
        throw TableFormatError(.invalidArgument, "the file \(file.path) is added twice", file: file.path)
      }
    }
    for file in addedDeletes {
      guard metadata.formatVersion >= 2, file.content != .data else {
        throw TableFormatError(
          .unsupported, "a table of format version 1 cannot have delete files",
          hint: "set the table property 'format-version' to '2'", file: file.path)
      }
      if metadata.formatVersion >= 3, file.content == .positionDeletes, !file.isDeletionVector {
        throw TableFormatError(
          .internal, "format version 3 takes deletion vectors, not position delete files (rule 39)",
          file: file.path)
      }
    }
    for file in addedData + addedDeletes {
      guard let spec = metadata.partitionSpec(id: file.specID) else {
        throw TableFormatError(
          .invalidArgument,
          "the file \(file.path) follows the partition spec \(file.specID), which is not there",
          file: file.path)
      }
      if let field = spec.fields.first(where: { if case .unknown = $0.transform { true } else { false } }) {
        throw TableFormatError(
          .unsupported, "files cannot be written under the partition transform \(field.transform) (rule 76)",
          field: field.name)
      }
    }
  }

  /// Writes the manifests of added files, or takes those of an earlier attempt.
  private func manifestsOfAddedFiles(
    _ number: Int, _ id: SnapshotID, _ sequenceNumber: Int64, _ changes: inout TableChanges
  ) throws(TableFormatError) -> [ManifestFile] {
    guard !addedData.isEmpty || !addedDeletes.isEmpty else { return [] }
    let key = [changes.metadata.formatVersion, changes.metadata.currentSchemaID]
    if let reusable = changes.commit.manifests(of: number, key: key) {
      return reusable.map { manifest in
        var manifest = manifest
        if manifest.minSequenceNumber == manifest.sequenceNumber {
          manifest.minSequenceNumber = sequenceNumber
        }
        manifest.sequenceNumber = sequenceNumber
        return manifest
      }
    }
    var result: [ManifestFile] = []
    for (files, content) in [(addedData, ManifestFile.Content.data), (addedDeletes, .deletes)] {
      let bySpec = Dictionary(grouping: files, by: \.specID)
      for (specID, files) in bySpec.sorted(by: { $0.key < $1.key }) {
        guard let spec = changes.metadata.partitionSpec(id: specID) else { continue }
        let entries = files.map { file in
          ManifestEntry(
            status: .added, snapshotID: id,
            sequenceNumber: content == .data ? addedDataSequenceNumber : nil, file: file)
        }
        var rewriting = ManifestRewriting(snapshotID: id, sequenceNumber: sequenceNumber)
        result += try rewriting.write(entries, spec: spec, content: content, isShared: true, in: &changes)
      }
    }
    changes.commit.keep(result, of: number, key: key)
    return result
  }

  /// Gives row ids to data manifests that have none, in list order (rule 80); returns the next free one.
  private static func assignRowIDs(to manifests: inout [ManifestFile], from first: Int64) -> Int64 {
    var next = first
    for index in manifests.indices
    where manifests[index].content == .data && manifests[index].firstRowID == nil {
      manifests[index].firstRowID = next
      next &+= (manifests[index].addedRowsCount ?? 0) &+ (manifests[index].existingRowsCount ?? 0)
    }
    return next
  }
}

extension TableMetadata {
  /// Adds a snapshot, and moves a branch to it.
  mutating func add(_ snapshot: Snapshot, to branch: String?) {
    snapshots.append(snapshot.json(formatVersion: formatVersion), id: snapshot.id)
    lastSequenceNumber = max(lastSequenceNumber, snapshot.sequenceNumber)
    lastUpdatedMillis = max(lastUpdatedMillis, snapshot.timestampMillis)
    guard let branch else { return }
    setReference(branch, to: snapshot.id, atMillis: snapshot.timestampMillis)
  }

  /// Points a branch or tag at a snapshot; the snapshot log follows `main` alone (rule 63).
  mutating func setReference(_ name: String, to id: SnapshotID, atMillis millis: Int64) {
    references[name, default: SnapshotReference(snapshotID: id)].snapshotID = id
    guard name == SnapshotReference.main, currentSnapshotID != id else { return }
    currentSnapshotID = id
    snapshotLog.append(SnapshotLogEntry(timestampMillis: millis, snapshotID: id).json, id: id)
  }
}

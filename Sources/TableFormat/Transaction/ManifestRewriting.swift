internal import Columnar

/// Writes manifests anew: without files that go, or several as one.
struct ManifestRewriting {
  let snapshotID: SnapshotID
  let sequenceNumber: Int64
  /// The data files that were found and removed.
  private(set) var removedData: [DataFile] = []
  /// The delete files that were found and removed.
  private(set) var removedDeletes: [DataFile] = []

  init(snapshotID: SnapshotID, sequenceNumber: Int64) {
    (self.snapshotID, self.sequenceNumber) = (snapshotID, sequenceNumber)
  }

  /// What tells a file from others: deletion vectors share one path (rule 46).
  private struct FileKey: Hashable {
    var path: String
    var offset: Int64?

    init(_ file: DataFile) { (path, offset) = (file.path, file.contentOffset) }
  }

  /// Takes files out of manifests.
  ///
  /// - Parameters:
  ///   - files: The files, each of which must be live.
  ///   - content: What they hold.
  ///   - manifests: The manifests of the branch.
  ///   - changes: The attempt.
  /// - Returns: The manifests, those that held one of the files replaced.
  /// - Throws: ``TableFormatError`` of kind `conflict` when a file is not live.
  mutating func remove(
    _ files: [DataFile], content: ManifestFile.Content, from manifests: [ManifestFile],
    in changes: inout TableChanges
  ) throws(TableFormatError) -> [ManifestFile] {
    var wanted: [FileKey: DataFile] = [:]
    for file in files { wanted[FileKey(file)] = file }
    var result: [ManifestFile] = []
    for manifest in manifests {
      guard manifest.content == content, !wanted.isEmpty,
        try mayHold(manifest, Array(wanted.values), changes.metadata)
      else {
        result.append(manifest)
        continue
      }
      let entries = try read(manifest, changes)
      guard entries.contains(where: { $0.isLive && wanted[FileKey($0.file)] != nil }) else {
        result.append(manifest)
        continue
      }
      var rewritten: [ManifestEntry] = []
      for entry in entries where entry.isLive {
        var entry = entry
        if wanted.removeValue(forKey: FileKey(entry.file)) != nil {
          (entry.status, entry.snapshotID) = (.deleted, snapshotID)
          if content == .data { removedData.append(entry.file) } else { removedDeletes.append(entry.file) }
        } else {
          entry.status = .existing
        }
        rewritten.append(entry)
      }
      guard let spec = changes.metadata.partitionSpec(id: manifest.specID) else {
        throw TableFormatError(
          .damaged, "a manifest follows the partition spec \(manifest.specID), which is not there",
          file: manifest.path)
      }
      result += try write(rewritten, spec: spec, content: content, in: &changes)
    }
    if let missing = wanted.keys.map(\.path).min() {
      throw TableFormatError(
        .conflict, "the file \(missing) is not part of the table any more: another writer has removed it",
        hint: "run the statement again", file: missing)
    }
    return result
  }

  /// Merges the smallest manifests when there are many (`commit.manifest.min-count-to-merge`).
  ///
  /// A manifest joins only when it is not larger than all smaller ones together, so that every entry is
  /// rewritten a logarithmic number of times, however many commits there are.
  ///
  /// - Parameters:
  ///   - manifests: The manifests of the branch, this commit's rewritten ones included.
  ///   - newCount: How many manifests the commit adds to them.
  ///   - changes: The attempt.
  /// - Returns: The manifests to keep.
  /// - Throws: ``TableFormatError`` when one cannot be read or written.
  mutating func merge(
    _ manifests: [ManifestFile], adding newCount: Int, in changes: inout TableChanges
  ) throws(TableFormatError) -> [ManifestFile] {
    let settings = changes.metadata.settings
    struct Group: Hashable {
      var specID: Int
      var content: ManifestFile.Content
    }
    let groups = Dictionary(
      grouping: manifests.indices, by: { Group(specID: manifests[$0].specID, content: manifests[$0].content) }
    )
    var merged: [Int: [ManifestFile]] = [:]
    var gone: Set<Int> = []
    for (group, places) in groups where places.count + newCount > settings.manifestMinCountToMerge {
      let smallFirst = places.filter { manifests[$0].addedSnapshotID != snapshotID }
        .sorted { (manifests[$0].byteCount, $0) < (manifests[$1].byteCount, $1) }
      var (chosen, total): ([Int], Int64) = ([], 0)
      for place in smallFirst {
        let size = manifests[place].byteCount
        guard size <= max(total, 65_536), total &+ size <= settings.manifestTargetBytes else { break }
        chosen.append(place)
        total &+= size
      }
      guard chosen.count >= 2, let spec = changes.metadata.partitionSpec(id: group.specID) else { continue }
      var entries: [ManifestEntry] = []
      for place in chosen.sorted() {
        for var entry in try read(manifests[place], changes) where entry.isLive {
          entry.status = .existing
          entries.append(entry)
        }
      }
      gone.formUnion(chosen)
      guard let first = chosen.min() else { continue }
      merged[first] =
        entries.isEmpty ? [] : try write(entries, spec: spec, content: group.content, in: &changes)
    }
    guard !gone.isEmpty else { return manifests }
    var result: [ManifestFile] = []
    for place in manifests.indices {
      if let new = merged[place] { result += new }
      if !gone.contains(place) { result.append(manifests[place]) }
    }
    return result
  }

  /// Writes entries to as many manifests as the target size asks for.
  mutating func write(
    _ entries: [ManifestEntry], spec: PartitionSpec, content: ManifestFile.Content, isShared: Bool = false,
    in changes: inout TableChanges
  ) throws(TableFormatError) -> [ManifestFile] {
    let limit = Int(changes.metadata.settings.manifestTargetBytes)
    var result: [ManifestFile] = []
    var at = 0
    while at < entries.count {
      var writer = try ManifestWriter(
        of: changes.metadata, spec: spec, content: content, snapshotID: snapshotID)
      repeat {
        try writer.append(entries[at])
        at += 1
      } while at < entries.count && writer.byteCount < limit
      let name = changes.commit.manifestName()
      var (bytes, manifest) = try writer.finish(location: "", sequenceNumber: sequenceNumber)
      manifest.path = try changes.write(bytes, named: name, isShared: isShared)
      result.append(manifest)
    }
    return result
  }

  private func read(
    _ manifest: ManifestFile, _ changes: TableChanges
  ) throws(TableFormatError) -> [ManifestEntry] {
    try Manifest.read(
      manifest, of: changes.metadata, fileSystem: changes.base.fileSystem, paths: changes.base.paths)
  }

  /// Whether a manifest may hold one of the files, by its spec and partition bounds.
  private func mayHold(
    _ manifest: ManifestFile, _ files: [DataFile], _ metadata: TableMetadata
  ) throws(TableFormatError) -> Bool {
    guard let summaries = manifest.partitions, let spec = metadata.partitionSpec(id: manifest.specID) else {
      return files.contains { $0.specID == manifest.specID }
    }
    let type = try metadata.partitionType(of: spec)
    return files.contains { file in
      guard file.specID == manifest.specID else { return false }
      guard summaries.count == type.count, file.partition.count == type.count else { return true }
      for (place, value) in file.partition.enumerated() {
        let summary = summaries[place]
        if value.isNull {
          if !summary.containsNull { return false }
          continue
        }
        guard let least = summary.lowerBound, let greatest = summary.upperBound,
          let lower = try? SingleValue.decode(least, as: type[place].type),
          let upper = try? SingleValue.decode(greatest, as: type[place].type)
        else { continue }
        if PartitionSummaryBuilder.isLess(value, lower) || PartitionSummaryBuilder.isLess(upper, value) {
          return false
        }
      }
      return true
    }
  }
}

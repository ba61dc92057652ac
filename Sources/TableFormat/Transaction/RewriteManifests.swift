internal import Columnar

/// Writes the manifests of a branch anew, their files ordered by partition, in one snapshot of operation
/// `replace`: a filter on the partition then reads few manifests.
public struct RewriteManifests: TransactionAction {
  /// The partition spec whose manifests are rewritten; `nil` for those of all.
  public var specID: Int?
  /// The branch.
  public var branch: String
  /// Values to add to the snapshot's summary.
  public var properties: [String: String]

  /// Describes the rewriting.
  public init(specID: Int? = nil, branch: String = SnapshotReference.main, properties: [String: String] = [:])
  {
    (self.specID, self.branch, self.properties) = (specID, branch, properties)
  }

  /// Makes the change; without manifests to rewrite there is none.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    guard let head = try changes.metadata.snapshot(reference: branch) else { return }
    let manifests = try changes.base.manifests(of: head).filter {
      $0.mayHaveLiveFiles && (specID == nil || $0.specID == specID)
        && changes.metadata.partitionSpec(id: $0.specID) != nil
    }
    guard !manifests.isEmpty else { return }
    var producer = SnapshotProducer(operation: .replace)
    (producer.branch, producer.properties) = (branch, properties)
    producer.clusteredManifests = Set(manifests.map(\.path))
    try producer.produce(in: &changes)
  }
}

extension ManifestRewriting {
  /// Replaces manifests by others with the same live files, ordered by partition and path.
  ///
  /// - Parameters:
  ///   - paths: Which manifests.
  ///   - manifests: The manifests of the branch.
  ///   - changes: The attempt.
  /// - Returns: All manifests of the branch.
  /// - Throws: ``TableFormatError`` when one cannot be read or written.
  mutating func cluster(
    _ paths: Set<String>, of manifests: [ManifestFile], in changes: inout TableChanges
  ) throws(TableFormatError) -> [ManifestFile] {
    var result = manifests.filter { !paths.contains($0.path) }
    for spec in changes.metadata.partitionSpecs {
      for content in [ManifestFile.Content.data, .deletes] {
        var entries: [ManifestEntry] = []
        for manifest in manifests
        where paths.contains(manifest.path) && manifest.specID == spec.id && manifest.content == content {
          for var entry in try changes.base.entries(of: manifest) where entry.isLive {
            entry.status = .existing
            entries.append(entry)
          }
        }
        entries.sort { Self.precedes($0.file, $1.file) }
        result += try write(entries, spec: spec, content: content, in: &changes)
      }
    }
    return result
  }

  /// The order of partition tuples, nulls first, and of paths within a partition.
  private static func precedes(_ left: DataFile, _ right: DataFile) -> Bool {
    for (one, other) in zip(left.partition, right.partition) where one != other {
      if one.isNull || other.isNull { return one.isNull }
      if PartitionSummaryBuilder.isLess(one, other) { return true }
      if PartitionSummaryBuilder.isLess(other, one) { return false }
    }
    return left.path < right.path
  }
}

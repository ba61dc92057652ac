/// Attaches statistics files to snapshots, in place of those they have, or takes them away (rule 60).
public struct UpdateStatistics: TransactionAction {
  /// Statistics files to attach.
  public var statistics: [StatisticsFile]
  /// Partition statistics files to attach.
  public var partitionStatistics: [PartitionStatisticsFile]
  /// Snapshots whose statistics go.
  public var removed: [SnapshotID]

  /// Describes the change.
  public init(
    statistics: [StatisticsFile] = [], partitionStatistics: [PartitionStatisticsFile] = [],
    removed: [SnapshotID] = []
  ) {
    (self.statistics, self.partitionStatistics) = (statistics, partitionStatistics)
    self.removed = removed
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    let gone = Set(removed)
    changes.metadata.statistics.removeAll { gone.contains($0.snapshotID) }
    changes.metadata.partitionStatistics.removeAll { gone.contains($0.snapshotID) }
    for file in statistics {
      try Self.require(file.snapshotID, changes)
      changes.metadata.statistics.removeAll { $0.snapshotID == file.snapshotID }
      changes.metadata.statistics.append(file)
    }
    for file in partitionStatistics {
      try Self.require(file.snapshotID, changes)
      changes.metadata.partitionStatistics.removeAll { $0.snapshotID == file.snapshotID }
      changes.metadata.partitionStatistics.append(file)
    }
  }

  private static func require(_ id: SnapshotID, _ changes: TableChanges) throws(TableFormatError) {
    guard try changes.metadata.snapshot(id: id) != nil else {
      throw TableFormatError(
        .conflict, "the snapshot \(id) that the statistics are of has expired", hint: "compute them again")
    }
  }
}

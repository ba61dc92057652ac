internal import Columnar

/// Collects the summary of a snapshot (Iceberg spec, "Optional Snapshot Summary Fields"; rule 71).
struct SummaryBuilder {
  private struct Partition: Hashable {
    var specID: Int
    var values: [ScalarValue]
  }

  let operation: SnapshotSummary.Operation
  let parent: Snapshot?
  private var counts: [String: Int64] = [:]
  private var partitions: Set<Partition> = []

  init(operation: SnapshotSummary.Operation, parent: Snapshot?) {
    (self.operation, self.parent) = (operation, parent)
  }

  mutating func count(addedData: [DataFile], addedDeletes: [DataFile]) {
    for file in addedData {
      add("added-data-files", 1)
      add("added-records", file.recordCount)
      touch(file, "added-files-size")
    }
    for file in addedDeletes { countDelete(file, "added") }
  }

  mutating func count(removedData: [DataFile], removedDeletes: [DataFile]) {
    for file in removedData {
      add("deleted-data-files", 1)
      add("deleted-records", file.recordCount)
      touch(file, "removed-files-size")
    }
    for file in removedDeletes { countDelete(file, "removed") }
  }

  private mutating func countDelete(_ file: DataFile, _ prefix: String) {
    add("\(prefix)-delete-files", 1)
    switch file.content {
    case .equalityDeletes:
      add("\(prefix)-equality-delete-files", 1)
      add("\(prefix)-equality-deletes", file.recordCount)
    case .positionDeletes, .data:
      add(file.isDeletionVector ? "\(prefix)-dvs" : "\(prefix)-position-delete-files", 1)
      add("\(prefix)-position-deletes", file.recordCount)
    }
    touch(file, "\(prefix)-files-size")
  }

  private mutating func touch(_ file: DataFile, _ size: String) {
    // Deletion vectors share a file: each counts for its own part.
    add(size, file.contentSizeInBytes ?? file.fileSizeInBytes)
    partitions.insert(Partition(specID: file.specID, values: file.partition))
  }

  /// Wraps rather than traps: sizes of removed files are what damaged manifests may say.
  private mutating func add(_ name: String, _ number: Int64) { counts[name, default: 0] &+= number }

  /// The totals and what makes them change.
  private static let totals = [
    ("total-data-files", "added-data-files", "deleted-data-files"),
    ("total-delete-files", "added-delete-files", "removed-delete-files"),
    ("total-records", "added-records", "deleted-records"),
    ("total-files-size", "added-files-size", "removed-files-size"),
    ("total-position-deletes", "added-position-deletes", "removed-position-deletes"),
    ("total-equality-deletes", "added-equality-deletes", "removed-equality-deletes"),
  ]

  /// The summary.
  ///
  /// A total is left out when the parent's is unknown, or would come out negative because it was wrong.
  func build(
    _ properties: [String: String], of metadata: TableMetadata
  ) throws(TableFormatError) -> SnapshotSummary {
    var values = properties
    for (name, number) in counts where number > 0 { values[name] = String(number) }
    values["changed-partition-count"] = String(partitions.count)
    let before = parent?.summary.values ?? [:]
    for (total, added, removed) in Self.totals {
      guard let previous = parent == nil ? 0 : before[total].flatMap({ Int64($0) }) else { continue }
      let now = previous &+ (counts[added] ?? 0) &- (counts[removed] ?? 0)
      if now >= 0 { values[total] = String(now) }
    }
    values["engine-name"] = "wequery"
    return SnapshotSummary(operation: operation, values: values)
  }
}

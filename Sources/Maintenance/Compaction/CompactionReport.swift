package import TableFormat

/// What a compaction did, or would do.
package struct CompactionReport: Sendable {
  /// One group.
  package struct Group: Sendable {
    /// The partition's folder name.
    package var partition: String
    package var filesBefore = 0
    package var filesAfter = 0
    package var bytesBefore: Int64 = 0
    package var bytesAfter: Int64 = 0
    /// Rows before, deleted ones included.
    package var records: Int64 = 0
    /// Rows after.
    package var rows: Int64 = 0
    /// Of the rows, in hexadecimal.
    package var checksum = ""
  }

  package var table: TableIdentifier
  package var isDryRun = false
  /// Data files that were looked at.
  package var filesSeen = 0
  package var groups: [Group] = []
  /// Delete files that are no longer part of the table.
  package var removedDeleteFiles = 0
  /// How many commits were made.
  package var commits = 0
  /// The newest snapshot; `nil` when nothing was changed.
  package var snapshotID: SnapshotID?
  /// How often everything was done again because another writer was faster.
  package var retries = 0

  package init(table: TableIdentifier) { self.table = table }

  package var filesBefore: Int { groups.reduce(0) { $0 + $1.filesBefore } }
  package var filesAfter: Int { groups.reduce(0) { $0 + $1.filesAfter } }
  package var bytesBefore: Int64 { groups.reduce(0) { $0 + $1.bytesBefore } }
  package var bytesAfter: Int64 { groups.reduce(0) { $0 + $1.bytesAfter } }
  package var rows: Int64 { groups.reduce(0) { $0 + $1.rows } }
  /// Rows that deletes had removed, and that are now gone from the files.
  package var deletedRows: Int64 { isDryRun ? 0 : groups.reduce(0) { $0 + $1.records - $1.rows } }
  package var partitions: Int { Set(groups.map(\.partition)).count }
  /// Of all rows, in hexadecimal: the sum of the groups'.
  package var checksum: String {
    let sum = groups.reduce(UInt64(0)) { $0 &+ (UInt64($1.checksum, radix: 16) ?? 0) }
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

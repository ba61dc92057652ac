/// What a load did: `read` is the sum of the four that follow it.
package struct LoadReport: Sendable {
  package var table = ""
  /// Whether nothing was written.
  package var isDryRun = false
  package var files = 0
  /// Files that had been loaded before.
  package var skippedFiles = 0
  package var read = 0
  package var accepted = 0
  package var repaired = 0
  package var rejected = 0
  /// Duplicates and empty lines.
  package var skipped = 0
  package var duplicates = 0
  package var emptyLines = 0
  /// What was mended, by kind.
  package var repairs: [String: Int] = [:]
  /// What is odd, by text.
  package var warnings: [String: Int] = [:]
  /// Stored events of the sessions touched whose number, time on page or bot flag changed.
  package var rewritten = 0
  /// The first refused records, for people.
  package var rejects: [WarehouseState.Reject] = []
  package var snapshotID: Int64?
  package var dataFiles = 0
  /// Partitions that they are in.
  package var partitions = 0
  package var byteCount = 0

  package init() {}

  /// The share of records that were refused.
  package var rejectedShare: Double { read == 0 ? 0 : Double(rejected) / Double(read) }

  /// Takes over what a job has counted and made.
  mutating func take(_ other: LoadReport) {
    let own = self
    self = other
    (table, isDryRun, files, skippedFiles) = (own.table, own.isDryRun, own.files, own.skippedFiles)
  }

  /// Counts what was mended of a record.
  mutating func count(_ repairs: Repairs) {
    guard !repairs.isEmpty else { return }
    for (repair, name) in Repairs.names where repairs.contains(repair) { self.repairs[name, default: 0] += 1 }
  }

  /// Counts something odd; of texts that all differ only the first are kept.
  mutating func warn(_ text: String) {
    if warnings[text] == nil && warnings.count >= 100 { return warnings["…", default: 0] += 1 }
    warnings[text, default: 0] += 1
  }
}

package import TableFormat

/// What a compaction shall do.
package struct CompactionOptions: Sendable {
  /// How the rows of new files are sorted.
  package enum Order: Sendable {
    /// By the table's sort order, if it has one.
    case table
    /// As they come.
    case none
    case fields([SortField])
  }

  /// Which groups are rewritten first.
  package enum GroupOrder: String, Sendable {
    case none
    case bytesAscending = "bytes-asc"
    case bytesDescending = "bytes-desc"
    case filesAscending = "files-asc"
    case filesDescending = "files-desc"
  }

  /// Only files that may hold rows that pass are looked at.
  package var predicate = Predicate.alwaysTrue
  /// Bytes of a new file; `nil` is the table's `write.target-file-size-bytes`.
  package var targetBytes: Int64?
  /// Files below so many bytes are rewritten; `nil` is 75 % of the target.
  package var minFileBytes: Int64?
  /// Files above so many bytes are rewritten; `nil` is 180 % of the target.
  package var maxFileBytes: Int64?
  /// So many small files make a group worth rewriting.
  package var minInputFiles = 5
  /// Rewrites all files.
  package var rewritesAll = false
  /// A file to which so many delete files apply is rewritten.
  package var deleteFileThreshold = 1
  /// A file of whose rows its own deletes remove this share is rewritten; `nil` goes by the number of files.
  package var deleteRatioThreshold: Double?
  /// Whether delete files that apply to no data file any more go, too.
  package var removesDanglingDeletes = true
  /// In how many commits the work is done at most: what is committed stays, should a later one fail.
  package var maxCommits = 1
  /// At most so many files are rewritten; `nil` is no limit.
  package var maxFiles: Int?
  /// Groups that are rewritten at a time; `nil` is one for each of the session's workers.
  package var workerCount: Int?
  /// Which groups come first.
  package var groupOrder = GroupOrder.none
  /// Whether somebody asked to stop; called from several threads.
  package var isCancelled: @Sendable () -> Bool = { false }
  /// The most bytes that are rewritten together; `nil` for what memory allows.
  package var maxGroupBytes: Int64?
  package var order = Order.table
  /// Whether only the plan is made.
  package var isDryRun = false
  /// New files keep the sequence number of the snapshot that was read (rule 33).
  package var usesStartingSequenceNumber = true

  package init() {}
}

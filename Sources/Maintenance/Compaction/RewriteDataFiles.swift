internal import Columnar
internal import QueryEngine
internal import TableFormat

/// `CALL system.rewrite_data_files(…)`: compaction under Spark's name.
struct RewriteDataFiles: Procedure {
  let name = "rewrite_data_files"
  let summary = "Rewrites small files and files with deletes into fewer ones with the same rows."
  let parameters: [ProcedureParameter] = [
    .table, .init("strategy", .varchar), .init("sort_order", .varchar),
    .init("options", .map(key: .varchar, value: .varchar)), .init("where", .varchar), .dryRun,
  ]

  func run(_ arguments: ProcedureArguments, in session: Session) throws(QueryError) -> ProcedureResult {
    let table = try session.table(named: arguments.table)
    var options = try Self.options(arguments.options("options"))
    options.isDryRun = arguments.isDryRun
    if let condition = arguments.text("where") {
      options.predicate = try session.predicate(condition, on: table)
    }
    switch arguments.text("strategy")?.lowercased() {
    case nil:
      if let order = arguments.text("sort_order") { options.order = try Self.order(order, table) }
    case "binpack"?, "bin_pack"?: options.order = .none
    case "sort"?:
      if let order = arguments.text("sort_order") { options.order = try Self.order(order, table) }
      // Asked to sort, all files are rewritten, as sizes say nothing about order.
      options.rewritesAll = true
    case let other?:
      throw QueryError(
        .invalidParameter, "there is no strategy \"\(other)\"", hint: "binpack and sort are there")
    }
    let chosen = options
    let report = try QueryError.working { () throws(MaintenanceError) in
      try Compaction(session, chosen).run(table)
    }
    return ProcedureResult(
      columns: [
        ("rewritten_data_files_count", .integer), ("added_data_files_count", .integer),
        ("rewritten_bytes_count", .bigint), ("failed_data_files_count", .integer),
        ("removed_delete_files_count", .integer), ("rows_count", .bigint), ("checksum", .varchar),
        ("snapshot_id", .bigint),
      ],
      rows: [
        [
          .integer(Int64(report.filesBefore)), .integer(Int64(report.filesAfter)),
          .integer(report.bytesBefore), .integer(0), .integer(Int64(report.removedDeleteFiles)),
          .integer(report.rows), report.snapshotID == nil ? .null : .text(report.checksum),
          report.snapshotID.map { .integer($0.rawValue) } ?? .null,
        ]
      ])
  }

  private static func order(_ text: String, _ table: Table) throws(QueryError) -> CompactionOptions.Order {
    try QueryError.working { () throws(MaintenanceError) in try CompactionOptions.Order(text, for: table) }
  }

  private static func options(_ given: [String: String]) throws(QueryError) -> CompactionOptions {
    var options = CompactionOptions()
    // Spark leaves files alone until deletes are 30 % of their rows; a file with deletes is folded in here.
    if given["delete-ratio-threshold"] != nil { options.deleteFileThreshold = .max }
    var (isPartial, maxCommits) = (false, 10)
    for (name, text) in given.sorted(by: { $0.key < $1.key }) {
      func wrong(_ wanted: String) -> QueryError {
        QueryError(.invalidParameter, "the option \"\(name)\" is \(wanted), not \"\(text)\"")
      }
      func number() throws(QueryError) -> Int64 {
        guard let value = Int64(text), value >= 0 else { throw wrong("a number") }
        return value
      }
      func flag() throws(QueryError) -> Bool {
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default: throw wrong("true or false")
        }
      }
      switch name {
      case "target-file-size-bytes": options.targetBytes = try number()
      case "min-file-size-bytes": options.minFileBytes = try number()
      case "max-file-size-bytes": options.maxFileBytes = try number()
      case "min-input-files": options.minInputFiles = Int(clamping: max(1, try number()))
      case "rewrite-all": options.rewritesAll = try flag()
      case "max-file-group-size-bytes": options.maxGroupBytes = try number()
      case "delete-file-threshold": options.deleteFileThreshold = Int(clamping: max(1, try number()))
      case "delete-ratio-threshold":
        guard let ratio = Double(text), ratio >= 0, ratio <= 1 else { throw wrong("a share from 0 to 1") }
        options.deleteRatioThreshold = ratio
      case "remove-dangling-deletes": options.removesDanglingDeletes = try flag()
      case "use-starting-sequence-number": options.usesStartingSequenceNumber = try flag()
      case "max-concurrent-file-group-rewrites":
        options.workerCount = Int(clamping: max(1, try number()))
      case "max-files-to-rewrite": options.maxFiles = Int(clamping: max(1, try number()))
      case "rewrite-job-order":
        guard let order = CompactionOptions.GroupOrder(rawValue: text.lowercased()) else {
          throw wrong("none, bytes-asc, bytes-desc, files-asc or files-desc")
        }
        options.groupOrder = order
      case "partial-progress.enabled": isPartial = try flag()
      case "partial-progress.max-commits": maxCommits = Int(clamping: max(1, try number()))
      case "partial-progress.max-failed-commits", "output-spec-id", "var-length-contribution",
        "shuffle-partitions-per-file", "compression-factor":
        throw QueryError(.unsupported, "the option \"\(name)\" is not supported", hint: "leave it out")
      default:
        throw QueryError(.invalidParameter, "rewrite_data_files has no option \"\(name)\"")
      }
    }
    if isPartial { options.maxCommits = maxCommits }
    return options
  }
}

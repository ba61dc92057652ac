internal import Columnar
internal import FileFormats
package import QueryEngine
package import TableFormat

/// Loads files into a table: read, checked against what is there, written, and committed in one snapshot.
///
/// All files of a load become visible together, and a table that is made, with them. Loading the same content
/// again adds nothing: the ledger knows files, and web events are known one by one by their key. With a ``DryRunCatalog``
/// and a state that keeps nothing it does the same, and leaves no trace.
package struct Loader {
  /// What to load, and how.
  package struct Options: Sendable {
    package var format = InputFormat.auto
    /// Make the table if it is missing.
    package var creates = false
    /// Above this share of refused records nothing is committed.
    package var maxRejected = 0.05
    /// Whether web events without a session id or an anonymous id are refused.
    package var dropsUnidentified = false
    /// Whether web events that are joined by a backslash and an `n` instead of a newline are taken apart.
    package var splitsJoinedRecords = true
    /// The rule that flags bots in a table that is made; `nil` is the first.
    package var botRule: BotRule?
    package init() {}
  }

  private let session: Session
  private let catalog: any Catalog
  private let state: WarehouseState
  private let options: Options
  /// Is told how many bytes of how many are read.
  private let progress: (Int, Int) -> Void

  package init(
    session: Session, catalog: any Catalog, state: WarehouseState, options: Options,
    progress: @escaping (Int, Int) -> Void = { _, _ in }
  ) {
    (self.session, self.catalog, self.state) = (session, catalog, state)
    (self.options, self.progress) = (options, progress)
  }

  /// Loads files.
  ///
  /// - Parameters:
  ///   - paths: Files of the local file system.
  ///   - identifier: The table.
  /// - Returns: What was done.
  /// - Throws: ``MaintenanceError``; the table is as before then.
  package func load(
    _ paths: [String], into identifier: TableIdentifier
  ) throws(MaintenanceError) -> LoadReport {
    var report = LoadReport()
    (report.table, report.isDryRun) = (identifier.description, state.isDryRun)
    let inputs = try open(paths)
    report.files = inputs.count
    var table = try existing(identifier)
    guard table != nil || options.creates else {
      throw MaintenanceError(
        .notFound, "there is no table \(identifier)", hint: "--create makes it from what is loaded")
    }
    try checkRule(of: table)
    let format = try commonFormat(of: inputs, table: table)
    let wanted = try unloaded(inputs, table)
    report.skippedFiles = inputs.count - wanted.count
    guard !wanted.isEmpty else { return report }

    // A table is made under the lock from the beginning; into one that is there, loads read side by side.
    var lock = table == nil ? try lock(identifier) : nil
    if lock != nil { table = try existing(identifier) }
    let creation = table == nil ? try creation(identifier, format, wanted) : nil
    let target: Table
    if let table { target = table } else { target = try stage(creation, identifier) }
    let loadID = hexadecimal(UInt64.random(in: 0...UInt64.max), digits: 16)
    let rejects = RejectLog(state, table: identifier.description, runID: loadID, at: session.clockMicros)
    var job = try self.job(format, target, rejects)
    do throws(MaintenanceError) {
      try read(wanted, &job)
      try rejects.finish()
      try checkRejects(job.report, rejects)
      if lock == nil { lock = try self.lock(identifier) }
      var newest = target
      if !target.metadataLocation.isEmpty, let current = try existing(identifier) { newest = current }
      guard try unloaded(wanted, newest).count == wanted.count else {
        throw MaintenanceError(
          .conflict, "another load has added some of the files meanwhile",
          hint: "load again: what is there is skipped")
      }
      let entries = wanted.map {
        WarehouseState.LedgerEntry(
          contentHash: $0.hash, byteCount: $0.file.byteCount, path: $0.path, loadID: loadID, snapshotID: nil)
      }
      try state.begin(entries, tableUUID: newest.metadata.uuid, at: session.clockMicros)
      report.take(try job.commit(to: newest, loadID: loadID))
    } catch {
      job.abandon()
      throw error
    }
    report.rejects = rejects.first
    if let id = report.snapshotID {
      try state.finish(loadID: loadID, snapshotID: id)
    } else if let creation {
      // Nothing to commit, but the table was asked for.
      _ = try MaintenanceError.wrapping { () throws(TableFormatError) in
        try self.catalog.createTable(creation)
      }
    }
    withExtendedLifetime(lock) {}
    return report
  }

  // MARK: Inputs

  private struct Input {
    var path: String
    var file: any RandomAccessFile
    /// Of its bytes.
    var hash: String
  }

  private func open(_ paths: [String]) throws(MaintenanceError) -> [Input] {
    var inputs: [Input] = []
    let files = LocalFileSystem()
    for path in paths {
      let file = try MaintenanceError.reading { () throws(FileFormatError) in try files.open(path) }
      inputs.append(Input(path: path, file: file, hash: try ContentHash.of(file)))
    }
    return inputs
  }

  /// Returns the inputs whose content is neither in the table nor named before.
  private func unloaded(_ inputs: [Input], _ table: Table?) throws(MaintenanceError) -> [Input] {
    var result: [Input] = []
    for input in inputs {
      if result.contains(where: { $0.hash == input.hash && $0.file.byteCount == input.file.byteCount }) {
        continue
      }
      if let table, try isLoaded(input, table) { continue }
      result.append(input)
    }
    return result
  }

  /// Whether a file's content is in the table: an entry counts only while its snapshot is part of the
  /// table's history, so that a rollback makes the file loadable again.
  private func isLoaded(_ input: Input, _ table: Table) throws(MaintenanceError) -> Bool {
    let entries = try state.entries(
      tableUUID: table.metadata.uuid, contentHash: input.hash, byteCount: input.file.byteCount)
    guard !entries.isEmpty else { return false }
    // A snapshot that is gone has expired; a rollback alone keeps it in the metadata.
    return try MaintenanceError.wrapping { () throws(TableFormatError) in
      for entry in entries {
        if let id = entry.snapshotID, try table.metadata.snapshot(id: SnapshotID(id)) == nil { return true }
      }
      let (ids, loads) = (Set(entries.compactMap(\.snapshotID)), Set(entries.map(\.loadID)))
      return try table.metadata.ancestry(of: table.metadata.currentSnapshotID).contains { snapshot in
        ids.contains(snapshot.id.rawValue) || snapshot.summary["wequery.load-id"].map(loads.contains) ?? false
      }
    }
  }

  private func commonFormat(of inputs: [Input], table: Table?) throws(MaintenanceError) -> InputFormat {
    if options.format != .auto { return options.format }
    let isHome = table.map { WebEventTable.matches($0) } ?? false
    var found: InputFormat?
    for input in inputs {
      let format = try InputFormat.detect(input.path, input.file, isWebEventTable: isHome)
      if let found, found != format {
        throw MaintenanceError(
          .failed, "the files are of different formats, \(found.rawValue) and \(format.rawValue)",
          hint: "load them one format at a time", file: input.path)
      }
      found = format
    }
    return found ?? .ndjson
  }

  private func read(_ inputs: [Input], _ job: inout any LoadJob) throws(MaintenanceError) {
    let total = inputs.reduce(0) { $0 + $1.file.byteCount }
    var done = 0
    for input in inputs {
      let before = done
      // What is read of a compressed file, decompressed, may be more than the file has.
      try job.read(input.file, path: input.path) { progress(before + min($0, input.file.byteCount), total) }
      done += input.file.byteCount
      progress(done, total)
    }
    try job.finishReading()
  }

  private func checkRejects(_ report: LoadReport, _ rejects: RejectLog) throws(MaintenanceError) {
    guard report.rejectedShare > options.maxRejected else { return }
    throw MaintenanceError(
      .failed,
      "\(report.rejected) of \(report.read) records were refused, more than --max-rejected allows; nothing was loaded",
      hint: rejects.first.first.map {
        "first: \($0.file):\($0.line): \($0.reason)"
          + (state.isDryRun ? "" : "; SELECT * FROM wequery.rejects has all")
      })
  }

  // MARK: The table

  private func existing(_ identifier: TableIdentifier) throws(MaintenanceError) -> Table? {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try self.catalog.metadataLocation(of: identifier) == nil ? nil : try self.catalog.loadTable(identifier)
    }
  }

  /// Makes loads of one table queue from here on; the lock of a commit is another.
  private func lock(_ identifier: TableIdentifier) throws(MaintenanceError) -> TableLock? {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try self.catalog.lock(TableIdentifier(identifier.namespace, identifier.name + "#load"))
    }
  }

  private func checkRule(of table: Table?) throws(MaintenanceError) {
    guard let table, let wanted = options.botRule, WebEventTable.rule(of: table) != wanted else { return }
    throw MaintenanceError(
      .usage,
      "the table \(table.identifier) flags bots by rule \(WebEventTable.rule(of: table).rawValue), not \(wanted.rawValue)",
      hint: "a table has one rule, named by its property wequery.rules.version")
  }

  private func creation(
    _ identifier: TableIdentifier, _ format: InputFormat, _ inputs: [Input]
  ) throws(MaintenanceError) -> CreateTable {
    let rule = options.botRule ?? .v1
    switch format {
    case .webEvents: return try WebEventTable.creation(identifier, rule: rule, clock: session.commitClock)
    case .combinedLog:
      return try CombinedLogTable.creation(identifier, rule: rule, clock: session.commitClock)
    case .ndjson, .csv, .parquet, .auto:
      var columns = ColumnInference()
      for input in inputs { try columns.read(input.file, path: input.path, format) }
      return try RecordTable.creation(identifier, columns.columns, clock: session.commitClock)
    }
  }

  /// Returns a table that appears with its first rows.
  private func stage(
    _ creation: CreateTable?, _ identifier: TableIdentifier
  ) throws(MaintenanceError) -> Table {
    guard let creation else { throw MaintenanceError(.notFound, "there is no table \(identifier)") }
    return try MaintenanceError.wrapping { () throws(TableFormatError) in
      if try !self.catalog.namespaces().contains(identifier.namespace) {
        try self.catalog.createNamespace(identifier.namespace, properties: [:])
      }
      return try self.catalog.stageTable(creation)
    }
  }

  private func job(
    _ format: InputFormat, _ table: Table, _ rejects: RejectLog
  ) throws(MaintenanceError) -> any LoadJob {
    let rule = WebEventTable.rule(of: table)
    switch format {
    case .webEvents:
      return try WebEventLoad(session, state, table, options: options, rejects)
    case .combinedLog: return try CombinedLogLoad(session, table, rule: rule, rejects)
    case .parquet: return try ParquetLoad(session, table)
    case .csv: return try CSVLoad(session, table, rejects)
    case .ndjson, .auto: return try NDJSONLoad(session, table, rejects)
    }
  }
}

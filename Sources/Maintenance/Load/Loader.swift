internal import Columnar
internal import FileFormats
package import QueryEngine
package import TableFormat

/// Loads files into a table: read, checked against what is there, written, and committed as one append.
///
/// All files of a load become visible together. Loading the same content again adds nothing: the ledger
/// knows files, and web events are known one by one by their key.
package struct Loader {
  /// What to load, and how.
  package struct Options: Sendable {
    package var format = InputFormat.auto
    /// Make the table if it is missing.
    package var creates = false
    /// Above this share of refused records nothing is committed.
    package var maxRejected = 0.05
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
    report.table = identifier.description
    let inputs = try open(paths)
    var table = try existing(identifier)
    guard table != nil || options.creates else {
      throw MaintenanceError(
        .notFound, "there is no table \(identifier)", hint: "--create makes it from what is loaded")
    }
    let format = try commonFormat(of: inputs, table: table)
    if table == nil, format == .webEvents {
      table = try WebEventTable.create(identifier, in: catalog, clock: session.commitClock)
    }
    if table == nil, format == .combinedLog {
      table = try CombinedLogLoader.create(identifier, in: catalog, clock: session.commitClock)
    }

    let loadID = hexadecimal(UInt64.random(in: 0...UInt64.max), digits: 16)
    var entries: [WarehouseState.LedgerEntry] = []
    var wanted: [Input] = []
    for input in inputs {
      report.files += 1
      let hash = try ContentHash.of(input.file)
      if let table, try isLoaded(hash, input, table) {
        report.skippedFiles += 1
        continue
      }
      if entries.contains(where: { $0.contentHash == hash && $0.byteCount == input.file.byteCount }) {
        report.skippedFiles += 1
        continue
      }
      entries.append(
        WarehouseState.LedgerEntry(
          contentHash: hash, byteCount: input.file.byteCount, path: input.path, loadID: loadID,
          snapshotID: nil))
      wanted.append(input)
    }
    guard !wanted.isEmpty else { return report }
    let (target, batches) = try rows(of: wanted, format, table, identifier, &report)
    try state.add(report.rejects, table: identifier.description, runID: loadID, at: session.clockMicros)
    if report.rejectedShare > options.maxRejected {
      throw MaintenanceError(
        .failed,
        "\(report.rejected) of \(report.read) records were refused, more than --max-rejected allows; nothing was loaded",
        hint: report.rejects.first.map {
          "first: \($0.file):\($0.line): \($0.reason); SELECT * FROM wequery.rejects has all"
        })
    }
    try state.begin(entries, tableUUID: target.metadata.uuid, at: session.clockMicros)
    try commit(batches, to: target, loadID: loadID, &report)
    if let id = report.snapshotID { try state.finish(loadID: loadID, snapshotID: id) }
    return report
  }

  private struct Input {
    var path: String
    var file: any RandomAccessFile
  }

  private func open(_ paths: [String]) throws(MaintenanceError) -> [Input] {
    var inputs: [Input] = []
    let files = LocalFileSystem()
    for path in paths {
      inputs.append(
        Input(
          path: path,
          file: try MaintenanceError.reading { () throws(FileFormatError) in try files.open(path) }))
    }
    return inputs
  }

  private func existing(_ identifier: TableIdentifier) throws(MaintenanceError) -> Table? {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try self.catalog.metadataLocation(of: identifier) == nil ? nil : try self.catalog.loadTable(identifier)
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

  /// Whether a file's content is in the table: an entry counts only while its snapshot is part of the
  /// table's history, so that a rollback makes the file loadable again.
  private func isLoaded(_ hash: String, _ input: Input, _ table: Table) throws(MaintenanceError) -> Bool {
    let entries = try state.entries(
      tableUUID: table.metadata.uuid, contentHash: hash, byteCount: input.file.byteCount)
    guard !entries.isEmpty else { return false }
    let ancestry = table.metadata.ancestry(of: table.metadata.currentSnapshotID)
    let ids = Set(ancestry.map(\.id.rawValue))
    let loads = Set(ancestry.compactMap { $0.summary["wequery.load-id"] })
    return entries.contains { entry in
      if loads.contains(entry.loadID) { return true }
      guard let id = entry.snapshotID else { return false }
      // A snapshot that is gone has expired; a rollback alone keeps it in the metadata.
      return ids.contains(id) || table.metadata.snapshot(id: SnapshotID(id)) == nil
    }
  }

  private func rows(
    of inputs: [Input], _ format: InputFormat, _ table: Table?, _ identifier: TableIdentifier,
    _ report: inout LoadReport
  ) throws(MaintenanceError) -> (Table, [Batch]) {
    let total = inputs.reduce(0) { $0 + $1.file.byteCount }
    var done = 0
    switch format {
    case .webEvents:
      guard let table else { throw MaintenanceError(.notFound, "there is no table \(identifier)") }
      var loader = WebEventLoader(session: session, table: table, loadedAt: session.clockMicros)
      for input in inputs {
        try loader.read(input.file, path: input.path, into: &report)
        done += input.file.byteCount
        progress(done, total)
      }
      try loader.finish(&report)
      return (table, try loader.batches())
    case .combinedLog:
      guard let table else { throw MaintenanceError(.notFound, "there is no table \(identifier)") }
      var loader = CombinedLogLoader()
      for input in inputs {
        try loader.read(input.file, path: input.path, into: &report)
        done += input.file.byteCount
        progress(done, total)
      }
      return (table, loader.batches(rule: WebEventTable.rule(of: table)))
    case .ndjson, .csv, .auto:
      var loader = RecordLoader()
      for input in inputs {
        if format == .csv {
          try loader.readCSV(input.file, path: input.path, into: &report)
        } else {
          try loader.readNDJSON(input.file, path: input.path, into: &report)
        }
        done += input.file.byteCount
        progress(done, total)
      }
      let target = try self.target(table, identifier, loader.inferredColumns())
      return (target, loader.batches(try RecordTable.columns(of: target), &report))
    case .parquet:
      var loader = ParquetLoader()
      for input in inputs {
        try loader.read(input.file, into: &report)
        done += input.file.byteCount
        progress(done, total)
      }
      let target = try self.target(table, identifier, loader.columns)
      return (target, try loader.batches(for: RecordTable.columns(of: target)))
    }
  }

  private func target(
    _ table: Table?, _ identifier: TableIdentifier, _ columns: [(name: String, type: LogicalType)]
  ) throws(MaintenanceError) -> Table {
    if let table { return table }
    return try RecordTable.create(identifier, columns, in: catalog, clock: session.commitClock)
  }

  private func commit(
    _ batches: [Batch], to table: Table, loadID: String, _ report: inout LoadReport
  ) throws(MaintenanceError) {
    guard batches.contains(where: { $0.rowCount > 0 }) else { return }
    var files: [DataFile] = []
    var committed: Table?
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      let target = try WriteTarget(table)
      do throws(TableFormatError) {
        let writer = try PartitionedWriter(target)
        for batch in batches { try writer.write(batch) }
        files = try writer.finish()
        let append = AppendFiles(files, properties: ["wequery.load-id": loadID])
        committed = try Transaction(table, append, clock: self.session.commitClock).commit()
      } catch {
        target.abort(after: error)
        throw error
      }
    }
    report.snapshotID = committed?.currentSnapshot?.id.rawValue
    report.dataFiles = files.count
    report.byteCount = files.reduce(0) { $0 + Int($1.fileSizeInBytes) }
  }
}

internal import FileFormats
internal import TableFormat

/// The loading of files of one format: read one after the other, then committed together.
protocol LoadJob {
  /// What is known of the records so far.
  var report: LoadReport { get }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - path: Its name.
  ///   - progress: Is told how many bytes of it are read, decompressed.
  /// - Throws: ``MaintenanceError`` if it cannot be read.
  mutating func read(
    _ file: any RandomAccessFile, path: String, progress: (Int) -> Void
  ) throws(MaintenanceError)

  /// Ends the reading.
  mutating func finishReading() throws(MaintenanceError)

  /// Commits the rows; the caller holds the load lock of the table.
  ///
  /// - Parameters:
  ///   - table: The newest state of the table; one that is staged is made by the commit.
  ///   - loadID: Goes into the snapshot's summary.
  /// - Returns: What was done, counts of records included.
  /// - Throws: ``MaintenanceError``; nothing that was written is left then.
  mutating func commit(to table: Table, loadID: String) throws(MaintenanceError) -> LoadReport

  /// Removes what was written before the commit: the load came to nothing.
  func abandon()
}

extension LoadReport {
  /// Notes what a commit made.
  mutating func note(_ table: Table, _ files: [DataFile]) {
    snapshotID = table.currentSnapshot?.id.rawValue
    dataFiles = files.count
    partitions = Set(files.map(\.partition)).count
    byteCount = files.reduce(0) { $0 + Int($1.fileSizeInBytes) }
  }
}

extension Transaction {
  /// Appends the files of a load to a table.
  static func append(
    _ files: [DataFile], to table: Table, loadID: String, _ target: WriteTarget, clock: CommitClock
  ) throws(MaintenanceError) -> Table {
    do throws(TableFormatError) {
      let append = AppendFiles(files, properties: ["wequery.load-id": loadID])
      return try Transaction(table, append, clock: clock).commit()
    } catch {
      target.abort(after: error)
      throw MaintenanceError(error)
    }
  }
}

internal import Columnar
internal import FileFormats
package import TableFormat

/// Counts the distinct values of a table's columns and attaches the sketches to the snapshot (Puffin, rule 59).
package struct StatisticsRefresh: Sendable {
  /// The columns' full names; empty for all without parts, those within structs too.
  package var columns: [String] = []
  /// The snapshot; `nil` is the current one.
  package var snapshotID: SnapshotID?
  /// Whether nothing is written.
  package var isDryRun = false

  /// What the time of the commit comes from.
  package var clock: CommitClock

  package init(clock: CommitClock) { self.clock = clock }

  /// What is known of the columns now.
  package struct Report: Sendable {
    /// One column.
    package struct Column: Sendable {
      package var name: String
      package var type: String
      package var rowCount: Int
      package var nullCount: Int
      /// The estimated number of distinct values.
      package var distinctCount: Int64
      /// Whether the number is exact.
      package var isExact: Bool
      /// The least and the greatest value as text.
      package var least: String?
      package var greatest: String?
    }

    package var table: TableIdentifier
    package var isDryRun: Bool
    package var snapshotID: SnapshotID
    package var rowCount = 0
    package var columns: [Column] = []
    /// Where the file is; `nil` if none was written.
    package var path: String?
    package var byteCount = 0
  }

  /// Reads a snapshot and attaches its statistics.
  ///
  /// - Parameters:
  ///   - table: The table as loaded.
  ///   - progress: Is told how far the work is.
  /// - Returns: The statistics.
  /// - Throws: ``MaintenanceError``; the table is as before.
  package func run(
    _ table: Table, progress: (JobProgress) -> Void = { _ in }
  ) throws(MaintenanceError) -> Report {
    let snapshot = try self.snapshot(of: table)
    let fields = try self.fields(of: table)
    var sketches: [ColumnSketch] = []
    for field in fields { sketches.append(try ColumnSketch(field)) }
    // Structs are read once, whatever number of their parts is looked at.
    let places = fields.compactMap { FieldPlace($0.id, in: table.schema) }
    let columns = Set(places.map(\.column)).sorted()
    let positions = places.map { place in columns.firstIndex(of: place.column) ?? 0 }
    var report = Report(table: table.identifier, isDryRun: isDryRun, snapshotID: snapshot.id)
    let plan = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try ScanPlanner(table, snapshot: snapshot).plan()
    }
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      let rows = try LiveRows(table, fields: columns.map { table.schema.fields[$0] })
      let total = plan.tasks.reduce(0) { $0 + Int(clamping: $1.file.recordCount) }
      for task in plan.tasks {
        try rows.read(task) { (batch) throws(TableFormatError) in
          report.rowCount += batch.rowCount
          progress(.amount(done: report.rowCount, total: total, unit: "rows"))
          for (index, sketch) in sketches.enumerated() {
            sketch.add(places[index].values(in: batch.columns[positions[index]]))
          }
        }
      }
    }
    var writer = PuffinWriter()
    var blobs: [StatisticsFile.Blob] = []
    for sketch in sketches {
      let contents = sketch.sketch.serialized
      // What a reader of the blob will estimate: it holds no more than the nominal number of hashes.
      let written = try MaintenanceError.reading { () throws(FileFormatError) in
        try ThetaSketch(serialized: contents.span)
      }
      let distinctCount = Int64(written.estimate.rounded())
      let blob = PuffinBlob(
        type: Self.blobType, fields: [Int(sketch.field.id.rawValue)], snapshotID: snapshot.id.rawValue,
        sequenceNumber: snapshot.sequenceNumber, properties: ["ndv": String(distinctCount)])
      try MaintenanceError.reading { () throws(FileFormatError) in _ = try writer.add(contents, blob) }
      blobs.append(
        StatisticsFile.Blob(
          type: Self.blobType, snapshotID: snapshot.id, sequenceNumber: snapshot.sequenceNumber,
          fields: [sketch.field.id], properties: blob.properties))
      let bounds = sketch.bounds
      report.columns.append(
        Report.Column(
          name: table.schema.name(of: sketch.field.id) ?? sketch.field.name, type: "\(sketch.field.type)",
          rowCount: sketch.rowCount, nullCount: sketch.nullCount, distinctCount: distinctCount,
          isExact: written.isExact, least: bounds.map { ValueText.string($0.least, as: sketch.type) },
          greatest: bounds.map { ValueText.string($0.greatest, as: sketch.type) }))
    }
    if isDryRun { return report }
    let (bytes, footerByteCount) = try MaintenanceError.reading { () throws(FileFormatError) in
      try writer.finish()
    }
    let location = PathMapper.joined(
      table.metadataFolder, "\(snapshot.id)-\(UUIDText.random()).stats")
    let path = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try table.paths.path(of: location)
    }
    try MaintenanceError.reading { () throws(FileFormatError) in
      try table.fileSystem.writeNew(path, bytes.span)
    }
    let file = StatisticsFile(
      snapshotID: snapshot.id, path: location, fileSizeInBytes: Int64(bytes.count),
      fileFooterSizeInBytes: Int64(footerByteCount), blobs: blobs)
    do throws(TableFormatError) {
      try Transaction(table, UpdateStatistics(statistics: [file]), clock: clock).commit()
    } catch {
      if !error.mayHaveCommitted { try? table.fileSystem.remove(path) }
      throw MaintenanceError(error)
    }
    (report.path, report.byteCount) = (location, bytes.count)
    return report
  }

  private static let blobType = "apache-datasketches-theta-v1"

  private func snapshot(of table: Table) throws(MaintenanceError) -> Snapshot {
    if let snapshotID {
      return try MaintenanceError.wrapping { () throws(TableFormatError) in try table.snapshot(id: snapshotID)
      }
    }
    guard let snapshot = table.currentSnapshot else {
      throw MaintenanceError(.failed, "the table \(table.identifier) has no snapshot, and so no rows")
    }
    return snapshot
  }

  /// The columns to look at: those without parts, at the top or within structs, of a type that can be read.
  private func fields(of table: Table) throws(MaintenanceError) -> [NestedField] {
    let usable = Self.leaves(of: table.schema.fields)
    if columns.isEmpty { return usable }
    var fields: [NestedField] = []
    for name in columns {
      let found = try MaintenanceError.wrapping { () throws(TableFormatError) in
        try table.schema.field(named: name)
      }
      guard let found else {
        throw MaintenanceError(.failed, "the table \(table.identifier) has no column \"\(name)\"")
      }
      guard usable.contains(where: { $0.id == found.id }) else {
        throw MaintenanceError(
          .unsupported, "the distinct values of the column \"\(name)\" of type \(found.type) are not counted",
          hint: "columns without parts are, at the top or within structs")
      }
      if !fields.contains(where: { $0.id == found.id }) { fields.append(found) }
    }
    return fields
  }

  private static func leaves(of fields: [NestedField]) -> [NestedField] {
    fields.flatMap { field -> [NestedField] in
      if case .struct(let parts) = field.type { return leaves(of: parts) }
      guard !field.type.isNested, field.type != .unknown, (try? field.type.logicalType) != nil else {
        return []
      }
      return [field]
    }
  }
}

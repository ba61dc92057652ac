internal import Columnar
internal import QueryEngine
internal import TableFormat

/// Writes the rows of a group to new files, and proves that they are the same rows.
struct CompactionRewriter: Sendable {
  let table: Table
  /// What sorting may use.
  let settings: SessionSettings
  /// The order of the rows; unsorted leaves them as they come.
  let order: SortOrder
  let targetBytes: Int64
  /// The data sequence number that the new files will have.
  let sequenceNumber: Int64
  /// Whether somebody asked to stop; looked at before each file.
  let isCancelled: @Sendable () -> Bool

  /// What became of a group.
  struct Outcome: Sendable {
    var files: [DataFile]
    /// Of the rows, the same before and after.
    var checksum: RowChecksum
    /// Knows what was written, so that it can be removed.
    var target: WriteTarget
  }

  /// Whether rows keep their lineage columns.
  private var keepsLineage: Bool { table.metadata.formatVersion >= 3 }

  /// Rewrites a group.
  ///
  /// - Parameters:
  ///   - group: The files.
  ///   - count: Is told how many rows were read since the last call.
  /// - Returns: What became of them.
  /// - Throws: ``MaintenanceError``; nothing that was written is left then.
  func rewrite(_ group: FileGroup, counting count: (Int) -> Void) throws(MaintenanceError) -> Outcome {
    let target = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try WriteTarget(
        table, sortOrder: order, targetFileBytes: targetBytes, keepsLineage: keepsLineage)
    }
    do throws(MaintenanceError) {
      let (files, before) = try write(group, target, count)
      let after = try checksum(of: files, target, count)
      guard before == after else {
        throw MaintenanceError(
          .internal,
          "the files written hold \(after.rowCount) rows with the checksum \(after.text), and those read \(before.rowCount) with \(before.text)",
          hint: "the table was not changed; this is a bug in wequery, please report it",
          file: group.tasks.first?.file.path)
      }
      return Outcome(files: files, checksum: before, target: target)
    } catch {
      target.abort()
      throw error
    }
  }

  private func write(
    _ group: FileGroup, _ target: WriteTarget, _ count: (Int) -> Void
  ) throws(MaintenanceError) -> ([DataFile], RowChecksum) {
    let rows = try liveRows(target.schema.fields)
    let columnCount = table.schema.fields.count
    let writer = try MaintenanceError.wrapping { () throws(TableFormatError) in try PartitionedWriter(target)
    }
    do throws(MaintenanceError) {
      var checksum = RowChecksum()
      let keys = order.isUnsorted ? nil : try SortKeys(order, target.schema)
      var unsorted: [Batch] = []
      for task in group.tasks {
        try checkCancelled()
        try MaintenanceError.wrapping { () throws(TableFormatError) in
          try rows.read(task) { (batch) throws(TableFormatError) in
            checksum.add(batch, columnCount: columnCount)
            count(batch.rowCount)
            guard let keys else { return try writer.write(batch) }
            unsorted.append(keys.adding(to: batch))
          }
        }
      }
      if let keys {
        // Sessions are of one thread; this one only lends its sort.
        let session = Session(catalog: nil, settings: settings)
        for batch in try keys.sort(unsorted, in: session) {
          try MaintenanceError.wrapping { () throws(TableFormatError) in try writer.write(batch) }
        }
      }
      let files = try MaintenanceError.wrapping { () throws(TableFormatError) in try writer.finish() }
      return (files, checksum)
    } catch {
      writer.abort()
      throw error
    }
  }

  private func checkCancelled() throws(MaintenanceError) {
    guard isCancelled() else { return }
    throw MaintenanceError(.interrupted, "the compaction was interrupted")
  }

  /// Reads new files back.
  private func checksum(
    of files: [DataFile], _ target: WriteTarget, _ count: (Int) -> Void
  ) throws(MaintenanceError) -> RowChecksum {
    let rows = try liveRows(table.schema.fields)
    var checksum = RowChecksum()
    try checkCancelled()
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      for file in files {
        let task = FileScanTask(file: file, spec: target.spec, dataSequenceNumber: sequenceNumber)
        try rows.read(task) { (batch) throws(TableFormatError) in
          checksum.add(batch, columnCount: batch.columns.count)
          count(batch.rowCount)
        }
      }
    }
    return checksum
  }

  private func liveRows(_ fields: [NestedField]) throws(MaintenanceError) -> LiveRows {
    try MaintenanceError.wrapping { () throws(TableFormatError) in try LiveRows(table, fields: fields) }
  }
}

/// The keys of a sort order as columns behind those of a batch.
struct SortKeys {
  private let fields: [(field: SortField, place: FieldPlace, type: LogicalType, resultType: LogicalType)]
  private let types: [LogicalType]

  init(_ order: SortOrder, _ schema: Schema) throws(MaintenanceError) {
    var fields: [(field: SortField, place: FieldPlace, type: LogicalType, resultType: LogicalType)] = []
    for field in order.fields {
      guard let place = FieldPlace(field.sourceID, in: schema),
        let type = schema.field(id: field.sourceID)?.type
      else {
        throw MaintenanceError(
          .unsupported, "rows cannot be sorted by the field \(field.sourceID), which is no plain column",
          hint: "--sort none leaves the rows as they are")
      }
      if case .unknown(let text) = field.transform {
        throw MaintenanceError(.unsupported, "the transform \(text) of the table's sort order is not known")
      }
      let types = try MaintenanceError.wrapping { () throws(TableFormatError) in
        (try type.logicalType, try field.transform.resultType(of: type).logicalType)
      }
      fields.append((field, place, types.0, types.1))
    }
    self.fields = fields
    types = try MaintenanceError.wrapping { () throws(TableFormatError) in
      var types: [LogicalType] = []
      for field in schema.fields { types.append(try field.type.logicalType) }
      return types
    }
  }

  /// Returns the batch with the keys behind its columns.
  func adding(to batch: Batch) -> Batch {
    var batch = batch
    for key in fields {
      let values = key.place.values(in: batch.columns[key.place.column])
      batch.columns.append(key.field.transform.apply(values, key.type))
    }
    return batch
  }

  /// Returns the rows of batches with keys in order, without the keys.
  func sort(_ batches: [Batch], in session: Session) throws(MaintenanceError) -> [Batch] {
    let keys = fields.enumerated().map { index, key in
      (
        column: types.count + index, isDescending: key.field.direction == .descending,
        nullsFirst: key.field.nullOrder == .first
      )
    }
    let sorted = try MaintenanceError.querying { () throws(QueryError) in
      try session.sorted(batches, types: types + fields.map(\.resultType), by: keys)
    }
    return sorted.map { batch in
      var batch = batch.compacted()
      batch.columns.removeLast(fields.count)
      return batch
    }
  }
}

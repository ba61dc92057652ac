public import Columnar
internal import FileFormats

/// Writes the rows of one partition to as many data files as their size asks for.
///
/// One thread uses a writer. A file is on stable storage when its description is returned.
public final class DataFileWriter {
  private let target: WriteTarget
  private let partition: [ScalarValue]
  private var open: Open?
  private var finished: [DataFile] = []

  private struct Open {
    var location: String
    var file: any WritableFile
    var writer: ParquetWriter
  }

  /// Makes a writer; the first file begins with the first row.
  ///
  /// - Parameters:
  ///   - target: What it shares with the other writers of the statement.
  ///   - partition: The partition tuple of all its rows.
  public init(_ target: WriteTarget, partition: [ScalarValue] = []) {
    (self.target, self.partition) = (target, partition)
  }

  /// Bytes of the open file that are still in memory.
  var heldByteCount: Int { open?.writer.heldByteCount ?? 0 }

  /// Ends the open row group, so that memory holds no more of it.
  func finishRowGroup() throws(TableFormatError) {
    guard let open else { return }
    try TableFormatError.wrapping(open.location) { () throws(FileFormatError) in
      try open.writer.finishRowGroup()
    }
  }

  /// Appends the rows of a batch that count.
  ///
  /// - Parameter batch: One column for each field of the target's schema, in order.
  /// - Throws: ``TableFormatError`` if a required column is null or the file cannot be written.
  public func write(_ batch: Batch) throws(TableFormatError) {
    guard batch.selectedCount > 0 else { return }
    if open == nil { open = try begin() }
    guard let current = open else { return }
    var batch = batch
    if target.columns.count < batch.columns.count {
      let columns = batch.columns
      batch.columns = target.columns.map { columns[$0] }
    }
    let rows = batch
    try TableFormatError.wrapping(current.location) { () throws(FileFormatError) in
      try current.writer.write(rows)
    }
    if current.writer.byteCount >= target.targetFileBytes { try finishFile() }
  }

  private func begin() throws(TableFormatError) -> Open {
    let location = target.newLocation(partition: partition, specID: target.spec.id)
    let file = try target.create(location)
    do throws(FileFormatError) {
      let writer = try ParquetWriter(schema: target.fields, options: target.options, to: file)
      return Open(location: location, file: file, writer: writer)
    } catch {
      target.discard(file, location)
      throw TableFormatError(error, file: location)
    }
  }

  private func finishFile() throws(TableFormatError) {
    guard let current = open else { return }
    open = nil
    let summary = try TableFormatError.wrapping(current.location) { () throws(FileFormatError) in
      try current.writer.finish()
    }
    try target.finish(current.file, current.location)
    var file = DataFile(
      path: current.location, specID: target.spec.id, partition: partition,
      recordCount: Int64(summary.rowCount), fileSizeInBytes: Int64(summary.byteCount))
    target.metrics.collect(summary, into: &file)
    file.sortOrderID = target.sortOrder.id
    finished.append(file)
  }

  /// Finishes the open file.
  ///
  /// - Returns: All files of the writer; none if there was no row.
  /// - Throws: ``TableFormatError`` if the file cannot be written.
  public func finish() throws(TableFormatError) -> [DataFile] {
    try finishFile()
    return finished
  }

  /// Removes the open file; finished ones go with ``WriteTarget/abort()``.
  public func abort() {
    if let current = open { target.discard(current.file, current.location) }
    open = nil
  }
}

internal import Columnar
internal import FileFormats
internal import Synchronization

/// How COPY and UNLOAD write a file.
struct RowFileOptions: Sendable {
  enum Format: String, Sendable, CaseIterable { case parquet, csv, json }
  var format = Format.csv
  var delimiter: UInt8 = 0x2C
  var hasHeader = true
  var codec: CompressionCodec = .zstd
}

/// A file that rows are written to: it takes its name when it is complete, so that a failure leaves what was
/// there before.
final class RowFile: Sendable {
  private enum Writer {
    case parquet(ParquetWriter)
    case text
  }
  private struct State {
    var file: any WritableFile
    var writer: Writer
    var rowCount = 0
  }

  private let path: String
  private let partialPath: String
  private let columns: [OutputColumn]
  private let options: RowFileOptions
  private let fileSystem: any FileSystem
  private let state: Mutex<State>

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - path: Where it goes, in place of what is there.
  ///   - columns: Its columns.
  ///   - options: How it is written.
  ///   - fileSystem: Where to.
  /// - Throws: ``QueryError`` if a column's type cannot be written, or the file cannot be made.
  init(
    _ path: String, _ columns: [OutputColumn], _ options: RowFileOptions, in fileSystem: any FileSystem
  ) throws(QueryError) {
    (self.path, self.columns, self.options, self.fileSystem) = (path, columns, options, fileSystem)
    let partial = "\(path).\(UInt64.random(in: 0...UInt64.max)).partial"
    partialPath = partial
    let file = try FileReading.wrapping { () throws(FileFormatError) in try fileSystem.create(partial) }
    do throws(QueryError) {
      let writer: Writer
      if options.format == .parquet {
        var layout = ParquetWriteOptions()
        layout.codec = options.codec
        let chosen = layout
        let fields = columns.map { ParquetWriteField($0.name, $0.type, isRequired: false) }
        writer = .parquet(
          try FileReading.wrapping { () throws(FileFormatError) in
            try ParquetWriter(schema: fields, options: chosen, to: file)
          })
      } else {
        writer = .text
        if options.format == .csv, options.hasHeader {
          var text: [UInt8] = []
          for (index, column) in columns.enumerated() {
            if index > 0 { text.append(options.delimiter) }
            CSVText.append(Array(column.name.utf8), delimiter: options.delimiter, to: &text)
          }
          text.append(0x0A)
          let header = text
          try FileReading.wrapping { () throws(FileFormatError) in try file.write(header) }
        }
      }
      state = Mutex(State(file: file, writer: writer))
    } catch {
      try? file.close()
      try? fileSystem.remove(partial)
      throw error
    }
  }

  /// Appends rows; batches come from any worker, one at a time.
  ///
  /// - Parameter batch: Rows without a selection.
  /// - Throws: ``QueryError`` if they cannot be written.
  func write(_ batch: Batch) throws(QueryError) {
    let text = options.format == .parquet ? [] : self.text(of: batch)
    try state.withLock { (state) throws(QueryError) in
      state.rowCount += batch.rowCount
      let (file, writer) = (state.file, state.writer)
      try FileReading.wrapping { () throws(FileFormatError) in
        if case .parquet(let writer) = writer { try writer.write(batch) } else { try file.write(text) }
      }
    }
  }

  private func text(of batch: Batch) -> [UInt8] {
    var text: [UInt8] = []
    var scratch: [UInt8] = []
    for row in 0..<batch.rowCount {
      if options.format == .json { text.append(0x7B) }
      for (index, column) in columns.enumerated() {
        let vector = batch.columns[index]
        if index > 0 { text.append(options.format == .csv ? options.delimiter : 0x2C) }
        if options.format == .json {
          JSONText.append(.text(column.name), .varchar, to: &text)
          text.append(0x3A)
          JSONText.append(vector.scalar(at: row, as: column.type), column.type, to: &text)
          continue
        }
        if vector.isNull(at: row) { continue }
        scratch.removeAll(keepingCapacity: true)
        ValueText.appendRow(of: vector, row: row, type: column.type, to: &scratch)
        CSVText.append(scratch, delimiter: options.delimiter, to: &text)
      }
      if options.format == .json { text.append(0x7D) }
      text.append(0x0A)
    }
    return text
  }

  /// Completes the file and gives it its name.
  ///
  /// - Returns: How many rows it has.
  /// - Throws: ``QueryError`` if that cannot be done; what was there before is still there.
  func finish() throws(QueryError) -> Int {
    let (path, partial, fileSystem) = (path, partialPath, fileSystem)
    return try state.withLock { (state) throws(QueryError) in
      let (file, writer, rowCount) = (state.file, state.writer, state.rowCount)
      try FileReading.wrapping { () throws(FileFormatError) in
        if case .parquet(let writer) = writer { _ = try writer.finish() }
        try file.synchronize()
        try file.close()
        try fileSystem.rename(partial, to: path)
        try fileSystem.synchronizeDirectory(FilePath.parent(of: path))
      }
      return rowCount
    }
  }

  /// Removes what was written.
  func abort() {
    state.withLock { try? $0.file.close() }
    try? fileSystem.remove(partialPath)
  }
}

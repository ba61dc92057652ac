package import Columnar
internal import FileFormats
internal import Glibc
internal import Synchronization

/// Batches that one worker put aside on disk, in LZ4 blocks.
///
/// The list of blocks stays in memory; the file goes away with the object.
package final class SpillFile {
  /// Where a batch lies in the file.
  package struct Block: Sendable {
    let offset: Int
    let byteCount: Int
    let rawByteCount: Int
    let rowCount: Int
  }

  private let path: String
  private let files = LocalFileSystem()
  private let file: any WritableFile
  private var isWriting = true
  private let reading = Mutex<(any RandomAccessFile)?>(nil)
  private static let counter = Atomic(0)

  /// Makes an empty file in the directory.
  package init(in directory: String) throws(QueryError) {
    let number = SpillFile.counter.wrappingAdd(1, ordering: .relaxed).newValue
    path = FilePath.join(directory, "wequery-\(getpid())-\(number).spill")
    do throws(FileFormatError) {
      // One of an earlier process of this number may have been left behind.
      try files.remove(path)
      file = try files.create(path)
    } catch {
      throw SpillFile.failure(error)
    }
  }

  deinit {
    if isWriting { do { try file.close() } catch {} }
    if reading.withLock({ $0 == nil }) { do { try files.remove(path) } catch {} }
  }

  private static func failure(_ error: FileFormatError) -> QueryError {
    let isFull = error.kind == .diskFull
    return QueryError(
      isFull ? .diskFull : .inputOutput, "the temporary file cannot be used: \(error.message)",
      hint: isFull ? "SET temp_directory to a disk with more room" : nil, cause: error)
  }

  /// Writes the columns of a batch without selection.
  package func write(_ batch: Batch) throws(QueryError) -> Block {
    var writer = ColumnWriter()
    for column in batch.columns { writer.append(column.flattened()) }
    do throws(FileFormatError) {
      let packed = try CompressionCodec.lz4Raw.compress(writer.bytes.span)
      let offset = file.position
      try file.write(packed.span)
      return Block(
        offset: offset, byteCount: packed.count, rawByteCount: writer.bytes.count, rowCount: batch.rowCount)
    } catch {
      throw SpillFile.failure(error)
    }
  }

  /// Ends the writing; only then can batches be read, by several threads at once.
  package func open() throws(QueryError) {
    do throws(FileFormatError) {
      // What the file still holds back is written when it is closed.
      isWriting = false
      try file.close()
    } catch {
      throw SpillFile.failure(error)
    }
  }

  /// Opens the file for reading, which nobody did before, and takes its name away, so that nothing stays
  /// behind however the process ends.
  private func reader() throws(FileFormatError) -> any RandomAccessFile {
    try reading.withLock { (reading) throws(FileFormatError) in
      if let reading { return reading }
      guard !isWriting else { throw FileFormatError(.internal, "the file is still being written") }
      let opened = try files.open(path)
      try files.remove(path)
      reading = opened
      return opened
    }
  }

  /// Reads a batch back; `types` are those of its columns.
  package func read(_ block: Block, types: [LogicalType]) throws(QueryError) -> Batch {
    do throws(FileFormatError) {
      let file = try reader()
      let packed = try file.read(at: block.offset, count: block.byteCount)
      let bytes = try CompressionCodec.lz4Raw.decompress(
        packed.bytes.extracting(0..<block.byteCount), size: block.rawByteCount)
      var reader = ColumnReader(bytes: bytes)
      guard let columns = reader.columns(types, count: block.rowCount) else {
        throw FileFormatError(.damaged, "a block of it is cut off")
      }
      return Batch(columns: columns, rowCount: block.rowCount)
    } catch {
      throw SpillFile.failure(error)
    }
  }
}

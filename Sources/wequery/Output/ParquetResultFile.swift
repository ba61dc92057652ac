internal import Columnar
internal import FileFormats
internal import QueryEngine

/// A result as a Parquet file.
enum ParquetResultFile {
  /// Writes the rows of a result to a new file.
  ///
  /// - Throws: ``FileFormatError`` if it cannot be written, `alreadyExists` if there is one.
  static func write(_ result: StatementResult, to path: String) throws(FileFormatError) {
    let file = try LocalFileSystem().create(path)
    let fields = result.columns.map { ParquetWriteField($0.name, $0.type, isRequired: false) }
    do throws(FileFormatError) {
      let writer = try ParquetWriter(schema: fields, options: ParquetWriteOptions(), to: file)
      for batch in result.batches { try writer.write(batch) }
      _ = try writer.finish()
      try file.synchronize()
      try file.close()
    } catch {
      try? file.close()
      try? LocalFileSystem().remove(path)
      throw error
    }
  }
}

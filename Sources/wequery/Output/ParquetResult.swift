internal import Columnar
internal import FileFormats
internal import QueryEngine

/// A result as a Parquet file.
enum ParquetResult {
  /// Writes a result.
  ///
  /// - Parameters:
  ///   - result: The rows.
  ///   - path: The file to make; one that is there is replaced when all is written.
  /// - Throws: ``CommandFailure``, `usage` without a path.
  static func write(_ result: StatementResult, to path: String?) throws(CommandFailure) {
    guard let path, path != "-" else {
      throw CommandFailure(.usage, "--format parquet needs a file", hint: "add --output FILE")
    }
    let output = OutputFile(path)
    do throws(FileFormatError) {
      try write(result, toNew: output.partialPath)
    } catch {
      output.remove()
      throw CommandFailure(error)
    }
    try output.publish()
  }

  private static func write(_ result: StatementResult, toNew path: String) throws(FileFormatError) {
    let file = try LocalFileSystem().create(path)
    defer { try? file.close() }
    let fields = result.columns.map { ParquetWriteField($0.name, $0.type, isRequired: false) }
    let writer = try ParquetWriter(schema: fields, options: ParquetWriteOptions(), to: file)
    for batch in result.batches { try writer.write(batch) }
    _ = try writer.finish()
    try file.synchronize()
  }
}

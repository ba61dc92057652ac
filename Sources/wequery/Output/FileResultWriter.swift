internal import Columnar
internal import FileFormats
internal import QueryEngine

/// Writes results to files of columns.
enum FileResultWriter {
  /// Writes a result.
  ///
  /// - Parameters:
  ///   - result: The rows.
  ///   - format: `parquet`; `arrow` is refused.
  ///   - path: The file to make.
  /// - Throws: ``CommandFailure``, `usage` without a path.
  static func write(
    _ result: StatementResult, as format: ResultFormat, to path: String?
  ) throws(CommandFailure) {
    guard format == .parquet else {
      throw CommandFailure(
        .unsupported, "results cannot be written as \(format.rawValue) yet",
        hint: "use --format parquet or csv")
    }
    guard let path, path != "-" else {
      throw CommandFailure(.usage, "--format parquet needs a file", hint: "add --output FILE")
    }
    do throws(FileFormatError) {
      try ParquetResultFile.write(result, to: path)
    } catch {
      throw CommandFailure(error)
    }
  }
}

internal import Columnar
internal import FileFormats

/// The forms of input that `load` reads.
package enum InputFormat: String, CaseIterable, Sendable {
  case auto, ndjson, csv, parquet
  case combinedLog = "combined-log"
  case webEvents = "web-events"

  /// Finds the format of a file by its name and its first lines.
  ///
  /// - Parameters:
  ///   - path: The file's name.
  ///   - file: The file.
  ///   - isWebEventTable: Whether the table has the columns of web events, so that JSON means raw events.
  /// - Returns: The format.
  /// - Throws: ``MaintenanceError`` of kind `unsupported` if it is none that is known.
  static func detect(
    _ path: String, _ file: any RandomAccessFile, isWebEventTable: Bool
  ) throws(MaintenanceError) -> InputFormat {
    let name = path.lowercased()
    if name.hasSuffix(".parquet") { return .parquet }
    let magic = try MaintenanceError.reading { () throws(FileFormatError) in
      try file.read(at: 0, count: min(4, file.byteCount))
    }
    if file.byteCount >= 4, magic.bytes[0] == 0x50, magic.bytes[1] == 0x41, magic.bytes[2] == 0x52,
      magic.bytes[3] == 0x31
    {
      return .parquet
    }
    let plain = [".gz", ".zst"].reduce(name) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
    if plain.hasSuffix(".csv") || plain.hasSuffix(".tsv") { return .csv }
    let lines = try MaintenanceError.reading { () throws(FileFormatError) in
      try LineReader(file, pageByteCount: 65536).next()
    }
    guard let lines, let first = lines.lines.first(where: { !$0.isEmpty }) else {
      return isWebEventTable ? .webEvents : .ndjson
    }
    let line = Array(lines.page.bytes.extracting(first).copied())
    let start = line.first { $0 != 0x20 && $0 != 0x09 }
    if start == 0x7B || (start == 0x22 && isWebEventTable) {
      guard let object = (try? JSONParser.parse(line))?.objectValue else {
        return isWebEventTable ? .webEvents : .ndjson
      }
      let marks = ["secondsUtcTS", "Records", "eventData", "eventTimestamp"]
      return isWebEventTable || marks.contains { object[$0] != nil } ? .webEvents : .ndjson
    }
    if (try? CombinedLogParser.parse(line.span)) != nil { return .combinedLog }
    throw MaintenanceError(
      .unsupported, "the format of \"\(path)\" is not known",
      hint: "say --input-format \(InputFormat.allCases.dropFirst().map(\.rawValue).joined(separator: "|"))",
      file: path)
  }
}

internal import Columnar
internal import FileFormats

/// The loading of files of records on lines of their own.
protocol LineLoad: LoadJob {
  var report: LoadReport { get set }

  /// Takes a line, and counts the records in it.
  ///
  /// - Parameters:
  ///   - line: A line that is not blank, without its newline.
  ///   - place: Where it is from.
  /// - Throws: ``MaintenanceError`` if rows cannot be put aside; a refused record is no error.
  mutating func take(_ line: Span<UInt8>, at place: RecordPlace) throws(MaintenanceError)
}

extension LineLoad {
  mutating func read(
    _ file: any RandomAccessFile, path: String, progress: (Int) -> Void
  ) throws(MaintenanceError) {
    let reader = try MaintenanceError.reading { () throws(FileFormatError) in try LineReader(file) }
    while let lines = try MaintenanceError.reading({ () throws(FileFormatError) in try reader.next() }) {
      let bytes = lines.page.bytes
      for (number, range) in lines.lines.enumerated() {
        let line = bytes.extracting(range)
        if line.isBlank {
          report.read += 1
          report.skipped += 1
          report.emptyLines += 1
        } else {
          let place = RecordPlace(
            file: path, line: lines.firstLine + number, byteOffset: lines.offset + range.lowerBound)
          try take(line, at: place)
        }
      }
      progress(lines.offset + (lines.lines.last?.upperBound ?? 0))
    }
  }
}

extension Span<UInt8> {
  /// Whether there is nothing but blanks.
  fileprivate var isBlank: Bool {
    for index in indices where self[index] != 0x20 && self[index] != 0x09 && self[index] != 0x0D {
      return false
    }
    return true
  }
}

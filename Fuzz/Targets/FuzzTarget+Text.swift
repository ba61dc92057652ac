internal import Columnar
internal import FileFormats
internal import Maintenance

extension FuzzTarget {
  static let text = [
    FuzzTarget("ndjson") { bytes in
      complaint { () throws(FileFormatError) in
        let reader = try LineReader(
          InMemoryFile(path: "fuzz.ndjson", bytes: bytes), pageByteCount: 128, lineLimit: 1 << 20)
        while let batch = try reader.next() {
          for line in batch.lines {
            do throws(FileFormatError) {
              _ = try JSONParser.parse(batch.page.bytes.extracting(line))
            } catch  where error.kind != .internal {
              continue
            }
          }
        }
      }
    },
    FuzzTarget("web-events") { bytes in
      var parser = WebEventParser(loadedAt: 1_700_000_000_000_000)
      for line in bytes.split(separator: 0x0A) {
        var sink = RecordCount()
        let text = Array(line)
        parser.parse(text.span, into: &sink)
        if sink.count == 0 { return "a line became nothing" }
      }
      return nil
    },
    FuzzTarget("combined-log") { bytes in
      for line in bytes.split(separator: 0x0A) {
        do throws(CombinedLogParser.Rejection) {
          let text = Array(line)
          _ = try CombinedLogParser.parse(text.span)
        } catch {
          if error.reason.isEmpty { return "a line was refused without a reason" }
        }
      }
      return nil
    },
    FuzzTarget("csv") { bytes in
      complaint { () throws(FileFormatError) in
        var dialect = CSVReader.Dialect()
        for variant in 0..<2 {
          if variant == 1 {
            (dialect.delimiter, dialect.escape) = (UInt8(ascii: ";"), UInt8(ascii: "\\"))
          }
          let reader = try CSVReader(
            InMemoryFile(path: "fuzz.csv", bytes: bytes), dialect: dialect, pageByteCount: 64,
            recordLimit: 1 << 20)
          while let batch = try reader.next() {
            for record in 0..<batch.recordCount {
              for field in batch.fieldRange(of: record) { _ = batch.fields[field].string }
            }
          }
        }
      }
    },
  ]
}

/// Counts what becomes of raw records.
private struct RecordCount: RawEventSink {
  var count = 0

  mutating func accept(
    _ event: borrowing WebEvent, _ key: EventKey, _ repairs: Repairs, warnings: [String]
  ) {
    count += 1
  }

  mutating func reject(_ reason: String, _ text: Span<UInt8>) { count += 1 }
}

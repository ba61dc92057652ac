import Columnar
import Glibc
import Testing

@testable import FileFormats

/// What pyarrow read from a file, column by column.
struct ExpectedFile: Sendable, CustomTestStringConvertible {
  struct Column: Sendable {
    let name: String
    let rowCount: Int
    let checksum: String
  }
  let path: String
  var columns: [Column] = []
  var testDescription: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// Reads a table made by `Tests/Interop/parquet_reader_expect.py expect`.
  static func load(_ table: String, filesIn directory: String) -> [ExpectedFile] {
    guard let bytes = try? LocalFileSystem().readAll(table) else { return [] }
    var files: [ExpectedFile] = []
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count == 4, let rows = Int(parts[2]) else { continue }
      let path = directory + "/" + parts[0]
      if files.last?.path != path { files.append(ExpectedFile(path: path)) }
      files[files.count - 1].columns.append(
        Column(name: String(parts[1]), rowCount: rows, checksum: String(parts[3])))
    }
    return files
  }
}

/// Folders that tests of Parquet use.
enum ParquetFolders {
  static let package: String = {
    #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
  }()
  static let fixtures = package + "/Tests/Fixtures"
  static let testing: String = {
    let given = unsafe getenv("WEQUERY_FIXTURES").map { unsafe String(cString: $0) }
    return (given ?? package + "/../shared/fixtures") + "/parquet-testing"
  }()
  static let matrix: String? = unsafe getenv("WEQUERY_PARQUET_MATRIX").map { unsafe String(cString: $0) }

  static func names(in directory: String) -> [String] {
    let files = (try? LocalFileSystem().list(directory, recursively: false)) ?? []
    return files.map(\.path).filter { $0.hasSuffix(".parquet") }.sorted()
  }
}

@Suite("Parquet reader: equals pyarrow") struct ParquetReaderTests {
  static let matrix = ParquetFolders.matrix.map { ExpectedFile.load($0 + "/expected.tsv", filesIn: $0) } ?? []
  static let checkedIn = ExpectedFile.load(
    ParquetFolders.fixtures + "/parquet-reader/expected.tsv",
    filesIn: ParquetFolders.fixtures + "/parquet-reader")
  static let testing = ExpectedFile.load(
    ParquetFolders.fixtures + "/parquet-reader/parquet-testing.tsv", filesIn: ParquetFolders.testing + "/data"
  )

  @Test(arguments: checkedIn + matrix) func readsWhatWasWritten(_ file: ExpectedFile) throws {
    try check(file)
  }

  @Test(.enabled(if: !ParquetFolders.names(in: ParquetFolders.testing + "/data").isEmpty), arguments: testing)
  func readsParquetTesting(_ file: ExpectedFile) throws { try check(file) }

  private func check(_ file: ExpectedFile) throws {
    let reader = try ParquetReader(try LocalFileSystem().open(file.path))
    for expected in file.columns {
      guard let column = reader.column(named: expected.name) else {
        Issue.record("no column \(expected.name)")
        continue
      }
      var text = ""
      var rows = 0
      for group in reader.metadata.rowGroups.indices {
        let vector = try reader.read(column: column, rowGroup: group)
        #expect(vector.type == column.type.physicalType)
        rows += vector.count
        text += ColumnText.lines(vector, column.type)
      }
      #expect(rows == expected.rowCount)
      let checksum = ColumnText.checksum(text)
      #expect(checksum == expected.checksum, "column \(expected.name): \(text.prefix(300))")
    }
  }
}

import FileFormats
import Testing

@testable import TableFormat

/// Tables that others wrote, outside the package; tests that need them are skipped when they are absent.
enum FixtureTables {
  static let root: String = {
    let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return "/" + package + "/../shared/fixtures"
  }()

  static var iceberg: String { root + "/duckdb-iceberg" }

  static var isPresent: Bool { ((try? LocalFileSystem().status(iceberg)) ?? nil) != nil }

  /// The newest metadata file of each folder that has some.
  static func metadataFiles() throws -> [String] {
    var result: [String: String] = [:]
    for file in try LocalFileSystem().list(iceberg, recursively: true)
    where file.path.contains(".metadata.json") {
      let folder = FilePath.parent(of: file.path)
      result[folder] = max(result[folder] ?? "", file.path)
    }
    return result.values.sorted()
  }
}

@Suite("Fixtures: tables of other writers") struct FixtureTableTests {
  @Test(.enabled(if: FixtureTables.isPresent)) func metadataAndManifestsOfEveryTableRead() throws {
    let paths = PathMapper(base: FixtureTables.iceberg)
    var (tables, entries) = (0, 0)
    var refused: [String] = []
    for file in try FixtureTables.metadataFiles() {
      do {
        let table = try Table.open(at: file, fileSystem: LocalFileSystem(), paths: paths)
        let copy = try TableMetadata(json: table.metadata.jsonText(), file: nil)
        #expect(copy == table.metadata, "\(file)")
        if let snapshot = table.currentSnapshot {
          for manifest in try table.manifests(of: snapshot) {
            entries += try table.entries(of: manifest).count
          }
        }
        tables += 1
      } catch {
        refused.append("\(file.split(separator: "/").suffix(4).joined(separator: "/")): \(error)")
      }
    }
    #expect(refused.isEmpty)
    print("read \(tables) tables, \(entries) entries, refused:\n" + refused.joined(separator: "\n"))
    #expect(tables > 35)
  }
}

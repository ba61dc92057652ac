import FileFormats
import TestSupport
import Testing

@testable import TableFormat

/// Commits that are stopped after every single operation (DESIGN.md, §8).
@Suite("Transaction: faults") struct CommitFaultTests {
  let folder = TemporaryFolder()

  /// How many operations a fault-free append takes, so that the loops below reach beyond the last.
  private static let most = 24

  private func files(_ folder: String) throws -> Set<String> {
    Set(try LocalFileSystem().list(folder, recursively: true).filter { !$0.isDirectory }.map(\.path))
  }

  @Test(arguments: [FaultInjectingFileSystem.Fault.diskFull, .inputOutput], [false, true])
  func anAppendIsAbsentOrCompleteWhereverItFails(
    fault: FaultInjectingFileSystem.Fault, isLasting: Bool
  ) throws {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    let first = try SampleTable.create(in: catalog)
    try Transaction(first, AppendFiles([SampleTable.file("seed", in: first)])).commit()
    var expected = ["seed.parquet"]

    for limit in 0..<Self.most {
      let faulty = FaultInjectingFileSystem(
        LocalFileSystem(), failing: limit, with: fault, isLasting: isLasting)
      let broken = try SQLiteCatalog(path: folder.path + "/catalog.db", fileSystem: faulty)
      let table = try broken.loadTable(SampleTable.identifier)
      let before = try files(folder.path + "/analytics")
      var failed = false
      do {
        try Transaction(table, AppendFiles([SampleTable.file("n\(limit)", in: table)])).commit()
        expected.append("n\(limit).parquet")
      } catch {
        failed = true
        #expect(error.kind == (fault == .diskFull ? .diskFull : .inputOutput))
      }

      let again = try SQLiteCatalog(path: folder.path + "/catalog.db").loadTable(SampleTable.identifier)
      #expect(try SampleTable.livePaths(of: again) == expected.sorted(), "operation \(limit)")
      if failed, !isLasting { #expect(try files(folder.path + "/analytics") == before, "operation \(limit)") }

      let next = try Transaction(again, AppendFiles([SampleTable.file("after\(limit)", in: again)])).commit()
      expected.append("after\(limit).parquet")
      #expect(try SampleTable.livePaths(of: next) == expected.sorted())
    }
    #expect(expected.count > Self.most + 2)
  }

  @Test func aTableIsMadeWhollyOrNotAtAll() throws {
    for limit in 0..<8 {
      let path = folder.path + "/\(limit)/catalog.db"
      let faulty = FaultInjectingFileSystem(LocalFileSystem(), failing: limit)
      let broken = try SQLiteCatalog(path: path, fileSystem: faulty)
      let made = (try? SampleTable.create(in: broken)) != nil

      let catalog = try SQLiteCatalog(path: path)
      #expect(try catalog.tables(in: SampleTable.identifier.namespace).count == (made ? 1 : 0))
      if !made { _ = try SampleTable.create(in: catalog) }
      #expect(try catalog.loadTable(SampleTable.identifier).metadata.snapshots.count == 0)
    }
  }
}

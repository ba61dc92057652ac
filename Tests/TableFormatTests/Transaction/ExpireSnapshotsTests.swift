import FileFormats
import Testing

@testable import TableFormat

@Suite("Transaction: references and expiry") struct ExpireSnapshotsTests {
  let folder = TemporaryFolder()

  /// A table with so many snapshots.
  private func start(_ count: Int) throws -> Table {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    var table = try SampleTable.create(in: catalog)
    for number in 0..<count {
      table = try Transaction(table, AppendFiles([SampleTable.file("\(number)", in: table)])).commit()
    }
    return table
  }

  @Test func aRollbackMovesMainAndAddsNoSnapshot() throws {
    let table = try start(3)
    let back = try Transaction(
      table, SetReference.rollback(to: table.metadata.snapshots.entries()[0].id, movement: .toAncestor)
    ).commit()

    #expect(try SampleTable.livePaths(of: back) == ["0.parquet"])
    #expect(back.metadata.snapshots.count == 3)
    #expect(back.metadata.snapshotLog.count == 4)
    let next = try Transaction(back, AppendFiles([SampleTable.file("x", in: back)])).commit()
    #expect(next.currentSnapshot?.sequenceNumber == 4)
    #expect(try next.currentSnapshot?.parentID == table.metadata.snapshots.entries()[0].id)
    #expect(next.currentSnapshot?.summary.count("total-records") == 20)
    #expect(throws: TableFormatError.self) {
      try Transaction(
        next, SetReference.rollback(to: table.metadata.snapshots.entries()[2].id, movement: .toAncestor)
      )
      .commit()
    }
  }

  @Test func branchesTakeCommitsAndMainMovesForwardToThem() throws {
    var table = try start(1)
    let head = try #require(table.metadata.currentSnapshotID)
    table = try Transaction(table, SetReference("audit", SnapshotReference(snapshotID: head), isNew: true))
      .commit()
    table = try Transaction(table, AppendFiles([SampleTable.file("x", in: table)], branch: "audit")).commit()
    #expect(try SampleTable.livePaths(of: table) == ["0.parquet"])
    #expect(try SampleTable.livePaths(of: table, branch: "audit") == ["0.parquet", "x.parquet"])

    let audit = try #require(table.metadata.references["audit"]).snapshotID
    table = try Transaction(table, SetReference.rollback(to: audit, movement: .forward)).commit()
    table = try Transaction(table, RemoveReference("audit", kind: .branch)).commit()

    #expect(try SampleTable.livePaths(of: table) == ["0.parquet", "x.parquet"])
    #expect(table.metadata.references.keys.sorted() == ["main"])
  }

  @Test func expiryKeepsHeadsTagsAndTheNewest() throws {
    var table = try start(6)
    let ids = try table.metadata.snapshots.entries().map(\.id)
    table = try Transaction(
      table, SetReference("keep", SnapshotReference(snapshotID: ids[1], kind: .tag), isNew: true)
    ).commit()
    let later = CommitClock.system.nowMillis + 1000

    let plan = try ExpireSnapshots(olderThanMillis: later, retainLast: 2).plan(for: table.metadata)
    table = try Transaction(table, ExpireSnapshots(olderThanMillis: later, retainLast: 2)).commit()

    #expect(plan.expired == [ids[0], ids[2], ids[3]])
    #expect(Dictionary(uniqueKeysWithValues: plan.kept.map { ($0.id, $0.reason) })[ids[1]] == "tag keep")
    #expect(try table.metadata.snapshots.entries().map(\.id) == [ids[1], ids[4], ids[5]])
    #expect(try table.metadata.snapshotLog.entries().map(\.snapshotID) == [ids[4], ids[5]])
    #expect(try SampleTable.livePaths(of: table).count == 6)
    #expect(try ExpireSnapshots().plan(for: table.metadata).expired.isEmpty)
    #expect(throws: TableFormatError.self) { try Transaction(table, ExpireSnapshots(ids: [ids[1]])).commit() }
    table = try Transaction(table, ExpireSnapshots(ids: [ids[4]])).commit()
    #expect(try table.metadata.snapshots.entries().map(\.id) == [ids[1], ids[5]])
  }

  @Test func sharedFilesForbidExpiry() throws {
    let table = try Transaction(start(2), UpdateProperties(set: ["gc.enabled": "false"])).commit()
    #expect(throws: TableFormatError.self) {
      try Transaction(table, ExpireSnapshots(olderThanMillis: .max)).commit()
    }
  }

  @Test func statisticsGoWithTheirSnapshot() throws {
    var table = try start(2)
    let ids = try table.metadata.snapshots.entries().map(\.id)
    let files = ids.map {
      StatisticsFile(snapshotID: $0, path: "s-\($0)", fileSizeInBytes: 9, fileFooterSizeInBytes: 1, blobs: [])
    }
    table = try Transaction(table, UpdateStatistics(statistics: files)).commit()
    table = try Transaction(table, ExpireSnapshots(ids: [ids[0]])).commit()
    #expect(table.metadata.statistics.map(\.snapshotID) == [ids[1]])
  }
}

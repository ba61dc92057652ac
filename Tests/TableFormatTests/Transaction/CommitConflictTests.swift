import FileFormats
import Synchronization
import Testing

@testable import TableFormat

@Suite("Transaction: conflicts") struct CommitConflictTests {
  let folder = TemporaryFolder()

  private func open() throws -> Table {
    try SQLiteCatalog(path: folder.path + "/catalog.db").loadTable(SampleTable.identifier)
  }

  private func start(formatVersion: Int = 2) throws -> Table {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    let table = try SampleTable.create(in: catalog, formatVersion: formatVersion)
    return try Transaction(
      table, AppendFiles(["a", "b", "c"].map { SampleTable.file($0, in: table) })
    ).commit()
  }

  private func delete(_ name: String, of path: String, in table: Table) -> DataFile {
    var file = SampleTable.file(name, rows: 2, in: table)
    file.content = .positionDeletes
    file.referencedDataFile = table.dataLocation + "/\(path).parquet"
    return file
  }

  @Test func aReplacedFileCannotBeReplacedAgain() throws {
    let table = try start()
    let other = try open()
    let a = SampleTable.file("a", in: table)
    try Transaction(table, RewriteFiles(removedData: [a], addedData: [SampleTable.file("a2", in: table)]))
      .commit()

    let error = #expect(throws: TableFormatError.self) {
      try Transaction(other, RewriteFiles(removedData: [a], addedData: [SampleTable.file("a3", in: table)]))
        .commit()
    }
    #expect(error?.kind == .conflict)
    #expect(try SampleTable.livePaths(of: open()) == ["a2.parquet", "b.parquet", "c.parquet"])
  }

  @Test func aSerializableOverwriteMindsAddedRowsAndASnapshotOneDoesNot() throws {
    let table = try start()
    let b = SampleTable.file("b", in: table)
    try Transaction(open(), AppendFiles([SampleTable.file("new", in: table)])).commit()

    #expect(throws: TableFormatError.self) {
      try Transaction(table, OverwriteFiles(added: [], removed: [b])).commit()
    }
    let unconcerned = OverwriteFiles(added: [SampleTable.file("b2", in: table)], removed: [b]) { _ in false }
    try Transaction(table, unconcerned).commit()
    try Transaction(
      table, OverwriteFiles(added: [], removed: [SampleTable.file("c", in: table)], isolation: .snapshot)
    ).commit()

    #expect(try SampleTable.livePaths(of: open()) == ["a.parquet", "b2.parquet", "new.parquet"])
    #expect(try open().currentSnapshot?.summary.operation == .delete)
    #expect(try open().currentSnapshot?.summary.count("total-records") == 30)
  }

  @Test func compactionConflictsWithADeleteOfItsFilesOnly() throws {
    let table = try start()
    let (a, b) = (SampleTable.file("a", in: table), SampleTable.file("b", in: table))
    try Transaction(open(), RowDelta(addedDeletes: [delete("d", of: "a", in: table)])).commit()

    #expect(throws: TableFormatError.self) {
      try Transaction(table, RewriteFiles(removedData: [a], addedData: [SampleTable.file("a2", in: table)]))
        .commit()
    }
    let done = try Transaction(
      table,
      RewriteFiles(
        removedData: [b], addedData: [SampleTable.file("b2", in: table)],
        startingSequenceNumber: table.metadata.lastSequenceNumber)
    ).commit()

    let snapshot = try #require(done.currentSnapshot)
    let entries = try done.manifests(of: snapshot).filter { $0.content == .data }.flatMap {
      try done.entries(of: $0)
    }
    let added = try #require(entries.first { $0.file.path.hasSuffix("b2.parquet") })
    #expect(added.sequenceNumber == 1 && added.fileSequenceNumber == 3)
    #expect(snapshot.summary.count("total-delete-files") == 1)
    #expect(snapshot.summary.count("total-position-deletes") == 2)
  }

  @Test func manyThreadsOnManyHandlesLoseNothing() throws {
    let table = try start()
    let failures = Mutex<[String]>([])
    let path = folder.path
    Threads.run(4) { thread in
      do {
        let catalog = try SQLiteCatalog(path: path + "/catalog.db")
        for number in 0..<6 {
          let mine = try catalog.loadTable(SampleTable.identifier)
          try Transaction(mine, AppendFiles([SampleTable.file("t\(thread)-\(number)", in: table)])).commit()
        }
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }

    #expect(failures.withLock { $0 } == [])
    let last = try open()
    #expect(try SampleTable.livePaths(of: last).count == 27)
    #expect(last.metadata.lastSequenceNumber == 25)
    // Nothing is left of lost attempts.
    let files = try LocalFileSystem().list(path + "/analytics/events/metadata", recursively: false)
    #expect(files.filter { $0.path.hasSuffix(".avro") }.count == 50)
    #expect(files.filter { $0.path.hasSuffix(".json") }.count == 11)
  }

  @Test func writersWithoutOurLockAreMetByTheGuardedSwap() throws {
    let table = try start()
    // Another program's commit between our reading and our swap.
    struct Interfering: TransactionAction {
      let path: String
      let table: Table
      let done = Flag()
      func apply(to changes: inout TableChanges) throws(TableFormatError) {
        guard done.set() else { return }
        var theirs = changes.base.metadata
        theirs.properties["theirs"] = "1"
        try theirs.recordCommit(on: changes.base, atMillis: changes.clock.nowMillis)
        let location = try MetadataFile.write(
          theirs, version: 2, fileSystem: changes.base.fileSystem, paths: changes.base.paths)
        try SQLiteCatalog(path: path).swap([
          MetadataSwap(table: SampleTable.identifier, old: changes.base.metadataLocation, new: location)
        ])
      }
    }
    var transaction = Transaction(table, AppendFiles([SampleTable.file("mine", in: table)]))
    transaction.add(Interfering(path: folder.path + "/catalog.db", table: table))

    let done = try transaction.commit()

    #expect(done.metadata.properties["theirs"] == "1")
    #expect(try SampleTable.livePaths(of: done) == ["a.parquet", "b.parquet", "c.parquet", "mine.parquet"])
    let files = try LocalFileSystem().list(folder.path + "/analytics/events/metadata", recursively: false)
    #expect(files.filter { $0.path.contains("/snap-") }.count == 2)
    #expect(files.filter { $0.path.hasSuffix(".json") }.count == 4)
  }

  @Test func severalTablesCommitTogetherOrNotAtAll() throws {
    let table = try start()
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    let second = try catalog.createTable(
      CreateTable(
        TableIdentifier(namespace: "analytics", name: "second"), schema: table.schema,
        partitionSpec: table.metadata.partitionSpec))
    let stale = RewriteFiles(removedData: [SampleTable.file("gone", in: table)], addedData: [])

    #expect(throws: TableFormatError.self) {
      try Transaction.commit([
        Transaction(second, AppendFiles([SampleTable.file("x", in: second)])), Transaction(table, stale),
      ])
    }
    #expect(try catalog.loadTable(second.identifier).currentSnapshot == nil)

    try Transaction.commit([
      Transaction(second, AppendFiles([SampleTable.file("x", in: second)])),
      Transaction(table, AppendFiles([SampleTable.file("y", in: table)])),
    ])
    #expect(try catalog.loadTable(second.identifier).currentSnapshot != nil)
    #expect(try SampleTable.livePaths(of: open()).contains("y.parquet"))
  }

  @Test func rowIDsAreGivenOutInListOrder() throws {
    var table = try start(formatVersion: 3)
    #expect(table.metadata.nextRowID == 30)
    table = try Transaction(table, AppendFiles([SampleTable.file("d", rows: 5, in: table)])).commit()

    let snapshot = try #require(table.currentSnapshot)
    #expect(snapshot.firstRowID == 30 && snapshot.addedRows == 5)
    #expect(table.metadata.nextRowID == 35)
    let entries = try table.manifests(of: snapshot).flatMap { try table.entries(of: $0) }
    let ids = Dictionary(
      uniqueKeysWithValues: entries.map {
        (String($0.file.path.split(separator: "/").last ?? ""), $0.file.firstRowID)
      })
    #expect(ids == ["a.parquet": 0, "b.parquet": 10, "c.parquet": 20, "d.parquet": 30])

    table = try Transaction(table, DeleteFiles([SampleTable.file("a", in: table)])).commit()
    let rest = try #require(table.currentSnapshot)
    let kept = try table.manifests(of: rest).flatMap { try table.entries(of: $0) }.filter(\.isLive)
    #expect(Set(kept.map(\.file.firstRowID)) == [10, 20, 30])
  }
}

/// A flag that can be set once.
final class Flag: Sendable {
  private let state = Mutex(false)

  /// Returns whether this call has set it.
  func set() -> Bool {
    state.withLock { state in
      defer { state = true }
      return !state
    }
  }
}

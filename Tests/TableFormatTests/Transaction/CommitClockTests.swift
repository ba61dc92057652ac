import TestSupport
import Testing

@testable import TableFormat

@Suite("Transaction: clock") struct CommitClockTests {
  let folder = TemporaryFolder()

  @Test func snapshotsHaveTheTimesOfTheClockThatIsSet() throws {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    var table = try SampleTable.create(in: catalog, clock: CommitClock(standingAtMillis: 1000))
    for time in [2000, 5000] as [Int64] {
      table = try Transaction(
        table, AppendFiles([SampleTable.file("f\(time)", in: table)]),
        clock: CommitClock(standingAtMillis: time)
      ).commit()
    }

    #expect(try table.metadata.snapshots.entries().map(\.timestampMillis) == [2000, 5000])
    #expect(try table.metadata.snapshotLog.entries().map(\.timestampMillis) == [2000, 5000])
    #expect(table.metadata.metadataLog.map(\.timestampMillis) == [1000, 2000])
    #expect(try table.snapshot(atMillis: 4999).id == table.metadata.snapshots.entries()[0].id)
    #expect(throws: TableFormatError.self) { try table.snapshot(atMillis: 1999) }
  }

  @Test func aSnapshotsTimeNamesItEvenIfTheClockStandsStill() throws {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    let clock = CommitClock(standingAtMillis: 2000)
    var table = try SampleTable.create(in: catalog, clock: clock)
    for name in ["a", "b", "c"] {
      table = try Transaction(table, AppendFiles([SampleTable.file(name, in: table)]), clock: clock).commit()
    }

    #expect(try table.metadata.snapshots.entries().map(\.timestampMillis) == [2000, 2001, 2002])
    for snapshot in try table.metadata.snapshots.entries() {
      #expect(try table.snapshot(atMillis: snapshot.timestampMillis).id == snapshot.id)
    }
  }

  @Test func timesNeverGoBack() throws {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    var table = try SampleTable.create(in: catalog)
    let made = table.metadata.lastUpdatedMillis
    table = try Transaction(
      table, AppendFiles([SampleTable.file("f", in: table)]), clock: CommitClock(standingAtMillis: 1000)
    ).commit()

    #expect(table.currentSnapshot?.timestampMillis == made)
    #expect(table.metadata.lastUpdatedMillis == made)
  }
}

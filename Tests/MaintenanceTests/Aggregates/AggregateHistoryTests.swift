import Columnar
import Glibc
import QueryEngine
import TableFormat
import Testing

/// Answers are the same whether or not partial aggregates of files are kept, whatever happens to the table.
///
/// `WEQUERY_AGGREGATE_HISTORIES=1000` asks for more.
@Suite("Kept aggregates: random histories") struct AggregateHistoryTests {
  static let groups: Range<Int> = {
    let count = unsafe getenv("WEQUERY_AGGREGATE_HISTORIES").flatMap { unsafe Int(String(cString: $0)) } ?? 16
    return 0..<max(1, count / 4)
  }()

  @Test(arguments: groups) func answersAreTheSameWithAndWithout(group: Int) throws {
    var keptFileCount = 0
    for number in 0..<4 {
      var history = try AggregateHistory(seed: UInt64(group * 4 + number))
      let difference = try history.run()
      #expect(difference == nil)
      keptFileCount += history.keptFileCount
    }
    #expect(keptFileCount > 0)
  }

  private static let byDay = "SELECT d, count(*), sum(id), avg(x), min(s) FROM t GROUP BY d ORDER BY d"

  private func kept(_ session: Session, _ query: String) throws -> Int {
    try session.run(single: query).footer?.counters["files_from_aggregates"] ?? 0
  }

  @Test func onlyNewFilesAreReadByALaterProcess() throws {
    let workspace = try Workspace()
    try workspace.makeTable(3)
    let first = AggregateHistory.session(workspace.catalog, isOn: true)
    #expect(try kept(first, Self.byDay) == 0)
    first.saveCaches()
    try workspace.append(3)

    let second = AggregateHistory.session(workspace.catalog, isOn: true)
    #expect(try kept(second, Self.byDay) == 9)
    #expect(try kept(second, Self.byDay) == 12)
    #expect(try kept(AggregateHistory.session(workspace.catalog, isOn: false), Self.byDay) == 0)
  }

  @Test func aConditionThatCoversFilesWhollyDoesNotMatter() throws {
    let workspace = try Workspace()
    try workspace.makeTable(3)
    let session = AggregateHistory.session(workspace.catalog, isOn: true)
    let query = "SELECT d, count(*), sum(id) FROM t WHERE d >= DATE '2026-01-01' AND x > 2 GROUP BY d"
    #expect(try kept(session, query) == 0)

    #expect(try kept(session, query.replacing("01-01", with: "01-02")) == 6)
    // Of the third append all rows pass either way; what is left of the condition elsewhere is another one.
    #expect(try kept(session, query.replacing("x > 2", with: "x > 80")) == 3)
  }

  @Test func whoeverKeepsTheStateLockedIsNotWaitedFor() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)
    let first = AggregateHistory.session(workspace.catalog, isOn: true)
    _ = try first.run(single: Self.byDay)
    first.saveCaches()
    let state = try SQLiteConnection(path: workspace.path + "/wequery.db", creating: false)
    let expected = try workspace.run(Self.byDay).count

    try state.transaction { (transaction) throws(TableFormatError) in
      _ = try transaction.execute("PRAGMA locking_mode = EXCLUSIVE")
      _ = try transaction.execute("UPDATE aggregate_fragments SET last_use = 0")
      let began = ContinuousClock.now
      let second = AggregateHistory.session(workspace.catalog, isOn: true)
      let result = try? second.run(single: Self.byDay)
      second.saveCaches()

      #expect(result?.batches.reduce(0) { $0 + $1.selectedCount } == expected)
      #expect(ContinuousClock.now - began < .seconds(10))
    }
  }
}

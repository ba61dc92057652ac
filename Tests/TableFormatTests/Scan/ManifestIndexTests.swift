import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Planning that reads only what it wants must find what planning that reads everything finds, whatever became of the
/// file that remembers where things are.
@Suite("Manifest index") struct ManifestIndexTests {
  private let folder = TemporaryFolder("manifest-index")
  private let files = LocalFileSystem()

  /// A table of several manifests that mix days, some files removed, one carried over, one of another spec.
  private func table(formatVersion: Int = 2) throws -> Table {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    var table = try SampleTable.create(
      in: catalog, properties: ["commit.manifest-merge.enabled": "false"], formatVersion: formatVersion)
    var random = SystemRandomNumberGenerator()
    for commit in 0..<8 {
      let added = (0..<25).map { number in
        SampleTable.file("f\(commit)-\(number)", day: 20_000 + Int64((number * 7 + commit) % 12), in: table)
      }
      table = try Transaction(table, AppendFiles(added.shuffled(using: &random))).commit()
    }
    var gone = SampleTable.file("f2-3", day: 20_000 + Int64((3 * 7 + 2) % 12), in: table)
    gone.partition = [.integer(20_000 + Int64((3 * 7 + 2) % 12))]
    table = try Transaction(table, DeleteFiles([gone])).commit()
    var unknown = SampleTable.file("no-day", in: table)
    unknown.partition = [.null]
    return try Transaction(table, AppendFiles([unknown])).commit()
  }

  private func cache(userFolder: String? = nil) -> ManifestCache {
    ManifestCache(indexes: ManifestIndexCache(userFolder: userFolder, leastNewCount: 1))
  }

  private func equal(_ day: Int64) -> Predicate {
    .comparison(2, .equal, .init(.integer(day), .date))
  }

  private struct Found: Equatable {
    var files: [DataFile]
    var sequenceNumbers: [Int64]
    var isWhole: [Bool]
    var counters: PlanCounters
  }

  /// Plans; `limit` says from how many files on only what is wanted is read.
  private func plan(
    _ table: Table, _ predicate: Predicate, _ cache: ManifestCache? = nil, limit: Int = 0
  ) throws -> (found: Found, fromCache: Int) {
    let planner = ScanPlanner(
      table, table.currentSnapshot, nil, cache, { count, body in for index in 0..<count { body(index) } },
      wholeReadLimit: limit)
    let plan = try planner.plan(predicate: predicate)
    var counters = plan.counters
    counters.manifestsFromCache = 0
    return (
      Found(
        files: plan.tasks.map(\.file), sequenceNumbers: plan.tasks.map(\.dataSequenceNumber),
        isWhole: plan.tasks.map { $0.residual == .alwaysTrue }, counters: counters),
      plan.counters.manifestsFromCache
    )
  }

  private var predicates: [Predicate] {
    [
      equal(20_003), equal(19_000), .isNull(2), .not(equal(20_001)),
      .or([equal(20_000), .comparison(1, .greater, .init(.integer(100), .bigint))]),
      .comparison(1, .greater, .init(.integer(5), .bigint)),
    ]
  }

  private func cacheFile(_ table: Table) throws -> String {
    let folder = try #require(table.catalog?.cacheFolder)
    return folder + "/" + ManifestIndexCache.fileName(ManifestIndexCache.name(of: table))
  }

  @Test(arguments: [2, 3]) func everyWayFindsTheSame(formatVersion: Int) throws {
    let table = try table(formatVersion: formatVersion)
    let kept = cache()
    for predicate in predicates {
      let whole = try plan(table, predicate, limit: .max).found

      #expect(try plan(table, predicate).found == whole, "walked: \(predicate)")
      #expect(try plan(table, predicate, kept).found == whole, "noted: \(predicate)")
      #expect(try plan(table, predicate, kept).found == whole, "by entries that were kept: \(predicate)")
    }
    kept.save()
    for predicate in predicates {
      let (found, fromCache) = try plan(table, predicate, cache())
      #expect(try found == plan(table, predicate, limit: .max).found, "by the file: \(predicate)")
      #expect(fromCache == found.counters.manifestCount - found.counters.manifestsPruned)
    }
  }

  @Test func aStaleFileKnowsNothingOfWhatIsNew() throws {
    let table = try table()
    let first = cache()
    _ = try plan(table, .not(equal(1)), first)
    first.save()
    let newer = try Transaction(table, AppendFiles([SampleTable.file("new", day: 20_003, in: table)]))
      .commit()

    let second = cache()
    let (found, fromCache) = try plan(newer, equal(20_003), second)
    #expect(try found == plan(newer, equal(20_003), limit: .max).found)
    #expect(fromCache > 0 && fromCache < found.counters.manifestCount)
    second.save()
    let third = try plan(newer, equal(20_003), cache())
    #expect(third.found == found && third.fromCache == fromCache + 1)
    // The older snapshot is planned as before.
    #expect(try plan(table, equal(20_003), cache()).found == plan(table, equal(20_003), limit: .max).found)
  }

  @Test func aDamagedOrShortFileIsNoFile() throws {
    let table = try table()
    let first = cache()
    let expected = try plan(table, equal(20_003), first).found
    _ = try plan(table, .not(equal(1)), first)
    first.save()
    let path = try cacheFile(table)
    let good = try files.readAll(path)
    #expect(ManifestIndexFile.decode(good, table: ManifestIndexCache.name(of: table)) != nil)
    #expect(ManifestIndexFile.decode(good, table: "another") == nil)
    for length in stride(from: 0, to: good.count, by: 37) {
      #expect(
        ManifestIndexFile.decode(Array(good[..<length]), table: ManifestIndexCache.name(of: table)) == nil)
    }
    for place in stride(from: 0, to: good.count, by: 11) {
      var bad = good
      bad[place] ^= 0x40
      #expect(ManifestIndexFile.decode(bad, table: ManifestIndexCache.name(of: table)) == nil)
    }
    var bad = good
    bad[good.count / 2] ^= 1
    for bytes in [bad, Array(good.dropLast(9)), [], [7]] {
      try files.writeAtomically(path, bytes.span)
      let again = cache()
      let (found, fromCache) = try plan(table, equal(20_003), again)
      #expect(found == expected && fromCache == 0)
      _ = try plan(table, .not(equal(1)), again)
      again.save()
      #expect(try plan(table, equal(20_003), cache()).fromCache > 0, "it is written anew")
    }
  }

  /// What no damage does: a sum that is right over an index that is wrong.
  @Test func anIndexThatIsWrongIsNotBelieved() throws {
    let table = try table()
    let first = cache()
    let expected = try plan(table, equal(20_003), first).found
    _ = try plan(table, .not(equal(1)), first)
    first.save()
    let path = try cacheFile(table)
    let name = ManifestIndexCache.name(of: table)
    let good = try #require(ManifestIndexFile.decode(try files.readAll(path), table: name))
    let changes: [(inout ManifestIndex) -> Void] = [
      { $0.blocks = $0.blocks.map { $0 &+ 1 } }, { $0.blocks = [] },
      { $0.blocks = $0.blocks.map { _ in .max } },
      { $0.marker[0] ^= 1 },
      { for place in $0.entries.indices { $0.entries[place].ordinal = 4_000_000_000 } },
      { $0.codec = .zstandard }, { $0.schema = [1, 2] }, { $0.entries.removeLast() },
      { $0.tuples = PartitionTuples($0.tuples.all.map { _ in [0xFF] }) },
    ]
    for change in changes {
      var wrong = good
      for key in wrong.keys { if var index = wrong[key] { change(&index); wrong[key] = index } }
      try files.writeAtomically(path, ManifestIndexFile.encode(wrong, table: name).span)
      #expect(try plan(table, equal(20_003), cache()).found == expected)
    }
  }

  @Test func aFolderThatCannotBeWrittenGivesWayToTheUsers() throws {
    let table = try table()
    let blocked = try #require(table.catalog?.cacheFolder)
    try files.writeNew(blocked, [1].span)  // a file where the folder should be
    let first = cache(userFolder: folder.path + "/user/wequery")
    _ = try plan(table, .not(equal(1)), first)
    first.save()
    let (found, fromCache) = try plan(table, equal(20_003), cache(userFolder: folder.path + "/user/wequery"))
    #expect(try found == plan(table, equal(20_003), limit: .max).found && fromCache > 0)
    // Without any place nothing is kept, and nothing fails.
    let homeless = cache()
    _ = try plan(table, .not(equal(1)), homeless)
    homeless.save()
    #expect(try plan(table, equal(20_003), cache()).fromCache == 0)
  }

  @Test func theFileMayGoAtAnyTime() throws {
    let table = try table()
    let first = cache()
    _ = try plan(table, .not(equal(1)), first)
    first.save()
    let reader = cache()
    let expected = try plan(table, equal(20_003), reader).found
    try files.remove(cacheFile(table))
    #expect(try plan(table, equal(20_004), reader).found == plan(table, equal(20_004), limit: .max).found)
    #expect(try plan(table, equal(20_003), reader).found == expected)
    #expect(try plan(table, equal(20_003), cache()).found == expected)
  }

  @Test func manyWritersAtOnceLeaveOneGoodFile() async throws {
    let table = try table()
    let name = ManifestIndexCache.name(of: table)
    let path = try cacheFile(table)
    let all = equal(1)
    try await withThrowingTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<10 {
            let mine = ManifestCache(indexes: ManifestIndexCache(userFolder: nil, leastNewCount: 1))
            let planner = ScanPlanner(
              table, table.currentSnapshot, nil, mine,
              { count, body in for index in 0..<count { body(index) } }, wholeReadLimit: 0)
            _ = try planner.plan(predicate: .not(all))
            // As a process that found no file.
            try? LocalFileSystem().remove(path)
            mine.save()
          }
        }
      }
      try await group.waitForAll()
    }
    if let bytes = try? files.readAll(path) { #expect(ManifestIndexFile.decode(bytes, table: name) != nil) }
    let left = try files.list(FilePath.parent(of: path), recursively: false).map(\.path)
    #expect(left.allSatisfy { $0 == path }, "no draft is left")
    #expect(try plan(table, equal(20_003), cache()).found == plan(table, equal(20_003), limit: .max).found)
  }

  @Test func aManifestThatIsDamagedIsAnErrorByEveryWay() throws {
    let table = try table()
    let kept = cache()
    _ = try plan(table, .not(equal(1)), kept)
    kept.save()
    let snapshot = try #require(table.currentSnapshot)
    for manifest in try table.manifests(of: snapshot) {
      let path = try table.paths.path(of: manifest.path)
      var bytes = try files.readAll(path)
      bytes[bytes.count - 5] ^= 0xFF
      try files.writeAtomically(path, bytes.span)
    }
    #expect(throws: TableFormatError.self) { try plan(table, equal(20_003)) }
    #expect(throws: TableFormatError.self) { try plan(table, equal(20_003), cache()) }
  }
}

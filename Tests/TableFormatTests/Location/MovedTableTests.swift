import Columnar
import FileFormats
import Glibc
import Synchronization
import Testing

@testable import TableFormat

/// Tables that were copied or moved: each kind of path follows, or the read is refused.
@Suite("Location: moved tables") struct MovedTableTests {
  static let fields = [NestedField(id: 1, name: "id", type: .long)]
  let folder = TemporaryFolder()
  private let files = LocalFileSystem()

  /// A table of two files of which rows are deleted by each kind of delete.
  private func make(formatVersion: Int, in place: String) throws -> TestTable {
    let test = try TestTable(Self.fields, formatVersion: formatVersion, in: place)
    let first = try test.file((0..<10).map { [.integer($0)] })
    let second = try test.file((10..<20).map { [.integer($0)] })
    try test.commit(AppendFiles([first, second]))
    try test.commit(RowDelta(addedDeletes: try test.positionDeletes([(first, [0, 1]), (second, [9])])))
    let equal = try test.equalityDelete(Self.fields, rows: [[.integer(5)], [.integer(15)]])
    try test.commit(RowDelta(addedDeletes: [equal]))
    return test
  }

  private static let left = TestTable.sorted(
    [2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18].map { [.integer($0)] })

  private func copy(_ from: String, to: String) throws {
    try files.createDirectory(to)
    for file in try files.list(from, recursively: true) where !file.isDirectory {
      let bytes = try files.readAll(file.path)
      try files.writeNew(to + file.path.dropFirst(from.count), bytes.span)
    }
  }

  @Test(arguments: [2, 3]) func aMovedFolderReadsTheSame(formatVersion: Int) throws {
    let test = try make(formatVersion: formatVersion, in: folder.path)
    #expect(try test.rows() == Self.left)
    try files.rename(folder.path + "/n/t", to: folder.path + "/elsewhere")

    let moved = try Table.open(at: folder.path + "/elsewhere", fileSystem: files)

    #expect(TestTable.sorted(try TableRows.read(moved)) == Self.left)
    #expect(moved.warning?.contains("/elsewhere") == true)
  }

  /// Never a mixture: the copy is read even where the originals still are.
  @Test(arguments: [2, 3]) func aCopyReadsItsOwnFiles(formatVersion: Int) throws {
    _ = try make(formatVersion: formatVersion, in: folder.path)
    try copy(folder.path + "/n/t", to: folder.path + "/copy")

    let copied = try Table.open(at: folder.path + "/copy", fileSystem: files)
    #expect(TestTable.sorted(try TableRows.read(copied)) == Self.left)
    let plan = try ScanPlanner(copied, snapshot: copied.currentSnapshot).plan()
    for task in plan.tasks {
      #expect(try copied.paths.path(of: task.file.path).hasPrefix(folder.path + "/copy/"))
      for file in task.deletes.positionDeletes + [task.deletes.deletionVector].compactMap({ $0 }) {
        #expect(try copied.paths.path(of: file.path).hasPrefix(folder.path + "/copy/"))
      }
    }
  }

  @Test(arguments: [2, 3]) func aMovedWarehouseReadsAndTakesCommits(formatVersion: Int) throws {
    let warehouse = folder.path + "/old"
    _ = try make(formatVersion: formatVersion, in: warehouse)
    try files.rename(warehouse, to: folder.path + "/new")
    let said = Said()

    let catalog = try SQLiteCatalog(path: folder.path + "/new/catalog.db", warn: { said.add($0) })
    let table = try catalog.loadTable(TableIdentifier(namespace: "n", name: "t"))

    #expect(TestTable.sorted(try TableRows.read(table)) == Self.left)
    #expect(said.all.count == 1 && said.all[0].contains("/new"))
    let writer = DataFileWriter(try WriteTarget(table))
    try writer.write(try MemoryTable.batch(table, [[.integer(99)]]))
    try Transaction(table, AppendFiles(try writer.finish())).commit()
    #expect(try TableRows.read(catalog.loadTable(table.identifier)).count == Self.left.count + 1)
    #expect(try files.status(warehouse) == nil)
  }

  @Test func aFolderReachedByALinkIsNotMoved() throws {
    _ = try make(formatVersion: 2, in: folder.path + "/real")
    let made = unsafe symlink(folder.path + "/real", folder.path + "/link")
    #expect(made == 0)

    let table = try Table.open(at: folder.path + "/link/n/t", fileSystem: files)

    #expect(table.warning == nil)
    #expect(TestTable.sorted(try TableRows.read(table)) == Self.left)
  }

  @Test func aMetadataFileAloneLeavesItsTableWhereItWas() throws {
    let test = try make(formatVersion: 2, in: folder.path)
    let bytes = try files.readAll(try PathMapper().path(of: test.table.metadataLocation))
    let alone = folder.path + "/alone/metadata/00001-x.metadata.json"
    try files.writeNew(alone, bytes.span)

    let table = try Table.open(at: alone, fileSystem: files)

    #expect(table.warning == nil)
    #expect(TestTable.sorted(try TableRows.read(table)) == Self.left)
  }

  /// Without the mapping of its rows a position delete would delete nothing, with no error.
  @Test func aPositionDeleteThatMatchesNoFileIsRefused() throws {
    let fileSystem = InMemoryFileSystem()
    let table = MemoryTable.make(Self.fields, fileSystem: fileSystem)
    let writer = DataFileWriter(try WriteTarget(table))
    try writer.write(try MemoryTable.batch(table, [[.integer(1)], [.integer(2)]]))
    let file = try writer.finish()[0]
    let deleting = try PositionDeleteWriter(try WriteTarget(table))
    var stated = file
    stated.path = "/old/place/" + (file.path.split(separator: "/").last ?? "")
    deleting.delete([0], in: stated)
    var deletes = try deleting.finish()
    deletes[0].referencedDataFile = nil
    let plan = MemoryTable.plan([file], table, deletes: FileDeletes(positionDeletes: deletes))

    let error = #expect(throws: TableFormatError.self) { try TableRows.read(plan, table) }

    #expect(error?.kind == .unsupported && error?.hint?.contains("--map") == true)
    var mapped = PathMapper()
    mapped.add(PathMapper.Mapping(old: "/old/place", new: "/t/data"))
    let right = Table(
      identifier: table.identifier, metadata: table.metadata, metadataLocation: table.metadataLocation,
      fileSystem: fileSystem, paths: mapped, catalog: nil)
    #expect(try TableRows.read(plan, right) == [[.integer(2)]])
  }

  @Test func aForeignSchemeIsMapped() throws {
    let test = try make(formatVersion: 2, in: folder.path)
    var text = String(decoding: try test.table.metadata.jsonText(), as: UTF8.self)
    text = text.replacing("file://" + folder.path, with: "s3://bucket/wh")
    try files.writeNew(folder.path + "/n/t/metadata/99999-x.metadata.json", Array(text.utf8).span)
    let plain = try Table.open(at: folder.path + "/n/t", fileSystem: files)
    // The metadata lies elsewhere than s3://bucket/wh/n/t, and the manifests name the old folder itself.
    #expect(TestTable.sorted(try TableRows.read(plain)) == Self.left)
    let mapped = try Table.open(
      at: folder.path + "/n/t", fileSystem: files,
      paths: PathMapper([PathMapper.Mapping("s3a://bucket/wh=" + folder.path)]))
    #expect(mapped.warning == nil)
    #expect(TestTable.sorted(try TableRows.read(mapped)) == Self.left)
  }
}

/// Collects what a closure is told.
private final class Said: Sendable {
  private let texts = Mutex<[String]>([])
  var all: [String] { texts.withLock { $0 } }
  func add(_ text: String) { texts.withLock { $0.append(text) } }
}

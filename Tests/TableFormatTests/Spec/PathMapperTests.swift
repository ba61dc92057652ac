import FileFormats
import Testing

@testable import TableFormat

@Suite("Location: path mapper") struct PathMapperTests {
  @Test(arguments: [
    "/x/y.parquet", "file:/x/y.parquet", "file:///x/y.parquet", "file://localhost/x/y.parquet",
    "/x//y.parquet",
    "hdfs://host:9000/x/y.parquet", "/x/./y.parquet",
  ]) func allSpellingsMeanOneFile(location: String) throws {
    #expect(try PathMapper().path(of: location) == "/x/y.parquet")
  }

  @Test func theLongestMappingWinsAtAPathBoundary() throws {
    let paths = PathMapper([
      try PathMapper.Mapping("file:///old=/new"), try PathMapper.Mapping("/old/special=/elsewhere"),
      try PathMapper.Mapping("s3a://bucket/w=/disk/"),
    ])
    #expect(try paths.path(of: "/old/a") == "/new/a")
    #expect(try paths.path(of: "file:/old/special/a") == "/elsewhere/a")
    #expect(try paths.path(of: "/older/a") == "/older/a")
    #expect(try paths.path(of: "s3://bucket/w/t/a%2Fb") == "/disk/t/a%2Fb")
    #expect(throws: TableFormatError.self) { try paths.path(of: "s3://other/a") }
    #expect(throws: TableFormatError.self) { try PathMapper.Mapping("=x") }
  }

  @Test func relativeLocationsStartFromTheBase() throws {
    #expect(try PathMapper(base: "/base").path(of: "data/t/a") == "/base/data/t/a")
    #expect(try PathMapper(base: "/base").path(of: "file://data/t/a") == "/base/data/t/a")
    #expect(try PathMapper().path(of: "dir/event_hour=10:00.parquet") == "dir/event_hour=10:00.parquet")
  }

  @Test func aTableOpensAfterItsFolderWasMoved() throws {
    let folder = TemporaryFolder()
    let table = try SampleTable.create(in: SQLiteCatalog(path: folder.path + "/catalog.db"))
    let last = try Transaction(table, AppendFiles([SampleTable.file("a", in: table)])).commit()
    try LocalFileSystem().rename(folder.path + "/analytics/events", to: folder.path + "/moved")

    let moved = try Table.open(at: folder.path + "/moved", fileSystem: LocalFileSystem())

    #expect(moved.metadata == last.metadata && moved.identifier.name == "moved")
    #expect(try SampleTable.livePaths(of: moved) == ["a.parquet"])
    #expect(
      try moved.paths.path(of: last.dataLocation + "/a.parquet") == folder.path + "/moved/data/a.parquet")
  }
}

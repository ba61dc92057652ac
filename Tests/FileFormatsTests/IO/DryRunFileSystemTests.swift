import FileFormats
import Testing

@Suite("Dry-run file system") struct DryRunFileSystemTests {
  @Test func whatIsWrittenIsKeptFromTheRealOne() throws {
    let real = InMemoryFileSystem()
    try real.writeNew("/d/old", [1, 2, 3].span)
    let files = DryRunFileSystem(over: real) { $0.hasSuffix(".avro") }

    try files.writeNew("/d/new", [4, 5].span)
    try files.writeNew("/d/new.avro", [6].span)
    try files.remove("/d/old")
    try files.createDirectory("/e")

    #expect(try files.readAll("/d/old") == [1, 2, 3] && files.readAll("/d/new.avro") == [6])
    #expect(try files.status("/d/new")?.byteCount == 2 && files.writtenByteCount == 3)
    #expect(throws: FileFormatError.self) { try files.readAll("/d/new") }
    for path in ["/d/old", "/d/new", "/d/new.avro"] {
      #expect(throws: FileFormatError.self) { try files.writeNew(path, [7].span) }
    }
    #expect(throws: FileFormatError.self) { try files.rename("/d/old", to: "/d/older") }
    try files.rename("/d/new.avro", to: "/d/newer.avro")
    try files.remove("/d/new")
    #expect(try files.readAll("/d/newer.avro") == [6] && files.status("/d/new") == nil)
    #expect(try real.list("/", recursively: true).filter { !$0.isDirectory }.map(\.path) == ["/d/old"])
  }
}

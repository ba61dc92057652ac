import Columnar
import FileFormats
import Testing

@Suite("IO: file systems") struct FileSystemTests {
  /// Runs `body` on both file systems, in a directory of its own.
  private func onEach(_ body: (any FileSystem, String) throws -> Void) throws {
    try body(InMemoryFileSystem(), "/t")
    let root = "/tmp/wequery-tests-\(UInt64.random(in: .min ... .max))"
    let local = LocalFileSystem()
    try local.createDirectory(root)
    defer {
      for status in ((try? local.list(root, recursively: true)) ?? []).reversed() {
        try? local.remove(status.path)
      }
      try? local.remove(root)
    }
    try body(local, root)
  }

  @Test func filesAreWrittenReadAndListed() throws {
    try onEach { system, root in
      let path = "\(root)/a/b/c.txt"
      let file = try system.create(path)
      try file.write(Array("hello ".utf8))
      try file.write([UInt8](repeating: 0x21, count: 200_000))
      try file.write(Array("end".utf8))
      #expect(file.position == 200_009)
      try file.synchronize()
      try file.close()
      try file.close()
      let open = try system.open(path)
      #expect(open.byteCount == 200_009 && open.path == path)
      let buffer = try open.read(at: 200_004, count: 5)
      let bytes = buffer.bytes
      #expect(bytes.extracting(0..<5).copied() == Array("!!end".utf8))
      #expect(try system.readAll(path).count == 200_009)
      #expect(throws: FileFormatError.self) { try system.readAll(path, limit: 10) }
      for (offset, count) in [(200_005, 5), (-1, 2), (0, -1), (Int.max, 1), (1, Int.max)] {
        let error = #expect(throws: FileFormatError.self) { try open.read(at: offset, count: count) }
        #expect(error?.kind == .damaged && error?.file == path)
      }
      let again = #expect(throws: FileFormatError.self) { try system.create(path) }
      #expect(again?.kind == .alreadyExists)
      let status = try system.status(path)
      #expect(status?.byteCount == 200_009 && status?.isDirectory == false)
      #expect((status?.modifiedMicros ?? 0) > 1_700_000_000_000_000)
      #expect(try system.status("\(root)/a")?.isDirectory == true)
      #expect(try system.list(root, recursively: true).map(\.path) == ["\(root)/a", "\(root)/a/b", path])
      #expect(try system.list("\(root)/a", recursively: false).map(\.path) == ["\(root)/a/b"])
    }
  }

  @Test func namesChangeInOneStep() throws {
    try onEach { system, root in
      let old = Array("old".utf8)
      let new = Array("new".utf8)
      try system.writeNew("\(root)/x", old.span)
      #expect(throws: FileFormatError.self) { try system.writeNew("\(root)/x", new.span) }
      #expect(try system.readAll("\(root)/x") == old)
      try system.writeAtomically("\(root)/x", new.span)
      #expect(try system.readAll("\(root)/x") == new)
      try system.rename("\(root)/x", to: "\(root)/y")
      #expect(try system.status("\(root)/x") == nil)
      #expect(try system.list(root, recursively: false).map(\.path) == ["\(root)/y"])
      try system.remove("\(root)/y")
      try system.remove("\(root)/y")
      #expect(try system.list(root, recursively: true).isEmpty)
    }
  }

  @Test func errorsSayWhatAndWhere() throws {
    try onEach { system, root in
      for path in ["\(root)/none", "\(root)/none/deeper"] {
        let error = #expect(throws: FileFormatError.self) { try system.open(path) }
        #expect(error?.kind == .notFound && error?.file == path)
        #expect(try system.status(path) == nil)
      }
      #expect(throws: FileFormatError.self) { try system.list("\(root)/none", recursively: true) }
      try system.createDirectory("\(root)/d/e")
      try system.createDirectory("\(root)/d/e")
      let full = #expect(throws: FileFormatError.self) { try system.remove("\(root)/d") }
      #expect(full?.kind == .alreadyExists)
      #expect(throws: FileFormatError.self) { try system.open("\(root)/d") }
      let missing = #expect(throws: FileFormatError.self) {
        try system.rename("\(root)/none", to: "\(root)/other")
      }
      #expect(missing?.kind == .notFound)
    }
    #expect(throws: FileFormatError.self) { try LocalFileSystem().open("") }
    #expect(throws: FileFormatError.self) { try LocalFileSystem().open("/tmp/a\0b") }
    let refused = #expect(throws: FileFormatError.self) { try LocalFileSystem().create("/proc/none/x") }
    #expect(refused?.file?.hasPrefix("/proc/none") == true)
  }

  @Test func errorsPrintTheirPlace() {
    let error = FileFormatError(.diskFull, "cannot be written", file: "x", offset: 5)
    #expect("\(error)" == "x, byte 5: cannot be written")
    #expect(error.inFile("y").file == "x")
    #expect(FileFormatError.damaged("m", offset: 2).inFile("y", at: 10).offset == 12)
  }

  @Test func parentsOfPaths() {
    #expect(
      FilePath.parent(of: "/a/b") == "/a" && FilePath.parent(of: "/a") == "/"
        && FilePath.parent(of: "a") == ".")
    #expect(
      FilePath.parent(of: "/a/b/") == "/a" && FilePath.parent(of: "/a//b") == "/a"
        && FilePath.parent(of: "/") == "/")
    #expect(
      FilePath.join("/", "a") == "/a" && FilePath.join("a", "b") == "a/b" && FilePath.join(".", "b") == "b")
  }
}

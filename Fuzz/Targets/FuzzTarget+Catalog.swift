internal import FileFormats
internal import Glibc
internal import TableFormat

extension FuzzTarget {
  /// The bytes of an SQLite file, asked what a session asks of its catalog.
  static let catalog = FuzzTarget("catalog") { bytes in
    complaint { () throws(TableFormatError) in
      let folder = "/tmp/wequery-fuzz-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
      let path = folder + "/catalog.db"
      let local = LocalFileSystem()
      defer {
        for name in ["catalog.db", "catalog.db-journal", "catalog.db-wal", "catalog.db-shm"] {
          try? local.remove(FilePath.join(folder, name))
        }
        try? local.remove(folder)
      }
      try TableFormatError.wrapping(path) { () throws(FileFormatError) in
        try local.createDirectory(folder)
        try local.writeNew(path, bytes.span)
      }
      // Tables lie in memory, so that no place that the bytes name is read.
      let catalog = try SQLiteCatalog(path: path, fileSystem: InMemoryFileSystem())
      _ = try catalog.catalogNames()
      for namespace in try catalog.namespaces().prefix(8) {
        _ = try catalog.properties(of: namespace)
        for table in try catalog.tables(in: namespace).prefix(8) {
          _ = try catalog.metadataLocation(of: table)
          do throws(TableFormatError) {
            _ = try catalog.loadTable(table)
          } catch  where error.kind != .internal {
            continue
          }
        }
      }
    }
  }
}

internal import FileFormats
internal import Synchronization

/// The indexes of large tables' manifests, kept in a file between processes.
///
/// The file is a convenience: it may be deleted at any time, several processes may write it at once, and one that is
/// damaged or stale is not used. It lies in the catalog's folder, or in the user's where that cannot be written.
final class ManifestIndexCache: Sendable {
  typealias Key = ManifestIndexFile.Key

  /// What is known of one table.
  private struct Known {
    var folders: [String]
    var indexes: [Key: ManifestIndex]
    /// Entries that were read with an index, as they are likely to be wanted again.
    var entries: [Key: [Int: ManifestEntry]] = [:]
    var entryCount = 0
    /// The manifests of the snapshot planned last: the others have had their time.
    var live: Set<Key> = []
    /// Data files that the file does not know.
    var newCount = 0
  }

  private let userFolder: String?
  private let tables = Mutex<[String: Known]>([:])

  /// A file that says nothing new of so many data files is not written.
  private let leastNewCount: Int
  /// The longest file, and the most that all of a folder take together.
  private static let (fileLimit, folderLimit) = (64 << 20, 256 << 20)
  /// The most entries that are kept besides, of each table.
  private static let entryLimit = 20_000

  init(userFolder: String?, leastNewCount: Int = 1000) {
    (self.userFolder, self.leastNewCount) = (userFolder, leastNewCount)
  }

  /// Forgets everything but the files.
  func removeAll() { tables.withLock { $0 = [:] } }

  /// Names a table, whatever it is called in which catalog; a copy of it elsewhere is another one.
  static func name(of table: Table) -> String {
    table.metadata.uuid + " " + table.paths.key(of: table.metadata.location)
  }

  static func fileName(_ table: String) -> String {
    let text = Array(table.utf8)
    return String(XxHash64.hash(text.span), radix: 16) + ".manifests"
  }

  /// Makes a table's indexes known, from the file if there is one.
  func open(_ table: Table, manifests: [ManifestFile]) {
    let name = Self.name(of: table)
    let live = Set(manifests.map { Key($0) })
    let isKnown = tables.withLock { tables in
      tables[name]?.live = live
      return tables[name] != nil
    }
    guard !isKnown else { return }
    let folders = [table.catalog?.cacheFolder, userFolder].compactMap { $0 }
    var indexes: [Key: ManifestIndex]?
    for folder in folders where indexes == nil {
      let path = FilePath.join(folder, Self.fileName(name))
      guard let bytes = try? LocalFileSystem().readAll(path, limit: Self.fileLimit) else { continue }
      indexes = ManifestIndexFile.decode(bytes, table: name)
    }
    let known = Known(folders: folders, indexes: indexes ?? [:], live: live)
    tables.withLock { if $0[name] == nil { $0[name] = known } }
  }

  /// What is known of a table's manifests now: a copy, so that many who ask do not wait for each other.
  func known(
    ofTable table: String
  ) -> (indexes: [Key: ManifestIndex], entries: [Key: [Int: ManifestEntry]]) {
    tables.withLock { ($0[table]?.indexes ?? [:], $0[table]?.entries ?? [:]) }
  }

  /// Keeps an index.
  func insert(_ index: ManifestIndex, of manifest: ManifestFile, table: String) {
    tables.withLock { tables in
      guard tables[table]?.indexes.updateValue(index, forKey: Key(manifest)) == nil else { return }
      tables[table]?.newCount += index.entries.count
    }
  }

  /// Forgets an index that was wrong.
  func remove(_ manifest: ManifestFile, table: String) {
    tables.withLock { $0[table]?.indexes[Key(manifest)] = nil }
  }

  /// Keeps entries, given by their place among the live ones.
  func insert(_ entries: [(place: Int, entry: ManifestEntry)], of manifest: ManifestFile, table: String) {
    let key = Key(manifest)
    tables.withLock { tables in
      guard var known = tables.removeValue(forKey: table) else { return }
      if known.entryCount + entries.count > Self.entryLimit { (known.entries, known.entryCount) = ([:], 0) }
      for (place, entry) in entries
      where known.entries[key, default: [:]].updateValue(entry, forKey: place) == nil {
        known.entryCount += 1
      }
      tables[table] = known
    }
  }

  /// Writes what is new and worth it; what cannot be written is not.
  func save() {
    let fresh = tables.withLock { tables in
      let fresh = tables.filter { $0.value.newCount >= leastNewCount }
      for name in fresh.keys { tables[name]?.newCount = 0 }
      return fresh
    }
    for (name, known) in fresh {
      let bytes = ManifestIndexFile.encode(known.indexes.filter { known.live.contains($0.key) }, table: name)
      guard bytes.count <= Self.fileLimit else { continue }
      for folder in known.folders where (try? Self.write(bytes, Self.fileName(name), in: folder)) != nil {
        break
      }
    }
  }

  /// Puts a file in its place in one step; nothing is synchronised, since a file cut off is known by its sum.
  private static func write(_ bytes: [UInt8], _ name: String, in folder: String) throws(FileFormatError) {
    let files = LocalFileSystem()
    try files.createDirectory(folder)
    let path = FilePath.join(folder, name)
    let draft = path + "." + String(UInt64.random(in: .min ... .max), radix: 36) + ".tmp"
    do {
      let file = try files.create(draft)
      try file.write(bytes)
      try file.close()
      try files.rename(draft, to: path)
    } catch {
      try? files.remove(draft)
      throw error
    }
    bound(folder, keeping: path)
  }

  /// Removes the files written longest ago, drafts left by a kill among them, until the others are small enough.
  private static func bound(_ folder: String, keeping path: String) {
    let files = LocalFileSystem()
    guard let all = try? files.list(folder, recursively: false) else { return }
    var total = 0
    for file in all.sorted(by: { $0.modifiedMicros > $1.modifiedMicros }) where !file.isDirectory {
      total += file.byteCount
      if file.path != path, total > folderLimit { try? files.remove(file.path) }
    }
  }
}

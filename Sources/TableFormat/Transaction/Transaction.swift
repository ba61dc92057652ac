internal import FileFormats
internal import Synchronization

/// A set of changes to one table that take effect together or not at all.
///
/// ```swift
/// var transaction = Transaction(table)
/// transaction.add(AppendFiles(files))
/// let newer = try transaction.commit()
/// ```
/// A commit writes manifests, the manifest list and the metadata file to stable storage and then swaps the
/// catalog's pointer, which is the commit point. When another writer was faster, the changes are made again on
/// the newer metadata. What was written in vain is removed once the loss is certain, and only then.
public struct Transaction: Sendable {
  /// The table as it was when the transaction began.
  public let table: Table
  /// What to change, in order.
  public private(set) var actions: [any TransactionAction] = []
  /// What the times in the metadata come from; they never go back, whatever it says.
  public let clock: CommitClock

  /// Begins a transaction.
  public init(_ table: Table, clock: CommitClock = .system) { (self.table, self.clock) = (table, clock) }

  /// Begins a transaction of one action.
  public init(_ table: Table, _ action: some TransactionAction, clock: CommitClock = .system) {
    self.init(table, clock: clock)
    add(action)
  }

  /// Adds a change.
  public mutating func add(_ action: some TransactionAction) { actions.append(action) }

  /// Makes the changes.
  ///
  /// - Returns: The table after the commit.
  /// - Throws: ``TableFormatError``: `conflict` when another writer's change rules these out or when retries
  ///   were in vain (then `isRetryable`); the table is as before. When even the outcome cannot be learned, the
  ///   error says so and no file is removed.
  @discardableResult public func commit() throws(TableFormatError) -> Table {
    guard let table = try Self.commit([self]).first else {
      throw TableFormatError(.internal, "a commit without a table")
    }
    return table
  }

  /// Makes the changes of several tables of one catalog in one step: all or none.
  ///
  /// - Parameter transactions: At most one for each table.
  /// - Returns: The tables after the commit, in the same order.
  /// - Throws: ``TableFormatError`` as ``commit()``.
  @discardableResult public static func commit(
    _ transactions: [Transaction]
  ) throws(TableFormatError) -> [Table] {
    guard let catalog = transactions.first?.table.catalog else {
      throw TableFormatError(
        .invalidArgument, "a table that was opened without a catalog cannot be changed",
        hint: "register it in a catalog first")
    }
    let names = transactions.map(\.table.identifier)
    guard Set(names).count == names.count else {
      throw TableFormatError(.invalidArgument, "a table has two transactions in one commit")
    }
    // In the order of the names, so that two such commits never wait for each other.
    var locks: [TableLock] = []
    for name in names.sorted() { if let lock = try catalog.lock(name) { locks.append(lock) } }
    defer { withExtendedLifetime(locks) {} }
    var committing = Committing(transactions, catalog)
    return try committing.run()
  }
}

/// A commit under way.
private struct Committing {
  let transactions: [Transaction]
  let catalog: any Catalog
  let identities: [CommitIdentity]
  /// The files of the attempt under way that become litter when it is lost.
  var written: [(location: String, table: Table)] = []

  init(_ transactions: [Transaction], _ catalog: any Catalog) {
    (self.transactions, self.catalog) = (transactions, catalog)
    identities = transactions.map { _ in CommitIdentity() }
  }

  /// What became of a swap.
  private enum Outcome {
    case committed
    case lost
    case unknown
  }

  mutating func run() throws(TableFormatError) -> [Table] {
    var settings = TableProperties([:])
    let start = CommitClock.system.nowMillis
    var retries = 0
    while true {
      var swapping = false
      do throws(TableFormatError) {
        let tables = transactions.map(\.table.identifier)
        var prepared: [Prepared] = []
        if retries < Self.optimisticAttempts {
          var locations: [String?] = []
          for table in transactions.map(\.table) {
            locations.append(
              table.metadataLocation.isEmpty ? "" : try catalog.metadataLocation(of: table.identifier))
          }
          prepared = try prepare(locations)
          settings = prepared.first?.metadata.settings ?? settings
          swapping = true
          let swaps = Self.swaps(prepared)
          if !swaps.isEmpty { try catalog.swap(swaps) }
        } else {
          try catalog.swap(of: tables) { (locations) throws(TableFormatError) in
            prepared = try prepare(locations)
            swapping = true
            return Self.swaps(prepared)
          }
        }
        return finish(prepared)
      } catch {
        if swapping, error.kind != .conflict, error.kind != .alreadyExists {
          switch outcome(settings) {
          case .committed: return try reload()
          case .lost: break
          case .unknown:
            var unknown = TableFormatError(
              error.kind, "it is not known whether the commit took place: \(error.message)",
              hint: "look at the table's newest snapshot; no file was removed", file: error.file, cause: error
            )
            unknown.mayHaveCommitted = true
            throw unknown
          }
        }
        removeWritten()
        let waited = CommitClock.system.nowMillis - start
        guard swapping, error.kind == .conflict, error.isRetryable, retries < settings.commitRetries,
          waited < settings.commitTimeoutMillis
        else {
          removeShared(keeping: [])
          throw error
        }
        retries += 1
        for identity in identities { identity.beginAttempt() }
        CommitClock.sleep(millis: Self.pause(retries, settings))
      }
    }
  }

  /// How often to try without keeping others from the catalog.
  ///
  /// Writers who never pause, as other engines'
  /// are, could win against us for ever; making everybody wait for our metadata file each time would be
  /// worse than losing once.
  private static let optimisticAttempts = 2

  private static func swaps(_ prepared: [Prepared]) -> [MetadataSwap] {
    prepared.compactMap { new in
      new.base.metadataLocation == new.location
        ? nil
        : MetadataSwap(table: new.base.identifier, old: new.base.metadataLocation, new: new.location)
    }
  }

  /// What one table shall become.
  private struct Prepared {
    var base: Table
    var metadata: TableMetadata
    var location: String
    var manifests: Set<String> = []
  }

  /// Makes the changes on the newest state and writes everything but the catalog's row.
  ///
  /// - Parameter locations: Where the catalog says that the tables' metadata are.
  /// - Returns: What each table shall become.
  /// - Throws: What an action finds wrong; nothing it wrote is left then.
  private mutating func prepare(_ locations: [String?]) throws(TableFormatError) -> [Prepared] {
    var result: [Prepared] = []
    for (index, (transaction, identity)) in zip(transactions, identities).enumerated() {
      let base = try newest(transaction.table, at: locations[index])
      var changes = TableChanges(
        begun: transaction.table, base: base, clock: transaction.clock, commit: identity)
      // Whatever an action wrote before it failed is ours to remove.
      defer { written += changes.written.map { ($0, base) } }
      for action in transaction.actions { try action.apply(to: &changes) }
      let isStaged = base.metadataLocation.isEmpty
      guard isStaged || !changes.metadata.isSame(as: base.metadata) else {
        result.append(Prepared(base: base, metadata: base.metadata, location: base.metadataLocation))
        continue
      }
      try changes.metadata.recordCommit(on: base, atMillis: transaction.clock.nowMillis)
      let version = isStaged ? 0 : (MetadataFile.version(of: base.metadataLocation) ?? 0) + 1
      let location = try MetadataFile.write(
        changes.metadata, version: version, fileSystem: base.fileSystem, paths: base.paths)
      written.append((location, base))
      result.append(Prepared(base: base, metadata: changes.metadata, location: location))
    }
    return result
  }

  private func newest(_ table: Table, at location: String?) throws(TableFormatError) -> Table {
    // A table that this commit makes.
    if table.metadataLocation.isEmpty { return table }
    guard let location else {
      throw TableFormatError(.notFound, "the table \(table.identifier) was dropped meanwhile")
    }
    if location == table.metadataLocation { return table }
    let newest = try Table.load(
      table.identifier, metadataLocation: location, fileSystem: table.fileSystem, paths: table.paths,
      catalog: catalog)
    guard newest.metadata.uuid == table.metadata.uuid else {
      throw TableFormatError(
        .conflict, "the table \(table.identifier) was dropped and made anew meanwhile",
        hint: "run the statement again")
    }
    return newest
  }

  private func finish(_ prepared: [Prepared]) -> [Table] {
    removeShared(keeping: Set(prepared.map(\.location)))
    return prepared.map { new in
      if new.metadata.settings.deletesMetadataAfterCommit {
        let kept = Set(new.metadata.metadataLog.map(\.metadataFile) + [new.location])
        for entry in new.base.metadata.metadataLog where !kept.contains(entry.metadataFile) {
          Self.remove(entry.metadataFile, of: new.base)
        }
      }
      let table = Table(
        identifier: new.base.identifier, metadata: new.metadata, metadataLocation: new.location,
        fileSystem: new.base.fileSystem, paths: new.base.paths, catalog: catalog)
      catalog.remember(table)
      return table
    }
  }

  /// Learns what became of a swap whose answer got lost.
  private func outcome(_ settings: TableProperties) -> Outcome {
    let ours = Set(written.map(\.location))
    for check in 0...settings.commitStatusChecks {
      if check > 0 { CommitClock.sleep(millis: min(1000, 100 * Int64(check))) }
      var (now, readable) = ([String](), true)
      for transaction in transactions {
        do throws(TableFormatError) {
          if let location = try catalog.metadataLocation(of: transaction.table.identifier) {
            now.append(location)
          }
        } catch {
          readable = false
        }
      }
      guard readable else { continue }
      if now.contains(where: ours.contains) { return .committed }
      // Another commit may already stand on ours.
      for transaction in transactions {
        guard let table = try? catalog.loadTable(transaction.table.identifier) else {
          // A table that this commit was to make is not there.
          if transaction.table.metadataLocation.isEmpty { continue }
          return .unknown
        }
        if table.metadata.metadataLog.contains(where: { ours.contains($0.metadataFile) }) {
          return .committed
        }
      }
      return .lost
    }
    return .unknown
  }

  private func reload() throws(TableFormatError) -> [Table] {
    var tables: [Table] = []
    for transaction in transactions {
      do throws(TableFormatError) {
        tables.append(try catalog.loadTable(transaction.table.identifier))
      } catch {
        var unread = error
        unread.mayHaveCommitted = true
        throw unread
      }
    }
    return tables
  }

  private mutating func removeWritten() {
    for (location, table) in written { Self.remove(location, of: table) }
    written = []
  }

  /// Removes manifests that were kept for a retry; after a commit only those that it did not use.
  private func removeShared(keeping committed: Set<String>) {
    guard committed.isEmpty else { return }
    for (transaction, identity) in zip(transactions, identities) {
      for location in identity.shared.withLock({ $0 }) { Self.remove(location, of: transaction.table) }
    }
  }

  private static func remove(_ location: String, of table: Table) {
    guard let path = try? table.paths.path(of: location) else { return }
    try? table.fileSystem.remove(path)
  }

  /// Waits longer each time, with some chance in it so that two losers do not meet again.
  private static func pause(_ retry: Int, _ settings: TableProperties) -> Int64 {
    let doubled = settings.commitMinWaitMillis << Int64(min(retry - 1, 20))
    let wait = min(doubled, settings.commitMaxWaitMillis)
    return wait / 2 + Int64.random(in: 0...max(1, wait / 2))
  }
}

extension TableMetadata {
  /// Notes the commit: its time, and the file it takes the place of (rule 64).
  mutating func recordCommit(on base: Table, atMillis now: Int64) throws(TableFormatError) {
    lastUpdatedMillis = max(now, lastUpdatedMillis, base.metadata.lastUpdatedMillis)
    try dropIntermediateLogEntries(since: base.metadata.snapshotLog.count)
    guard !base.metadataLocation.isEmpty else { return }
    metadataLog.append(
      MetadataLogEntry(
        timestampMillis: base.metadata.lastUpdatedMillis, metadataFile: base.metadataLocation))
    let limit = settings.previousVersionsMax
    if metadataLog.count > limit { metadataLog.removeFirst(metadataLog.count - limit) }
  }

  /// Whether nothing was changed; snapshots are told by their ids, since they never change.
  func isSame(as other: TableMetadata) -> Bool {
    guard snapshots.hasSameIDs(as: other.snapshots), snapshotLog.hasSameIDs(as: other.snapshotLog) else {
      return false
    }
    var left = self
    (left.snapshots, left.snapshotLog) = (other.snapshots, other.snapshotLog)
    return left == other
  }

  /// Of several snapshots that one commit put on `main`, only the last was ever current.
  private mutating func dropIntermediateLogEntries(since count: Int) throws(TableFormatError) {
    guard snapshotLog.count > count + 1, let last = snapshotLog.last else { return }
    try snapshotLog.keep { $0 < count }
    snapshotLog.append(last.json, id: last.snapshotID)
  }
}

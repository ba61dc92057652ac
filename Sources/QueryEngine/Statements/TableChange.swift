internal import Columnar
internal import TableFormat

/// DELETE, UPDATE or MERGE of one table: rows found, files written, one commit.
///
/// Files of which every row goes, as bounds and partitions prove, are dropped without being read. Of the
/// others, copy-on-write writes the rows that stay to new files, and merge-on-read writes position deletes or
/// deletion vectors, as the table's `write.delete.mode` and its siblings say.
struct TableChange {
  private let relation: TableRelation
  private let change: BoundChange
  private let session: Session
  private let environment: EvaluationEnvironment
  private let mergesOnRead: Bool
  private let keepsLineage: Bool

  private var table: Table { relation.table }

  init(
    _ change: BoundChange, of relation: TableRelation, in session: Session,
    _ environment: EvaluationEnvironment
  ) {
    (self.change, self.relation, self.session) = (change, relation, session)
    self.environment = environment
    let metadata = relation.table.metadata
    mergesOnRead = metadata.formatVersion >= 2 && metadata.settings.mergesOnRead(change.operation)
    keepsLineage = metadata.formatVersion >= 3
  }

  /// Makes the change.
  ///
  /// - Returns: How many rows were inserted, updated and deleted.
  /// - Throws: ``QueryError``: of code 40001 if another writer was in the way; the table is as before.
  func run() throws(QueryError) -> Int {
    var plan = try session.optimized(change.plan, environment)
    let context = session.makeContext(environment)
    let condition = TargetCondition(plan, position: change.position.id, relation)
    let tasks = try relation.plan(condition.predicate, context).tasks
    let target = try QueryError.wrapping { () throws(TableFormatError) in
      try WriteTarget(table, keepsLineage: keepsLineage)
    }
    do throws(QueryError) {
      // What goes as a whole need not be read.
      var whole: [FileScanTask] = []
      if change.operation == "delete", condition.isExact {
        whole = tasks.filter { $0.residual == .alwaysTrue && $0.exactRowCount != nil }
        plan = condition.leavingOut(Set(whole.map(\.file.path)), of: plan)
      }
      var outcome = ChangedRows.Outcome(removed: [:], added: [], changeCount: 0)
      if !(condition.isExact && whole.count == tasks.count) {
        outcome = try changedRows(change, plan, context, target)
      }
      var count = whole.reduce(outcome.changeCount) { $0 + Int(clamping: $1.exactRowCount ?? 0) }
      guard outcome.changeCount > 0 || !whole.isEmpty || change.replacement != nil else { return 0 }
      let removesAll = change.operation == "delete" && condition.isExact && condition.predicate == .alwaysTrue
      if removesAll {
        // The rows of files with deletes were read to be counted alone.
        (outcome.removed, whole) = ([:], tasks)
      }
      var exchange = try exchange(outcome, whole, tasks, target)
      if removesAll { exchange.removeAllDeletes(of: tasks) }
      if let rows = change.replacement {
        let insertion = BoundChange(inserting: rows, into: relation)
        let replaced = try changedRows(
          insertion, try session.optimized(rows, environment), context, target)
        exchange.add(replaced.added)
        count = replaced.changeCount
      }
      let settings = table.metadata.settings
      let isolation: IsolationLevel = settings.isSerializable(change.operation) ? .serializable : .snapshot
      let filter = FileFilter(condition.predicate, table, relation.schema)
      try session.tableFormat { () throws(TableFormatError) in
        try exchange.commit(
          to: table, branch: relation.branch ?? SnapshotReference.main, isolation,
          session.commitClock,
          mayMatch: { filter.mayMatch($0) })
      }
      return count
    } catch {
      if (error.cause as? TableFormatError)?.mayHaveCommitted != true { target.abort() }
      throw error
    }
  }

  /// Runs the plan: finds the rows that go and writes those that come.
  private func changedRows(
    _ change: BoundChange, _ plan: LogicalPlan, _ context: QueryContext, _ target: WriteTarget
  ) throws(QueryError) -> ChangedRows.Outcome {
    let rows = try QueryError.wrapping { () throws(TableFormatError) in
      try ChangedRows(change, target, WriteLimits(target, session.settings))
    }
    do throws(QueryError) {
      try QueryExecutor.run(plan, context: context) { (batch) throws(QueryError) in
        try rows.take(batch)
        return true
      }
      return try rows.finish()
    } catch {
      rows.abort()
      throw error
    }
  }

  /// Puts rows in the place of all rows of the partitions that they are of.
  ///
  /// - Returns: How many rows were inserted.
  /// - Throws: ``QueryError``; the table is as before.
  func replacePartitions() throws(QueryError) -> Int {
    let context = session.makeContext(environment)
    let target = try QueryError.wrapping { () throws(TableFormatError) in
      try WriteTarget(table, keepsLineage: keepsLineage)
    }
    do throws(QueryError) {
      let outcome = try changedRows(
        change, try session.optimized(change.plan, environment), context, target)
      guard outcome.changeCount > 0 else { return 0 }
      let specID = target.spec.id
      let partitions = Set(outcome.added.map(\.partition))
      var exchange = FileExchange(added: outcome.added)
      exchange.properties["replace-partitions"] = "true"
      for task in try relation.plan(.alwaysTrue, context).tasks {
        guard task.spec.id == specID else {
          throw QueryError(
            .unsupported, "some files of the table are partitioned otherwise than new ones are",
            hint: "name what to replace: INSERT OVERWRITE t PARTITION (c = value), or compact the table first"
          )
        }
        if partitions.contains(task.file.partition) { exchange.remove(task) }
      }
      let isolation: IsolationLevel =
        table.metadata.settings.isSerializable("delete") ? .serializable : .snapshot
      let committed = exchange
      try session.tableFormat { () throws(TableFormatError) in
        try committed.commit(
          to: table, branch: relation.branch ?? SnapshotReference.main, isolation,
          session.commitClock
        ) {
          file in
          file.specID != specID || partitions.contains(file.partition)
        }
      }
      return outcome.changeCount
    } catch {
      if (error.cause as? TableFormatError)?.mayHaveCommitted != true { target.abort() }
      throw error
    }
  }

  /// Works out which files come and which go, and writes what is still to be written.
  private func exchange(
    _ outcome: ChangedRows.Outcome, _ whole: [FileScanTask], _ tasks: [FileScanTask], _ target: WriteTarget
  ) throws(QueryError) -> FileExchange {
    var exchange = FileExchange(added: outcome.added)
    for task in whole { exchange.remove(task) }
    var partial: [(task: FileScanTask, rows: RowPositions)] = []
    var byPath: [String: FileScanTask] = [:]
    for task in tasks { byPath[task.file.path] = task }
    for (path, rows) in outcome.removed.sorted(by: { $0.key < $1.key }) {
      guard let task = byPath[path] else {
        throw QueryError.internalError("a row of the file \(path), which was not to be read")
      }
      if task.exactRowCount == Int64(rows.count) {
        exchange.remove(task)
      } else {
        partial.append((task, rows))
      }
    }
    let files = partial
    try session.tableFormat { () throws(TableFormatError) in
      if mergesOnRead {
        try exchange.delete(files, in: table, target)
      } else {
        try exchange.rewrite(files, of: table, target, WriteLimits(target, session.settings))
      }
    }
    return exchange
  }
}

/// The files that come and go in one commit.
struct FileExchange {
  private(set) var added: [DataFile]
  private(set) var removed: [DataFile] = []
  private(set) var addedDeletes: [DataFile] = []
  private(set) var removedDeletes: [DataFile] = []
  /// Data files that deletes are added for.
  private(set) var referenced: [DataFile] = []
  /// Values to add to the snapshot's summary.
  var properties: [String: String] = [:]

  init(added: [DataFile]) { self.added = added }

  /// Adds data files that are written.
  mutating func add(_ files: [DataFile]) { added += files }

  /// Removes a data file, with the deletes that concern it alone (rule 47).
  mutating func remove(_ task: FileScanTask) {
    removed.append(task.file)
    removedDeletes += Self.ownDeletes(of: task)
  }

  private static func ownDeletes(of task: FileScanTask) -> [DataFile] {
    (task.deletes.deletionVector.map { [$0] } ?? [])
      + task.deletes.positionDeletes.filter { $0.referencedDataFile == task.file.path }
  }

  /// Removes all deletes of a table that no data file is left of.
  mutating func removeAllDeletes(of tasks: [FileScanTask]) {
    var seen: Set<String> = []
    var all: [DataFile] = []
    for task in tasks {
      let deletes = task.deletes
      all += (deletes.deletionVector.map { [$0] } ?? []) + deletes.positionDeletes
      for group in deletes.equalityDeletes { all += group.files.map(\.file) }
    }
    removedDeletes = all.filter { seen.insert("\($0.path)#\($0.contentOffset ?? -1)").inserted }
  }

  /// Copies the rows that stay to new files.
  mutating func rewrite(
    _ files: [(task: FileScanTask, rows: RowPositions)], of table: Table, _ target: WriteTarget,
    _ limits: WriteLimits
  ) throws(TableFormatError) {
    guard !files.isEmpty else { return }
    let live = try LiveRows(table, fields: target.schema.fields)
    let writer = try PartitionedWriter(target, limits)
    do throws(TableFormatError) {
      for (task, rows) in files {
        try live.read(task, leavingOut: rows) { (batch) throws(TableFormatError) in try writer.write(batch) }
      }
      added += try writer.finish()
    } catch {
      writer.abort()
      throw error
    }
    for (task, _) in files { remove(task) }
  }

  /// Writes position deletes, or deletion vectors in version 3, which take in what older deletes removed.
  mutating func delete(
    _ files: [(task: FileScanTask, rows: RowPositions)], in table: Table, _ target: WriteTarget
  ) throws(TableFormatError) {
    guard !files.isEmpty else { return }
    referenced = files.map(\.task.file)
    guard table.metadata.formatVersion >= 3 else {
      let writer = try PositionDeleteWriter(target)
      for (task, rows) in files { writer.delete(rows.sorted, in: task.file) }
      addedDeletes = try writer.finish()
      return
    }
    let writer = try DeletionVectorWriter(target)
    let deletes = try DeleteLoader(table)
    for (task, rows) in files {
      writer.delete(rows.sorted, in: task.file)
      try writer.keepDeletes(of: task, deletes)
      removedDeletes += Self.ownDeletes(of: task)
    }
    addedDeletes = try writer.finish()
  }

  /// Commits the exchange as one snapshot.
  func commit(
    to table: Table, branch: String, _ isolation: IsolationLevel, _ clock: CommitClock,
    mayMatch: @escaping @Sendable (DataFile) -> Bool
  ) throws(TableFormatError) {
    guard addedDeletes.isEmpty else {
      let delta = RowDelta(
        addedData: added, addedDeletes: addedDeletes, removedData: removed, removedDeletes: removedDeletes,
        referencedData: referenced, branch: branch, isolation: isolation, properties: properties,
        mayMatch: mayMatch)
      try Transaction(table, delta, clock: clock).commit()
      return
    }
    let overwrite = OverwriteFiles(
      added: added, removed: removed, removedDeletes: removedDeletes, branch: branch, isolation: isolation,
      properties: properties, mayMatch: mayMatch)
    try Transaction(table, overwrite, clock: clock).commit()
  }
}

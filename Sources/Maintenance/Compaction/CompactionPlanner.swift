internal import Columnar
package import TableFormat

/// Files that are rewritten together: of one partition, under one spec.
package struct FileGroup: Sendable {
  /// The partition's folder name, empty for a table without partitions.
  package let partition: String
  /// The files with their deletes.
  package let tasks: [FileScanTask]

  /// Bytes of the files.
  package var byteCount: Int64 { tasks.reduce(0) { $0 + $1.file.fileSizeInBytes } }
  /// Rows in the files, deleted ones included.
  package var recordCount: Int64 { tasks.reduce(0) { $0 + $1.file.recordCount } }
}

/// Decides which files are worth rewriting, and which of them together.
struct CompactionPlanner {
  let table: Table
  let options: CompactionOptions
  let targetBytes: Int64
  /// The most bytes of a group.
  let groupBytes: Int64

  /// What is to be done to a snapshot.
  struct Plan {
    var groups: [FileGroup] = []
    /// Data files that were looked at.
    var fileCount = 0
    /// Deletes that apply to files of groups alone, and the last of those groups.
    var foldedDeletes: [(file: DataFile, lastGroup: Int)] = []
    /// Deletes that apply to no file at all.
    var danglingDeletes: [DataFile] = []

    /// The deletes that nothing needs any more once groups are rewritten, those before them included.
    func deletes(removedWith groups: Range<Int>) -> [DataFile] {
      foldedDeletes.filter { groups.contains($0.lastGroup) }.map(\.file)
        + (groups.lowerBound == 0 ? danglingDeletes : [])
    }
  }

  private var minFileBytes: Int64 { options.minFileBytes ?? targetBytes / 4 * 3 }
  private var maxFileBytes: Int64 { options.maxFileBytes ?? targetBytes / 5 * 9 }

  /// Makes the plan for a snapshot.
  func plan(_ snapshot: Snapshot) throws(MaintenanceError) -> Plan {
    var plan = Plan()
    let planner = ScanPlanner(table, snapshot: snapshot)
    let scan = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try planner.plan(predicate: options.predicate)
    }
    plan.fileCount = scan.tasks.count
    var order: [Key] = []
    var parts: [Key: [FileScanTask]] = [:]
    for task in scan.tasks where isCandidate(task) {
      let key = key(of: task.file)
      if parts[key] == nil { order.append(key) }
      parts[key, default: []].append(task)
    }
    for key in order {
      for tasks in packed(parts[key] ?? []) where isWorthwhile(tasks) {
        plan.groups.append(FileGroup(partition: name(of: key, tasks[0].file), tasks: tasks))
      }
    }
    plan.groups = limited(sorted(plan.groups))
    try addDeletes(to: &plan, snapshot, planner)
    return plan
  }

  private struct Key: Hashable {
    var specID: Int
    var partition: [ScalarValue]
  }

  /// What tells a delete file from others: deletion vectors share one path (rule 46).
  private struct DeleteKey: Hashable {
    var path: String
    var offset: Int64?

    init(_ file: DataFile) { (path, offset) = (file.path, file.contentOffset) }
  }

  /// Files of an earlier spec go together, since their rows may fall into any partitions of the current one.
  private func key(of file: DataFile) -> Key {
    Key(specID: file.specID, partition: file.specID == table.metadata.defaultSpecID ? file.partition : [])
  }

  private func name(of key: Key, _ file: DataFile) -> String {
    key.specID == table.metadata.defaultSpecID ? table.partitionFolder(of: file) : "(spec \(key.specID))"
  }

  private func sorted(_ groups: [FileGroup]) -> [FileGroup] {
    switch options.groupOrder {
    case .none: groups
    case .bytesAscending: groups.sorted { $0.byteCount < $1.byteCount }
    case .bytesDescending: groups.sorted { $0.byteCount > $1.byteCount }
    case .filesAscending: groups.sorted { $0.tasks.count < $1.tasks.count }
    case .filesDescending: groups.sorted { $0.tasks.count > $1.tasks.count }
    }
  }

  /// Leaves out what is too much for one run.
  private func limited(_ groups: [FileGroup]) -> [FileGroup] {
    guard var rest = options.maxFiles else { return groups }
    var result: [FileGroup] = []
    for group in groups where rest > 0 {
      let tasks = Array(group.tasks.prefix(rest))
      guard tasks.count == group.tasks.count || isWorthwhile(tasks) else { continue }
      result.append(FileGroup(partition: group.partition, tasks: tasks))
      rest -= tasks.count
    }
    return result
  }

  private func isCandidate(_ task: FileScanTask) -> Bool {
    let size = task.file.fileSizeInBytes
    return options.rewritesAll || size < minFileBytes || size > maxFileBytes || hasManyDeletes(task)
  }

  private func hasManyDeletes(_ task: FileScanTask) -> Bool {
    if task.deletes.count >= options.deleteFileThreshold { return true }
    guard let ratio = options.deleteRatioThreshold, task.file.recordCount > 0 else { return false }
    // Deletes of several files do not tell how many rows of each they remove.
    let own = task.deletes.files.filter { $0.isDeletionVector || $0.referencedDataFile != nil }
    let deleted = own.reduce(Int64(0)) { $0 &+ $1.recordCount }
    return Double(deleted) / Double(task.file.recordCount) >= ratio
  }

  /// Packs files in the order they come into groups of bounded size.
  private func packed(_ tasks: [FileScanTask]) -> [[FileScanTask]] {
    var groups: [[FileScanTask]] = []
    var byteCount: Int64 = 0
    for task in tasks {
      let size = task.file.fileSizeInBytes
      if groups.isEmpty || byteCount + size > groupBytes {
        groups.append([])
        byteCount = 0
      }
      groups[groups.count - 1].append(task)
      byteCount += size
    }
    return groups
  }

  private func isWorthwhile(_ tasks: [FileScanTask]) -> Bool {
    if options.rewritesAll { return true }
    let byteCount = tasks.reduce(0) { $0 + $1.file.fileSizeInBytes }
    if tasks.count > 1 && (tasks.count >= options.minInputFiles || byteCount > targetBytes) { return true }
    return tasks.contains { hasManyDeletes($0) || $0.file.fileSizeInBytes > maxFileBytes }
  }

  /// Finds the delete files that apply to files of the groups and to no others, and those that apply to none.
  ///
  /// Files that other writers add meanwhile have later sequence numbers, so that these deletes cannot concern
  /// them (rule 34).
  private func addDeletes(
    to plan: inout Plan, _ snapshot: Snapshot, _ planner: ScanPlanner
  ) throws(MaintenanceError) {
    let manifests = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try table.manifests(of: snapshot).filter { $0.content == .deletes && $0.mayHaveLiveFiles }
    }
    guard !manifests.isEmpty else { return }
    var groups: [String: Int] = [:]
    for (index, group) in plan.groups.enumerated() {
      for task in group.tasks { groups[table.paths.key(of: task.file.path)] = index }
    }
    let scan = try MaintenanceError.wrapping { () throws(TableFormatError) in try planner.plan() }
    var last: [DeleteKey: Int] = [:]
    var needed: Set<DeleteKey> = []
    for task in scan.tasks {
      let group = groups[table.paths.key(of: task.file.path)]
      for delete in task.deletes.files {
        let key = DeleteKey(delete)
        if let group { last[key] = max(group, last[key] ?? 0) } else { needed.insert(key) }
      }
    }
    for manifest in manifests {
      let entries = try MaintenanceError.wrapping { () throws(TableFormatError) in
        try table.entries(of: manifest)
      }
      for entry in entries where entry.isLive && !needed.contains(DeleteKey(entry.file)) {
        if let group = last[DeleteKey(entry.file)] {
          plan.foldedDeletes.append((entry.file, group))
        } else if options.removesDanglingDeletes {
          plan.danglingDeletes.append(entry.file)
        }
      }
    }
  }
}

extension FileDeletes {
  /// All delete files.
  var files: [DataFile] {
    (deletionVector.map { [$0] } ?? []) + positionDeletes + equalityDeletes.flatMap { $0.files.map(\.file) }
  }
}

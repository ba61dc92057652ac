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
    /// Deletes that apply to no file that stays.
    var removedDeletes: [DataFile] = []
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
      let key = Key(specID: task.file.specID, partition: task.file.partition)
      if parts[key] == nil { order.append(key) }
      parts[key, default: []].append(task)
    }
    for key in order {
      for tasks in packed(parts[key] ?? []) where isWorthwhile(tasks) {
        plan.groups.append(FileGroup(partition: table.partitionFolder(of: tasks[0].file), tasks: tasks))
      }
    }
    if plan.groups.contains(where: { $0.tasks.contains { !$0.deletes.isEmpty } }) {
      plan.removedDeletes = try deletesOnly(of: plan.groups, planner)
    }
    return plan
  }

  private struct Key: Hashable {
    var specID: Int
    var partition: [ScalarValue]
  }

  private func isCandidate(_ task: FileScanTask) -> Bool {
    let size = task.file.fileSizeInBytes
    return options.rewritesAll || size < minFileBytes || size > maxFileBytes || hasManyDeletes(task)
  }

  private func hasManyDeletes(_ task: FileScanTask) -> Bool {
    task.deletes.count >= options.deleteFileThreshold
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

  /// Finds the delete files that apply to files of the groups and to no others.
  ///
  /// Files that other writers add meanwhile have later sequence numbers, so that these deletes cannot concern
  /// them (rule 34).
  private func deletesOnly(
    of groups: [FileGroup], _ planner: ScanPlanner
  ) throws(MaintenanceError) -> [DataFile] {
    let rewritten = Set(groups.flatMap(\.tasks).map { table.paths.key(of: $0.file.path) })
    let scan = try MaintenanceError.wrapping { () throws(TableFormatError) in try planner.plan() }
    var found: [DataFile] = []
    var seen: Set<DataFile> = []
    var needed: Set<DataFile> = []
    for task in scan.tasks {
      let isRewritten = rewritten.contains(table.paths.key(of: task.file.path))
      for delete in task.deletes.files {
        if !isRewritten {
          needed.insert(delete)
        } else if seen.insert(delete).inserted {
          found.append(delete)
        }
      }
    }
    return found.filter { !needed.contains($0) }
  }
}

extension FileDeletes {
  /// All delete files.
  var files: [DataFile] {
    (deletionVector.map { [$0] } ?? []) + positionDeletes + equalityDeletes.flatMap { $0.files.map(\.file) }
  }
}

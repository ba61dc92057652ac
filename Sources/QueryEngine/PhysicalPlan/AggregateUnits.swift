internal import Columnar
internal import TableFormat

/// The parts of a table that an aggregate's results are kept of: files, or all files of a partition.
struct AggregateUnits: Sendable {
  struct Unit: Sendable {
    var key: ContentKey
    /// Numbers of scan tasks.
    var tasks: [Int]
    var rowCount: Int
  }

  private(set) var units: [Unit] = []
  /// Places of the keys that have one value in each file, which its partition tells.
  let partitionKeys: [Int]
  /// The different values of those keys.
  private let partitions: [[ScalarValue]: Int]
  private let isByFile: Bool

  /// Takes the files of a scan one by one, or by partition if their results can only be put side by side;
  /// `nil` if not even that.
  init?(_ fragment: AggregateFragment, of scan: TableScanSource, byFile: Bool) {
    let tasks = scan.plan.tasks
    let identities = tasks.map(\.identityValues)
    partitionKeys = fragment.keyFields.filter { _, field in
      AggregateUnits.isExact(field.type) && identities.allSatisfy { $0[field.id] != nil }
    }.keys.sorted()
    isByFile = byFile
    if !byFile, partitionKeys.isEmpty { return nil }
    let fields = partitionKeys.compactMap { fragment.keyFields[$0]?.id }
    var partitions: [[ScalarValue]: Int] = [:]
    var files: [[KeyText]] = []
    for (number, task) in tasks.enumerated() {
      let values = fields.compactMap { identities[number][$0] }
      let partition = partitions[values, default: partitions.count]
      partitions[values] = partition
      let unit = byFile ? number : partition
      if unit == files.count {
        files.append([])
        units.append(Unit(key: ContentKey(0, 0), tasks: [], rowCount: 0))
      }
      var text = KeyText()
      text.append(task)
      files[unit].append(text)
      units[unit].tasks.append(number)
      units[unit].rowCount &+= Int(clamping: task.file.recordCount)
    }
    for unit in units.indices { units[unit].key = AggregateUnits.key(of: files[unit]) }
    self.partitions = partitions
  }

  /// The key of files, which come in any order.
  private static func key(of files: [KeyText]) -> ContentKey {
    if files.count == 1 { return files[0].hash }
    var text = KeyText()
    for bytes in files.map({ $0.hash.bytes }).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      text.append(bytes)
    }
    return text.hash
  }

  /// Whether equal partition values are equal values of the column.
  private static func isExact(_ type: IcebergType) -> Bool {
    switch type {
    case .boolean, .int, .long, .date, .timestamp, .timestamptz, .string: true
    default: false
    }
  }

  /// How many groups a unit has, roughly, if the whole answer has `groupCount`; `nil` if that must be known.
  func groupsOfUnit(keyCount: Int, groupCount: Int?) -> Int? {
    if partitionKeys.count == keyCount { return 1 }
    return groupCount.map { $0 == .max ? .max : ($0 + partitions.count - 1) / max(1, partitions.count) }
  }

  /// Sorts rows by their unit: in front of the columns to be kept stands the file's number, or else the keys are
  /// looked at.
  ///
  /// - Returns: For each unit of `wanted` its rows; `nil` if some row is of none of them.
  func split(
    _ batches: [Batch], _ types: [LogicalType], wanted: [Int]
  ) -> [(unit: ContentKey, batch: Batch, rowCount: Int)]? {
    var parts = [[[Vector]]](repeating: [], count: units.count)
    for batch in batches {
      var rows: [Int: [UInt32]] = [:]
      for row in 0..<batch.rowCount {
        guard let unit = unit(of: row, in: batch, types) else { return nil }
        rows[unit, default: []].append(UInt32(row))
      }
      let columns = isByFile ? Array(batch.columns.dropFirst()) : batch.columns
      for (unit, rows) in rows {
        parts[unit].append(columns.map { Kernels.detached($0.taking(rows.span)) })
      }
    }
    let isWanted = Set(wanted)
    for unit in units.indices where !parts[unit].isEmpty && !isWanted.contains(unit) { return nil }
    return wanted.map { unit in
      let pieces = parts[unit]
      let columns = types.enumerated().map { place, type in
        pieces.isEmpty
          ? VectorBuilder(type).finish() : Kernels.concatenated(pieces.map { $0[place] }, of: type)
      }
      let rowCount = pieces.reduce(0) { $0 + ($1.first?.count ?? 0) }
      return (units[unit].key, Batch(columns: columns, rowCount: rowCount), units[unit].rowCount)
    }
  }

  private func unit(of row: Int, in batch: Batch, _ types: [LogicalType]) -> Int? {
    if isByFile {
      guard case .integer(let number) = batch.columns[0].scalar(at: row, as: .bigint) else { return nil }
      return Int(exactly: number).flatMap { units.indices.contains($0) ? $0 : nil }
    }
    return partitions[partitionKeys.map { batch.columns[$0].scalar(at: row, as: types[$0]) }]
  }
}

extension AggregateUnits {
  /// The rows of all batches in one, however many files they are of.
  static func joined(_ batches: [Batch], _ types: [LogicalType]) -> Batch {
    let columns = types.enumerated().map { place, type in
      batches.isEmpty
        ? VectorBuilder(type).finish() : Kernels.concatenated(batches.map { $0.columns[place] }, of: type)
    }
    return Batch(columns: columns, rowCount: batches.reduce(0) { $0 + $1.rowCount })
  }
}

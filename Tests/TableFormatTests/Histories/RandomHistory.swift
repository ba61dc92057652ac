import Columnar
import FileFormats

@testable import TableFormat

/// A random history of one table, done to the table and to a model of it.
struct RandomHistory {
  static let fields = [
    NestedField(id: 1, name: "id", type: .long), NestedField(id: 2, name: "k", type: .int),
    NestedField(id: 3, name: "s", type: .string), NestedField(id: 4, name: "d", type: .double),
  ]
  /// The specs that the table moves between: none, by `k`, by `truncate(4, id)` and `s`, by `d`.
  private static let specs: [[(source: FieldID, transform: Transform)]] = [
    [], [(2, .identity)], [(1, .truncate(4)), (3, .identity)], [(4, .identity)],
  ]

  private var random: SplitMix
  private let test: TestTable
  private var model = TableModel()
  private var vectors: [Int: DataFile] = [:]
  private var steps: [String] = []
  /// The columns that the table still has, by their number in ``fields``.
  private var visible = [0, 1, 2, 3]
  private var isPromoted = false
  private var expected: [(snapshot: SnapshotID, rows: [[ScalarValue]], steps: Int)] = []

  init(seed: UInt64, name: String, folder: String, fileSystem: any FileSystem) throws {
    random = SplitMix(seed: seed)
    let version = random.below(3) == 0 ? 2 : 3
    test = try TestTable(
      Self.fields, formatVersion: version, name: name, in: folder, fileSystem: fileSystem)
    steps = ["seed \(seed), version \(version)"]
  }

  /// Does some steps, then compares every snapshot.
  ///
  /// - Returns: What was wrong; `nil` if nothing.
  mutating func run() throws -> String? {
    for _ in 0..<random.below(7) + 3 {
      let count = test.table.metadata.snapshots.count
      try step()
      if test.table.metadata.snapshots.count > count, let snapshot = test.table.currentSnapshot {
        expected.append((snapshot.id, model.live, steps.count))
      }
    }
    for state in expected {
      let snapshot = try test.table.snapshot(id: state.snapshot)
      let found = try test.rows(of: snapshot)
      let rows = TestTable.sorted(shown(state.rows))
      // As text, in which NaN equals NaN.
      if "\(found)" != "\(rows)" {
        return steps.joined(separator: "\n") + "\nafter \(state.steps) of them"
          + "\nfound \(found)\nexpected \(rows)"
      }
    }
    return nil
  }

  private mutating func step() throws {
    switch random.below(11) {
    case 10: try evolve()
    case 0, 1, 2: try append()
    case 3: try deletePositions()
    case 4, 5: try deleteEqual()
    case 6: try overwrite()
    case 7: try compact()
    case 8: try mixedDelta()
    default: try changeSpec()
    }
  }

  private var nextSequenceNumber: Int64 { test.table.metadata.lastSequenceNumber + 1 }

  private var spec: PartitionSpec { test.table.metadata.partitionSpec }

  private mutating func row() -> [ScalarValue] {
    let values: [ScalarValue] = [
      .integer(Int64(random.below(12))),
      random.below(5) == 0 ? .null : .integer(Int64(random.below(3))),
      random.below(5) == 0 ? .null : .text(["a", "é", ""][random.below(3)]),
      random.below(5) == 0 ? .null : .double([0, -0.0, .nan, 1.5][random.below(4)]),
    ]
    return stored(values)
  }

  /// What a file of the current schema keeps of a row: a dropped column reads as null from then on.
  private func stored(_ values: [ScalarValue]) -> [ScalarValue] {
    values.indices.map { visible.contains($0) ? values[$0] : .null }
  }

  /// The columns of rows that the table still has.
  private func shown(_ rows: [[ScalarValue]]) -> [[ScalarValue]] {
    rows.map { row in visible.map { row[$0] } }
  }

  /// Drops the column `s`, by which older deletes may compare, or makes `k` longer.
  private mutating func evolve() throws {
    if random.below(2) == 0 {
      guard visible.contains(2), !spec.fields.contains(where: { $0.sourceID == 3 }) else { return }
      try test.commit(UpdateSchema([.drop("s")]))
      visible.removeAll { $0 == 2 }
      steps.append("drop s")
    } else if !isPromoted {
      try test.commit(UpdateSchema([.setType("k", .bigint)]))
      isPromoted = true
      steps.append("promote k")
    }
  }

  /// Rows of one partition of the current spec, and the partition.
  private mutating func partition() -> (rows: [[ScalarValue]], partition: [ScalarValue]) {
    let first = row()
    let tuple = spec.fields.map { field in
      let value = first[Int(field.sourceID.rawValue) - 1]
      guard case .truncate(let width) = field.transform, case .integer(let number) = value else {
        return value
      }
      return .integer(number - number % Int64(width))
    }
    var rows = [first]
    for _ in 0..<random.below(6) {
      var other = row()
      for (field, value) in zip(spec.fields, tuple) { other[Int(field.sourceID.rawValue) - 1] = value }
      rows.append(other)
    }
    return (rows, tuple)
  }

  private mutating func newFiles() throws -> [(file: DataFile, rows: [[ScalarValue]])] {
    var files: [(file: DataFile, rows: [[ScalarValue]])] = []
    for _ in 0...random.below(3) {
      let part = partition()
      // Identity partitions hold one value for all rows, so that 0 and -0 may not meet in one file.
      files.append((try test.file(shown(part.rows), partition: part.partition), part.rows))
    }
    return files
  }

  private mutating func append() throws {
    let files = try newFiles()
    let number = nextSequenceNumber
    try test.commit(AppendFiles(files.map(\.file)))
    for (file, rows) in files { model.add(file, rows, sequenceNumber: number) }
    steps.append("append \(files.map(\.rows.count)) with spec \(spec.id)")
  }

  /// Some positions of some live files.
  private mutating func chosenPositions() -> [(index: Int, rows: [Int64])] {
    var chosen: [(index: Int, rows: [Int64])] = []
    for index in model.liveFiles where random.below(2) == 0 {
      let rows = model.rows(in: index).map(\.position).filter { _ in random.below(3) == 0 }
      if !rows.isEmpty { chosen.append((index, rows)) }
    }
    return chosen
  }

  /// Writes deletes of positions; in version 3 as vectors that hold the older positions too.
  private mutating func write(
    _ chosen: [(index: Int, rows: [Int64])]
  ) throws -> (added: [DataFile], removed: [DataFile]) {
    let isVector = test.table.metadata.formatVersion >= 3
    let added = try test.positionDeletes(
      chosen.map { choice in
        (
          model.files[choice.index].file,
          isVector ? model.deletedPositions(in: choice.index) + choice.rows : choice.rows
        )
      })
    guard isVector else { return (added, []) }
    let removed = chosen.compactMap { vectors[$0.index] }
    for choice in chosen {
      vectors[choice.index] = added.first { $0.referencedDataFile == model.files[choice.index].file.path }
    }
    return (added, removed)
  }

  private mutating func deletePositions() throws {
    let chosen = chosenPositions()
    guard !chosen.isEmpty else { return }
    let deletes = try write(chosen)
    try test.commit(
      RowDelta(
        addedDeletes: deletes.added, removedDeletes: deletes.removed,
        referencedData: chosen.map { model.files[$0.index].file }))
    for choice in chosen { model.delete(choice.rows, in: choice.index) }
    steps.append("delete positions \(chosen)")
  }

  /// An equality delete on some columns: keys of live rows, or any.
  private mutating func equalityDelete() throws -> (file: DataFile, apply: (inout TableModel, Int64) -> Void)
  {
    let all = [[0], [1], [1, 2], [3], [0, 3], [2]].filter { $0.allSatisfy(visible.contains) }
    let columns = all[random.below(all.count)]
    // The table's first spec is the unpartitioned one: its deletes reach every partition.
    let isGlobal = random.below(3) == 0
    let spec = isGlobal ? PartitionSpec.unpartitioned : spec
    var partition: [ScalarValue] = []
    if !spec.isUnpartitioned {
      let inSpec = model.files.filter { $0.isLive && $0.file.specID == spec.id }
      partition =
        inSpec.isEmpty ? self.partition().partition : inSpec[random.below(inSpec.count)].file.partition
    }
    var keys: [[ScalarValue]] = []
    for _ in 0...random.below(3) {
      let known =
        model.rows.isEmpty || random.below(3) == 0 ? row() : model.rows[random.below(model.rows.count)].values
      keys.append(columns.map { known[$0] })
    }
    let fields = columns.map { Self.fields[$0] }
    let file = try test.equalityDelete(fields, rows: keys, spec: spec, partition: partition)
    steps.append("equality delete of \(columns) \(keys) in spec \(spec.id) \(partition)")
    let deleted = keys
    return (
      file,
      { model, number in
        model.delete(deleted, columns: columns, spec: spec, partition: partition, sequenceNumber: number)
      }
    )
  }

  private mutating func deleteEqual() throws {
    var deletes = [try equalityDelete()]
    if random.below(3) == 0 { deletes.append(try equalityDelete()) }
    let number = nextSequenceNumber
    try test.commit(RowDelta(addedDeletes: deletes.map(\.file)))
    for delete in deletes { delete.apply(&model, number) }
  }

  /// Data, equality deletes and position deletes of the very same data in one snapshot.
  private mutating func mixedDelta() throws {
    let files = try newFiles()
    let delete = try equalityDelete()
    let number = nextSequenceNumber
    let first = model.files.count
    for (file, rows) in files { model.add(file, rows, sequenceNumber: number) }
    let chosen = [(index: first, rows: [Int64(0)])]
    let positions = try write(chosen)
    try test.commit(
      RowDelta(
        addedData: files.map(\.file), addedDeletes: [delete.file] + positions.added,
        removedDeletes: positions.removed))
    delete.apply(&model, number)
    model.delete([0], in: first)
    steps.append("with \(files.map(\.rows.count)) new rows, the first of them deleted at once")
  }

  private mutating func overwrite() throws {
    let removed = model.liveFiles.filter { _ in random.below(3) == 0 }
    let files = try newFiles()
    let number = nextSequenceNumber
    try test.commit(
      OverwriteFiles(
        added: files.map(\.file), removed: removed.map { model.files[$0].file },
        removedDeletes: removed.compactMap { vectors[$0] }))
    for index in removed {
      model.remove(index)
      vectors[index] = nil
    }
    for (file, rows) in files { model.add(file, rows, sequenceNumber: number) }
    steps.append("overwrite files \(removed) by \(files.map(\.rows.count))")
  }

  /// Rewrites the files of one partition as one file, its deletes folded in.
  private mutating func compact() throws {
    let own = model.liveFiles.filter { model.files[$0].file.specID == spec.id }
    guard let first = own.first else { return }
    let partition = model.files[first].file.partition
    let group = own.filter { "\(model.files[$0].file.partition)" == "\(partition)" }
    let rows = group.flatMap { model.rows(in: $0) }.filter(\.isLive).map { stored($0.values) }
    let start = random.below(2) == 0 ? test.table.metadata.lastSequenceNumber : nil
    let number = start ?? nextSequenceNumber
    let added = rows.isEmpty ? [] : [try test.file(shown(rows), partition: partition)]
    try test.commit(
      RewriteFiles(
        removedData: group.map { model.files[$0].file }, addedData: added,
        removedDeletes: group.compactMap { vectors[$0] }, startingSequenceNumber: start))
    for index in group {
      model.remove(index)
      vectors[index] = nil
    }
    if let file = added.first { model.add(file, rows, sequenceNumber: number) }
    steps.append("compact files \(group) to \(rows.count) rows at \(number)")
  }

  private mutating func changeSpec() throws {
    if test.table.metadata.formatVersion == 2, random.below(3) == 0 {
      try test.commit(UpdateProperties(set: ["format-version": "3"]))
      steps.append("upgrade to version 3")
      return
    }
    var changes: [UpdatePartitionSpec.Change] = spec.fields.map { .remove(name: $0.name) }
    let specs = Self.specs.filter { $0.allSatisfy { visible.contains(Int($0.source.rawValue) - 1) } }
    for field in specs[random.below(specs.count)] {
      let column = Self.fields[Int(field.source.rawValue) - 1].name
      changes.append(.add(column: column, field.transform))
    }
    try test.commit(UpdatePartitionSpec(changes))
    steps.append("spec \(spec.id): \(spec.fields.map { "\($0.transform)(\($0.sourceID))" })")
  }
}

import Columnar

@testable import TableFormat

/// A table as plain rows in memory: what each snapshot must answer, by the rules alone.
struct TableModel {
  struct Row {
    var values: [ScalarValue]
    /// The data file, and the row's place in it.
    var file: Int
    var position: Int64
    var isDeletedByPosition = false
    var isDeletedByEquality = false
    var isLive: Bool { !isDeletedByPosition && !isDeletedByEquality }
  }

  struct File {
    var file: DataFile
    var sequenceNumber: Int64
    var isLive = true
  }

  private(set) var files: [File] = []
  private(set) var rows: [Row] = []

  /// The live rows, sorted by their text.
  var live: [[ScalarValue]] {
    TestTable.sorted(rows.filter { $0.isLive && files[$0.file].isLive }.map(\.values))
  }

  var liveFiles: [Int] { files.indices.filter { files[$0].isLive } }

  /// The rows of a file in order, those that are gone included.
  func rows(in file: Int) -> [Row] { rows.filter { $0.file == file } }

  /// Every position of a file that was deleted, by position deletes and vectors alone.
  func deletedPositions(in file: Int) -> [Int64] {
    rows(in: file).filter(\.isDeletedByPosition).map(\.position)
  }

  mutating func add(_ file: DataFile, _ values: [[ScalarValue]], sequenceNumber: Int64) {
    files.append(File(file: file, sequenceNumber: sequenceNumber))
    for (position, row) in values.enumerated() {
      rows.append(Row(values: row, file: files.count - 1, position: Int64(position)))
    }
  }

  mutating func remove(_ file: Int) { files[file].isLive = false }

  mutating func delete(_ positions: [Int64], in file: Int) {
    for index in rows.indices where rows[index].file == file && positions.contains(rows[index].position) {
      rows[index].isDeletedByPosition = true
    }
  }

  /// Deletes what equals a key (rules 34, 35 and 41): null is null, NaN is NaN, -0 is 0.
  mutating func delete(
    _ keys: [[ScalarValue]], columns: [Int], spec: PartitionSpec, partition: [ScalarValue],
    sequenceNumber: Int64
  ) {
    let wanted = Set(keys.map { $0.map(Self.key) })
    for index in rows.indices {
      let file = files[rows[index].file]
      guard file.sequenceNumber < sequenceNumber else { continue }
      let isReached =
        spec.isUnpartitioned
        || (file.file.specID == spec.id && file.file.partition.map(Self.key) == partition.map(Self.key))
      guard isReached, wanted.contains(columns.map { Self.key(rows[index].values[$0]) }) else { continue }
      rows[index].isDeletedByEquality = true
    }
  }

  private static func key(_ value: ScalarValue) -> String {
    if case .double(let number) = value { return number.isNaN ? "nan" : number == 0 ? "0.0" : "\(number)" }
    return "\(value)"
  }
}

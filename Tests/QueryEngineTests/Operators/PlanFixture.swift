import Columnar

@testable import QueryEngine

/// A small generator that gives the same numbers every time.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Rows in memory, as values and as a scan.
struct PlanFixture {
  let columns: [OutputColumn]
  let rows: [[ScalarValue]]
  let scan: LogicalPlan

  /// How a column's vectors are encoded.
  enum Shape: CaseIterable { case flat, dictionary, mixed }

  init(
    _ types: [(String, LogicalType)], rows: [[ScalarValue]], shape: Shape = .flat, firstID: Int = 0,
    batchRowCount: Int = 2048
  ) {
    columns = types.enumerated().map { index, column in
      OutputColumn(id: ColumnID(firstID + index), name: column.0, type: column.1)
    }
    self.rows = rows
    var batches: [Batch] = []
    var first = 0
    while first < rows.count {
      let part = Array(rows[first..<min(rows.count, first + batchRowCount)])
      let vectors = types.indices.map { index in
        let values = part.map { $0[index] }
        let isDictionary = shape == .dictionary || (shape == .mixed && (batches.count + index) % 2 == 0)
        return isDictionary
          ? PlanFixture.dictionary(values, types[index].1) : Kernels.vector(values, types[index].1)
      }
      batches.append(Batch(columns: vectors, rowCount: part.count))
      first += part.count
    }
    let relation = InMemoryRelation(
      displayName: "t", columns: types.map { RelationColumn($0.0, $0.1) }, batches: batches)
    scan = .scan(
      .init(relation: relation, name: "t", columns: columns, columnIndices: Array(types.indices)))
  }

  static func dictionary(_ values: [ScalarValue], _ type: LogicalType) -> Vector {
    var entries: [ScalarValue] = []
    var places: [String: Int] = [:]
    var codes: [UInt32] = []
    for value in values {
      if value.isNull {
        codes.append(0)
        continue
      }
      if places["\(value)"] == nil {
        places["\(value)"] = entries.count
        entries.append(value)
      }
      codes.append(UInt32(places["\(value)"] ?? 0))
    }
    if entries.isEmpty { return Kernels.vector(values, type) }
    if entries.count == 1, values.allSatisfy({ !$0.isNull }) {
      return .constant(VectorBuilder.single(values[0], type), count: values.count)
    }
    var buffer = WritableBuffer(byteCount: codes.count * 4)
    var room = buffer.elements(as: UInt32.self, count: codes.count)
    for row in codes.indices { room[row] = codes[row] }
    let validity = Bitmap(values.map { !$0.isNull })
    return .dictionary(
      buffer.freeze(), count: codes.count, of: Kernels.vector(entries, type),
      validity: validity.isAllSet ? nil : validity)
  }

  func column(_ index: Int) -> BoundExpression { .column(columns[index].id, columns[index].type) }

  /// A random value of a type out of about `distinct` ones, null now and then.
  static func random(
    _ type: LogicalType, distinct: Int, nulls: Double = 0.1, using random: inout SeededRandom
  ) -> ScalarValue {
    if Double.random(in: 0..<1, using: &random) < nulls { return .null }
    let number = Int.random(in: 0..<max(1, distinct), using: &random)
    switch type.physicalType {
    case .bit: return .boolean(number % 2 == 0)
    case .int32: return .integer(Int64(number) - 7)
    case .int64:
      if case .decimal = type { return .decimal(Int128(number) - 5) }
      return .integer(Int64(number) * 1_000_000_007 - 5_000_000_000)
    case .int128: return .decimal(Int128(number) * 1_000_000_000_000_000_000_000 - 3)
    case .float: return .real(number == 0 ? .nan : number == 1 ? -0.0 : Float(number) / 3)
    case .double:
      return .double(number == 0 ? .nan : number == 1 ? -0.0 : number == 2 ? 0.0 : Double(number) / 3 - 4)
    case .string:
      return .text(number == 0 ? "" : number % 3 == 0 ? "a rather long text no \(number)" : "t\(number)")
    case .interval: return .interval(Interval(months: Int32(number), days: 1, micros: 5))
    case .list: return .list([.integer(Int64(number))])
    case .struct: return .null
    }
  }
}

/// The pool that tests share: seven workers.
let testPool = WorkerPool(workerCount: 7)

/// The contexts that every operator must give the same answer in.
func testContexts() -> [QueryContext] {
  var contexts: [QueryContext] = []
  for (workers, batchSize) in [(1, 2048), (7, 2048), (2, 64)] {
    var settings = ExecutionSettings()
    settings.threadCount = workers
    settings.batchSize = batchSize
    settings.parallelRowCount = 0
    contexts.append(QueryContext(settings: settings, pool: workers > 1 ? testPool : nil))
  }
  return contexts
}

/// Text of a value such that equal values, as SQL groups them, have equal text.
func key(_ value: ScalarValue) -> String {
  switch value {
  case .double(let number): number.isNaN ? "nan" : number == 0 ? "0.0" : "\(number)"
  case .real(let number): number.isNaN ? "nan" : number == 0 ? "0.0" : "\(number)"
  case .bytes(let bytes): "'" + String(decoding: bytes, as: UTF8.self) + "'"
  default: "\(value)"
  }
}

func key(_ row: [ScalarValue]) -> String { row.map { key($0) }.joined(separator: "|") }

/// The first few differences between two answers, short enough to print; `nil` if there are none.
func difference<Value: Equatable>(_ found: [String: Value], _ expected: [String: Value]) -> String? {
  var lines: [String] = []
  for (key, value) in expected where found[key] != value {
    lines.append("\(key): \(found[key].map { "\($0)" } ?? "missing"), expected \(value)")
  }
  for key in found.keys where expected[key] == nil { lines.append("\(key) is too much") }
  return lines.isEmpty ? nil : "\(lines.count) differences: " + lines.prefix(3).joined(separator: "; ")
}

/// The first difference between two lists of rows.
func difference(_ found: [String], _ expected: [String]) -> String? {
  if found == expected { return nil }
  for index in 0..<min(found.count, expected.count) where found[index] != expected[index] {
    return "row \(index): \(found[index]), expected \(expected[index])"
  }
  return "\(found.count) rows, expected \(expected.count)"
}

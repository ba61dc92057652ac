import Columnar
import Testing

@testable import QueryEngine

@Suite("Operator: window", .serialized) struct WindowSinkTests {
  typealias Frame = LogicalPlan.WindowFrame

  static let frames: [Frame] = {
    let two = BoundExpression.literal(.integer(2), .bigint)
    let three = BoundExpression.literal(.integer(3), .bigint)
    return [
      Frame(.range, from: .unboundedPreceding, to: .currentRow),
      Frame(.rows, from: .unboundedPreceding, to: .currentRow),
      Frame(.rows, from: .unboundedPreceding, to: .unboundedFollowing),
      Frame(.rows, from: .preceding(two), to: .following(three)),
      Frame(.rows, from: .preceding(three), to: .preceding(two)),
      Frame(.rows, from: .unboundedPreceding, to: .preceding(two)),
      Frame(.rows, from: .following(two), to: .unboundedFollowing),
      Frame(.range, from: .preceding(two), to: .following(three)),
      Frame(.groups, from: .preceding(two), to: .following(three)),
      Frame(.groups, from: .currentRow, to: .currentRow, excluding: .ties),
      Frame(.rows, from: .preceding(two), to: .following(three), excluding: .currentRow),
      Frame(.range, from: .preceding(two), to: .following(three), excluding: .group),
      Frame(.range, from: .unboundedPreceding, to: .unboundedFollowing, excluding: .ties),
    ]
  }()

  static let fixture: PlanFixture = {
    var random = SeededRandom(seed: 9)
    let rows = (0..<300).map { row -> [ScalarValue] in
      [
        PlanFixture.random(.varchar, distinct: 6, using: &random),
        Int.random(in: 0..<12, using: &random) == 0
          ? .null : .integer(Int64.random(in: 0..<30, using: &random)),
        PlanFixture.random(.bigint, distinct: 50, using: &random), .integer(Int64(row)),
        PlanFixture.random(.varchar, distinct: 9, using: &random),
      ]
    }
    return PlanFixture(
      [("p", .varchar), ("o", .bigint), ("x", .bigint), ("n", .bigint), ("s", .varchar)], rows: rows,
      shape: .mixed, batchRowCount: 100)
  }()

  /// The rows of each row's frame, by the definition.
  static func slowFrames(_ sorted: [[ScalarValue]], _ frame: Frame, _ isDescending: Bool) -> [[Int]] {
    func number(_ value: ScalarValue) -> Int? { if case .integer(let n) = value { Int(n) } else { nil } }
    func offset(_ bound: Frame.Bound) -> Int? {
      switch bound {
      case .preceding(.literal(.integer(let n), _)): -Int(n)
      case .following(.literal(.integer(let n), _)): Int(n)
      case .currentRow: 0
      default: nil
      }
    }
    return sorted.indices.map { row in
      let partition = sorted.indices.filter { key(sorted[$0][0]) == key(sorted[row][0]) }
      var groups: [String: Int] = [:]
      for other in partition where groups[key(sorted[other][1])] == nil {
        groups[key(sorted[other][1])] = groups.count
      }
      func within(_ other: Int, _ bound: Frame.Bound, isStart: Bool) -> Bool {
        guard let offset = offset(bound) else { return true }
        var distance: Int
        switch frame.unit {
        case .rows: distance = other - row
        case .groups: distance = (groups[key(sorted[other][1])] ?? 0) - (groups[key(sorted[row][1])] ?? 0)
        case .range:
          if bound == .currentRow {
            distance = (groups[key(sorted[other][1])] ?? 0) - (groups[key(sorted[row][1])] ?? 0)
            break
          }
          let (a, b) = (number(sorted[other][1]), number(sorted[row][1]))
          if a == nil && b == nil { return true }
          guard let b else { return !isStart }
          // Nulls come last: behind every bound of a row that is not null.
          guard let a else { return isStart }
          distance = isDescending ? b - a : a - b
        }
        return isStart ? distance >= offset : distance <= offset
      }
      var rows = partition.filter {
        within($0, frame.start, isStart: true) && within($0, frame.end, isStart: false)
      }
      let isPeer = { (other: Int) in key(sorted[other][1]) == key(sorted[row][1]) }
      switch frame.exclusion {
      case .noOthers: break
      case .currentRow: rows.removeAll { $0 == row }
      case .group: rows.removeAll { isPeer($0) }
      case .ties: rows.removeAll { isPeer($0) && $0 != row }
      }
      return rows
    }
  }

  static func slowValue(_ function: String, _ values: [ScalarValue]) -> ScalarValue {
    let some = values.filter { !$0.isNull }
    let numbers = some.map { value -> Int64 in
      if case .integer(let number) = value { return number }
      return 0
    }
    switch function {
    case "count_star": return .integer(Int64(values.count))
    case "count": return .integer(Int64(some.count))
    case "sum": return some.isEmpty ? .null : .integer(numbers.reduce(0, +))
    case "avg": return some.isEmpty ? .null : .double(Double(numbers.reduce(0, +)) / Double(some.count))
    case "min": return some.min { ScalarOrdering.isLess($0, $1) } ?? .null
    case "max": return some.max { ScalarOrdering.isLess($0, $1) } ?? .null
    case "first_value": return values.first ?? .null
    case "last_value": return values.last ?? .null
    case "bit_xor": return some.isEmpty ? .null : .integer(numbers.reduce(0, ^))
    case "count_distinct": return .integer(Int64(Set(some).count))
    default: return .null
    }
  }

  @Test(arguments: [false, true]) func agreesWithTheDefinitionOfFrames(isDescending: Bool) throws {
    let fixture = Self.fixture
    let functions: [(String, Int?)] = [
      ("count_star", nil), ("count", 2), ("sum", 2), ("avg", 2), ("min", 2), ("max", 2), ("first_value", 2),
      ("last_value", 2), ("bit_xor", 2), ("min", 4), ("max", 4), ("count_distinct", 2),
    ]
    // The number of the row makes the order total where the frame is about rows.
    let sorted = fixture.rows.stablySorted {
      SortSinkTests.isBefore($0, $1, [(0, false, false), (1, isDescending, false), (3, false, false)])
    }
    for frame in Self.frames {
      var id = 100
      let calls = functions.map { function, argument -> LogicalPlan.WindowCall in
        id += 1
        let arguments = argument.map { [fixture.column($0)] } ?? []
        let name = function == "count_distinct" ? "count" : function
        let type: LogicalType =
          function == "avg" ? .double : name.hasPrefix("count") ? .bigint : arguments[0].type
        return .init(
          name, arguments, isDistinct: function == "count_distinct", frame: frame,
          as: OutputColumn(id: ColumnID(id), name: function, type: type))
      }
      let plan = LogicalPlan.window(
        .init(
          partitionBy: [fixture.column(0)], orderBy: [.init(fixture.column(1), isDescending: isDescending)],
          calls: calls, input: fixture.scan))
      let slow = Self.slowFrames(sorted, frame, isDescending)
      let expected = sorted.indices.map { row in
        key(
          sorted[row]
            + functions.map { function, argument in
              Self.slowValue(
                function, slow[row].map { argument == nil ? .boolean(true) : sorted[$0][argument ?? 0] })
            })
      }
      for context in testContexts() {
        let rows = try QueryExecutor.run(plan, context: context).rows
        let found = rows.map { key($0) }
        let text = difference(found.sorted(), expected.sorted()).map { "\(frame): \($0)" }
        #expect(text == nil)
      }
    }
  }

  @Test func ranksAndNeighboursFollowTheOrder() throws {
    let fixture = Self.fixture
    let types: [String: LogicalType] = ["percent_rank": .double, "cume_dist": .double]
    let names = [
      "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead",
    ]
    let two = BoundExpression.literal(.integer(2), .bigint)
    let calls = names.enumerated().map { index, name -> LogicalPlan.WindowCall in
      let arguments =
        name == "ntile"
        ? [two]
        : name == "lag"
          ? [fixture.column(3), two, .literal(.integer(-1), .bigint)]
          : name == "lead" ? [fixture.column(3)] : []
      return .init(
        name, arguments, frame: Self.frames[0],
        as: OutputColumn(id: ColumnID(200 + index), name: name, type: types[name] ?? .bigint))
    }
    let plan = LogicalPlan.window(
      .init(
        partitionBy: [fixture.column(0)], orderBy: [.init(fixture.column(1))], calls: calls,
        input: fixture.scan))
    let sorted = fixture.rows.stablySorted {
      SortSinkTests.isBefore($0, $1, [(0, false, false), (1, false, false)])
    }
    let expected = sorted.indices.map { row -> String in
      let partition = sorted.indices.filter { key(sorted[$0][0]) == key(sorted[row][0]) }
      let start = partition[0]
      let peers = partition.filter { key(sorted[$0][1]) == key(sorted[row][1]) }
      let groups = Set(partition.filter { $0 < peers[0] }.map { key(sorted[$0][1]) }).count
      let (count, place) = (partition.count, row - start)
      let firstHalf = (count + 1) / 2
      let values: [ScalarValue] = [
        .integer(Int64(place + 1)), .integer(Int64(peers[0] - start + 1)), .integer(Int64(groups + 1)),
        .double(count <= 1 ? 0 : Double(peers[0] - start) / Double(count - 1)),
        .double(Double(peers[0] - start + peers.count) / Double(count)),
        .integer(place < firstHalf ? 1 : 2), place >= 2 ? sorted[row - 2][3] : .integer(-1),
        place + 1 < count ? sorted[row + 1][3] : .null,
      ]
      return key(sorted[row] + values)
    }
    for context in testContexts() {
      let found = try QueryExecutor.run(plan, context: context).rows.map { key($0) }
      // Partitions come in any order; the row number tells the rows of one apart.
      #expect(difference(found.sorted(), expected.sorted()) == nil)
    }
  }
}

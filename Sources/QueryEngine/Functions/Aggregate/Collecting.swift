internal import Columnar

extension AggregateFunction {
  static let arrayAgg = AggregateFunction(
    name: "array_agg", aliases: ["list", "collect_list"], summary: "The values as a list, nulls included.",
    nulls: .keeps,
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("array_agg", arguments, gives: .list(arguments[0])) : nil
    },
    makeAccumulator: {
      CollectingAccumulator($0, columns: [0]) { rows, _ in
        rows.isEmpty ? .null : .list(rows.map { $0[0] })
      }
    })

  static let collectSet = AggregateFunction(
    name: "collect_set", summary: "The distinct values that are not null, as a list.",
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("collect_set", arguments, gives: .list(arguments[0])) : nil
    },
    makeAccumulator: {
      CollectingAccumulator($0, columns: [0]) { rows, _ in
        var seen: Set<ScalarValue> = []
        return .list(rows.map { $0[0] }.filter { seen.insert($0).inserted })
      }
    })

  static let stringAgg = AggregateFunction(
    name: "string_agg", aliases: ["listagg", "group_concat"],
    summary: "The texts with a separator between them (a comma if none is given).", nulls: .skipsFirst,
    resolve: { arguments, _ in
      guard arguments.count == 1 || arguments.count == 2 else { return nil }
      return AggregateSignature(
        "string_agg", [LogicalType](repeating: .varchar, count: arguments.count), gives: .varchar)
    },
    makeAccumulator: { binding in
      CollectingAccumulator(binding, columns: Array(binding.argumentTypes.indices)) { rows, _ in
        guard !rows.isEmpty else { return .null }
        var text: [UInt8] = []
        for (index, row) in rows.enumerated() {
          if index > 0 {
            if row.count == 1 {
              text.append(UInt8(ascii: ","))
            } else if case .bytes(let separator) = row[1] {
              text.append(contentsOf: separator)
            }
          }
          if case .bytes(let part) = row[0] { text.append(contentsOf: part) }
        }
        return .bytes(text)
      }
    })

  static let first = ordered("first", ["first_value"], "The value of the first row in the order given.") {
    $0.first
  }
  static let last = ordered("last", ["last_value"], "The value of the last row in the order given.") {
    $0.last
  }

  private static func ordered(
    _ name: String, _ aliases: [String], _ summary: String,
    _ choose: @escaping @Sendable ([[ScalarValue]]) -> [ScalarValue]?
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, summary: summary, nulls: .keeps,
      resolve: { arguments, order in
        guard arguments.count == 1, !order.isEmpty else { return nil }
        return AggregateSignature(name, arguments, gives: arguments[0])
      },
      makeAccumulator: { CollectingAccumulator($0, columns: [0]) { rows, _ in choose(rows)?[0] ?? .null } })
  }

  static let mapAgg = AggregateFunction(
    name: "map_agg", summary: "A map of the keys to their values; of equal keys the last.",
    nulls: .skipsFirst,
    resolve: { arguments, _ in
      guard arguments.count == 2 else { return nil }
      return AggregateSignature("map_agg", arguments, gives: .map(key: arguments[0], value: arguments[1]))
    },
    makeAccumulator: {
      CollectingAccumulator($0, columns: [0, 1]) { rows, _ in
        guard !rows.isEmpty else { return .null }
        var order: [ScalarValue] = []
        var values: [ScalarValue: ScalarValue] = [:]
        for row in rows where values.updateValue(row[1], forKey: row[0]) == nil { order.append(row[0]) }
        return .map(keys: order, values: order.map { values[$0] ?? .null })
      }
    })

  static let multimapAgg = AggregateFunction(
    name: "multimap_agg", summary: "A map of the keys to the lists of their values.", nulls: .skipsFirst,
    resolve: { arguments, _ in
      guard arguments.count == 2 else { return nil }
      return AggregateSignature(
        "multimap_agg", arguments, gives: .map(key: arguments[0], value: .list(arguments[1])))
    },
    makeAccumulator: {
      CollectingAccumulator($0, columns: [0, 1]) { rows, _ in
        guard !rows.isEmpty else { return .null }
        var order: [ScalarValue] = []
        var values: [ScalarValue: [ScalarValue]] = [:]
        for row in rows {
          if values[row[0]] == nil { order.append(row[0]) }
          values[row[0], default: []].append(row[1])
        }
        return .map(keys: order, values: order.map { .list(values[$0] ?? []) })
      }
    })

  static let mad = AggregateFunction(
    name: "mad", summary: "The median absolute deviation: the median of the distances from the median.",
    resolve: { arguments, _ in
      guard arguments.count == 1, arguments[0].isNumeric || arguments[0] == .null else { return nil }
      return AggregateSignature("mad", [.double], gives: .double)
    },
    makeAccumulator: {
      CollectingAccumulator($0, columns: [0]) { rows, _ in
        let values = rows.compactMap { row in
          if case .double(let number) = row[0] { return number }
          return nil
        }
        guard let middle = median(values) else { return .null }
        return median(values.map { abs($0 - middle) }).map { .double($0) } ?? .null
      }
    })

  /// The middle value, or the mean of the two middle ones; NaN is greater than numbers.
  private static func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted { $0 < $1 || ($1.isNaN && !$0.isNaN) }
    let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
    return low == high ? low : low + (high - low) / 2
  }
}

/// Collects rows of the arguments by group, and makes each group's result from them at the end.
final class CollectingAccumulator: Accumulator {
  /// Makes a group's result of its rows, in the order asked for; each row holds the collected columns.
  typealias Finish =
    @Sendable (_ rows: [[ScalarValue]], _ type: LogicalType) throws(QueryError) -> ScalarValue

  private var rowsOfGroups: [[Row]] = []
  private let binding: AggregateFunction.Binding
  private let columns: [Int]
  private let finish: Finish
  private var rowCount = 0
  /// Bytes of the texts collected.
  private var textByteCount = 0

  private struct Row {
    var keys: [ScalarValue]
    var values: [ScalarValue]
  }

  /// Collects the arguments `columns`; those from `binding.argumentTypes.count` on are keys of ORDER BY.
  init(_ binding: AggregateFunction.Binding, columns: [Int], finish: @escaping Finish) {
    (self.binding, self.columns, self.finish) = (binding, columns, finish)
  }

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { rowCount * 80 + textByteCount }

  override func grow(to count: Int) {
    if count > rowsOfGroups.count {
      rowsOfGroups.append(contentsOf: repeatElement([], count: count - rowsOfGroups.count))
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let types = binding.argumentTypes + binding.orderTypes
    let firstKey = binding.argumentTypes.count
    for row in groups.indices where groups[row] != 0 {
      let values = columns.map { arguments[$0].scalar(at: row, as: types[$0]) }
      let keys = binding.orderTypes.indices.map {
        arguments[firstKey + $0].scalar(at: row, as: binding.orderTypes[$0])
      }
      for case .bytes(let text) in values { textByteCount += text.count }
      rowsOfGroups[Int(groups[row])].append(Row(keys: keys, values: values))
      rowCount += 1
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? CollectingAccumulator else { return }
    for (group, target) in groups {
      rowsOfGroups[target].append(contentsOf: other.rowsOfGroups[group])
    }
    rowCount += other.rowCount
    textByteCount += other.textByteCount
  }

  override func results(_ range: Range<Int>) throws(QueryError) -> Vector {
    var builder = VectorBuilder(binding.resultType)
    let orders = binding.orderBy
    for group in range {
      var rows = rowsOfGroups[group]
      if !orders.isEmpty { rows = rows.stablySorted { CollectingAccumulator.isBefore($0, $1, orders) } }
      builder.append(try finish(rows.map(\.values), binding.resultType))
    }
    return builder.finish()
  }

  private static func isBefore(
    _ left: Row, _ right: Row, _ orders: [AggregateFunction.Binding.OrderBy]
  ) -> Bool {
    for (index, order) in orders.enumerated() {
      let (a, b) = (left.keys[index], right.keys[index])
      if a.isNull || b.isNull {
        if a.isNull && b.isNull { continue }
        return a.isNull == order.nullsFirst
      }
      let found = ScalarOrdering.compare(a, b)
      if found != 0 { return order.isDescending ? found > 0 : found < 0 }
    }
    return false
  }
}

extension Array {
  /// Returns the elements sorted so that equal ones keep their order.
  func stablySorted(by isBefore: (Element, Element) -> Bool) -> [Element] {
    enumerated().sorted { left, right in
      if isBefore(left.element, right.element) { return true }
      if isBefore(right.element, left.element) { return false }
      return left.offset < right.offset
    }.map(\.element)
  }
}

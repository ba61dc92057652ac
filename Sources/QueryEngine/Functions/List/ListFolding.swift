internal import Columnar

/// One value of all elements of a list.
enum ListFolding {
  static let all: [ScalarFunction] = [min, max, sum, average, count, join]

  static let min = ScalarFunction(
    "list_min", aliases: ["array_min"], "The least element that is not null.",
    examples: [.init("list_min([3, 1, 2])", gives: "1")], [extreme { $0 < 0 }])
  static let max = ScalarFunction(
    "list_max", aliases: ["array_max"], "The greatest element that is not null.",
    examples: [.init("list_max([3, 1, 2])", gives: "3")], [extreme { $0 > 0 }])

  private static func extreme(_ isBetter: @escaping @Sendable (Int) -> Bool) -> ScalarOverload {
    .ofList("(list LIST) -> ANY", { $0 }) { element in
      { (arguments, frame) throws(QueryError) in
        let list = ListRows(arguments[0])
        var picked: [UInt32] = []
        var missing: [Bool] = []
        for row in 0..<frame.rowCount {
          var best: (place: Int, value: ScalarValue)?
          if frame.isActive(row) {
            for place in list.range(row) {
              let value = list.elements.scalar(at: place, as: element)
              if value.isNull { continue }
              if let known = best, !isBetter(ScalarOrdering.compare(value, known.value)) { continue }
              best = (place, value)
            }
          }
          picked.append(UInt32(best?.place ?? 0))
          missing.append(best == nil)
        }
        return ListAccess.take(picked, missing, from: list.elements)
      }
    }
  }

  static let sum = ScalarFunction(
    "list_sum", aliases: ["array_sum"], "The sum of the elements that are not null.",
    examples: [.init("list_sum([1, 2, 3])", gives: "6"), .init("list_sum([1.5, 2])", gives: "3.5")],
    [
      .ofList(
        "(list LIST) -> number",
        {
          switch $0 {
          case .tinyint, .smallint, .integer, .bigint: .bigint
          case .decimal(_, let scale): .decimal(precision: 38, scale: scale)
          case .real, .double: .double
          default: nil
          }
        }
      ) { element in
        { (arguments, frame) throws(QueryError) in
          let list = ListRows(arguments[0])
          func exact(_ row: Int) -> Int128? {
            var total: Int128?
            for place in list.range(row) {
              switch list.elements.scalar(at: place, as: element) {
              case .integer(let value): total = (total ?? 0) &+ Int128(value)
              case .decimal(let value): total = (total ?? 0) &+ value
              default: break
              }
            }
            return total
          }
          if case .decimal = element {
            return try RowFunction.fill(Int128.self, [], frame) { (row, _) throws(QueryError) in exact(row) }
          }
          if element.isInteger {
            return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
              guard let total = exact(row) else { return nil }
              guard let result = Int64(exactly: total) else {
                throw QueryError(.numericOutOfRange, "the sum \(total) does not fit BIGINT")
              }
              return result
            }
          }
          return try RowFunction.fill(Double.self, [], frame) { (row, _) throws(QueryError) in
            total(list, row, element).map { $0.sum }
          }
        }
      }
    ])

  private static func total(
    _ list: ListRows, _ row: Int, _ element: LogicalType
  ) -> (sum: Double, count: Int)? {
    var (sum, count) = (0.0, 0)
    for place in list.range(row) {
      switch list.elements.scalar(at: place, as: element) {
      case .integer(let value): sum += Double(value)
      case .decimal(let value): sum += Double(value) / Double(element.decimalUnit)
      case .real(let value): sum += Double(value)
      case .double(let value): sum += value
      default: continue
      }
      count += 1
    }
    return count > 0 ? (sum, count) : nil
  }

  static let average = ScalarFunction(
    "list_avg", aliases: ["array_average", "list_mean"], "The mean of the elements that are not null.",
    examples: [.init("list_avg([1, 2])", gives: "1.5")],
    [
      .ofList("(list LIST) -> DOUBLE", { $0.isNumeric ? .double : nil }) { element in
        { (arguments, frame) throws(QueryError) in
          let list = ListRows(arguments[0])
          return try RowFunction.fill(Double.self, [], frame) { (row, _) throws(QueryError) in
            total(list, row, element).map { $0.sum / Double($0.count) }
          }
        }
      }
    ])

  static let count = ScalarFunction(
    "list_count", "How many elements are not null.", examples: [.init("list_count([1, NULL])", gives: "1")],
    [
      .ofList("(list LIST) -> BIGINT", { _ in .bigint }) { _ in
        { (arguments, frame) throws(QueryError) in
          let list = ListRows(arguments[0])
          let valid = list.elements.rowValidity
          return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
            var count: Int64 = 0
            for place in list.range(row) where valid.map({ $0[place] }) ?? true { count += 1 }
            return count
          }
        }
      }
    ])

  static let join = ScalarFunction(
    "array_to_string", aliases: ["array_join", "list_to_string"],
    "The elements as text with a separator between them; nulls are left out or written as a third argument says.",
    examples: [
      .init("array_to_string([1, NULL, 2], '-')", gives: "1-2"),
      .init("array_join(['a', NULL], ',', '?')", gives: "a,?"),
    ], [joining(count: 2), joining(count: 3)])

  private static func joining(count: Int) -> ScalarOverload {
    ScalarOverload(
      count == 2
        ? "(list LIST, separator VARCHAR) -> VARCHAR"
        : "(list LIST, separator VARCHAR, null VARCHAR) -> VARCHAR",
      rule: { arguments in
        guard arguments.types.count == count, ScalarOverload.element(arguments) != nil else { return nil }
        return SignatureTypes(
          [arguments.types[0]] + Array(repeating: LogicalType.varchar, count: count - 1), returns: .varchar)
      },
      make: { (site) throws(QueryError) in
        guard case .list(let element) = site.argumentTypes[0] else {
          throw QueryError.internalError("no list")
        }
        return { (arguments, frame) throws(QueryError) in
          let list = ListRows(arguments[0])
          let separators = RowOperand(arguments[1])
          let nulls = count == 3 ? RowOperand(arguments[2]) : nil
          return try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
            var isFirst = true
            for place in list.range(row) {
              let isNull = list.elements.isNull(at: place)
              if isNull && nulls == nil { continue }
              if !isFirst { sink.append(separators.vector.strings[row & separators.mask]) }
              isFirst = false
              if isNull, let nulls {
                sink.append(nulls.vector.strings[row & nulls.mask])
              } else {
                ValueText.append(list.elements.scalar(at: place, as: element), as: element, to: &sink.bytes)
              }
            }
            return sink.take()
          }
        }
      })
  }
}

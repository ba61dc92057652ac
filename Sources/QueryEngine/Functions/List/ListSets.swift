internal import Columnar

/// Lists as sets: elements compare by value, nulls with each other.
enum ListSets {
  static let all: [ScalarFunction] = [distinct, unique, union, intersect, except, hasAny, hasAll]

  static let distinct = ScalarFunction(
    "list_distinct", aliases: ["array_distinct"],
    "The elements without repetitions and nulls, in the order they first stand.",
    examples: [.init("list_distinct([2, 1, 2, NULL])", gives: "[2, 1]")],
    [
      .ofList("(list LIST) -> LIST", { .list($0) }) { element in
        { (arguments, frame) throws(QueryError) in
          let list = ListRows(arguments[0])
          var picker = ListPicker()
          for row in 0..<frame.rowCount {
            if frame.isActive(row) {
              var seen: Set<ScalarValue> = []
              for place in list.range(row) {
                let value = list.elements.scalar(at: place, as: element)
                if !value.isNull && seen.insert(value).inserted { picker.pick(place) }
              }
            }
            picker.endRow()
          }
          return picker.finish(list.elements, frame.validity)
        }
      }
    ])

  static let unique = ScalarFunction(
    "list_unique", aliases: ["array_unique"], "How many different values that are not null the list holds.",
    examples: [.init("list_unique([1, 1, 2])", gives: "2")],
    [
      .ofList("(list LIST) -> BIGINT", { _ in .bigint }) { element in
        { (arguments, frame) throws(QueryError) in
          let list = ListRows(arguments[0])
          return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
            var seen: Set<ScalarValue> = []
            for place in list.range(row) { seen.insert(list.elements.scalar(at: place, as: element)) }
            seen.remove(.null)
            return Int64(seen.count)
          }
        }
      }
    ])

  static let union = ScalarFunction(
    "array_union", aliases: ["list_union"], "The values of both lists without repetitions.",
    examples: [.init("array_union([1, 2], [2, 3])", gives: "[1, 2, 3]")], [combining { _, _ in true }])

  static let intersect = ScalarFunction(
    "array_intersect", aliases: ["list_intersect"], "The values that both lists hold, without repetitions.",
    examples: [.init("array_intersect([1, 2, 2], [2, 3])", gives: "[2]")],
    [combining { inFirst, inSecond in inFirst && inSecond }])

  static let except = ScalarFunction(
    "array_except", aliases: ["list_except"],
    "The values of the first list that the second does not hold, without repetitions.",
    examples: [.init("array_except([1, 2, 2], [2, 3])", gives: "[1]")],
    [combining { inFirst, inSecond in inFirst && !inSecond }])

  private static func pair(_ arguments: ArgumentTypes) -> LogicalType? {
    guard arguments.types.count == 2, let a = ScalarOverload.element(arguments, 0),
      let b = ScalarOverload.element(arguments, 1)
    else { return nil }
    return ImplicitConversion.commonType(a, b)
  }

  private static func combining(_ keeps: @escaping @Sendable (Bool, Bool) -> Bool) -> ScalarOverload {
    ScalarOverload(
      "(a LIST, b LIST) -> LIST",
      rule: { arguments in
        pair(arguments).map { SignatureTypes([.list($0), .list($0)], returns: .list($0)) }
      },
      make: { (site) throws(QueryError) in
        guard case .list(let element) = site.resultType else { throw QueryError.internalError("no list") }
        return { (arguments, frame) throws(QueryError) in
          let (a, b) = (ListRows(arguments[0]), ListRows(arguments[1]))
          let all = Vector.concatenated([a.elements, b.elements], element)
          var picker = ListPicker()
          for row in 0..<frame.rowCount {
            if frame.isActive(row) {
              let first = a.range(row).map { a.elements.scalar(at: $0, as: element) }
              let second = b.range(row).map { b.elements.scalar(at: $0, as: element) }
              let (inFirst, inSecond) = (Set(first), Set(second))
              var seen: Set<ScalarValue> = []
              for (offset, value) in first.enumerated()
              where keeps(true, inSecond.contains(value)) && seen.insert(value).inserted {
                picker.pick(a.range(row).lowerBound + offset)
              }
              for (offset, value) in second.enumerated()
              where keeps(inFirst.contains(value), true) && seen.insert(value).inserted {
                picker.pick(a.elements.count + b.range(row).lowerBound + offset)
              }
            }
            picker.endRow()
          }
          return picker.finish(all, frame.validity)
        }
      })
  }

  static let hasAny = ScalarFunction(
    "arrays_overlap", aliases: ["list_has_any", "array_has_any"], "Whether both lists hold some value.",
    examples: [.init("arrays_overlap([1, 2], [2, 3])", gives: "true")],
    [testing { first, second in !first.isDisjoint(with: second) }])

  static let hasAll = ScalarFunction(
    "list_has_all", aliases: ["array_has_all"], "Whether the first list holds all values of the second.",
    examples: [.init("list_has_all([1, 2], [2])", gives: "true")],
    [testing { first, second in first.isSuperset(of: second) }])

  private static func testing(
    _ test: @escaping @Sendable (Set<ScalarValue>, Set<ScalarValue>) -> Bool
  ) -> ScalarOverload {
    ScalarOverload(
      "(a LIST, b LIST) -> BOOLEAN",
      rule: { arguments in
        pair(arguments).map { SignatureTypes([.list($0), .list($0)], returns: .boolean) }
      },
      make: { (site) throws(QueryError) in
        guard case .list(let element) = site.argumentTypes[0] else {
          throw QueryError.internalError("no list")
        }
        return { (arguments, frame) throws(QueryError) in
          let (a, b) = (ListRows(arguments[0]), ListRows(arguments[1]))
          return try RowFunction.fill(Bool.self, [], frame) { (row, _) throws(QueryError) in
            var first = Set(a.range(row).map { a.elements.scalar(at: $0, as: element) })
            var second = Set(b.range(row).map { b.elements.scalar(at: $0, as: element) })
            first.remove(.null)
            second.remove(.null)
            return test(first, second)
          }
        }
      })
  }
}

internal import Columnar

/// Whether and where a list holds a value.
enum ListSearch {
  static let all: [ScalarFunction] = [contains, position, remove]

  static let contains = ScalarFunction(
    "list_contains", aliases: ["array_contains", "list_has", "array_has"], "Whether the list holds a value.",
    examples: [
      .init("list_contains([1, 2], 2)", gives: "true"), .init("array_contains(['a'], 'b')", gives: "false"),
    ],
    [containsOverload])

  static let containsOverload = overload("(list LIST, x ANY) -> BOOLEAN", returns: { _ in .boolean }) {
    (same, list, frame) throws(QueryError) in
    try RowFunction.fill(Bool.self, [], frame) { (row, _) throws(QueryError) in
      for place in list.range(row) where same(place) { return true }
      return false
    }
  }

  static let position = ScalarFunction(
    "list_position", aliases: ["array_position", "list_indexof", "array_indexof"],
    "The first place of a value in the list, from 1; 0 if it is not there.",
    examples: [.init("list_position([5, 7], 7)", gives: "2"), .init("array_position([5], 1)", gives: "0")],
    [
      overload("(list LIST, x ANY) -> BIGINT", returns: { _ in .bigint }) {
        (same, list, frame) throws(QueryError) in
        try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
          let range = list.range(row)
          for place in range where same(place) { return Int64(place - range.lowerBound + 1) }
          return 0
        }
      }
    ])

  static let remove = ScalarFunction(
    "array_remove", aliases: ["list_remove"], "The list without the elements that equal a value.",
    examples: [.init("array_remove([1, 2, 1], 1)", gives: "[2]")],
    [
      overload("(list LIST, x ANY) -> LIST", returns: { .list($0) }) {
        (same, list, frame) throws(QueryError) in
        var picker = ListPicker()
        for row in 0..<frame.rowCount {
          if frame.isActive(row) { for place in list.range(row) where !same(place) { picker.pick(place) } }
          picker.endRow()
        }
        return picker.finish(list.elements, frame.validity)
      }
    ])

  /// An overload of a list and a value: all elements are compared with their row's value at once.
  private static func overload(
    _ signature: String, returns result: @escaping @Sendable (LogicalType) -> LogicalType,
    _ body: @escaping @Sendable (_ same: (Int) -> Bool, ListRows, CallFrame) throws(QueryError) -> Vector
  ) -> ScalarOverload {
    ScalarOverload(
      signature,
      rule: { arguments in
        guard arguments.types.count == 2, let element = ScalarOverload.element(arguments) else { return nil }
        let value = arguments.isUntyped[1] && element != .null ? element : arguments.types[1]
        guard let common = ImplicitConversion.commonType(element, value) else { return nil }
        return SignatureTypes([.list(common), common], returns: result(common))
      },
      make: { (site) throws(QueryError) in
        let type = site.argumentTypes[1]
        return { (arguments, frame) throws(QueryError) in
          // One list for all rows is copied: each row's elements meet that row's value.
          let isShared = arguments[0].encoding == .constant && arguments[1].encoding != .constant
          let list = ListRows(isShared ? arguments[0].flattened() : arguments[0])
          let elements = list.elements.flattened()
          let wanted: Vector
          if arguments[1].encoding == .constant, let base = arguments[1].base {
            wanted = .constant(base, count: elements.count)
          } else {
            var rows = [UInt32](repeating: 0, count: elements.count)
            for row in 0..<frame.rowCount { for place in list.range(row) { rows[place] = UInt32(row) } }
            wanted = arguments[1].flattened().taking(rows.span)
          }
          let bits = VectorComparison.compare(.equal, elements, wanted, type)
          let valid = elements.rowValidity
          return try body({ place in bits[place] && (valid.map { $0[place] } ?? true) }, list, frame)
        }
      })
  }
}

internal import Columnar

/// Lists in another order.
enum ListOrder {
  static let all: [ScalarFunction] = [sort, reverseSort, reverse]

  static let sort = ScalarFunction(
    "list_sort", aliases: ["array_sort", "sort_array"],
    "The elements in ascending order, nulls last; with a second argument `DESC` or false descending.",
    examples: [
      .init("list_sort([3, NULL, 1])", gives: "[1, 3, NULL]"),
      .init("list_sort([1, 3], 'DESC')", gives: "[3, 1]"),
    ],
    [
      .ofList("(list LIST) -> LIST", { .list($0) }) { sorting($0) { _ in false } },
      ScalarOverload(
        "(list LIST, order VARCHAR) -> LIST",
        rule: { arguments in
          guard arguments.types.count == 2, ScalarOverload.element(arguments) != nil,
            arguments.types[1] == .varchar || arguments.types[1] == .boolean
          else { return nil }
          return SignatureTypes(arguments.types, returns: arguments.types[0])
        },
        make: { (site) throws(QueryError) in
          guard case .list(let element) = site.resultType else { throw QueryError.internalError("no list") }
          let isDescending: Bool
          switch site.constants[1] {
          case .boolean(let ascending)?: isDescending = !ascending
          case .bytes(let bytes)?:
            let word = String(decoding: bytes, as: UTF8.self).uppercased()
            guard word == "ASC" || word == "DESC" else {
              throw QueryError(.invalidParameter, "\"\(word)\" is no order", hint: "write 'ASC' or 'DESC'")
            }
            isDescending = word == "DESC"
          default: throw QueryError.unsupported("an order of list_sort that is no literal")
          }
          return sorting(element) { _ in isDescending }
        }),
    ])

  static let reverseSort = ScalarFunction(
    "list_reverse_sort", aliases: ["array_reverse_sort"], "The elements in descending order, nulls last.",
    examples: [.init("list_reverse_sort([1, 3, 2])", gives: "[3, 2, 1]")],
    [.ofList("(list LIST) -> LIST", { .list($0) }) { sorting($0) { _ in true } }])

  private static func sorting(_ element: LogicalType, _ isDescending: @escaping (Int) -> Bool) -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let list = ListRows(arguments[0])
      var picker = ListPicker()
      for row in 0..<frame.rowCount {
        if frame.isActive(row) {
          var values = list.range(row).map { ($0, list.elements.scalar(at: $0, as: element)) }
          let descends = isDescending(row)
          // Places break ties, so that equal elements keep their order.
          values.sort { left, right in
            if left.1.isNull || right.1.isNull {
              return !left.1.isNull && right.1.isNull || left.1.isNull == right.1.isNull && left.0 < right.0
            }
            let order = ScalarOrdering.compare(left.1, right.1)
            return order == 0 ? left.0 < right.0 : descends ? order > 0 : order < 0
          }
          for value in values { picker.pick(value.0) }
        }
        picker.endRow()
      }
      return picker.finish(list.elements, frame.validity)
    }
  }

  static let reverse = ScalarFunction(
    "list_reverse", aliases: ["array_reverse"], "The elements from the last to the first.",
    examples: [.init("list_reverse([1, 2, 3])", gives: "[3, 2, 1]")], [reverseOverload])

  static let reverseOverload = ScalarOverload.ofList("(list LIST) -> LIST", { .list($0) }) { _ in
    { (arguments, frame) throws(QueryError) in
      let list = ListRows(arguments[0])
      var picker = ListPicker()
      for row in 0..<frame.rowCount {
        if frame.isActive(row) { for place in list.range(row).reversed() { picker.pick(place) } }
        picker.endRow()
      }
      return picker.finish(list.elements, frame.validity)
    }
  }
}

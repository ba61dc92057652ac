internal import Columnar

/// Functions that call a lambda for the elements of a list; it runs over the elements of all rows at once.
enum ListLambdas {
  static let all: [ScalarFunction] = [transform, filter, anyMatch, allMatch, noneMatch, reduce]

  static let transform = ScalarFunction(
    "list_transform", aliases: ["transform", "list_apply", "array_transform", "array_apply"],
    "The lambda's values of the elements; a second parameter is the place, from 1.",
    examples: [.init("list_transform([1, 2], x -> x * 10)", gives: "[10, 20]")],
    [
      overload("(list LIST, x -> ANY) -> LIST", { (_, body) in .list(body) }) {
        (list, lambda, frame) throws(QueryError) in
        let (rows, places) = active(list, frame)
        let values = try call(lambda, list, rows, places, frame)
        var ends: [UInt32] = [0]
        var next = 0
        for row in 0..<frame.rowCount {
          while next < rows.count && rows[next] == UInt32(row) { next += 1 }
          ends.append(UInt32(next))
        }
        return ListPicker.list(ends, of: values.flattened(), frame.validity)
      }
    ])

  static let filter = ScalarFunction(
    "list_filter", aliases: ["filter", "array_filter"], "The elements for which the lambda is true.",
    examples: [.init("list_filter([1, 2, 3], x -> x > 1)", gives: "[2, 3]")],
    [
      overload("(list LIST, x -> BOOLEAN) -> LIST", { (element, _) in .list(element) }, wants: .boolean) {
        (list, lambda, frame) throws(QueryError) in
        let (rows, places) = active(list, frame)
        let hits = Kernels.rows(of: try call(lambda, list, rows, places, frame), where: true, active: nil)
        var picker = ListPicker()
        var next = 0
        for row in 0..<frame.rowCount {
          while next < rows.count && rows[next] == UInt32(row) {
            if hits[next] { picker.pick(places[next]) }
            next += 1
          }
          picker.endRow()
        }
        return picker.finish(list.elements, frame.validity)
      }
    ])

  static let anyMatch = ScalarFunction(
    "any_match", aliases: ["list_any", "exists"], "Whether the lambda is true for some element.",
    examples: [.init("any_match([1, 2], x -> x > 1)", gives: "true")],
    [matching { (trueCount, falseCount, count) in trueCount > 0 ? true : falseCount < count ? nil : false }])

  static let allMatch = ScalarFunction(
    "all_match", aliases: ["forall", "list_all"], "Whether the lambda is true for all elements.",
    examples: [.init("all_match([1, 2], x -> x > 1)", gives: "false")],
    [matching { (trueCount, falseCount, count) in falseCount > 0 ? false : trueCount < count ? nil : true }])

  static let noneMatch = ScalarFunction(
    "none_match", "Whether the lambda is true for no element.",
    examples: [.init("none_match([1, 2], x -> x > 2)", gives: "true")],
    [matching { (trueCount, falseCount, count) in trueCount > 0 ? false : falseCount < count ? nil : true }])

  private static func matching(_ answer: @escaping @Sendable (Int, Int, Int) -> Bool?) -> ScalarOverload {
    overload("(list LIST, x -> BOOLEAN) -> BOOLEAN", { (_, _) in .boolean }, wants: .boolean) {
      (list, lambda, frame) throws(QueryError) in
      let (rows, places) = active(list, frame)
      let values = try call(lambda, list, rows, places, frame)
      let yes = Kernels.rows(of: values, where: true, active: nil)
      let no = Kernels.rows(of: values, where: false, active: nil)
      var next = 0
      return try RowFunction.fill(Bool.self, [], frame) { (row, _) throws(QueryError) in
        var (trueCount, falseCount, count) = (0, 0, 0)
        while next < rows.count && rows[next] == UInt32(row) {
          if yes[next] { trueCount += 1 }
          if no[next] { falseCount += 1 }
          count += 1
          next += 1
        }
        return answer(trueCount, falseCount, count)
      }
    }
  }

  static let reduce = ScalarFunction(
    "list_reduce", aliases: ["reduce", "aggregate", "array_reduce"],
    "The value that the lambda makes, from `start` on, of what it made before and the next element.",
    examples: [
      .init("reduce([1, 2, 3], 0, (a, x) -> a + x)", gives: "6"),
      .init("reduce([1, 2, 3], 0, (a, x) -> a + x, a -> a * 10)", gives: "60"),
    ],
    [reducing(count: 3), reducing(count: 4)])

  private static func reducing(count: Int) -> ScalarOverload {
    ScalarOverload(
      "(list LIST, start ANY, (value, x) -> ANY\(count == 4 ? ", value -> ANY" : "")) -> ANY", nulls: .body,
      rule: { arguments in
        guard arguments.types.count == count, ScalarOverload.element(arguments) != nil else { return nil }
        return SignatureTypes(arguments.types, returns: arguments.types[count == 4 ? 3 : 1])
      },
      make: { (site) throws(QueryError) in
        guard let step = site.lambdas[2], count == 3 || site.lambdas[3] != nil,
          case .list = site.argumentTypes[0]
        else { throw QueryError(.datatypeMismatch, "reduce wants a lambda", at: site.position) }
        let stateType = site.argumentTypes[1]
        // What the lambda makes is the next step's value, and has to be of its type.
        let convert = try Cast.body(
          from: step.type, to: stateType, isTry: false, environment: site.environment, at: site.position)
        let last = count == 4 ? site.lambdas[3] : nil
        return { (arguments, frame) throws(QueryError) in
          let rowCount = frame.rowCount
          if arguments[0].isNullConstant { return .nulls(site.resultType, count: rowCount) }
          let list = ListRows(arguments[0])
          let valid = arguments[0].rowValidity
          let wanted = Bitmap.intersection(frame.active, valid)
          var state = arguments[1].flattened()
          var depth = 0
          while true {
            // The rows that have one more element.
            var rows: [UInt32] = []
            var places: [UInt32] = []
            for row in 0..<rowCount where wanted.map({ $0[row] }) ?? true {
              let range = list.range(row)
              if depth < range.count {
                rows.append(UInt32(row))
                places.append(UInt32(range.lowerBound + depth))
              }
            }
            if rows.isEmpty { break }
            let made = try step.evaluate(
              [state.taking(rows.span), list.elements.taking(places.span)], rows: rows, in: frame.frame)
            let inner = CallFrame(
              rowCount: rows.count, active: made.rowValidity, validity: made.rowValidity,
              resultType: stateType,
              frame: frame.frame)
            let converted = step.type == stateType ? made : try convert([made.flattened()], inner)
            state = scatter(converted, rows, over: state, stateType)
            depth += 1
          }
          if let last {
            let rows = (0..<UInt32(rowCount)).map { $0 }
            state = try last.evaluate([state], rows: rows, in: frame.frame)
          }
          guard let valid else { return state }
          return VectorMerge.merge(
            [.init(rows: Kernels.trimmed(valid), values: state)], type: site.resultType, count: rowCount)
        }
      })
  }

  /// Returns `old` with `values` in the rows named.
  private static func scatter(
    _ values: Vector, _ rows: [UInt32], over old: Vector, _ type: LogicalType
  ) -> Vector {
    var places = [UInt32](repeating: 0, count: old.count)
    var mask = BitmapBuilder(count: old.count)
    for (index, row) in rows.enumerated() {
      places[Int(row)] = UInt32(index)
      mask.insert(Int(row))
    }
    let changed = mask.freeze()
    return VectorMerge.merge(
      [
        .init(rows: changed, values: values.taking(places.span)),
        .init(rows: Kernels.subtracting(nil, changed), values: old),
      ], type: type, count: old.count)
  }

  /// The rows and places of the elements of active rows.
  static func active(_ list: ListRows, _ frame: CallFrame) -> (rows: [UInt32], places: [Int]) {
    var rows: [UInt32] = []
    var places: [Int] = []
    for row in 0..<frame.rowCount where frame.isActive(row) {
      for place in list.range(row) {
        rows.append(UInt32(row))
        places.append(place)
      }
    }
    return (rows, places)
  }

  private static func call(
    _ lambda: LambdaNode, _ list: ListRows, _ rows: [UInt32], _ places: [Int], _ frame: CallFrame
  ) throws(QueryError) -> Vector {
    let picked = places.map { UInt32(truncatingIfNeeded: $0) }
    var parameters = [list.elements.taking(picked.span)]
    if lambda.parameterTypes.count > 1 {
      var numbers: [Int64] = []
      var (lastRow, number) = (UInt32.max, Int64(0))
      for row in rows {
        number = row == lastRow ? number + 1 : 1
        lastRow = row
        numbers.append(number)
      }
      parameters.append(.flat(numbers))
    }
    return try lambda.evaluate(parameters, rows: rows, in: frame.frame)
  }

  /// An overload of a list and a lambda.
  private static func overload(
    _ signature: String, _ result: @escaping @Sendable (LogicalType, LogicalType) -> LogicalType,
    wants: LogicalType? = nil,
    _ body: @escaping @Sendable (ListRows, LambdaNode, CallFrame) throws(QueryError) -> Vector
  ) -> ScalarOverload {
    ScalarOverload(
      signature, nulls: .body,
      rule: { arguments in
        guard arguments.types.count == 2, let element = ScalarOverload.element(arguments) else { return nil }
        if let wants, arguments.types[1] != wants, arguments.types[1] != .null { return nil }
        return SignatureTypes(arguments.types, returns: result(element, arguments.types[1]))
      },
      make: { (site) throws(QueryError) in
        guard let lambda = site.lambdas[1] else {
          throw QueryError(.datatypeMismatch, "\(site.function) wants a lambda", at: site.position)
        }
        return { (arguments, frame) throws(QueryError) in
          if arguments[0].isNullConstant { return .nulls(site.resultType, count: frame.rowCount) }
          let valid = arguments[0].rowValidity
          let strict = CallFrame(
            rowCount: frame.rowCount, active: Bitmap.intersection(frame.active, valid), validity: valid,
            resultType: frame.resultType, frame: frame.frame)
          return try body(ListRows(arguments[0]), lambda, strict)
        }
      })
  }
}

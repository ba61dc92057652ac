internal import Columnar

/// Lists made of values and of other lists.
enum ListMaking {
  static let all: [ScalarFunction] = [
    value, concat, append, prepend, repeated, flatten, zip, split, range, series, structPack,
  ]

  static let value = ScalarFunction(
    "list_value", aliases: ["list_pack", "array_construct"], "A list of the arguments.",
    examples: [.init("[1, 2, NULL]", gives: "[1, 2, NULL]"), .init("array(1, 2)", gives: "[1, 2]")],
    [
      ScalarOverload(
        "(x ANY, …) -> LIST", nulls: .body,
        rule: { arguments in
          if arguments.types.isEmpty { return SignatureTypes([], returns: .list(.null)) }
          guard let common = ConditionalFunctions.common(arguments, minimum: 1) else { return nil }
          return SignatureTypes(common.parameters, returns: .list(common.result))
        },
        make: { (site) throws(QueryError) in
          guard case .list(let element) = site.resultType else { throw QueryError.internalError("no list") }
          return { (arguments, frame) throws(QueryError) in
            let count = frame.rowCount
            let all = Vector.concatenated(arguments.map { $0.flattened() }, element)
            var picker = ListPicker()
            for row in 0..<count {
              for index in arguments.indices { picker.pick(index * count + row) }
              picker.endRow()
            }
            if arguments.isEmpty { return picker.finish(VectorBuilder(element).finish(), nil) }
            return picker.finish(all, nil)
          }
        })
    ])

  static let structPack = ScalarFunction(
    "struct_pack", "A struct of the arguments; their names are its fields'.",
    examples: [.init("{'a': 1, 'b': 'x'}", gives: "{'a': 1, 'b': x}")],
    [
      ScalarOverload(
        "(field := ANY, …) -> STRUCT", nulls: .body,
        rule: { arguments in
          let fields = arguments.types.enumerated().map {
            LogicalType.StructField("field\($0.offset + 1)", $0.element)
          }
          return fields.isEmpty ? nil : SignatureTypes(arguments.types, returns: .struct(fields))
        },
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            .struct(arguments.map { $0.flattened() }, count: frame.rowCount)
          }
        })
    ])

  static let concat = ScalarFunction(
    "list_concat", aliases: ["array_concat", "array_cat", "list_cat"], "The elements of all lists, in order.",
    examples: [.init("list_concat([1, 2], [3])", gives: "[1, 2, 3]")], [concatOverload(count: 1...64)])

  static func concatOverload(count: ClosedRange<Int>) -> ScalarOverload {
    ScalarOverload(
      "(list LIST, …) -> LIST", nulls: .body,
      rule: { arguments in
        guard count.contains(arguments.types.count),
          arguments.types.allSatisfy({ if case .list = $0 { true } else { $0 == .null } }),
          arguments.types.contains(where: { $0 != .null })
        else { return nil }
        return ConditionalFunctions.common(arguments, minimum: 1)
      },
      make: { (site) throws(QueryError) in
        guard case .list(let element) = site.resultType else { throw QueryError.internalError("no list") }
        let nullsCount = site.function == "list_concat" || site.function == "concat"
        return { (arguments, frame) throws(QueryError) in
          let known = arguments.filter { !$0.isNullConstant }
          if known.isEmpty || (known.count < arguments.count && !nullsCount) {
            return .nulls(site.resultType, count: frame.rowCount)
          }
          let lists = known.map { ListRows($0) }
          let elements = Vector.concatenated(lists.map(\.elements), element)
          var starts: [Int] = []
          var next = 0
          for list in lists {
            starts.append(next)
            next += list.elements.count
          }
          var picker = ListPicker()
          var nulls = Bitmap?.none
          if !nullsCount {
            for list in known { nulls = Bitmap.intersection(nulls, list.rowValidity) }
          }
          for row in 0..<frame.rowCount {
            if frame.isActive(row) {
              for (index, list) in lists.enumerated() where !known[index].isNull(at: row) {
                for place in list.range(row) { picker.pick(starts[index] + place) }
              }
            }
            picker.endRow()
          }
          return picker.finish(elements, nulls)
        }
      })
  }

  static let append = ScalarFunction(
    "list_append", aliases: ["array_append", "array_push_back"], "The list with a value behind it.",
    examples: [.init("list_append([1, 2], 3)", gives: "[1, 2, 3]")], [appendOverload])
  static let prepend = ScalarFunction(
    "list_prepend", aliases: ["array_prepend", "array_push_front"],
    "The list with a value in front of it; the value comes first.",
    examples: [.init("list_prepend(0, [1, 2])", gives: "[0, 1, 2]")], [prependOverload])

  static let appendOverload = adding(list: 0)
  static let prependOverload = adding(list: 1)

  private static func adding(list: Int) -> ScalarOverload {
    ScalarOverload(
      list == 0 ? "(list LIST, x ANY) -> LIST" : "(x ANY, list LIST) -> LIST", nulls: .body,
      rule: { arguments in
        guard arguments.types.count == 2, let element = ScalarOverload.element(arguments, list) else {
          return nil
        }
        if case .list = arguments.types[1 - list], !element.isNested { return nil }
        let value = arguments.isUntyped[1 - list] && element != .null ? element : arguments.types[1 - list]
        guard let common = ImplicitConversion.commonType(element, value) else { return nil }
        var types: [LogicalType] = [common, common]
        types[list] = .list(common)
        return SignatureTypes(types, returns: .list(common))
      },
      make: { (site) throws(QueryError) in
        guard case .list(let element) = site.resultType else { throw QueryError.internalError("no list") }
        return { (arguments, frame) throws(QueryError) in
          // As in PostgreSQL and DuckDB, a null list is like an empty one.
          let given = arguments[list].flattened()
          let rows = ListRows(given)
          let all = Vector.concatenated([rows.elements, arguments[1 - list].flattened()], element)
          let start = rows.elements.count
          var picker = ListPicker()
          for row in 0..<frame.rowCount {
            if list == 1 { picker.pick(start + row) }
            if !given.isNull(at: row) { for place in rows.range(row) { picker.pick(place) } }
            if list == 0 { picker.pick(start + row) }
            picker.endRow()
          }
          return picker.finish(all, nil)
        }
      })
  }

  /// Lists of more elements than this in one row are refused rather than made.
  static let elementLimit = 10_000_000

  static let repeated = ScalarFunction(
    "array_repeat", aliases: ["list_repeat"], "A list of a value so many times.",
    examples: [.init("array_repeat('x', 3)", gives: "[x, x, x]")],
    [
      ScalarOverload(
        "(x ANY, count BIGINT) -> LIST", nulls: .body,
        rule: { arguments in
          guard arguments.types.count == 2 else { return nil }
          return SignatureTypes([arguments.types[0], .bigint], returns: .list(arguments.types[0]))
        },
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let counts = RowOperand(arguments[1])
            var picker = ListPicker()
            for row in 0..<frame.rowCount {
              if frame.isActive(row), !arguments[1].isNull(at: row) {
                let count = counts.vector.int64s[row & counts.mask]
                guard count <= Int64(elementLimit) else { throw tooLong(count) }
                for _ in 0..<max(0, count) { picker.pick(row) }
              }
              picker.endRow()
            }
            return picker.finish(arguments[0].flattened(), arguments[1].rowValidity)
          }
        })
    ])

  static func tooLong(_ count: Int64) -> QueryError {
    QueryError(.numericOutOfRange, "a list of \(count) elements is too long", value: "\(count)")
  }

  static let flatten = ScalarFunction(
    "flatten", "The elements of a list's lists, in order.",
    examples: [.init("flatten([[1, 2], [3]])", gives: "[1, 2, 3]")],
    [
      .ofList("(list LIST) -> LIST", { if case .list = $0 { $0 } else { nil } }) { _ in
        { (arguments, frame) throws(QueryError) in
          let outer = ListRows(arguments[0])
          let inner = ListRows(outer.elements)
          let valid = outer.elements.rowValidity
          var picker = ListPicker()
          for row in 0..<frame.rowCount {
            if frame.isActive(row) {
              for list in outer.range(row) where valid.map({ $0[list] }) ?? true {
                for place in inner.range(list) { picker.pick(place) }
              }
            }
            picker.endRow()
          }
          return picker.finish(inner.elements, frame.validity)
        }
      }
    ])

  static let zip = ScalarFunction(
    "list_zip", aliases: ["arrays_zip", "zip", "array_zip"],
    "A list of structs of the lists' elements at the same places; missing ones are null.",
    examples: [
      .init("list_zip([1, 2], ['a'])", gives: "[{'field1': 1, 'field2': a}, {'field1': 2, 'field2': NULL}]")
    ],
    [
      ScalarOverload(
        "(list LIST, …) -> LIST",
        rule: { arguments in
          var fields: [LogicalType.StructField] = []
          for index in arguments.types.indices {
            guard let element = ScalarOverload.element(arguments, index) else { return nil }
            fields.append(.init("field\(index + 1)", element))
          }
          return fields.isEmpty ? nil : SignatureTypes(arguments.types, returns: .list(.struct(fields)))
        },
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let lists = arguments.map { ListRows($0) }
            var ends: [UInt32] = [0]
            var picks: [[UInt32]] = lists.map { _ in [] }
            var missing: [[Bool]] = lists.map { _ in [] }
            for row in 0..<frame.rowCount {
              let longest = frame.isActive(row) ? lists.map { $0.range(row).count }.max() ?? 0 : 0
              for (index, list) in lists.enumerated() {
                let range = longest == 0 ? 0..<0 : list.range(row)
                for place in 0..<longest {
                  picks[index].append(place < range.count ? UInt32(range.lowerBound + place) : 0)
                  missing[index].append(place >= range.count)
                }
              }
              ends.append((ends.last ?? 0) + UInt32(longest))
            }
            let total = Int(ends.last ?? 0)
            var fields: [Vector] = []
            for (index, list) in lists.enumerated() {
              fields.append(ListAccess.take(picks[index], missing[index], from: list.elements))
            }
            return ListPicker.list(ends, of: .struct(fields, count: total), frame.validity)
          }
        })
    ])

  static let split = ScalarFunction(
    "string_to_array", aliases: ["string_split", "str_split", "split"],
    "The parts of a text between separators; an empty separator gives characters.",
    examples: [
      .init("string_to_array('a,b,c', ',')", gives: "[a, b, c]"),
      .init("split('abc', '')", gives: "[a, b, c]"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("separator", .varchar)], returns: .list(.varchar),
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let (texts, separators) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
            let (values, marks) = (texts.vector.strings, separators.vector.strings)
            return try TextListColumn.make(frame) { (row, builder) throws(QueryError) in
              let text = values[row & texts.mask]
              let separator = marks[row & separators.mask]
              if separator.byteCount == 0 {
                var place = 0
                while place < text.byteCount {
                  let end = text.withBytes { $0.advance(place, codePoints: 1) }
                  builder.append(text.slice(from: place, count: end - place))
                  place = end
                }
                return
              }
              for part in TextParts.ranges(of: text, separator) {
                builder.append(text.slice(from: part.lowerBound, count: part.count))
              }
            }
          }
        })
    ])

  static let series = ScalarFunction(
    "generate_series", aliases: ["sequence"], "The numbers or times from `start` to `stop`, both included.",
    examples: [
      .init("generate_series(1, 3)", gives: "[1, 2, 3]"), .init("sequence(3, 1, -1)", gives: "[3, 2, 1]"),
      .init(
        "generate_series(DATE '2024-01-30', DATE '2024-02-01')", gives: "[2024-01-30, 2024-01-31, 2024-02-01]"
      ),
    ], ListSeries.overloads(includesEnd: true))

  static let range = ScalarFunction(
    "range", "The numbers or times from `start`, 0 by default, up to but without `stop`.",
    examples: [.init("range(3)", gives: "[0, 1, 2]"), .init("range(1, 7, 2)", gives: "[1, 3, 5]")],
    ListSeries.overloads(includesEnd: false))
}

/// Lists of text, row by row.
enum TextListColumn {
  /// Makes a column of lists; rows that are not active get empty ones.
  ///
  /// `fill` appends the texts of a row to a builder of `VARCHAR`.
  static func make(
    _ frame: CallFrame, _ fill: (Int, inout VectorBuilder) throws(QueryError) -> Void
  ) throws(QueryError) -> Vector {
    var builder = VectorBuilder(.varchar)
    var ends: [UInt32] = [0]
    for row in 0..<frame.rowCount {
      if frame.isActive(row) { try fill(row, &builder) }
      ends.append(UInt32(builder.count))
    }
    return ListPicker.list(ends, of: builder.finish(), frame.validity)
  }
}

extension VectorBuilder {
  /// Appends a copy of a text.
  mutating func append(_ text: StringView) { append(.bytes(text.bytes)) }
}

internal import Columnar

/// Functions of maps.
enum MapFunctions {
  static let all: [ScalarFunction] = [map, fromEntries, keys, values, entries, containsKey, concat, filter]

  static let map = ScalarFunction(
    "map", aliases: ["map_from_arrays"], "A map of a list of keys and a list of values.",
    examples: [.init("map(['a', 'b'], [1, 2])", gives: "{a=1, b=2}"), .init("MAP {'a': 1}", gives: "{a=1}")],
    [
      ScalarOverload(
        [], returns: .map(key: .null, value: .null),
        make: { (_) throws(QueryError) in
          { (_, frame) throws(QueryError) in
            .constant(
              VectorBuilder.single(.map(keys: [], values: []), .map(key: .null, value: .null)),
              count: frame.rowCount)
          }
        }),
      ScalarOverload(
        "(keys LIST, values LIST) -> MAP",
        rule: { arguments in
          guard arguments.types.count == 2, let key = ScalarOverload.element(arguments, 0),
            let value = ScalarOverload.element(arguments, 1)
          else { return nil }
          return SignatureTypes(arguments.types, returns: .map(key: key, value: value))
        },
        make: { (site) throws(QueryError) in
          guard case .map(let keyType, let valueType) = site.resultType else {
            throw QueryError.internalError("no map")
          }
          return { (arguments, frame) throws(QueryError) in
            let (keys, values) = (ListRows(arguments[0]), ListRows(arguments[1]))
            var builder = VectorBuilder(site.resultType)
            for row in 0..<frame.rowCount {
              guard frame.isActive(row) else {
                builder.appendNull()
                continue
              }
              let names = keys.range(row).map { keys.elements.scalar(at: $0, as: keyType) }
              let contents = values.range(row).map { values.elements.scalar(at: $0, as: valueType) }
              builder.append(try checked(names, contents))
            }
            return builder.finish()
          }
        }),
    ])

  /// A map whose keys are there, as many as values, and different.
  private static func checked(
    _ keys: [ScalarValue], _ values: [ScalarValue]
  ) throws(QueryError) -> ScalarValue {
    guard keys.count == values.count else {
      throw QueryError(.invalidParameter, "a map of \(keys.count) keys and \(values.count) values")
    }
    if keys.contains(.null) { throw QueryError(.invalidParameter, "a key of a map is null") }
    if Set(keys).count != keys.count { throw QueryError(.invalidParameter, "a map has the same key twice") }
    return .map(keys: keys, values: values)
  }

  static let fromEntries = ScalarFunction(
    "map_from_entries", "A map of a list of structs of key and value.",
    examples: [.init("map_from_entries([{'k': 'a', 'v': 1}])", gives: "{a=1}")],
    [
      ScalarOverload(
        "(entries LIST) -> MAP",
        rule: { arguments in
          guard arguments.types.count == 1, case .struct(let fields)? = ScalarOverload.element(arguments),
            fields.count == 2
          else { return nil }
          return SignatureTypes(arguments.types, returns: .map(key: fields[0].type, value: fields[1].type))
        },
        make: { (site) throws(QueryError) in
          guard case .list(let entry) = site.argumentTypes[0] else {
            throw QueryError.internalError("no list")
          }
          return { (arguments, frame) throws(QueryError) in
            let list = ListRows(arguments[0])
            var builder = VectorBuilder(site.resultType)
            for row in 0..<frame.rowCount {
              guard frame.isActive(row) else {
                builder.appendNull()
                continue
              }
              var (keys, values): ([ScalarValue], [ScalarValue]) = ([], [])
              for place in list.range(row) {
                guard case .struct(let parts) = list.elements.scalar(at: place, as: entry) else { continue }
                keys.append(parts[0])
                values.append(parts[1])
              }
              builder.append(try checked(keys, values))
            }
            return builder.finish()
          }
        })
    ])

  static let keys = ScalarFunction(
    "map_keys", "The keys of a map, in order.", examples: [.init("map_keys(MAP {'a': 1})", gives: "[a]")],
    [
      part("(map MAP) -> LIST", { (key, _) in .list(key) }) { (map, frame) in
        map.withElements(map.elements.flattened().fields[0])
      }
    ])

  static let values = ScalarFunction(
    "map_values", "The values of a map, in the order of its keys.",
    examples: [.init("map_values(MAP {'a': 1})", gives: "[1]")],
    [
      part("(map MAP) -> LIST", { (_, value) in .list(value) }) { (map, frame) in
        map.withElements(map.elements.flattened().fields[1])
      }
    ])

  static let entries = ScalarFunction(
    "map_entries", "A list of structs of key and value.",
    examples: [.init("map_entries(MAP {'a': 1})", gives: "[{'key': a, 'value': 1}]")],
    [
      part(
        "(map MAP) -> LIST", { (key, value) in .list(.struct([.init("key", key), .init("value", value)])) }
      ) {
        (map, frame) in map
      }
    ])

  /// An overload of one map that answers lists of the same lengths; a map is a list of its entries.
  private static func part(
    _ signature: String, _ result: @escaping @Sendable (LogicalType, LogicalType) -> LogicalType,
    _ body: @escaping @Sendable (Vector, CallFrame) -> Vector
  ) -> ScalarOverload {
    ScalarOverload(
      signature,
      rule: { arguments in
        guard arguments.types.count == 1, case .map(let key, let value) = arguments.types[0] else {
          return nil
        }
        return SignatureTypes(arguments.types, returns: result(key, value))
      },
      make: { (_) throws(QueryError) in
        { (arguments, frame) throws(QueryError) in body(arguments[0].flattened(), frame) }
      })
  }

  /// `element_at` of maps.
  static let valueOverload = lookup("(map MAP, key ANY) -> ANY", { $0 }) {
    (list, found, frame) throws(QueryError) in
    let values = list.elements.flattened().fields[1]
    return ListAccess.take(found.map { UInt32($0 ?? 0) }, found.map { $0 == nil }, from: values)
  }

  static let containsKey = ScalarFunction(
    "map_contains_key", aliases: ["map_contains"], "Whether a map has a key.",
    examples: [.init("map_contains_key(MAP {'a': 1}, 'b')", gives: "false")],
    [
      lookup("(map MAP, key ANY) -> BOOLEAN", { _ in .boolean }) { (_, found, frame) throws(QueryError) in
        try RowFunction.fill(Bool.self, [], frame) { (row, _) throws(QueryError) in found[row] != nil }
      }
    ])

  /// An overload of a map and a key; the body sees the place of the entry in each row.
  private static func lookup(
    _ signature: String, _ result: @escaping @Sendable (LogicalType) -> LogicalType,
    _ body: @escaping @Sendable (ListRows, [Int?], CallFrame) throws(QueryError) -> Vector
  ) -> ScalarOverload {
    ScalarOverload(
      signature,
      rule: { arguments in
        guard arguments.types.count == 2, case .map(let key, let value) = arguments.types[0] else {
          return nil
        }
        return SignatureTypes([arguments.types[0], key], returns: result(value))
      },
      make: { (site) throws(QueryError) in
        let keyType = site.argumentTypes[1]
        return { (arguments, frame) throws(QueryError) in
          let list = ListRows(arguments[0])
          let keys = list.elements.flattened().fields[0]
          var found = [Int?](repeating: nil, count: frame.rowCount)
          for row in 0..<frame.rowCount where frame.isActive(row) {
            let wanted = arguments[1].scalar(at: row, as: keyType)
            found[row] = list.range(row).first { keys.scalar(at: $0, as: keyType) == wanted }
          }
          return try body(list, found, frame)
        }
      })
  }

  static let concat = ScalarFunction(
    "map_concat", "The entries of all maps; the value of the last map that has a key counts.",
    examples: [.init("map_concat(MAP {'a': 1, 'b': 2}, MAP {'b': 3})", gives: "{a=1, b=3}")],
    [
      ScalarOverload(
        "(map MAP, …) -> MAP",
        rule: { arguments in
          guard arguments.types.count >= 1, case .map? = arguments.types.first else { return nil }
          return ConditionalFunctions.common(arguments, minimum: 1)
        },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            var builder = VectorBuilder(site.resultType)
            for row in 0..<frame.rowCount {
              guard frame.isActive(row) else {
                builder.appendNull()
                continue
              }
              var (keys, values): ([ScalarValue], [ScalarValue]) = ([], [])
              var places: [ScalarValue: Int] = [:]
              for argument in arguments {
                guard case .map(let names, let contents) = argument.scalar(at: row, as: site.resultType)
                else { continue }
                for (name, content) in Swift.zip(names, contents) {
                  if let place = places[name] {
                    values[place] = content
                  } else {
                    places[name] = keys.count
                    keys.append(name)
                    values.append(content)
                  }
                }
              }
              builder.append(.map(keys: keys, values: values))
            }
            return builder.finish()
          }
        })
    ])

  static let filter = ScalarFunction(
    "map_filter", "The entries for whose key and value the lambda is true.",
    examples: [.init("map_filter(MAP {'a': 1, 'b': 2}, (k, v) -> v > 1)", gives: "{b=2}")],
    [
      ScalarOverload(
        "(map MAP, (key, value) -> BOOLEAN) -> MAP", nulls: .body,
        rule: { arguments in
          guard arguments.types.count == 2, case .map = arguments.types[0] else { return nil }
          return SignatureTypes(arguments.types, returns: arguments.types[0])
        },
        make: { (site) throws(QueryError) in
          guard let lambda = site.lambdas[1], lambda.type == .boolean else {
            throw QueryError(
              .datatypeMismatch, "map_filter wants a lambda that answers BOOLEAN", at: site.position)
          }
          return { (arguments, frame) throws(QueryError) in
            if arguments[0].isNullConstant { return .nulls(site.resultType, count: frame.rowCount) }
            let list = ListRows(arguments[0])
            let valid = arguments[0].rowValidity
            let strict = CallFrame(
              rowCount: frame.rowCount, active: Bitmap.intersection(frame.active, valid), validity: valid,
              resultType: frame.resultType, frame: frame.frame)
            let (rows, places) = ListLambdas.active(list, strict)
            let picked = places.map { UInt32($0) }
            let entries = list.elements.flattened()
            let fields = entries.fields
            let values = try lambda.evaluate(
              [fields[0].taking(picked.span), fields[1].taking(picked.span)], rows: rows, in: frame.frame)
            let hits = Kernels.rows(of: values, where: true, active: nil)
            var picker = ListPicker()
            var next = 0
            for row in 0..<frame.rowCount {
              while next < rows.count && rows[next] == UInt32(row) {
                if hits[next] { picker.pick(places[next]) }
                next += 1
              }
              picker.endRow()
            }
            return picker.finish(entries, valid)
          }
        })
    ])
}

internal import Columnar
internal import FileFormats

extension JSONFunctions {
  static let more: [ScalarFunction] = [
    query, exists, contains, keys, arrayLength, type, valid, object, array, toJSON,
  ]

  static let query = ScalarFunction(
    "json_query", "The values at a path, which may have wildcards, as JSON text; several as an array.",
    examples: [
      .init("json_query('{\"a\": [{\"b\": 1}, {\"b\": 2}]}', '$.a[*].b')", gives: "[1,2]"),
      .init("json_query('{\"a\": 1}', '$.a')", gives: "1"),
    ],
    [
      ScalarOverload(
        [.init("json", .varchar), .init("path", .varchar)], returns: .varchar,
        RowFunction.binary(StringView.self, StringView.self, StringView.self) {
          (text, path, sink) throws(QueryError) in
          let path = try JSONPath(path.bytes)
          let found = text.withBytes { bytes in
            var found: [Range<Int>] = []
            if let root = JSONCursor.value(bytes, JSONCursor.skipSpaces(bytes, 0)) {
              collect(path.steps[...], bytes, root, &found)
            }
            return found
          }
          if !path.hasWildcard {
            return found.first.map { text.slice(from: $0.lowerBound, count: $0.count) }
          }
          if found.isEmpty { return nil }
          sink.bytes.append(UInt8(ascii: "["))
          for (index, range) in found.enumerated() {
            if index > 0 { sink.bytes.append(UInt8(ascii: ",")) }
            sink.append(text.slice(from: range.lowerBound, count: range.count))
          }
          sink.bytes.append(UInt8(ascii: "]"))
          return sink.take()
        })
    ])

  /// The places of the values at a path with wildcards.
  private static func collect(
    _ steps: ArraySlice<JSONPath.Step>, _ text: Span<UInt8>, _ value: JSONCursor.Value,
    _ found: inout [Range<Int>]
  ) {
    guard let step = steps.first else {
      found.append(value.range)
      return
    }
    let rest = steps.dropFirst()
    var next: [JSONCursor.Value] = []
    switch step {
    case .wildcard:
      guard value.kind == .array || value.kind == .object else { return }
      _ = JSONCursor.forEach(text, in: value) { _, member in next.append(member) }
    case .key, .index:
      let inner = text.extracting(value.range)
      guard let member = JSONCursor.find(JSONPath(step: step), in: inner) else { return }
      let start = value.range.lowerBound
      next = [
        JSONCursor.Value(
          kind: member.kind, range: start + member.range.lowerBound..<start + member.range.upperBound,
          hasEscape: member.hasEscape)
      ]
    }
    for member in next { collect(rest, text, member, &found) }
  }

  static let exists = ScalarFunction(
    "json_exists", "Whether there is a value at a path.",
    examples: [
      .init("json_exists('{\"a\": null}', '$.a')", gives: "true"),
      .init("json_exists('{}', '$.a')", gives: "false"),
    ],
    [
      ScalarOverload(
        [.init("json", .varchar), .init("path", .varchar)], returns: .boolean,
        RowFunction.binary(StringView.self, StringView.self, Bool.self) {
          (text, path, _) throws(QueryError) in
          let path = try JSONPath(path.bytes)
          return text.withBytes { JSONCursor.find(path, in: $0) != nil }
        })
    ])

  static let contains = ScalarFunction(
    "json_contains",
    "Whether the first JSON value holds the second: objects their members, arrays their elements.",
    examples: [
      .init("json_contains('{\"a\": 1, \"b\": 2}', '{\"b\": 2}')", gives: "true"),
      .init("json_contains('[1, 2]', '3')", gives: "false"),
    ],
    [
      ScalarOverload(
        [.init("json", .varchar), .init("part", .varchar)], returns: .boolean,
        RowFunction.binary(StringView.self, StringView.self, Bool.self) {
          (text, part, _) throws(QueryError) in
          guard let whole = parse(text), let wanted = parse(part) else { return nil }
          return holds(whole, wanted)
        })
    ])

  static func parse(_ text: StringView) -> JSONValue? {
    let bytes = text.bytes
    return try? JSONParser.parse(bytes.span)
  }

  private static func holds(_ whole: JSONValue, _ part: JSONValue) -> Bool {
    switch (whole, part) {
    case (.object(let members), .object(let wanted)):
      return wanted.members.allSatisfy { member in
        members.members.contains { $0.key == member.key && holds($0.value, member.value) }
      }
    case (.array(let elements), .array(let wanted)):
      return wanted.allSatisfy { value in elements.contains { holds($0, value) } }
    case (.array(let elements), _): return elements.contains { holds($0, part) }
    default: return whole == part
    }
  }

  /// An overload of a text, and one of a text and a path, that answer something of the value found.
  private static func ofValue<R: RowValue>(
    _ result: LogicalType, _: R.Type,
    _ function: @escaping @Sendable (JSONCursor.Value, Span<UInt8>, TextSink) -> R?
  ) -> [ScalarOverload] {
    [
      ScalarOverload(
        [.init("json", .varchar)], returns: result,
        RowFunction.unary(StringView.self, R.self) { (text, sink) throws(QueryError) in
          text.withBytes { bytes in
            guard let value = JSONCursor.value(bytes, JSONCursor.skipSpaces(bytes, 0)) else { return nil }
            return function(value, bytes, sink)
          }
        }),
      overload(result) { (value, _, bytes, sink) in function(value, bytes, sink) },
    ]
  }

  static let keys = ScalarFunction(
    "json_keys", aliases: ["json_object_keys"], "The keys of an object, in the order they stand.",
    examples: [.init("json_keys('{\"b\": 1, \"a\": 2}')", gives: "[b, a]")],
    [
      ScalarOverload(
        [.init("json", .varchar)], returns: .list(.varchar),
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let texts = RowOperand(arguments[0])
            return try TextListColumn.make(frame) { (row, builder) throws(QueryError) in
              var names: [[UInt8]] = []
              let text = texts.vector.strings[row & texts.mask]
              text.withBytes { bytes in
                guard let root = JSONCursor.value(bytes, JSONCursor.skipSpaces(bytes, 0)),
                  root.kind == .object
                else { return }
                _ = JSONCursor.forEach(bytes, in: root) { key, _ in
                  var name: [UInt8] = []
                  if let key, JSONCursor.unescape(bytes, key, into: &name) { names.append(name) }
                }
              }
              for name in names { builder.append(.bytes(name)) }
            }
          }
        })
    ])

  static let arrayLength = ScalarFunction(
    "json_array_length", "How many elements an array has, or the array at a path; NULL if it is none.",
    examples: [
      .init("json_array_length('[1, 2, 3]')", gives: "3"), .init("json_array_length('{}')", gives: "NULL"),
    ],
    ofValue(.bigint, Int64.self) { (value, bytes, _) in
      guard value.kind == .array else { return nil }
      return JSONCursor.elementCount(bytes, value.range.lowerBound).map { Int64($0) }
    })

  static let type = ScalarFunction(
    "json_type", aliases: ["json_typeof"],
    "What kind of value a text holds, or the value at a path: object, array, string, number, boolean or null.",
    examples: [
      .init("json_type('{\"a\": [1]}', '$.a')", gives: "array"), .init("json_type('1.5')", gives: "number"),
    ],
    ofValue(.varchar, StringView.self) { (value, _, sink) in sink.text("\(value.kind)") })

  static let valid = ScalarFunction(
    "json_valid", aliases: ["is_json"], "Whether the text is well-formed JSON (RFC 8259).",
    examples: [
      .init("json_valid('{\"a\": 1}')", gives: "true"), .init("json_valid('{a: 1}')", gives: "false"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar)], returns: .boolean,
        RowFunction.unary(StringView.self, Bool.self) { (text, _) throws(QueryError) in parse(text) != nil })
    ])

  static let toJSON = ScalarFunction(
    "to_json", aliases: ["json_quote"], "The value as JSON text.",
    examples: [
      .init("to_json({'a': [1, NULL], 'b': 'x'})", gives: "{\"a\":[1,null],\"b\":\"x\"}"),
      .init("to_json('a\"b')", gives: "\"a\\\"b\""),
    ],
    [
      ScalarOverload(
        "(x ANY) -> VARCHAR",
        rule: { $0.types.count == 1 ? SignatureTypes($0.types, returns: .varchar) : nil },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let type = site.argumentTypes[0]
            let values = RowOperand(arguments[0])
            return try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
              JSONText.append(values.vector.scalar(at: row & values.mask, as: type), type, to: &sink.bytes)
              return sink.take()
            }
          }
        })
    ])

  static let array = ScalarFunction(
    "json_array", aliases: ["json_build_array"], "A JSON array of the arguments.",
    examples: [.init("json_array(1, 'a', NULL)", gives: "[1,\"a\",null]")], [building(isObject: false)])

  static let object = ScalarFunction(
    "json_object", aliases: ["json_build_object"], "A JSON object of keys and values in turn.",
    examples: [.init("json_object('a', 1, 'b', [true])", gives: "{\"a\":1,\"b\":[true]}")],
    [building(isObject: true)])

  private static func building(isObject: Bool) -> ScalarOverload {
    ScalarOverload(
      isObject ? "(key VARCHAR, value ANY, …) -> VARCHAR" : "(x ANY, …) -> VARCHAR", nulls: .body,
      rule: { arguments in
        if !isObject { return SignatureTypes(arguments.types, returns: .varchar) }
        guard arguments.types.count % 2 == 0 else { return nil }
        let types = arguments.types.enumerated().map { $0.offset % 2 == 0 ? LogicalType.varchar : $0.element }
        return SignatureTypes(types, returns: .varchar, casts: true)
      },
      make: { (site) throws(QueryError) in
        { (arguments, frame) throws(QueryError) in
          try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
            sink.bytes.append(UInt8(ascii: isObject ? "{" : "["))
            for (index, argument) in arguments.enumerated() {
              let value = argument.scalar(at: row, as: site.argumentTypes[index])
              let isKey = isObject && index % 2 == 0
              if isKey && value.isNull {
                throw QueryError(.invalidParameter, "a key of json_object is null", at: site.position)
              }
              if index > 0 { sink.bytes.append(UInt8(ascii: isObject && !isKey ? ":" : ",")) }
              JSONText.append(value, site.argumentTypes[index], to: &sink.bytes)
            }
            sink.bytes.append(UInt8(ascii: isObject ? "}" : "]"))
            return sink.take()
          }
        }
      })
  }
}

extension JSONPath {
  /// The path of one step.
  init(step: Step) { (steps, hasWildcard) = ([step], step == .wildcard) }
}

extension JSONText {
  /// Appends a value as JSON: numbers and truth values as they are, lists as arrays, structs and maps as
  /// objects, anything else as a string.
  static func append(_ value: ScalarValue, _ type: LogicalType, to text: inout [UInt8]) {
    switch value {
    case .null: text.append(contentsOf: "null".utf8)
    case .boolean(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer where type.isInteger, .decimal: ValueText.append(value, as: type, to: &text)
    case .double(let number):
      if number.isFinite {
        DoubleText.append(number, to: &text)
      } else {
        text.append(contentsOf: "null".utf8)
      }
    case .real(let number):
      if number.isFinite {
        DoubleText.append(number, to: &text)
      } else {
        text.append(contentsOf: "null".utf8)
      }
    case .list(let values):
      let element = type.childTypes.first ?? .null
      text.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        append(value, element, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case .struct(let values):
      guard case .struct(let fields) = type else { return }
      appendObject(
        zip(fields, values).map { (Array($0.name.utf8), $1, $0.type) }, to: &text)
    case .map(let keys, let values):
      guard case .map(let keyType, let valueType) = type else { return }
      appendObject(
        zip(keys, values).map { key, value in
          var name: [UInt8] = []
          ValueText.append(key, as: keyType, to: &name)
          return (name, value, valueType)
        }, to: &text)
    default:
      var shown: [UInt8] = []
      ValueText.append(value, as: type, to: &shown)
      JSONWriter.appendQuoted(shown.span, to: &text)
    }
  }

  private static func appendObject(
    _ members: [(name: [UInt8], value: ScalarValue, type: LogicalType)], to text: inout [UInt8]
  ) {
    text.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      JSONWriter.appendQuoted(member.name.span, to: &text)
      text.append(UInt8(ascii: ":"))
      append(member.value, member.type, to: &text)
    }
    text.append(UInt8(ascii: "}"))
  }
}

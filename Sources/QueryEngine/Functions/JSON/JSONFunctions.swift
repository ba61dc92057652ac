internal import Columnar

/// Functions of JSON texts.
enum JSONFunctions {
  static let all: [ScalarFunction] = [extractString, extract] + more + JSONConversion.all

  static let extractString = ScalarFunction(
    "json_extract_string",
    aliases: ["json_extract_scalar", "get_json_object", "json_value", "json_extract_path_text"],
    "The value at a path as text, strings without quotes; NULL if there is none (operator `->>`).",
    examples: [
      .init("json_extract_string('{\"a\": {\"b\": \"x\"}}', '$.a.b')", gives: "x"),
      .init("json_extract_string('{\"a\": [1, 2]}', '$.a[1]')", gives: "2"),
      .init("json_extract_string('{\"a\": null}', 'a')", gives: "NULL"),
    ],
    [
      overload(.varchar) { (value, text, bytes, sink) in JSONText.plain(value, text, bytes, sink) },
      indexOverload { (value, text, bytes, sink) in JSONText.plain(value, text, bytes, sink) },
    ])

  static let extract = ScalarFunction(
    "json_extract", "The value at a path as JSON text; NULL if there is none (operator `->`).",
    examples: [
      .init("json_extract('{\"a\": [1, 2]}', '$.a')", gives: "[1, 2]"),
      .init("json_extract('{\"a\": \"x\"}', '$.a')", gives: "\"x\""),
    ],
    [
      overload(.varchar) { (value, text, _, _) in
        text.slice(from: value.range.lowerBound, count: value.range.count)
      },
      indexOverload { (value, text, _, _) in
        text.slice(from: value.range.lowerBound, count: value.range.count)
      },
    ])

  /// An overload of a text and a path; a constant path is parsed once.
  static func overload<R: RowValue>(
    _ result: LogicalType,
    _ function: @escaping @Sendable (JSONCursor.Value, StringView, Span<UInt8>, TextSink) -> R?
  ) -> ScalarOverload {
    ScalarOverload(
      [.init("json", .varchar), .init("path", .varchar)], returns: result,
      make: { (site) throws(QueryError) in
        var cache: (text: [UInt8], path: JSONPath)?
        if case .bytes(let bytes)? = site.constants[1] { cache = (bytes, try JSONPath(bytes)) }
        let isConstant = cache != nil
        return RowFunction.binary(StringView.self, StringView.self, R.self) {
          (text, path, sink) throws(QueryError) in
          if !isConstant, cache.map({ $0.text != path.bytes }) ?? true {
            cache = (path.bytes, try JSONPath(path.bytes))
          }
          guard let cache else { return nil }
          return text.withBytes { bytes in
            guard let value = JSONCursor.find(cache.path, in: bytes) else { return nil }
            return function(value, text, bytes, sink)
          }
        }
      })
  }

  /// An overload of a text and the index of an element.
  private static func indexOverload(
    _ function: @escaping @Sendable (JSONCursor.Value, StringView, Span<UInt8>, TextSink) -> StringView?
  ) -> ScalarOverload {
    ScalarOverload(
      [.init("json", .varchar), .init("index", .bigint)], returns: .varchar,
      RowFunction.binary(StringView.self, Int64.self, StringView.self) {
        (text, index, sink) throws(QueryError) in
        text.withBytes { bytes in
          let path = JSONPath(index: Int(index))
          guard let value = JSONCursor.find(path, in: bytes) else { return nil }
          return function(value, text, bytes, sink)
        }
      })
  }
}

extension JSONPath {
  /// The path to an element of the outermost array.
  init(index: Int) { (steps, hasWildcard) = ([.index(index)], false) }
}

/// Values of JSON as SQL text.
enum JSONText {
  /// A string without its quotes and escapes, null as `nil`, anything else as it stands.
  static func plain(
    _ value: JSONCursor.Value, _ text: StringView, _ bytes: Span<UInt8>, _ sink: TextSink
  ) -> StringView? {
    switch value.kind {
    case .null: return nil
    case .string:
      let inside = value.range.lowerBound + 1..<value.range.upperBound - 1
      if !value.hasEscape { return text.slice(from: inside.lowerBound, count: inside.count) }
      guard JSONCursor.unescape(bytes, inside, into: &sink.bytes) else {
        sink.bytes.removeAll(keepingCapacity: true)
        return nil
      }
      return sink.take()
    default: return text.slice(from: value.range.lowerBound, count: value.range.count)
    }
  }
}

internal import Columnar

/// JSON texts made values of other types, which a literal names.
enum JSONConversion {
  static let all: [ScalarFunction] = [fromJSON, parseJSON, get, tryGet]

  /// The type that the text of a literal argument names; `nil` if it is none.
  private static func type(_ arguments: ArgumentTypes, _ index: Int) -> LogicalType? {
    guard let name = arguments.text(index), let syntax = try? Parser.expression("CAST(NULL AS \(name))"),
      case .cast(_, let type, _) = syntax.kind
    else { return nil }
    return try? TypeNames.type(of: type)
  }

  static let fromJSON = ScalarFunction(
    "from_json", aliases: ["json_transform"],
    "The JSON text as a value of the type that a literal names; NULL if it is none.",
    examples: [
      .init(
        "from_json('{\"a\": 1, \"b\": [2]}', 'STRUCT(a INTEGER, b INTEGER[])')", gives: "{'a': 1, 'b': [2]}"),
      .init("from_json('x', 'INTEGER[]')", gives: "NULL"),
    ],
    [
      ScalarOverload(
        "(json VARCHAR, type VARCHAR) -> ANY",
        rule: { arguments in
          guard arguments.types.count == 2, let type = type(arguments, 1) else { return nil }
          return SignatureTypes([.varchar, .varchar], returns: type)
        },
        make: { (site) throws(QueryError) in
          let body = try Cast.body(
            from: .varchar, to: site.resultType, isTry: true, environment: site.environment, at: site.position
          )
          return { (arguments, frame) throws(QueryError) in try body([arguments[0]], frame) }
        })
    ])

  static let parseJSON = ScalarFunction(
    "parse_json", "The text, if it is well-formed JSON; an error if not.",
    examples: [.init("parse_json('[1]')", gives: "[1]")],
    [
      ScalarOverload(
        [.init("text", .varchar)], returns: .varchar,
        RowFunction.unary(StringView.self, StringView.self) { (text, _) throws(QueryError) in
          if JSONFunctions.parse(text) == nil {
            throw QueryError(
              .invalidText, "cannot read \"\(text.string.prefix(80))\" as JSON",
              hint: "json_valid tells beforehand")
          }
          return text
        })
    ])

  static let get = ScalarFunction(
    "variant_get", "The value at a path as the type that a literal names.",
    examples: [.init("variant_get('{\"a\": \"5\"}', '$.a', 'INTEGER')", gives: "5")], [getting(isTry: false)])

  static let tryGet = ScalarFunction(
    "try_variant_get", "As `variant_get`, NULL for a value that is none of the type.",
    examples: [.init("try_variant_get('{\"a\": \"x\"}', '$.a', 'INTEGER')", gives: "NULL")],
    [getting(isTry: true)])

  private static func getting(isTry: Bool) -> ScalarOverload {
    ScalarOverload(
      "(json VARCHAR, path VARCHAR, type VARCHAR) -> ANY",
      rule: { arguments in
        guard arguments.types.count == 3, let type = type(arguments, 2) else { return nil }
        return SignatureTypes([.varchar, .varchar, .varchar], returns: type)
      },
      make: { (site) throws(QueryError) in
        let cast = try Cast.body(
          from: .varchar, to: site.resultType, isTry: isTry, environment: site.environment, at: site.position)
        let extract = RowFunction.binary(StringView.self, StringView.self, StringView.self) {
          (text, path, sink) throws(QueryError) in
          let path = try JSONPath(path.bytes)
          return text.withBytes { bytes in
            JSONCursor.find(path, in: bytes).flatMap { JSONText.plain($0, text, bytes, sink) }
          }
        }
        return { (arguments, frame) throws(QueryError) in
          let found = try extract([arguments[0], arguments[1]], frame)
          let valid = found.rowValidity
          let inner = CallFrame(
            rowCount: frame.rowCount, active: Bitmap.intersection(frame.active, valid), validity: valid,
            resultType: frame.resultType, frame: frame.frame)
          return try cast([found], inner)
        }
      })
  }
}

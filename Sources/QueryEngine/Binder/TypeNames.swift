internal import Columnar

/// The types that SQL text may name.
enum TypeNames {
  /// Returns the type that a text such as `BIGINT` or `DECIMAL(12, 2)` means.
  static func type(of syntax: TypeSyntax) throws(QueryError) -> LogicalType {
    switch syntax.kind {
    case .list(let element, _): return .list(try type(of: element))
    case .map(let key, let value, _): return .map(key: try type(of: key), value: try type(of: value))
    case .struct(let fields):
      var bound: [LogicalType.StructField] = []
      for field in fields { bound.append(.init(field.name.text, try type(of: field.type))) }
      return .struct(bound)
    case .named("variant", _):
      throw QueryError.unsupported(
        "a value of the type VARIANT", hint: "variants are JSON text here: to_json makes it of a value",
        at: syntax.range)
    case .named(let name, let numbers): return try scalar(name, numbers, at: syntax.range)
    }
  }

  private static func scalar(
    _ name: String, _ numbers: [Int], at range: SourceRange
  ) throws(QueryError) -> LogicalType {
    if let type = plain[name] {
      // Lengths and precisions such as VARCHAR(100) and TIMESTAMP(6) are taken and mean nothing.
      if name == "timestamp", numbers.first == 9 { return .timestampNanos }
      if name == "timestamptz", numbers.first == 9 { return .timestampTZNanos }
      if name == "float", let bits = numbers.first { return bits <= 24 ? .real : .double }
      return type
    }
    switch name {
    case "decimal", "numeric", "dec":
      let precision = numbers.first ?? 18
      let scale = numbers.count > 1 ? numbers[1] : numbers.isEmpty ? 3 : 0
      guard (1...38).contains(precision), (0...precision).contains(scale) else {
        throw QueryError(
          .invalidParameter,
          "DECIMAL(\(precision),\(scale)) is no type: at most 38 digits, of which the scale stands after the point",
          at: range, kind: .type)
      }
      return .decimal(precision: precision, scale: scale)
    case "fixed":
      guard let length = numbers.first, length > 0 else {
        throw QueryError(.undefinedObject, "FIXED needs a length", hint: "FIXED(16)", at: range, kind: .type)
      }
      return .fixed(length: length)
    case "geometry", "geography":
      throw QueryError.unsupported("the type \(name.uppercased())", at: range)
    default:
      throw QueryError(
        .undefinedObject, "there is no type \"\(name)\"",
        hint: NearestName.hint(for: name, among: Array(plain.keys) + ["decimal", "struct", "map", "array"]),
        at: range, kind: .type)
    }
  }

  static let plain: [String: LogicalType] = [
    "boolean": .boolean, "bool": .boolean, "tinyint": .tinyint, "int1": .tinyint, "byte": .tinyint,
    "smallint": .smallint, "int2": .smallint, "short": .smallint, "integer": .integer, "int": .integer,
    "int4": .integer, "signed": .integer, "bigint": .bigint, "int8": .bigint, "long": .bigint, "real": .real,
    "float4": .real, "float": .real, "double": .double, "float8": .double, "varchar": .varchar,
    "string": .varchar, "text": .varchar, "char": .varchar, "character": .varchar, "bpchar": .varchar,
    "nvarchar": .varchar, "json": .varchar, "binary": .binary, "varbinary": .binary, "bytea": .binary,
    "blob": .binary, "bytes": .binary, "uuid": .uuid, "date": .date, "time": .time, "timestamp": .timestamp,
    "datetime": .timestamp, "timestamp_ntz": .timestamp, "timestamp_us": .timestamp,
    "timestamptz": .timestampTZ, "timestamp_ltz": .timestampTZ, "timestamp_ns": .timestampNanos,
    "timestamptz_ns": .timestampTZNanos, "interval": .interval, "unknown": .null,
  ]
}

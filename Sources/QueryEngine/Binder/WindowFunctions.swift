internal import Columnar

/// The functions that are only window functions, and their types.
enum WindowFunctions {
  static let names: [String] = [
    "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
    "last_value", "nth_value",
  ]

  static func contains(_ name: String) -> Bool { names.contains(name) }

  /// Returns the types to convert the arguments to and the result's type; `nil` if they do not fit.
  static func resolve(
    _ name: String, _ types: [LogicalType]
  ) -> (parameters: [LogicalType], result: LogicalType)? {
    switch (name, types.count) {
    case ("row_number", 0), ("rank", 0), ("dense_rank", 0): return ([], .bigint)
    case ("percent_rank", 0), ("cume_dist", 0): return ([], .double)
    case ("ntile", 1): return types[0].isInteger || types[0] == .null ? ([.bigint], .bigint) : nil
    case ("lag", 1...3), ("lead", 1...3):
      if types.count > 1, !types[1].isInteger { return nil }
      var type = types[0]
      if types.count == 3 {
        guard let common = ImplicitConversion.commonType(types[0], types[2]) else { return nil }
        type = common
      }
      return (Array([type, .bigint, type].prefix(types.count)), type)
    case ("first_value", 1), ("last_value", 1): return (types, types[0])
    case ("nth_value", 2): return types[1].isInteger ? ([types[0], .bigint], types[0]) : nil
    default: return nil
    }
  }

  static func signature(_ name: String) -> String {
    switch name {
    case "ntile": "ntile(n)"
    case "lag", "lead": "\(name)(value [, offset [, default]])"
    case "first_value", "last_value": "\(name)(value)"
    case "nth_value": "nth_value(value, n)"
    default: "\(name)()"
    }
  }
}

internal import Columnar

/// Which functions take lambdas, and of what types their parameters are.
enum LambdaRule {
  static func parameterTypes(
    of function: String, argument index: Int, parameterCount: Int, argumentTypes: [LogicalType]
  ) -> [LogicalType]? {
    guard let container = argumentTypes.first else { return nil }
    switch (function, container) {
    case ("list_transform", .list(let element)), ("list_filter", .list(let element)),
      ("any_match", .list(let element)), ("all_match", .list(let element)),
      ("none_match", .list(let element)):
      guard index == 1, parameterCount == 1 || parameterCount == 2 else { return nil }
      return parameterCount == 1 ? [element] : [element, .bigint]
    case ("list_reduce", .list(let element)):
      guard argumentTypes.count >= 3 else { return nil }
      if index == 2 && parameterCount == 2 { return [argumentTypes[1], element] }
      if index == 3 && parameterCount == 1 { return [argumentTypes[1]] }
      return nil
    case ("map_filter", .map(let key, let value)), ("transform_values", .map(let key, let value)),
      ("transform_keys", .map(let key, let value)):
      return index == 1 && parameterCount == 2 ? [key, value] : nil
    default: return nil
    }
  }
}

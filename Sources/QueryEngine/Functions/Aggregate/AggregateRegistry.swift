package import Columnar

/// The aggregate functions by name.
package enum AggregateRegistry {
  /// Whether there is an aggregate function of that name (lower case), aliases included.
  package static func contains(_ name: String) -> Bool { byName[name] != nil }

  /// The names and aliases, for suggestions.
  package static var names: [String] { byName.keys.sorted() }

  /// Returns what a call of `name` means.
  ///
  /// - Parameters:
  ///   - name: The name or an alias, in lower case. `count(*)` is `count_star` without arguments;
  ///     `count` without arguments means the same.
  ///   - argumentTypes: The types of the arguments.
  ///   - orderTypes: The types of the keys of WITHIN GROUP or of ORDER BY inside the call.
  /// - Returns: The function's own name, the types to cast arguments and keys to, and the result's type;
  ///   `nil` if there is no such function or the types do not fit.
  package static func resolve(
    _ name: String, argumentTypes: [LogicalType], orderTypes: [LogicalType] = []
  ) -> AggregateSignature? {
    guard let function = byName[name], var found = function.resolve(argumentTypes, orderTypes) else {
      return nil
    }
    if found.orderTypes.isEmpty { found.orderTypes = orderTypes }
    return found
  }

  /// The function of a name or alias.
  static func function(_ name: String) -> AggregateFunction? { byName[name] }

  private static let byName: [String: AggregateFunction] = {
    var byName: [String: AggregateFunction] = [:]
    for function in AggregateFunctions.all {
      for name in [function.name] + function.aliases { byName[name] = function }
    }
    return byName
  }()
}

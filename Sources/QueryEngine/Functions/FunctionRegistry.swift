package import Columnar

/// The scalar functions by name.
///
/// A plain list of values, built once and never changed.
package struct FunctionRegistry: Sendable {
  /// All functions, in the order of the reference.
  package let functions: [ScalarFunction]
  private let indices: [String: Int]

  /// What ships with the engine.
  package static let builtin = FunctionRegistry([
    ArithmeticFunctions.all, ConditionalFunctions.all, TextFunctions.all, PatternFunctions.all,
    JSONFunctions.all, TimeFunctions.all, ListFunctions.all, MathFunctions.all, EncodingFunctions.all,
    CharacterFunctions.all, URLFunctions.all, IPFunctions.all, SketchFunctions.all,
  ])

  init(_ groups: [[ScalarFunction]]) {
    functions = groups.flatMap { $0 }
    var indices: [String: Int] = [:]
    for (index, function) in functions.enumerated() {
      indices[function.name] = index
      for alias in function.aliases { indices[alias] = index }
    }
    self.indices = indices
  }

  /// Every name and alias.
  package var names: [String] { Array(indices.keys) }

  /// The function of a name or alias, case aside.
  package subscript(name: String) -> ScalarFunction? {
    if let index = indices[name] { return functions[index] }
    return indices[name.lowercased()].map { functions[$0] }
  }

  /// Finds the overload that fits a call best.
  ///
  /// - Parameters:
  ///   - name: A name or alias.
  ///   - arguments: The arguments' types, and the values of literals.
  /// - Returns: The canonical name, the types to convert the arguments to, and the result's type; `nil` if
  ///   there is no such function or no overload takes such arguments.
  package func resolve(_ name: String, _ arguments: ArgumentTypes) -> ResolvedScalar? {
    guard let function = self[name], let best = overload(of: function, arguments) else { return nil }
    return ResolvedScalar(
      function: function.name, parameterTypes: best.types.parameters, resultType: best.types.result,
      volatility: function.volatility)
  }

  /// Finds the overload that fits a call best, of arguments that are no literals.
  package func resolve(name: String, argumentTypes: [LogicalType]) -> ResolvedScalar? {
    resolve(name, ArgumentTypes(argumentTypes))
  }

  func overload(
    of function: ScalarFunction, _ arguments: ArgumentTypes
  ) -> (overload: ScalarOverload, types: SignatureTypes)? {
    var best: (overload: ScalarOverload, types: SignatureTypes)?
    var bestCost = Int.max
    for overload in function.overloads {
      guard let types = overload.rule(arguments), types.parameters.count == arguments.types.count else {
        continue
      }
      var total: Int? = types.penalty
      for index in arguments.types.indices {
        guard let sum = total else { break }
        let step = ImplicitConversion.cost(
          from: arguments.types[index], to: types.parameters[index], isUntyped: arguments.isUntyped[index])
        total = (step ?? (types.casts ? 20 : nil)).map { sum + $0 }
      }
      if let total, total < bestCost {
        best = (overload, types)
        bestCost = total
      }
    }
    return best
  }

  /// The types of a lambda's parameters in a call, for the binder to bind its body with.
  ///
  /// - Parameters:
  ///   - name: The function's name or alias.
  ///   - index: Which argument is the lambda.
  ///   - parameterCount: How many parameters it is written with.
  ///   - argumentTypes: The types of the other arguments; `.null` where a lambda stands.
  /// - Returns: A type for each parameter; `nil` if the function takes no lambda there.
  package func lambdaParameterTypes(
    of name: String, argument index: Int, parameterCount: Int, argumentTypes: [LogicalType]
  ) -> [LogicalType]? {
    guard let function = self[name] else { return nil }
    return LambdaRule.parameterTypes(
      of: function.name, argument: index, parameterCount: parameterCount, argumentTypes: argumentTypes)
  }

  /// Makes the error for a call that ``resolve(_:_:)`` has no answer to.
  ///
  /// - Parameters:
  ///   - name: The name as written.
  ///   - argumentTypes: The arguments' types.
  ///   - position: Where the call stands.
  ///   - others: Further names that a call may have, such as those of aggregates and macros.
  /// - Returns: An error of code 42883.
  package func unresolved(
    _ name: String, argumentTypes: [LogicalType], at position: SourceRange?, others: [String] = []
  ) -> QueryError {
    guard let function = self[name] else {
      return QueryError(
        .undefinedFunction, "there is no function \"\(name)\"",
        hint: NearestName.hint(for: name.lowercased(), among: names + others), at: position)
    }
    let types = argumentTypes.map(\.description).joined(separator: ", ")
    var error = QueryError(
      .undefinedFunction, "\"\(name)\" does not take arguments (\(types))",
      hint: "it takes " + function.signatures.prefix(4).joined(separator: " or "), at: position)
    if argumentTypes.contains(.varchar) && argumentTypes.contains(where: \.isNumeric) {
      error.hints.append("a cast such as x::DOUBLE makes a number of text")
    }
    return error
  }
}

/// A call whose overload is settled.
package struct ResolvedScalar: Sendable {
  /// The canonical name, for ``ScalarCall``.
  package let function: String
  /// What to convert each argument to.
  package let parameterTypes: [LogicalType]
  package let resultType: LogicalType
  package let volatility: ScalarFunction.Volatility
}

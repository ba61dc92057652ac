internal import Columnar

extension Binder {
  /// Makes a call of a scalar function.
  func call(
    _ name: String, _ arguments: [BoundExpression], at range: SourceRange
  ) throws(QueryError) -> BoundExpression {
    guard let resolved = functions.resolve(name, ArgumentTypes(arguments)) else {
      throw functions.unresolved(
        name, argumentTypes: arguments.map(\.type), at: place(range), others: AggregateRegistry.names)
    }
    return try call(resolved, arguments, at: range)
  }

  func call(
    _ resolved: ResolvedScalar, _ arguments: [BoundExpression], at range: SourceRange
  ) throws(QueryError) -> BoundExpression {
    let operands = zip(arguments, resolved.parameterTypes).map { argument, type in
      if case .lambda = argument { return argument }
      return converted(argument, to: type, at: place(range))
    }
    return .call(ScalarCall(resolved.function, operands, type: resolved.resultType, position: place(range)))
  }

  /// Binds a call: of an aggregate or window already computed, of a form of the language, of a scalar function.
  func bindFunction(
    _ function: FunctionCallSyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    if let computed = context.computed[range] { return computed }
    let name = function.name.last.text.lowercased()
    if function.over != nil { throw misplacedWindow(name, range, context) }
    if AggregateCalls.isAggregate(function, functions) { throw misplacedAggregate(name, range, context) }
    if WindowFunctions.contains(name), functions[name] == nil {
      throw QueryError(
        .windowing, "\"\(name)\" is a window function and needs OVER", hint: "\(name)(…) OVER (ORDER BY …)",
        at: place(range))
    }
    guard function.name.parts.count == 1 || functions[name] != nil else {
      throw QueryError(.undefinedFunction, "there is no function \"\(function.name.text)\"", at: place(range))
    }
    for (given, clause) in [
      (function.isDistinct, "DISTINCT"), (function.filter != nil, "FILTER"),
      (!function.orderBy.isEmpty, "ORDER BY"), (function.isStar, "*"),
    ] where given {
      throw QueryError(
        .syntaxError,
        "\(clause) belongs to aggregates, and \"\(name)\" is none\(AggregateRegistry.contains(name) ? " here" : "")",
        hint: functions[name] == nil ? NearestName.hint(for: name, among: AggregateRegistry.names) : nil,
        at: place(range), kind: .bind)
    }
    if let form = try languageForm(name, function, at: range, in: context) { return form }
    return try bindScalar(name, function, at: range, in: context)
  }

  private func bindScalar(
    _ name: String, _ function: FunctionCallSyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    var arguments: [BoundExpression] = []
    var lambdas: [(index: Int, parameters: [Identifier], body: ExpressionSyntax)] = []
    for (index, argument) in function.arguments.enumerated() {
      if argument.name != nil, name != "struct_pack", name != "row", name != "struct" {
        throw QueryError(
          .syntaxError, "\"\(name)\" takes its arguments by position", at: place(argument.value.range),
          kind: .bind)
      }
      if case .lambda(let parameters, let body) = argument.value.kind {
        lambdas.append((index, parameters, body))
        arguments.append(.literal(.null, .null))
      } else {
        arguments.append(try bind(argument.value, in: context))
      }
    }
    for lambda in lambdas {
      let body = try bindLambda(
        lambda.parameters, lambda.body, of: name, argument: lambda.index, arguments: arguments, at: range,
        in: context)
      arguments[lambda.index] = body
    }
    return try call(name, arguments, at: range)
  }

  private func bindLambda(
    _ names: [Identifier], _ body: ExpressionSyntax, of function: String, argument index: Int,
    arguments: [BoundExpression], at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    guard
      let types = functions.lambdaParameterTypes(
        of: function, argument: index, parameterCount: names.count, argumentTypes: arguments.map(\.type))
    else {
      throw QueryError(
        .undefinedFunction, "\"\(function)\" takes no lambda of \(names.count) parameters there",
        at: place(range))
    }
    let parameters = zip(names, types).map { newColumn($0.text, $1) }
    var inner = context
    inner.lambdaParameters += parameters
    inner.builder = nil
    return .lambda(parameters: parameters, body: try bind(body, in: inner))
  }

  func bindComprehension(
    _ body: ExpressionSyntax, _ variable: Identifier, _ list: ExpressionSyntax,
    _ condition: ExpressionSyntax?,
    at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    var source = try bind(list, in: context)
    if let condition {
      let filter = try bindLambda(
        [variable], condition, of: "list_filter", argument: 1, arguments: [source, .literal(.null, .null)],
        at: range,
        in: context)
      source = try call("list_filter", [source, filter], at: range)
    }
    let transform = try bindLambda(
      [variable], body, of: "list_transform", argument: 1, arguments: [source, .literal(.null, .null)],
      at: range,
      in: context)
    return try call("list_transform", [source, transform], at: range)
  }

  /// Functions that are forms of the language: they see expressions, not values.
  private func languageForm(
    _ name: String, _ function: FunctionCallSyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression? {
    let arguments = function.arguments.map(\.value)
    switch name {
    case "coalesce", "ifnull", "nvl":
      guard !arguments.isEmpty else { return nil }
      var values: [(expression: BoundExpression, range: SourceRange)] = []
      for argument in arguments { values.append((try bind(argument, in: context), argument.range)) }
      let (unified, type) = try unified(values, what: "coalesce")
      if unified.count == 1 { return unified[0] }
      if functions["coalesce"] != nil {
        return .call(ScalarCall("coalesce", unified, type: type, position: place(range)))
      }
      let branches = unified.dropLast().map {
        BoundExpression.CaseBranch(condition: .isNull($0, isNegated: true), result: $0)
      }
      return .caseWhen(branches, otherwise: unified.last, type: type)
    case "nullif":
      guard arguments.count == 2 else { return nil }
      let value = try bind(arguments[0], in: context)
      let condition = try bindComparison(.equal, arguments[0], arguments[1], in: context)
      let type: LogicalType = value.type
      return .caseWhen(
        [.init(condition: condition, result: .literal(.null, type))], otherwise: value, type: type)
    case "if", "iff":
      guard arguments.count == 2 || arguments.count == 3 else { return nil }
      return try bind(
        ExpressionSyntax(
          kind: .case(
            operand: nil, branches: [CaseBranchSyntax(condition: arguments[0], result: arguments[1])],
            otherwise: arguments.count == 3 ? arguments[2] : nil), range: range), in: context)
    case "nvl2":
      guard arguments.count == 3 else { return nil }
      let test = ExpressionSyntax(kind: .isNull(arguments[0], negated: true), range: arguments[0].range)
      return try bind(
        ExpressionSyntax(
          kind: .case(
            operand: nil, branches: [CaseBranchSyntax(condition: test, result: arguments[1])],
            otherwise: arguments[2]), range: range), in: context)
    case "try":
      guard arguments.count == 1 else { return nil }
      return .tryEvaluate(try bind(arguments[0], in: context))
    case "struct", "row", "struct_pack":
      guard !function.arguments.isEmpty else { return nil }
      let named = function.arguments.enumerated().map { index, argument in
        let name =
          argument.name ?? argument.value.simpleName
          ?? Identifier(text: "field\(index + 1)", isQuoted: false, range: argument.value.range)
        return (name: name, value: argument.value)
      }
      return try bind(ExpressionSyntax(kind: .structure(named), range: range), in: context)
    case "named_struct":
      guard arguments.count % 2 == 0, !arguments.isEmpty else { return nil }
      var fields: [(name: Identifier, value: ExpressionSyntax)] = []
      for index in stride(from: 0, to: arguments.count, by: 2) {
        guard case .string(let text) = arguments[index].kind else { return nil }
        fields.append(
          (Identifier(text: text, isQuoted: true, range: arguments[index].range), arguments[index + 1]))
      }
      return try bind(ExpressionSyntax(kind: .structure(fields), range: range), in: context)
    case "struct_extract":
      guard arguments.count == 2, case .string(let text) = arguments[1].kind else { return nil }
      let name = Identifier(text: text, isQuoted: true, range: arguments[1].range)
      return try field(name, of: try bind(arguments[0], in: context), at: range)
    case "array", "list_value", "array_value":
      return try bind(ExpressionSyntax(kind: .array(arguments), range: range), in: context)
    case "date" where arguments.count == 1: return try cast(arguments[0], to: .date, at: range, in: context)
    case "timestamp" where arguments.count == 1:
      return try cast(arguments[0], to: .timestamp, at: range, in: context)
    case "string" where arguments.count == 1:
      return try cast(arguments[0], to: .varchar, at: range, in: context)
    case "typeof", "pg_typeof":
      guard arguments.count == 1 else { return nil }
      return .literal(.text(try bind(arguments[0], in: context).type.description), .varchar)
    case "grouping", "grouping_id": return try bindGrouping(arguments, at: range, in: context)
    default: return nil
    }
  }

  private func cast(
    _ argument: ExpressionSyntax, to type: LogicalType, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let bound = try bind(argument, in: context)
    return bound.type == type ? bound : .cast(bound, to: type, isTry: false, position: place(range))
  }

  /// `grouping(a, b)`: a bit for each argument, the last one lowest, set where it is not grouped.
  private func bindGrouping(
    _ arguments: [ExpressionSyntax], at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression? {
    guard let grouping = context.grouping else {
      throw QueryError(.grouping, "grouping() needs GROUP BY", at: place(range))
    }
    var ungrouped = context
    ungrouped.grouping = nil
    var result: BoundExpression?
    for argument in arguments {
      let key = try bind(argument, in: ungrouped).withoutPositions
      guard let index = grouping.groups.firstIndex(where: { $0.key == key }) else {
        throw QueryError(
          .grouping, "the argument of grouping() must be one of the GROUP BY expressions",
          at: place(argument.range))
      }
      var bit = BoundExpression.literal(.integer(0), .bigint)
      if let id = grouping.groupingID {
        let shift = Int64(1) &<< Int64(grouping.groups.count - 1 - index)
        let shifted = try call(
          "integer_divide", [.column(id.id, .bigint), .literal(.integer(shift), .bigint)], at: range)
        bit = try call("modulo", [shifted, .literal(.integer(2), .bigint)], at: range)
      }
      if let before = result {
        let doubled = try call("multiply", [before, .literal(.integer(2), .bigint)], at: range)
        result = try call("add", [doubled, bit], at: range)
      } else {
        result = bit
      }
    }
    return result
  }

  private func misplacedAggregate(
    _ name: String, _ range: SourceRange, _ context: ExpressionContext
  ) -> QueryError {
    if context.clause == .aggregate {
      return QueryError(
        .grouping, "the aggregate \"\(name)\" stands inside another aggregate",
        hint: "aggregate twice with a subquery",
        at: place(range))
    }
    let hint =
      context.clause == .condition ? "conditions on aggregates belong in HAVING" : nil
    return QueryError(
      .grouping, "the aggregate \"\(name)\" cannot be used in \(context.clause.rawValue)", hint: hint,
      at: place(range))
  }

  private func misplacedWindow(
    _ name: String, _ range: SourceRange, _ context: ExpressionContext
  ) -> QueryError {
    let isFilter = [.condition, .having, .group].contains(context.clause)
    return QueryError(
      .windowing, "the window function \"\(name)\" cannot be used in \(context.clause.rawValue)",
      hint: isFilter ? "conditions on window functions belong in QUALIFY" : nil, at: place(range))
  }
}

/// Which calls are aggregates.
enum AggregateCalls {
  static func isAggregate(_ function: FunctionCallSyntax, _ functions: FunctionRegistry) -> Bool {
    guard function.over == nil, function.name.parts.count == 1 else { return false }
    let name = function.name.last.text.lowercased()
    guard AggregateRegistry.contains(name) else { return false }
    // Some names are a scalar function too, such as `list`; a lambda or named argument tells.
    if functions[name] != nil, !function.isStar, !function.isDistinct, function.filter == nil,
      function.orderBy.isEmpty
    {
      return false
    }
    return true
  }
}

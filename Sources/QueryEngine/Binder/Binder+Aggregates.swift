internal import Columnar

/// Calls of aggregates, and UNNEST in the SELECT list.
extension Binder {
  func bindAggregate(
    _ call: FunctionCallSyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> LogicalPlan.AggregateCall {
    let (function, arguments, order, type) = try resolveAggregate(call, at: range, in: context)
    var filter = try call.filter.map { expression throws(QueryError) in
      try condition(try bind(expression, in: context), in: "FILTER", at: expression.range)
    }
    if call.nulls == .ignore, let first = arguments.first {
      filter = .conjunction((filter.map { [$0] } ?? []) + [.isNull(first, isNegated: true)])
    }
    let used = (arguments + order.map(\.expression) + (filter.map { [$0] } ?? []))
      .reduce(into: Set<ColumnID>()) { $0.formUnion($1.columns) }
    if !used.isEmpty, used.isSubset(of: context.scope.outerColumns) {
      // SQL:2016 part 2, 10.9: such a call is one of the query around, over its rows.
      throw QueryError.unsupported(
        "\(function) over columns of the query around alone, inside a subquery",
        hint: "compute it in the query around", at: place(range))
    }
    if call.isDistinct, arguments.count > 1, function == "count" {
      throw QueryError.unsupported(
        "count(DISTINCT …) of several columns", hint: "count(DISTINCT (a, b))", at: place(range))
    }
    return LogicalPlan.AggregateCall(
      function, arguments, isDistinct: call.isDistinct, filter: filter, orderBy: order,
      as: newColumn(call.name.last.text.lowercased(), type), position: place(range))
  }

  /// Finds an aggregate's overload and converts its arguments.
  func resolveAggregate(
    _ call: FunctionCallSyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> (String, [BoundExpression], [LogicalPlan.SortKey], LogicalType) {
    var name = call.name.last.text.lowercased()
    var arguments: [BoundExpression] = []
    if call.isStar {
      guard name == "count" || name == "count_star" else {
        throw QueryError(
          .undefinedFunction, "\(name)(*) is not defined", hint: "only count takes *", at: place(range))
      }
      name = "count_star"
    } else {
      if name == "count", call.arguments.isEmpty { name = "count_star" }
      for argument in call.arguments {
        if case .wildcard(let wildcard) = argument.value.kind, name == "count", wildcard.qualifier != nil {
          name = "count_star"
          continue
        }
        arguments.append(try bind(argument.value, in: context))
      }
    }
    var keys: [LogicalPlan.SortKey] = []
    for item in call.orderBy {
      keys.append(sortKey(try bind(item.expression, in: context), item.descending, item.nullsFirst))
    }
    guard
      let signature = AggregateRegistry.resolve(
        name, argumentTypes: arguments.map(\.type), orderTypes: keys.map(\.expression.type))
    else { throw unresolvedAggregate(name, arguments.map(\.type), at: range) }
    arguments = zip(arguments, signature.argumentTypes).map { converted($0, to: $1, at: place(range)) }
    for index in keys.indices where index < signature.orderTypes.count {
      keys[index].expression = converted(
        keys[index].expression, to: signature.orderTypes[index], at: place(range))
    }
    return (signature.function, arguments, keys, signature.resultType)
  }

  func unresolvedAggregate(
    _ name: String, _ types: [LogicalType], at range: SourceRange
  ) -> QueryError {
    var error = QueryError(
      .undefinedFunction,
      "\"\(name)\" does not take arguments (\(types.map(\.description).joined(separator: ", ")))",
      at: place(range))
    if types.first == .varchar, ["sum", "avg", "median", "stddev"].contains(name) {
      error.hints = ["convert the text: \(name)(CAST(… AS DOUBLE)), or try_cast"]
    }
    return error
  }

  // UNNEST in the list

  /// `SELECT unnest(l)`: a row for each element; several lists are walked in step.
  func addUnnests(
    of expressions: [ExpressionSyntax], _ context: inout ExpressionContext
  ) throws(QueryError) {
    var calls: [(call: FunctionCallSyntax, range: SourceRange)] = []
    for expression in expressions { collectUnnests(expression, into: &calls) }
    guard !calls.isEmpty, let builder = context.builder else { return }
    var lists: [LogicalPlan.NamedExpression] = []
    for (call, range) in calls where context.computed[range] == nil {
      let name = call.name.last.text.lowercased()
      guard let argument = call.arguments.first?.value, call.arguments.count == 1 else {
        throw QueryError(.undefinedFunction, "\(name) takes one list", at: place(range))
      }
      let list = try bindOutput(argument, in: context.with(.select))
      let element: LogicalType
      switch list.type {
      case .list(let type): element = type
      case .null: element = .null
      default:
        throw QueryError(.datatypeMismatch, "\(name) needs a list, not \(list.type)", at: place(range))
      }
      let column = newColumn(name, element)
      lists.append(.init(list.type == .null ? .literal(.null, .list(.null)) : list, as: column))
      context.computed[range] = .column(column.id, element)
    }
    builder.plan = .unnest(LogicalPlan.Unnest(lists: lists, input: builder.plan))
  }

  func collectUnnests(
    _ expression: ExpressionSyntax, into calls: inout [(call: FunctionCallSyntax, range: SourceRange)]
  ) {
    if case .function(let call) = expression.kind, call.over == nil, call.name.parts.count == 1,
      ["unnest", "explode"].contains(call.name.last.text.lowercased())
    {
      calls.append((call, expression.range))
      return
    }
    for child in expression.children { collectUnnests(child, into: &calls) }
  }
}

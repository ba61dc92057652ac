internal import Columnar

extension Binder {
  /// Binds an expression; above GROUP BY, in terms of groups and aggregates.
  func bindOutput(
    _ expression: ExpressionSyntax, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let bound = try bind(expression, in: context)
    guard let grouping = context.grouping else { return bound }
    return try regrouped(bound, grouping, context, expression.range)
  }

  /// Replaces groups by their columns; a column that is neither grouped nor aggregated is an error.
  func regrouped(
    _ expression: BoundExpression, _ grouping: Grouping, _ context: ExpressionContext, _ range: SourceRange
  ) throws(QueryError) -> BoundExpression {
    // A literal among grouping sets is null in the sets that lack it.
    if expression.isLiteral && grouping.groupingID == nil { return expression }
    let key = expression.withoutPositions
    for group in grouping.groups where group.key == key { return .column(group.column.id, group.column.type) }
    if case .column(let id, _) = expression, grouping.inputColumns.contains(id) {
      let column = context.scope.columns.first { $0.id == id }
      let table = column?.table.flatMap { context.scope.tables[$0].parts.last }
      let name = column.map { $0.name } ?? "?"
      throw QueryError(
        .grouping,
        "the column \"\(table.map { "\($0).\(name)" } ?? name)\" must appear in GROUP BY or be used in an aggregate",
        hint: "add \(name) to GROUP BY, or write any_value(\(name))", at: place(columnPositions[id] ?? range))
    }
    return try expression.mapChildren { child throws(QueryError) in
      try regrouped(child, grouping, context, range)
    }
  }

  /// Binds an expression over the scope's columns.
  func bind(
    _ expression: ExpressionSyntax, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let range = expression.range
    switch expression.kind {
    case .null: return .literal(.null, .null)
    case .boolean(let value): return .literal(.boolean(value), .boolean)
    case .integer(let digits): return try integerLiteral(digits, at: range)
    case .decimal(let digits): return try decimalLiteral(digits, at: range)
    case .float(let digits): return try floatLiteral(digits, at: range)
    case .string(let text): return .literal(.text(text), .varchar)
    case .bytes(let bytes): return .literal(.bytes(bytes), .binary)
    case .typedString(let type, let text):
      return converted(.literal(.text(text), .varchar), to: try TypeNames.type(of: type), at: place(range))
    case .interval(let value, let unit, let to):
      return try intervalLiteral(value, unit: unit, to: to, at: range, in: context)
    case .parameter(let parameter): return try bind(parameter, at: range)
    case .column(let name): return try bindColumn(name, in: context)
    case .and(let operands): return .and(try conditions(operands, "AND", context))
    case .or(let operands): return .or(try conditions(operands, "OR", context))
    case .not(let operand): return try bindNot(operand, in: context)
    case .unary(let sign, let operand): return try bindUnary(sign, operand, at: range, in: context)
    case .binary: return try bindBinaryChain(expression, in: context)
    case .isNull(let operand, let negated):
      return try bindIsNull(operand, negated: negated, in: context)
    case .isBoolean(let operand, let value, let negated):
      let bound = try condition(try bind(operand, in: context), in: "IS", at: operand.range)
      guard let value else { return .isNull(bound, isNegated: negated) }
      return .comparison(
        negated ? .isDistinctFrom : .isNotDistinctFrom, bound, .literal(.boolean(value), .boolean))
    case .isDistinct(let left, let right, let negated):
      return try bindComparison(negated ? .isNotDistinctFrom : .isDistinctFrom, left, right, in: context)
    case .between(let value, let lower, let upper, let negated, let symmetric):
      return try bindBetween(value, lower, upper, negated: negated, symmetric: symmetric, in: context)
    case .inList(let value, let list, let negated):
      return try bindInList(value, list, negated: negated, at: range, in: context)
    case .inSubquery(let value, let query, let negated):
      return try bindInSubquery(value, query, negated: negated, at: range, in: context)
    case .exists(let query): return try bindExists(query, at: range, in: context)
    case .quantified(let value, let sign, let all, let operand):
      return try bindQuantified(value, sign, all: all, operand, at: range, in: context)
    case .like(let like): return try bindLike(like, at: range, in: context)
    case .case(let operand, let branches, let otherwise):
      return try bindCase(operand, branches, otherwise, in: context)
    case .cast(let operand, let type, let isTry):
      return try bindCast(operand, type, isTry: isTry, at: range, in: context)
    case .extract(let field, let operand):
      let unit = BoundExpression.literal(.text(field.text.lowercased()), .varchar)
      return try call(OperatorFunctions.datePart, [unit, try bind(operand, in: context)], at: range)
    case .function(let function): return try bindFunction(function, at: range, in: context)
    case .subquery(let query): return try bindScalarSubquery(query, at: range, in: context)
    case .array(let elements): return try bindList(elements, in: context)
    case .arraySubquery(let query): return try bindArraySubquery(query, at: range, in: context)
    case .structure(let fields): return try bindStructure(fields, in: context)
    case .map(let entries): return try bindMap(entries, at: range, in: context)
    case .row(let values): return try bindRow(values, in: context)
    case .element(let base, let index): return try bindElement(base, index, at: range, in: context)
    case .slice(let base, let lower, let upper):
      return try bindSlice(base, lower, upper, at: range, in: context)
    case .field(let base, let name): return try field(name, of: try bind(base, in: context), at: range)
    case .atTimeZone(let value, let zone):
      return try call(
        OperatorFunctions.timeZone, [try bind(zone, in: context), try bind(value, in: context)], at: range)
    case .lambda:
      throw QueryError(
        .syntaxError, "a lambda stands only as an argument of a list function", at: place(range))
    case .listComprehension(let body, let variable, let list, let condition):
      return try bindComprehension(body, variable, list, condition, at: range, in: context)
    case .columns:
      throw QueryError(
        .syntaxError, "COLUMNS stands only in a SELECT list and in a condition", at: place(range))
    case .path(let base, let path):
      let text = BoundExpression.literal(.text(path), .varchar)
      return try call("json_extract_string", [try bind(base, in: context), text], at: range)
    case .wildcard:
      throw QueryError(.syntaxError, "* stands only in a SELECT list and in count(*)", at: place(range))
    case .defaultValue:
      throw QueryError(
        .syntaxError, "DEFAULT stands only as a value of INSERT, UPDATE or MERGE", at: place(range))
    }
  }

  /// The place in the statement, or `nil` in a view, whose text is another.
  func place(_ range: SourceRange?) -> SourceRange? { openViews.isEmpty ? range : nil }

  private func bind(_ parameter: ParameterSyntax, at range: SourceRange) throws(QueryError) -> BoundExpression
  {
    if let name = parameter.name {
      if let value = settings.namedParameters[name.lowercased()] { return value }
      throw QueryError(
        .undefinedObject, "the parameter \(name) has no value", hint: "EXECUTE … (\(name) => value)",
        at: place(range))
    }
    let number = parameter.number ?? 0
    parameterCount = max(parameterCount, number)
    if let value = settings.parameters[number] { return value }
    throw QueryError(
      .undefinedObject, "the parameter $\(number) has no value",
      hint: "parameters belong to PREPARE and EXECUTE",
      at: place(range))
  }

  func conditions(
    _ operands: [ExpressionSyntax], _ word: String, _ context: ExpressionContext
  ) throws(QueryError) -> [BoundExpression] {
    var bound: [BoundExpression] = []
    for operand in operands {
      bound.append(try condition(try bind(operand, in: context), in: word, at: operand.range))
    }
    return bound
  }

  private func bindNot(
    _ operand: ExpressionSyntax, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let bound = try condition(try bind(operand, in: context), in: "NOT", at: operand.range)
    return .not(bound)
  }

  private func bindIsNull(
    _ operand: ExpressionSyntax, negated: Bool, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    .isNull(try bind(operand, in: context), isNegated: negated)
  }

  private func bindBetween(
    _ value: ExpressionSyntax, _ lower: ExpressionSyntax, _ upper: ExpressionSyntax, negated: Bool,
    symmetric: Bool, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    func inside(_ lower: ExpressionSyntax, _ upper: ExpressionSyntax) throws(QueryError) -> BoundExpression {
      .and([
        try bindComparison(.greaterOrEqual, value, lower, in: context),
        try bindComparison(.lessOrEqual, value, upper, in: context),
      ])
    }
    var result = try inside(lower, upper)
    if symmetric { result = .or([result, try inside(upper, lower)]) }
    return negated ? .not(result) : result
  }

  private func bindCase(
    _ operand: ExpressionSyntax?, _ branches: [CaseBranchSyntax], _ otherwise: ExpressionSyntax?,
    in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    var conditions: [BoundExpression] = []
    var results: [(expression: BoundExpression, range: SourceRange)] = []
    for branch in branches {
      if let operand {
        conditions.append(try bindComparison(.equal, operand, branch.condition, in: context))
      } else {
        conditions.append(
          try condition(try bind(branch.condition, in: context), in: "WHEN", at: branch.condition.range))
      }
      results.append((try bind(branch.result, in: context), branch.result.range))
    }
    if let otherwise { results.append((try bind(otherwise, in: context), otherwise.range)) }
    let (values, type) = try unified(results, what: "CASE")
    let bound = zip(conditions, values).map { BoundExpression.CaseBranch(condition: $0, result: $1) }
    return .caseWhen(bound, otherwise: otherwise == nil ? nil : values.last, type: type)
  }

  private func bindCast(
    _ operand: ExpressionSyntax, _ type: TypeSyntax, isTry: Bool, at range: SourceRange,
    in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let target = try TypeNames.type(of: type)
    let bound = try bind(operand, in: context)
    if bound.type == target { return bound }
    if case .literal(let value, let from) = bound, !isTry {
      if value.isNull { return .literal(.null, target) }
      if let literal = TypeCoercion.literal(value, from, to: target) { return .literal(literal, target) }
    }
    return .cast(bound, to: target, isTry: isTry, position: place(range))
  }

  private func bindUnary(
    _ sign: UnarySign, _ operand: ExpressionSyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let bound = try bind(operand, in: context)
    switch sign {
    case .plus: return bound
    case .minus: return try call(OperatorFunctions.negate, [bound], at: range)
    case .bitNot: return try call(OperatorFunctions.bitNot, [bound], at: range)
    }
  }

  /// Binds `a + b + c …` from the left in a loop, since such chains get long.
  private func bindBinaryChain(
    _ expression: ExpressionSyntax, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    var spine: [(sign: BinarySign, right: ExpressionSyntax, range: SourceRange)] = []
    var leftmost = expression
    while case .binary(let sign, let left, let right) = leftmost.kind {
      if sign.isComparison {
        guard spine.isEmpty else { break }
        guard let comparison = OperatorFunctions.comparison(of: sign) else { break }
        return try bindComparison(comparison, left, right, in: context)
      }
      spine.append((sign, right, leftmost.range))
      leftmost = left
    }
    var result = try bind(leftmost, in: context)
    for step in spine.reversed() {
      result = try operation(step.sign, result, try bind(step.right, in: context), at: step.range)
    }
    return result
  }

  /// Makes the call behind a binary operator that is no comparison.
  func operation(
    _ sign: BinarySign, _ left: BoundExpression, _ right: BoundExpression, at range: SourceRange
  ) throws(QueryError) -> BoundExpression {
    if sign == .divide, !settings.integerDivision, left.type.isInteger, right.type.isInteger {
      return try call("divide", [converted(left, to: .double), converted(right, to: .double)], at: range)
    }
    guard let name = OperatorFunctions.name(of: sign) else {
      throw QueryError.internalError("no function behind \(sign.rawValue)", at: range)
    }
    var arguments = [left, right]
    switch sign {
    case .containedBy: arguments = [right, left]
    case .matchesInsensitive, .matchesNotInsensitive:
      arguments.append(.literal(.text("i"), .varchar))
    default: break
    }
    guard let resolved = functions.resolve(name, ArgumentTypes(arguments)) else {
      var error = QueryError(
        .undefinedFunction, "\(left.type) \(sign.rawValue) \(right.type) is not defined", at: place(range),
        kind: .type)
      let texts = [left, right].filter { $0.type == .varchar }
      if !texts.isEmpty, [left, right].contains(where: { $0.type.isNumeric }) {
        error.hints = ["convert the text to a number with CAST or try_cast"]
      }
      throw error
    }
    let result = try call(resolved, arguments, at: range)
    return sign == .matchesNot || sign == .matchesNotInsensitive ? .not(result) : result
  }

  private func bindLike(
    _ like: LikeSyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let value = try bind(like.value, in: context)
    let name = OperatorFunctions.name(of: like.operation)
    var results: [BoundExpression] = []
    for pattern in like.patterns {
      var arguments = [value, try bind(pattern, in: context)]
      if let escape = like.escape { arguments.append(try bind(escape, in: context)) }
      results.append(try call(name, arguments, at: range))
    }
    let one = results.count == 1 ? results[0] : like.quantifier == .all ? .and(results) : .or(results)
    return like.isNegated ? .not(one) : one
  }

  // Lists, structs, maps

  private func bindList(
    _ elements: [ExpressionSyntax], in context: ExpressionContext
  ) throws(QueryError)
    -> BoundExpression
  {
    var values: [(expression: BoundExpression, range: SourceRange)] = []
    for element in elements { values.append((try bind(element, in: context), element.range)) }
    let (unified, type) = try unified(values, what: "the list")
    return .call(ScalarCall(OperatorFunctions.list, unified, type: .list(type)))
  }

  private func bindStructure(
    _ fields: [(name: Identifier, value: ExpressionSyntax)], in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    var values: [BoundExpression] = []
    var types: [LogicalType.StructField] = []
    for field in fields {
      values.append(typedText(try bind(field.value, in: context)))
      types.append(.init(field.name.text, values[values.count - 1].type))
    }
    return .call(ScalarCall(OperatorFunctions.structure, values, type: .struct(types)))
  }

  /// A literal keeps the type VARCHAR inside a struct.
  private func typedText(_ expression: BoundExpression) -> BoundExpression { expression }

  private func bindRow(
    _ values: [ExpressionSyntax], in context: ExpressionContext
  ) throws(QueryError)
    -> BoundExpression
  {
    var bound: [BoundExpression] = []
    var types: [LogicalType.StructField] = []
    for (index, value) in values.enumerated() {
      let element = try bind(value, in: context)
      bound.append(element)
      types.append(.init(value.simpleName?.text ?? "field\(index + 1)", element.type))
    }
    return .call(ScalarCall(OperatorFunctions.structure, bound, type: .struct(types)))
  }

  private func bindMap(
    _ entries: [(key: ExpressionSyntax, value: ExpressionSyntax)], at range: SourceRange,
    in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let keys = try bindList(entries.map(\.key), in: context)
    let values = try bindList(entries.map(\.value), in: context)
    return try call(OperatorFunctions.map, [keys, values], at: range)
  }

  private func bindElement(
    _ base: ExpressionSyntax, _ index: ExpressionSyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let container = try bind(base, in: context)
    if case .struct = container.type, case .string(let name) = index.kind {
      return try field(Identifier(text: name, isQuoted: true, range: index.range), of: container, at: range)
    }
    let key = try bind(index, in: context)
    if case .map(let keyType, _) = container.type {
      let typed = isUntyped(key) || key.isLiteral ? converted(key, to: keyType, at: index.range) : key
      return try call("element_at", [container, typed], at: range)
    }
    if container.type == .null { return container }
    return try call("element_at", [container, key], at: range)
  }

  private func bindSlice(
    _ base: ExpressionSyntax, _ lower: ExpressionSyntax?, _ upper: ExpressionSyntax?, at range: SourceRange,
    in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let container = try bind(base, in: context)
    let from = try lower.map { expression throws(QueryError) in try bind(expression, in: context) }
    let to = try upper.map { expression throws(QueryError) in try bind(expression, in: context) }
    return try call(
      OperatorFunctions.slice,
      [container, from ?? .literal(.integer(1), .bigint), to ?? .literal(.integer(-1), .bigint)], at: range)
  }

  /// Returns a field of a struct.
  func field(
    _ name: Identifier, of base: BoundExpression, at range: SourceRange
  ) throws(QueryError) -> BoundExpression {
    guard case .struct(let fields) = base.type else {
      if base.type == .null { return base }
      throw QueryError(
        .datatypeMismatch, "\(base.type) has no field \"\(name.text)\"", hint: "only a STRUCT has fields",
        at: place(range))
    }
    let wanted = name.text.lowercased()
    let found = fields.indices.filter { fields[$0].name.lowercased() == wanted }
    guard let index = found.first(where: { fields[$0].name == name.text }) ?? found.first else {
      return unknown(
        QueryError(
          .undefinedColumn, "there is no field \"\(name.text)\" in the struct",
          hint: NearestName.hint(for: name.text, among: fields.map(\.name)), at: place(name.range)))
    }
    return .field(base, index: index, type: fields[index].type)
  }
}

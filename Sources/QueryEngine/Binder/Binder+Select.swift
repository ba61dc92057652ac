internal import Columnar

/// SELECT: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, the list, DISTINCT, ORDER BY, LIMIT, in that order.
extension Binder {
  /// A column of the result: an expression to bind, or one that a star already found.
  struct OutputItem {
    enum Source {
      case syntax(ExpressionSyntax)
      case column(ScopeColumn)
    }
    var source: Source
    var name: String
  }

  func bind(
    _ select: SelectSyntax, orderBy: OrderBySyntax?, limit: LimitSyntax?, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    let from = try bindFrom(select.from, outer: outer, tables: tables)
    return try bind(select, over: from, orderBy: orderBy, limit: limit, tables: tables)
  }

  /// Binds what follows FROM.
  func bind(
    _ select: SelectSyntax, over from: BoundTable, orderBy: OrderBySyntax?, limit: LimitSyntax?,
    tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    if let sample = select.sample { throw QueryError.unsupported("USING SAMPLE", at: place(sample.range)) }
    let scope = from.scope
    let builder = RelationBuilder(from.plan)
    for item in select.items {
      if case .expression(let expression, let alias?) = item, scope.aliases[alias.text.lowercased()] == nil {
        scope.aliases[alias.text.lowercased()] = expression
      }
    }
    var context = ExpressionContext(scope, .condition, builder: builder, tables: tables, allowsAliases: true)
    for (name, window) in select.windows { context.windows[name.text.lowercased()] = window }
    if let condition = select.condition { try addFilter(condition, in: context) }

    let items = try expand(select.items, in: context)
    let sortItems: [SortItemSyntax] = if case .items(let sortItems)? = orderBy { sortItems } else { [] }
    let above =
      expressions(of: items) + [select.having, select.qualify].compactMap { $0 } + sortItems.map(\.expression)
    try group(select, items, above, &context)

    context.clause = .having
    if let having = select.having {
      guard context.grouping != nil else {
        throw QueryError(
          .grouping, "HAVING needs GROUP BY or an aggregate", hint: "use WHERE", at: place(having.range))
      }
      try addFilter(having, in: context)
    }
    try addWindows(of: above, &context)
    context.clause = .qualify
    if let qualify = select.qualify { try addFilter(qualify, in: context) }
    try addUnnests(of: above, &context)
    return try output(select, items, orderBy, limit, context)
  }

  private func expressions(of items: [OutputItem]) -> [ExpressionSyntax] {
    items.compactMap { item in
      if case .syntax(let expression) = item.source { return expression }
      return nil
    }
  }

  // The list

  private func expand(_ items: [SelectItem], in context: ExpressionContext) throws(QueryError) -> [OutputItem]
  {
    var result: [OutputItem] = []
    for item in items {
      switch item {
      case .expression(let expression, let alias):
        if case .columns(let pattern) = expression.kind {
          for column in try matching(pattern, context) {
            result.append(OutputItem(source: .column(column), name: column.name))
          }
          continue
        }
        result.append(
          OutputItem(source: .syntax(expression), name: alias?.text ?? defaultName(of: expression)))
      case .wildcard(let wildcard): result += try expand(wildcard, in: context)
      }
    }
    guard !result.isEmpty else {
      throw QueryError(.syntaxError, "the SELECT list is empty", at: place(items.first?.range), kind: .bind)
    }
    return result
  }

  private func expand(
    _ wildcard: WildcardSyntax, in context: ExpressionContext
  ) throws(QueryError) -> [OutputItem] {
    let scope = context.scope
    var columns: [ScopeColumn]
    if let qualifier = wildcard.qualifier {
      let found = scope.tables(named: qualifier.parts.map(\.text))
      guard !found.isEmpty else {
        // `s.*` of a struct column.
        if let fields = try structFields(qualifier, in: context) { return fields }
        throw QueryError(
          .undefinedTable, "there is no table \"\(qualifier.text)\" in FROM",
          hint: NearestName.hint(for: qualifier.last.text, among: scope.tableNames),
          at: place(qualifier.range),
          kind: .bind)
      }
      columns = scope.columns.filter { column in column.table.map { found.contains($0) } ?? false }
    } else {
      guard !scope.tables.isEmpty else {
        throw QueryError(.syntaxError, "* needs FROM", at: place(wildcard.range), kind: .bind)
      }
      columns = scope.columns.filter { !$0.needsQualifier }
    }
    columns.removeAll(where: \.isHidden)
    func index(of name: QualifiedName) throws(QueryError) -> Int? {
      let wanted = name.last.text.lowercased()
      if let index = columns.firstIndex(where: { $0.name.lowercased() == wanted }) { return index }
      _ = unknown(
        QueryError(
          .undefinedColumn, "there is no column \"\(name.text)\" in *",
          hint: NearestName.hint(for: name.last.text, among: columns.map(\.name)), at: place(name.range)))
      return nil
    }
    var replaced: [ColumnID: ExpressionSyntax] = [:]
    for (expression, name) in wildcard.replaced {
      if let index = try index(of: QualifiedName(parts: [name])) { replaced[columns[index].id] = expression }
    }
    for (from, to) in wildcard.renamed {
      if let index = try index(of: from) { columns[index].name = to.text }
    }
    for name in wildcard.excluded {
      if let index = try index(of: name) { columns.remove(at: index) }
    }
    return columns.map { column in
      if let expression = replaced[column.id] {
        return OutputItem(source: .syntax(expression), name: column.name)
      }
      return OutputItem(source: .column(column), name: column.name)
    }
  }

  private func structFields(
    _ name: QualifiedName, in context: ExpressionContext
  ) throws(QueryError) -> [OutputItem]? {
    guard !context.scope.columns(named: name.parts[0]).isEmpty else { return nil }
    let value = try bindColumn(name, in: context)
    guard case .struct(let fields) = value.type else { return nil }
    return fields.map { field in
      let part = Identifier(text: field.name, isQuoted: true, range: name.range)
      return OutputItem(
        source: .syntax(
          ExpressionSyntax(kind: .column(QualifiedName(parts: name.parts + [part])), range: name.range)),
        name: field.name)
    }
  }

  /// The columns whose names match `COLUMNS('pattern')`.
  private func matching(
    _ pattern: ExpressionSyntax, _ context: ExpressionContext
  ) throws(QueryError) -> [ScopeColumn] {
    let columns = context.scope.columns.filter { !$0.isHidden && !$0.needsQualifier }
    if case .wildcard = pattern.kind { return columns }
    guard pattern.isString else {
      throw QueryError.unsupported("COLUMNS of anything but a pattern or *", at: place(pattern.range))
    }
    let bound = try bind(pattern, in: context)
    var found: [ScopeColumn] = []
    for column in columns {
      let test = try call(
        "regexp_matches", [.literal(.text(column.name), .varchar), bound], at: pattern.range)
      if try constant(test, what: "the pattern", at: pattern.range) == .boolean(true) { found.append(column) }
    }
    guard !found.isEmpty else {
      throw QueryError(.undefinedColumn, "no column matches \(text(of: pattern))", at: place(pattern.range))
    }
    return found
  }

  /// The name of a column without an alias: PostgreSQL's for columns, casts and functions, else the text.
  private func defaultName(of expression: ExpressionSyntax) -> String {
    switch expression.kind {
    case .column(let name): return name.last.text
    case .field(_, let name): return name.text
    case .cast(let operand, _, _):
      if case .column = operand.kind { return defaultName(of: operand) }
      if case .function = operand.kind { return defaultName(of: operand) }
      return text(of: expression)
    case .function(let call): return call.name.last.text.lowercased()
    case .extract: return "extract"
    case .case: return "case"
    case .exists: return "exists"
    case .subquery(let query):
      if case .select(let select) = query.body, case .expression(let inner, let alias)? = select.items.first {
        return alias?.text ?? defaultName(of: inner)
      }
      return "?column?"
    default: return text(of: expression)
    }
  }

  // GROUP BY

  private func group(
    _ select: SelectSyntax, _ items: [OutputItem], _ above: [ExpressionSyntax],
    _ context: inout ExpressionContext
  ) throws(QueryError) {
    var calls: [(call: FunctionCallSyntax, range: SourceRange)] = []
    for expression in above { collectAggregates(expression, into: &calls) }
    guard select.groupBy != nil || !calls.isEmpty else { return }
    guard let builder = context.builder else { throw QueryError.internalError("GROUP BY without rows") }

    let inputColumns = Set(builder.plan.outputColumns.map(\.id))
    let (keys, sets) = try groups(of: select.groupBy, items, context.with(.group))
    let isSimple = sets.count <= 1
    var groups: [LogicalPlan.NamedExpression] = []
    for key in keys {
      if isSimple, case .column(let id, let type) = key.expression, inputColumns.contains(id),
        !groups.contains(where: { $0.column.id == id })
      {
        groups.append(.init(passing: OutputColumn(id: id, name: key.name, type: type)))
      } else {
        groups.append(.init(key.expression, as: newColumn(key.name, key.expression.type)))
      }
    }
    var aggregates: [LogicalPlan.AggregateCall] = []
    for (call, range) in calls where context.computed[range] == nil {
      let bound = try bindAggregate(call, at: range, in: context.with(.aggregate))
      let same = aggregates.first { $0.isSame(as: bound) }
      if same == nil { aggregates.append(bound) }
      let column = (same ?? bound).column
      context.computed[range] = .column(column.id, column.type)
    }
    let groupingID = isSimple ? nil : newColumn("grouping_id", .bigint, isNullable: false)
    builder.plan = .aggregate(
      LogicalPlan.Aggregate(
        groups: groups, aggregates: aggregates, groupingSets: isSimple ? [] : sets, groupingID: groupingID,
        input: builder.plan))
    context.grouping = Grouping(
      groups: zip(keys, groups).map { ($0.expression.withoutPositions, $1.column) },
      inputColumns: inputColumns,
      groupingID: groupingID)
  }

  private func collectAggregates(
    _ expression: ExpressionSyntax, into calls: inout [(call: FunctionCallSyntax, range: SourceRange)]
  ) {
    if case .function(let call) = expression.kind, AggregateCalls.isAggregate(call, functions) {
      calls.append((call, expression.range))
      return
    }
    for child in expression.children { collectAggregates(child, into: &calls) }
  }

  /// Whether an aggregate stands inside, be it by an alias of the list.
  private func holdsAggregate(
    _ expression: ExpressionSyntax, _ scope: Scope, seen: Set<String> = []
  ) -> Bool {
    if case .function(let call) = expression.kind, AggregateCalls.isAggregate(call, functions) { return true }
    if let name = expression.simpleName?.text.lowercased(), !seen.contains(name),
      let alias = scope.aliases[name], !scope.columns.contains(where: { $0.name.lowercased() == name })
    {
      return holdsAggregate(alias, scope, seen: seen.union([name]))
    }
    return expression.children.contains { holdsAggregate($0, scope, seen: seen) }
  }

  private struct GroupKey {
    var expression: BoundExpression
    var name: String
  }

  /// The distinct group expressions, and the grouping sets over them.
  private func groups(
    of groupBy: GroupBySyntax?, _ items: [OutputItem], _ context: ExpressionContext
  ) throws(QueryError) -> (keys: [GroupKey], sets: [[Int]]) {
    var keys: [GroupKey] = []
    func index(_ key: GroupKey) -> Int {
      let plain = key.expression.withoutPositions
      if let found = keys.firstIndex(where: { $0.expression.withoutPositions == plain }) { return found }
      keys.append(key)
      return keys.count - 1
    }
    guard let groupBy else { return ([], []) }
    if groupBy.isAll {
      for item in items {
        switch item.source {
        case .column(let column):
          _ = index(GroupKey(expression: .column(column.id, column.type), name: column.name))
        case .syntax(let expression):
          guard !holdsAggregate(expression, context.scope), !expression.holdsWindow else { continue }
          let bound = try bind(expression, in: context)
          if !bound.isLiteral { _ = index(GroupKey(expression: bound, name: item.name)) }
        }
      }
      return (keys, [])
    }
    var sets: [[Int]] = [[]]
    for element in groupBy.elements {
      let choices = try self.sets(of: element, items, context, index)
      guard sets.count * choices.count <= 4_096 else {
        throw QueryError(.tooComplex, "GROUP BY has more than 4096 grouping sets")
      }
      sets = sets.flatMap { set in choices.map { choice in set + choice.filter { !set.contains($0) } } }
    }
    return (keys, sets)
  }

  private func sets(
    of element: GroupBySyntax.Element, _ items: [OutputItem], _ context: ExpressionContext,
    _ index: (GroupKey) -> Int
  ) throws(QueryError) -> [[Int]] {
    func indices(_ expressions: [ExpressionSyntax]) throws(QueryError) -> [Int] {
      var result: [Int] = []
      for expression in expressions {
        let key = index(try groupKey(expression, items, context))
        if !result.contains(key) { result.append(key) }
      }
      return result
    }
    func indices(_ lists: [[ExpressionSyntax]]) throws(QueryError) -> [[Int]] {
      var result: [[Int]] = []
      for list in lists { result.append(try indices(list)) }
      return result
    }
    switch element {
    case .expression(let expression): return [try indices([expression])]
    case .list(let expressions): return [try indices(expressions)]
    case .rollup(let lists):
      let parts = try indices(lists)
      return (0...parts.count).reversed().map { count in parts.prefix(count).flatMap { $0 } }
    case .cube(let lists):
      let parts = try indices(lists)
      guard parts.count <= 12 else { throw QueryError(.tooComplex, "CUBE has more than 12 elements") }
      return (0..<(1 &<< parts.count)).reversed().map { mask in
        parts.indices.filter { mask & (1 &<< (parts.count - 1 - $0)) != 0 }.flatMap { parts[$0] }
      }
    case .sets(let elements):
      var result: [[Int]] = []
      for element in elements { result += try sets(of: element, items, context, index) }
      return result
    }
  }

  private func groupKey(
    _ expression: ExpressionSyntax, _ items: [OutputItem], _ context: ExpressionContext
  ) throws(QueryError) -> GroupKey {
    guard let position = try position(expression, of: items.count, in: "GROUP BY") else {
      return GroupKey(expression: try bind(expression, in: context), name: defaultName(of: expression))
    }
    let item = items[position]
    switch item.source {
    case .column(let column): return GroupKey(expression: .column(column.id, column.type), name: item.name)
    case .syntax(let expression):
      return GroupKey(expression: try bind(expression, in: context), name: item.name)
    }
  }

  // The result

  private func output(
    _ select: SelectSyntax, _ items: [OutputItem], _ orderBy: OrderBySyntax?, _ limit: LimitSyntax?,
    _ outerContext: ExpressionContext
  ) throws(QueryError) -> LogicalPlan {
    guard let builder = outerContext.builder else { throw QueryError.internalError("SELECT without rows") }
    let context = outerContext.with(.select)
    var expressions: [BoundExpression] = []
    for item in items {
      switch item.source {
      case .syntax(let expression): expressions.append(try bindOutput(expression, in: context))
      case .column(let column):
        let name = Identifier(text: column.name, isQuoted: true, range: select.range)
        expressions.append(try bindOutputColumn(column, name, in: context))
      }
    }
    let (keys, on) = try orderKeys(select, items, expressions, orderBy, outerContext.with(.order))

    let available = Set(builder.plan.outputColumns.map(\.id))
    var used: Set<ColumnID> = []
    var projections: [LogicalPlan.NamedExpression] = []
    func project(_ expression: BoundExpression, _ name: String) -> OutputColumn {
      if case .column(let id, let type) = expression, available.contains(id), used.insert(id).inserted {
        let isNullable = builder.plan.outputColumns.first { $0.id == id }?.isNullable ?? true
        projections.append(
          .init(passing: OutputColumn(id: id, name: name, type: type, isNullable: isNullable)))
      } else {
        projections.append(.init(expression, as: newColumn(name, expression.type)))
      }
      return projections[projections.count - 1].column
    }
    let columns = zip(expressions, items).map { project($0, $1.name) }
    // Keys that are in the list refer to its columns; others become hidden columns.
    let plain = expressions.map(\.withoutPositions)
    func keyColumn(_ expression: BoundExpression) -> BoundExpression {
      if expression.isLiteral { return expression }
      let wanted = expression.withoutPositions
      if let index = plain.firstIndex(of: wanted) { return .column(columns[index].id, columns[index].type) }
      if let hidden = projections.dropFirst(columns.count).first(where: {
        $0.expression.withoutPositions == wanted
      }) {
        return .column(hidden.column.id, hidden.column.type)
      }
      let column = project(expression, "order")
      return .column(column.id, column.type)
    }
    let onColumns = on.map { $0.map(keyColumn) }
    let sortKeys = keys.map {
      LogicalPlan.SortKey(keyColumn($0.expression), isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
    }
    let hasHidden = projections.count > columns.count
    if case .yes = select.distinct, hasHidden {
      throw QueryError(
        .invalidColumnReference, "with SELECT DISTINCT, ORDER BY may use only columns of the SELECT list",
        at: place(sortRange(orderBy) ?? select.range))
    }
    var plan = LogicalPlan.project(projections, builder.plan)
    switch select.distinct {
    case .no: break
    case .yes: plan = .distinct(.init(input: plan))
    case .on: plan = .distinct(.init(on: onColumns, orderBy: sortKeys, input: plan))
    }
    if !sortKeys.isEmpty { plan = .sort(sortKeys, plan) }
    if hasHidden {
      // The limit stays at the sort, so that the optimizer makes a top-N of them.
      plan = try limited(plan, by: limit, outer: nil)
      return .project(columns.map { .init(passing: $0) }, plan)
    }
    return try limited(plan, by: limit, outer: nil)
  }

  private func sortRange(_ orderBy: OrderBySyntax?) -> SourceRange? {
    guard case .items(let items)? = orderBy, let first = items.first, let last = items.last else {
      return nil
    }
    return first.expression.range.union(last.expression.range)
  }

  private func bindOutputColumn(
    _ column: ScopeColumn, _ name: Identifier, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let bound = BoundExpression.column(column.id, column.type)
    guard let grouping = context.grouping else { return bound }
    return try regrouped(bound, grouping, context, name.range)
  }

  private func orderKeys(
    _ select: SelectSyntax, _ items: [OutputItem], _ expressions: [BoundExpression],
    _ orderBy: OrderBySyntax?,
    _ context: ExpressionContext
  ) throws(QueryError) -> (keys: [LogicalPlan.SortKey], on: [BoundExpression]?) {
    func key(_ syntax: ExpressionSyntax, _ clause: String) throws(QueryError) -> BoundExpression {
      if let index = try position(syntax, of: expressions.count, in: clause) { return expressions[index] }
      // A name of the list, given by AS or by the column itself, wins over the columns below.
      if let name = syntax.simpleName {
        let wanted = name.text.lowercased()
        let found = items.indices.filter { items[$0].name.lowercased() == wanted }
        if let first = found.first {
          let choices = Set(found.map { expressions[$0].withoutPositions })
          guard choices.count == 1 else {
            throw QueryError(
              .ambiguousColumn, "\(clause) \"\(name.text)\" is the name of several columns of the list",
              at: place(name.range))
          }
          return expressions[first]
        }
      }
      return try bindOutput(syntax, in: context)
    }
    var keys: [LogicalPlan.SortKey] = []
    switch orderBy {
    case .all(let descending, let nullsFirst)?:
      keys = expressions.map { sortKey($0, descending, nullsFirst) }
    case .items(let sortItems)?:
      for item in sortItems {
        keys.append(sortKey(try key(item.expression, "ORDER BY"), item.descending, item.nullsFirst))
      }
    case nil: break
    }
    guard case .on(let syntaxes) = select.distinct else { return (keys, nil) }
    var on: [BoundExpression] = []
    for syntax in syntaxes { on.append(try key(syntax, "DISTINCT ON")) }
    return (keys, on)
  }
}

extension SelectItem {
  var range: SourceRange {
    switch self {
    case .expression(let expression, _): expression.range
    case .wildcard(let wildcard): wildcard.range
    }
  }
}

extension ExpressionSyntax {
  /// Whether a window call stands inside.
  var holdsWindow: Bool {
    if case .function(let call) = kind, call.over != nil { return true }
    return children.contains(where: \.holdsWindow)
  }
}

extension LogicalPlan.AggregateCall {
  /// Whether two calls always have the same value.
  func isSame(as other: LogicalPlan.AggregateCall) -> Bool {
    function == other.function && isDistinct == other.isDistinct
      && arguments.map(\.withoutPositions) == other.arguments.map(\.withoutPositions)
      && filter?.withoutPositions == other.filter?.withoutPositions && orderBy == other.orderBy
  }
}

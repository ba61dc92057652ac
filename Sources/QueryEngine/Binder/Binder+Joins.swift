internal import Columnar

/// JOIN in all kinds: ON, USING, NATURAL, LATERAL, ASOF.
extension Binder {
  func bind(_ join: JoinSyntax, outer: Scope?, tables: CommonTables) throws(QueryError) -> BoundTable {
    let left = try bind(join.left, after: nil, outer: outer, tables: tables)
    if join.isAsOf { return try bindAsOf(join, left, outer: outer, tables: tables) }
    return try combine(
      left, join.right, kind: join.kind, condition: join.condition, outer: outer, tables: tables)
  }

  /// Joins a table to what stands before it.
  func combine(
    _ left: BoundTable, _ right: TableReference, kind: JoinSyntax.Kind, condition: JoinSyntax.Condition,
    outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    if case .function(let function) = right, isUnnesting(function) {
      guard kind == .cross || kind == .inner || kind == .left else {
        throw QueryError.unsupported(
          "a \(kind.rawValue.uppercased()) JOIN with \(function.call.name.text)", at: place(function.range))
      }
      if kind == .left, case .on(let expression) = condition, !expression.isTrue {
        return try leftJoinUnnested(left, right, on: expression, outer: outer, tables: tables)
      }
      var result = try bind(right, after: left, outer: outer, tables: tables)
      if kind == .left { result.plan = result.plan.unnestingOuter }
      guard case .on(let expression) = condition, !expression.isTrue else { return result }
      let builder = RelationBuilder(result.plan)
      let context = ExpressionContext(result.scope, .join, builder: builder, tables: tables)
      try addFilter(expression, in: context)
      result.plan = builder.plan
      return result
    }
    let bound = try bind(right, after: left, outer: outer, tables: tables)
    let free = bound.plan.freeColumns.intersection(left.plan.outputColumns.map(\.id))
    if !free.isEmpty {
      return try combineLateral(
        left, bound, free, kind: kind, condition: condition, outer: outer, tables: tables)
    }
    return try joined(left, bound, kind: kind, condition: condition, outer: outer, tables: tables)
  }

  func isUnnesting(_ function: TableFunctionSyntax) -> Bool {
    let name = function.call.name.last.text.lowercased()
    return functions[name] != nil || name.hasPrefix("explode") || name.hasPrefix("posexplode")
      || name == "unnest"
  }

  func combineLateral(
    _ left: BoundTable, _ right: BoundTable, _ free: Set<ColumnID>, kind: JoinSyntax.Kind,
    condition: JoinSyntax.Condition, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    guard kind == .cross || kind == .inner || kind == .left else {
      throw QueryError.unsupported("LATERAL in a \(kind.rawValue.uppercased()) JOIN")
    }
    let scope = Scope(parent: outer)
    scope.add(left.scope)
    scope.add(right.scope)
    let subquery = Subquery(plan: right.plan, correlated: free, columns: right.plan.outputColumns)
    var conditions: [BoundExpression] = []
    if case .on(let expression) = condition, !expression.isTrue {
      let context = ExpressionContext(scope, .join, tables: tables)
      for conjunct in expression.conjuncts {
        conditions.append(
          try self.condition(try bind(conjunct, in: context), in: "ON", at: conjunct.range))
      }
    }
    let builder = RelationBuilder(left.plan)
    try addDependentJoin(kind == .left ? .left : .inner, subquery, conditions, to: builder)
    return BoundTable(plan: builder.plan, scope: scope)
  }

  func joined(
    _ left: BoundTable, _ right: BoundTable, kind: JoinSyntax.Kind, condition: JoinSyntax.Condition,
    outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    let scope = Scope(parent: outer)
    scope.add(left.scope)
    if kind != .semi, kind != .anti { scope.add(right.scope) }
    switch condition {
    case .none:
      return BoundTable(plan: join(kind.planKind, left.plan, right.plan, on: []), scope: scope)
    case .on(let expression):
      return try joinOn(expression, left, right, kind, scope, outer: outer, tables: tables)
    case .using(let names): return try joinUsing(names, left, right, kind, scope)
    case .natural:
      var names: [Identifier] = []
      for column in left.scope.columns where !column.isHidden && !column.needsQualifier {
        let name = Identifier(text: column.name, isQuoted: true, range: SourceRange(0, 0))
        let matches = right.scope.columns(named: name).filter { !$0.isHidden }
        if !matches.isEmpty, !names.contains(where: { $0.text.lowercased() == name.text.lowercased() }) {
          names.append(name)
        }
      }
      return try joinUsing(names, left, right, kind, scope)
    }
  }

  func joinOn(
    _ expression: ExpressionSyntax, _ left: BoundTable, _ right: BoundTable, _ kind: JoinSyntax.Kind,
    _ scope: Scope,
    outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    var visible = scope
    if kind == .semi || kind == .anti {
      visible = Scope(parent: outer)
      visible.add(left.scope)
      visible.add(right.scope)
    }
    if kind == .inner, expression.conjuncts.contains(where: \.holdsSubquery) {
      let builder = RelationBuilder(.join(LogicalPlan.Join(.cross, left.plan, right.plan)))
      try addFilter(expression, in: ExpressionContext(visible, .join, builder: builder, tables: tables))
      return BoundTable(plan: builder.plan, scope: scope)
    }
    if expression.conjuncts.contains(where: \.holdsSubquery) {
      let plan = try joinByMatches(expression, left.plan, right.plan, kind, visible, tables)
      return BoundTable(plan: plan, scope: scope)
    }
    let context = ExpressionContext(visible, .join, tables: tables)
    var conditions: [BoundExpression] = []
    for conjunct in expression.conjuncts {
      let bound = try bind(conjunct, in: context)
      conditions.append(try condition(bound, in: "ON", at: conjunct.range))
    }
    conditions.removeAll { $0 == .literal(.boolean(true), .boolean) }
    return BoundTable(plan: join(kind.planKind, left.plan, right.plan, on: conditions), scope: scope)
  }

  /// USING: the columns of one name are equal, and show once.
  func joinUsing(
    _ names: [Identifier], _ left: BoundTable, _ right: BoundTable, _ kind: JoinSyntax.Kind, _ scope: Scope
  ) throws(QueryError) -> BoundTable {
    var conditions: [BoundExpression] = []
    var merged: [ScopeColumn] = []
    var coalesced: [LogicalPlan.NamedExpression] = []
    for name in names {
      guard let leftColumn = try column(name, of: left, "left"),
        let rightColumn = try column(name, of: right, "right")
      else { continue }
      let condition = try compare(
        .equal, .column(leftColumn.id, leftColumn.type), .column(rightColumn.id, rightColumn.type),
        leftRange: name.range, rightRange: name.range)
      conditions.append(condition)
      guard kind != .semi, kind != .anti else { continue }
      for index in scope.columns.indices
      where [leftColumn.id, rightColumn.id].contains(scope.columns[index].id) {
        scope.columns[index].needsQualifier = true
      }
      var result = kind == .right ? rightColumn : leftColumn
      if kind == .full, case .comparison(_, let first, let second) = condition {
        let column = newColumn(leftColumn.name, first.type)
        let value = BoundExpression.caseWhen(
          [.init(condition: .isNull(first, isNegated: true), result: first)], otherwise: second,
          type: first.type)
        coalesced.append(.init(value, as: column))
        result = ScopeColumn(id: column.id, name: column.name, type: column.type)
      }
      result.table = nil
      result.needsQualifier = false
      merged.append(result)
    }
    // `*` shows the merged columns first.
    scope.columns = merged + scope.columns
    var plan = join(kind.planKind, left.plan, right.plan, on: conditions)
    if !coalesced.isEmpty { plan = .project(plan.outputColumns.map { .init(passing: $0) } + coalesced, plan) }
    return BoundTable(plan: plan, scope: scope)
  }

  func column(
    _ name: Identifier, of table: BoundTable, _ side: String
  ) throws(QueryError) -> ScopeColumn? {
    let found = table.scope.columns(named: name)
    if found.count == 1 { return found[0] }
    if found.isEmpty {
      _ = unknown(
        QueryError(
          .undefinedColumn, "there is no column \"\(name.text)\" on the \(side) side of the join",
          hint: NearestName.hint(for: name.text, among: table.scope.columnNames), at: place(name.range)))
      return nil
    }
    throw QueryError(
      .ambiguousColumn, "the column \"\(name.text)\" is in several tables on the \(side) side of the join",
      at: place(name.range))
  }

  /// ASOF JOIN: equalities and one inequality; the last right row that meets it.
  func bindAsOf(
    _ syntax: JoinSyntax, _ left: BoundTable, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    guard syntax.kind == .inner || syntax.kind == .left else {
      throw QueryError.unsupported(
        "ASOF with \(syntax.kind.rawValue.uppercased()) JOIN", at: place(syntax.range))
    }
    let right = try bind(syntax.right, after: left, outer: outer, tables: tables)
    var result = try joined(
      left, right, kind: .inner, condition: syntax.condition, outer: outer, tables: tables)
    guard case .join(var made) = result.plan else {
      throw QueryError.internalError("no join", at: syntax.range)
    }
    if let match = syntax.matchCondition {
      let context = ExpressionContext(result.scope, .join, tables: tables)
      let bound = try condition(try bind(match, in: context), in: "MATCH_CONDITION", at: match.range)
      made.residual = BoundExpression.conjunction((made.residual?.conjuncts ?? []) + [bound])
    }
    guard let residual = made.residual, case .comparison(let comparison, let first, let second) = residual,
      [.less, .lessOrEqual, .greater, .greaterOrEqual].contains(comparison)
    else {
      throw QueryError(
        .invalidParameter, "ASOF JOIN needs one inequality, such as a.ts >= b.ts, and equalities besides",
        at: place(syntax.range), kind: .bind)
    }
    // The left side's value stands first.
    let leftColumns = Set(left.plan.outputColumns.map(\.id))
    made.residual =
      first.columns.isSubset(of: leftColumns)
      ? residual : .comparison(comparison.mirrored, second, first)
    made.kind = .asof(isLeft: syntax.kind == .left)
    result.plan = .join(made)
    return result
  }
}

internal import Columnar

/// DELETE, UPDATE and MERGE.
extension Binder {
  func bindDelete(_ delete: DeleteSyntax) throws(QueryError) -> BoundChange {
    try reportingAllUnknownNames { () throws(QueryError) in
      let target = try bindTarget(delete.table, alias: delete.alias)
      let (builder, _) = try rows(of: target, delete.using, delete.condition)
      return try change(target, builder, clauses: [.delete], operation: "delete", values: [])
    }
  }

  func bindUpdate(_ update: UpdateSyntax) throws(QueryError) -> BoundChange {
    try reportingAllUnknownNames { () throws(QueryError) in
      let target = try bindTarget(update.table, alias: update.alias)
      let (builder, context) = try rows(of: target, update.from, update.condition)
      let assigned = try assignments(update.assignments, target, in: context.with(.change))
      let values = target.dataColumns.map { column in
        assigned[column.output.id] ?? .column(column.output.id, column.output.type)
      }
      return try change(target, builder, clauses: [.update], operation: "update", values: values)
    }
  }

  func bindMerge(_ merge: MergeSyntax) throws(QueryError) -> BoundChange {
    try reportingAllUnknownNames { () throws(QueryError) in
      let target = try bindTarget(merge.table, alias: merge.alias)
      var source = try bind(merge.source, after: nil, outer: nil, tables: CommonTables())
      let isPresent = newColumn("present", .boolean)
      let sourceColumns = source.plan.outputColumns
      source.plan = .project(
        sourceColumns.map { .init(passing: $0) } + [.init(.literal(.boolean(true), .boolean), as: isPresent)],
        source.plan)
      let joined = try joinOn(
        merge.condition, target.table, source, joinKind(of: merge), scope(target.table, source), outer: nil,
        tables: CommonTables())
      let builder = RelationBuilder(joined.plan)
      let position = try required(target, "_pos")
      let both = Presence(
        ofTarget: .column(position.id, position.type), ofSource: .column(isPresent.id, .boolean))

      // First which clause a row falls to, then what that clause makes of it.
      var branches: [BoundExpression.CaseBranch] = []
      for (index, clause) in merge.clauses.enumerated() {
        let context = context(of: clause.match, target, source, joined, builder)
        var condition = both.condition(of: clause.match)
        if let syntax = clause.condition {
          let bound = try bind(syntax, in: context)
          condition = .and(
            condition.conjuncts + [try self.condition(bound, in: "WHEN", at: syntax.range)])
        }
        let number: ScalarValue =
          if case .doNothing = clause.action { .null } else { .integer(Int64(index)) }
        branches.append(.init(condition: condition, result: .literal(number, .integer)))
      }
      let number = newColumn("clause", .integer)
      builder.plan = .project(
        builder.plan.outputColumns.map { .init(passing: $0) }
          + [.init(.caseWhen(branches, otherwise: nil, type: .integer), as: number)], builder.plan)
      builder.plan = builder.plan.filtered(by: [.isNull(.column(number.id, .integer), isNegated: true)])

      var results = [[BoundExpression.CaseBranch]](repeating: [], count: target.dataColumns.count)
      for (index, clause) in merge.clauses.enumerated() {
        let context = context(of: clause.match, target, source, joined, builder)
        guard let values = try values(of: clause, target, source, in: context) else { continue }
        let isThis = BoundExpression.comparison(
          .equal, .column(number.id, .integer), .literal(.integer(Int64(index)), .integer))
        for (column, value) in values.enumerated() {
          results[column].append(.init(condition: isThis, result: value))
        }
      }
      let values = zip(target.dataColumns, results).map { column, branches -> BoundExpression in
        branches.isEmpty
          ? .literal(.null, column.output.type)
          : .caseWhen(branches, otherwise: nil, type: column.output.type)
      }
      let writesRows = results.contains { !$0.isEmpty }
      return try change(
        target, builder, clauses: merge.clauses.map(\.action.kind), operation: "merge",
        values: writesRows ? values : [], clause: .column(number.id, .integer))
    }
  }

  // The table

  /// Finds the table to change and binds it as the first of FROM.
  private func bindTarget(_ name: QualifiedName, alias: Identifier?) throws(QueryError) -> ChangeTarget {
    let parts = name.parts.map(\.text)
    guard let resolved = try resolver.resolveTarget(parts, at: place(name.range)) else {
      throw QueryError(
        .undefinedTable, "there is no table \"\(name.text)\"",
        hint: NearestName.hint(for: name.last.text, among: resolver.tableNames()), at: place(name.range))
    }
    let columns = resolved.columns.map { newColumn($0.name, $0.type, isNullable: $0.isNullable) }
    let hidden = Set(zip(columns, resolved.columns).filter { $1.isHidden }.map(\.0.id))
    let scope = Scope(parent: nil)
    scope.add(alias.map { [$0.text] } ?? parts, columns, hidden: hidden)
    let plan = LogicalPlan.scan(
      LogicalPlan.Scan(
        relation: resolved, name: alias?.text ?? name.last.text, columns: columns,
        columnIndices: Array(columns.indices)))
    return ChangeTarget(
      relation: resolved, table: BoundTable(plan: plan, scope: scope), columns: columns, name: name,
      alias: alias)
  }

  private func required(_ target: ChangeTarget, _ name: String) throws(QueryError) -> OutputColumn {
    guard let column = target.hidden(name) else {
      throw QueryError(
        .unsupported, "the rows of \"\(target.name.text)\" cannot be changed", at: place(target.name.range))
    }
    return column
  }

  /// Binds the tables beside the target, and the condition.
  private func rows(
    of target: ChangeTarget, _ others: [TableReference], _ condition: ExpressionSyntax?
  ) throws(QueryError) -> (RelationBuilder, ExpressionContext) {
    var from = target.table
    for other in others {
      from = try combine(
        from, other, kind: .cross, condition: .none, outer: nil, tables: CommonTables())
    }
    let builder = RelationBuilder(from.plan)
    let context = ExpressionContext(from.scope, .condition, builder: builder)
    if let condition { try addFilter(condition, in: context) }
    return (builder, context)
  }

  private func change(
    _ target: ChangeTarget, _ builder: RelationBuilder, clauses: [BoundChange.Kind], operation: String,
    values: [BoundExpression], clause: BoundExpression = .literal(.integer(0), .integer)
  ) throws(QueryError) -> BoundChange {
    let (path, position) = (try required(target, "_file"), try required(target, "_pos"))
    var columns: [LogicalPlan.NamedExpression] = [
      .init(passing: path), .init(passing: position), .init(clause, as: newColumn("clause", .integer)),
    ]
    let rowID = values.isEmpty ? nil : target.hidden("_row_id")
    if let rowID { columns.append(.init(passing: rowID)) }
    for (column, value) in zip(target.dataColumns, values) {
      columns.append(
        .init(
          value, as: newColumn(column.output.name, column.output.type, isNullable: column.output.isNullable)))
    }
    if let range = target.hidden("_deleted").flatMap({ columnPositions[$0.id] }) {
      throw QueryError(
        .unsupported, "_deleted of the table that a statement changes: deleted rows cannot be changed",
        hint: "leave the condition out, or restore rows by INSERT INTO … SELECT … WHERE _deleted",
        at: place(range))
    }
    return BoundChange(
      plan: showingDeletedRows(.project(columns, builder.plan)), target: target.relation, path: path,
      position: position,
      clauses: clauses, keepsRowID: rowID != nil, valueCount: values.count, operation: operation)
  }

  // Values

  /// Binds `column = value, …`; the values by the column they are for.
  private func assignments(
    _ syntax: [AssignmentSyntax], _ target: ChangeTarget, in context: ExpressionContext
  ) throws(QueryError) -> [ColumnID: BoundExpression] {
    var result: [ColumnID: BoundExpression] = [:]
    for assignment in syntax {
      guard let column = try column(assignment.column, of: target) else { continue }
      guard result[column.id] == nil else {
        throw QueryError(
          .duplicateColumn, "the column \"\(column.name)\" is set twice", at: place(assignment.column.range))
      }
      if case .defaultValue = assignment.value.kind {
        let known = target.dataColumns.first { $0.output.id == column.id }
        result[column.id] = .literal(known.map { target.defaultValue(of: $0.relation) } ?? .null, column.type)
        continue
      }
      result[column.id] = try assigned(
        bind(assignment.value, in: context), to: column.type, what: "the value of \"\(column.name)\"",
        at: assignment.value.range)
    }
    return result
  }

  /// Finds a column of the target by its name, perhaps with the table's in front.
  private func column(
    _ name: QualifiedName, of target: ChangeTarget
  ) throws(QueryError) -> OutputColumn? {
    let columns = target.dataColumns.map(\.output)
    func find(_ name: Identifier) -> OutputColumn? {
      columns.first { $0.name == name.text }
        ?? columns.first { $0.name.lowercased() == name.text.lowercased() }
    }
    if name.parts.count == 1, let column = find(name.last) { return column }
    if name.parts.count > 1 {
      let qualifier = name.parts.dropLast().map(\.text)
      if !target.table.scope.tables(named: qualifier).isEmpty, let column = find(name.last) { return column }
      if find(name.parts[0]) != nil {
        throw QueryError(
          .unsupported, "a field of a column cannot be set by itself",
          hint: "set the whole column: \(name.parts[0].text) = struct(…)", at: place(name.range))
      }
    }
    _ = unknown(
      QueryError(
        .undefinedColumn, "the table \"\(target.name.text)\" has no column \"\(name.text)\"",
        hint: NearestName.hint(for: name.last.text, among: columns.map(\.name)), at: place(name.range)))
    return nil
  }

  // MERGE

  /// What tells whether a row of the join has a row of the target, and of the source.
  private struct Presence {
    var ofTarget: BoundExpression
    var ofSource: BoundExpression

    func condition(of match: MergeSyntax.Match) -> BoundExpression {
      .and([
        .isNull(ofTarget, isNegated: match != .notMatched),
        .isNull(ofSource, isNegated: match != .notMatchedBySource),
      ])
    }
  }

  private func joinKind(of merge: MergeSyntax) -> JoinSyntax.Kind {
    let inserts = merge.clauses.contains { $0.match == .notMatched }
    let keepsTarget = merge.clauses.contains { $0.match == .notMatchedBySource }
    return inserts ? (keepsTarget ? .full : .right) : (keepsTarget ? .left : .inner)
  }

  private func scope(_ left: BoundTable, _ right: BoundTable) -> Scope {
    let scope = Scope(parent: nil)
    scope.add(left.scope)
    scope.add(right.scope)
    return scope
  }

  /// What the expressions of a clause may name: the side that is missing they may not.
  private func context(
    of match: MergeSyntax.Match, _ target: ChangeTarget, _ source: BoundTable, _ joined: BoundTable,
    _ builder: RelationBuilder
  ) -> ExpressionContext {
    let scope: Scope =
      switch match {
      case .matched: joined.scope
      case .notMatched: source.scope
      case .notMatchedBySource: target.table.scope
      }
    return ExpressionContext(scope, .change, builder: builder)
  }

  /// The values that a clause gives a row, one for each column of the table; `nil` if it writes none.
  private func values(
    of clause: MergeSyntax.Clause, _ target: ChangeTarget, _ source: BoundTable, in context: ExpressionContext
  ) throws(QueryError) -> [BoundExpression]? {
    let columns = target.dataColumns.map(\.output)
    switch clause.action {
    case .delete, .doNothing:
      if clause.match == .notMatched, case .delete = clause.action {
        throw QueryError(
          .syntaxError, "there is no row to delete WHEN NOT MATCHED", at: place(clause.range), kind: .bind)
      }
      return nil
    case .update(let assignments):
      try check(clause, isInsert: false)
      let assigned = try self.assignments(assignments, target, in: context)
      return columns.map { assigned[$0.id] ?? .column($0.id, $0.type) }
    case .updateAll:
      try check(clause, isInsert: false)
      guard clause.match == .matched else {
        throw QueryError(
          .syntaxError, "UPDATE SET * needs a row of the source", at: place(clause.range), kind: .bind)
      }
      return try valuesByName(columns, source, target, at: clause.range)
    case .insertAll:
      try check(clause, isInsert: true)
      return try valuesByName(columns, source, target, at: clause.range)
    case .insert(let names, let expressions):
      try check(clause, isInsert: true)
      guard (names.isEmpty ? columns.count : names.count) == expressions.count else {
        throw QueryError(
          .syntaxError,
          "\(names.isEmpty ? "the table has \(columns.count)" : "\(names.count) are named"), and there are \(expressions.count) values",
          at: place(clause.range), kind: .bind)
      }
      var given: [ColumnID: BoundExpression] = [:]
      for (index, expression) in expressions.enumerated() {
        let column = names.isEmpty ? columns[index] : try self.column(names[index], of: target)
        guard let column else { continue }
        guard given[column.id] == nil else {
          throw QueryError(
            .duplicateColumn, "the column \"\(column.name)\" is named twice", at: place(clause.range))
        }
        given[column.id] = try assigned(
          bind(expression, in: context), to: column.type, what: "the value of \"\(column.name)\"",
          at: expression.range)
      }
      return target.dataColumns.map { column in
        given[column.output.id] ?? .literal(target.defaultValue(of: column.relation), column.output.type)
      }
    }
  }

  private func check(_ clause: MergeSyntax.Clause, isInsert: Bool) throws(QueryError) {
    guard isInsert != (clause.match == .notMatched) else { return }
    throw QueryError(
      .syntaxError,
      isInsert ? "INSERT goes with WHEN NOT MATCHED" : "there is no row to update WHEN NOT MATCHED",
      at: place(clause.range), kind: .bind)
  }

  /// The source's columns for the table's, by name: what `INSERT *` and `UPDATE SET *` mean.
  private func valuesByName(
    _ columns: [OutputColumn], _ source: BoundTable, _ target: ChangeTarget, at range: SourceRange
  ) throws(QueryError) -> [BoundExpression] {
    var values: [BoundExpression] = []
    for column in columns {
      let name = Identifier(text: column.name, isQuoted: true, range: range)
      let found = source.scope.columns(named: name).filter { !$0.isHidden }
      guard found.count == 1 else {
        let message =
          found.isEmpty
          ? "the source has no column \"\(column.name)\" for *"
          : "the source has several columns \"\(column.name)\" for *"
        values.append(
          unknown(
            QueryError(
              found.isEmpty ? .undefinedColumn : .ambiguousColumn, message,
              hint: "name the columns and their values instead of *", at: place(range))))
        continue
      }
      values.append(
        try assigned(
          .column(found[0].id, found[0].type), to: column.type, what: "the column \"\(column.name)\"",
          at: range))
    }
    return values
  }
}

extension MergeSyntax.Action {
  /// What the action does to a row; doing nothing never comes to a row.
  var kind: BoundChange.Kind {
    switch self {
    case .delete, .doNothing: .delete
    case .update, .updateAll: .update
    case .insert, .insertAll: .insert
    }
  }
}

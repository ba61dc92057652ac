internal import Columnar

/// WITH, set operations, VALUES, ORDER BY and LIMIT; SELECT itself is in `Binder+Select`.
extension Binder {
  /// Binds a query; it may use the names of the query around (`outer`) and the queries of WITH in scope.
  func bind(_ query: QuerySyntax, outer: Scope?, tables: CommonTables) throws(QueryError) -> LogicalPlan {
    guard let with = query.with else { return try bindBody(of: query, outer: outer, tables: tables) }
    var tables = tables
    var definitions: [(entry: CommonTables.Entry, plan: LogicalPlan, isMaterialized: Bool?)] = []
    for table in with.tables {
      if definitions.contains(where: { $0.entry.name.lowercased() == table.name.text.lowercased() }) {
        throw QueryError(
          .duplicateAlias, "WITH has two queries named \"\(table.name.text)\"", at: place(table.name.range))
      }
      let plan = try bindCommonTable(table, isRecursive: with.isRecursive, outer: outer, tables: tables)
      let columns = try renamed(plan.outputColumns, table.columns, of: table.name)
      let entry = CommonTables.Entry(id: newPlanID(), name: table.name.text, columns: columns)
      entry.plan = plan
      if table.isMaterialized == false, !with.isRecursive {
        entry.inlined = (table.query, table.columns, tables)
      }
      tables[table.name.text] = entry
      definitions.append((entry, plan, table.isMaterialized))
    }
    var plan = try bindBody(of: query, outer: outer, tables: tables)
    for definition in definitions.reversed() {
      let entry = definition.entry
      if entry.references == 0 { continue }
      if entry.references == 1, definition.isMaterialized != true {
        plan = plan.inlining(entry.id, definition.plan)
      } else {
        plan = .with(id: entry.id, name: entry.name, definition: definition.plan, body: plan)
      }
    }
    return plan
  }

  /// Gives columns the names of a column list.
  func renamed(
    _ columns: [OutputColumn], _ names: [Identifier], of table: Identifier
  ) throws(QueryError) -> [OutputColumn] {
    guard names.count <= columns.count else {
      throw QueryError(
        .invalidColumnReference,
        "\"\(table.text)\" has \(columns.count) columns, and \(names.count) names are given",
        at: place(table.range))
    }
    var result = columns
    for (index, name) in names.enumerated() { result[index].name = name.text }
    return result
  }

  private func bindCommonTable(
    _ table: CommonTableSyntax, isRecursive: Bool, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    guard isRecursive, case .setOperation(let operation) = table.query.body, operation.operation == .union,
      operation.branches.last?.names(table.name.text) == true
    else { return try bind(table.query, outer: outer, tables: tables) }
    guard table.query.orderBy == nil, table.query.limit == nil, table.query.with == nil else {
      throw QueryError.unsupported(
        "ORDER BY, LIMIT or WITH in a recursive query", at: place(table.query.range))
    }
    var first = operation
    let last = first.branches.removeLast()
    let initialBody: QueryBody = first.branches.count == 1 ? first.branches[0] : .setOperation(first)
    var initialPlan = try bind(
      QuerySyntax(body: initialBody, range: operation.range), outer: outer, tables: tables)
    // The first part decides the types; a bare NULL becomes text.
    let target = initialPlan.outputColumns.map { $0.type == .null ? LogicalType.varchar : $0.type }
    initialPlan = converted(initialPlan, to: target)
    let columns = try renamed(
      initialPlan.outputColumns.map { newColumn($0.name, $0.type) }, table.columns, of: table.name)
    let entry = CommonTables.Entry(id: newPlanID(), name: table.name.text, columns: columns)
    var inner = tables
    inner[table.name.text] = entry
    var step = try bind(QuerySyntax(body: last, range: operation.range), outer: outer, tables: inner)
    guard step.outputColumns.count == target.count else {
      throw QueryError(
        .invalidRecursion,
        "the recursive part of \"\(table.name.text)\" has \(step.outputColumns.count) columns, the first part \(target.count)",
        at: place(table.name.range))
    }
    for (index, column) in step.outputColumns.enumerated() where column.type != target[index] {
      guard ImplicitConversion.commonType(column.type, target[index]) == target[index] else {
        throw QueryError(
          .datatypeMismatch,
          "column \(index + 1) of the recursive query \"\(table.name.text)\" is \(target[index]) first and \(column.type) then",
          hint: "cast the first part: CAST(… AS \(column.type))", at: place(table.name.range))
      }
    }
    step = converted(step, to: target)
    return .recursive(
      id: entry.id, initial: initialPlan, step: step, columns: columns, isAll: operation.isAll)
  }

  /// Returns the plan with its columns converted by position.
  func converted(_ plan: LogicalPlan, to types: [LogicalType]) -> LogicalPlan {
    let columns = plan.outputColumns
    guard zip(columns, types).contains(where: { $0.type != $1 }) else { return plan }
    return .project(
      zip(columns, types).map { column, type in
        if column.type == type { return .init(passing: column) }
        return .init(
          converted(.column(column.id, column.type), to: type), as: newColumn(column.name, type))
      }, plan)
  }

  private func bindBody(
    of query: QuerySyntax, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    switch query.body {
    case .select(let select):
      return try bind(select, orderBy: query.orderBy, limit: query.limit, outer: outer, tables: tables)
    case .nested(let inner) where query.orderBy == nil && query.limit == nil:
      return try bind(inner, outer: outer, tables: tables)
    default:
      var plan = try bind(query.body, outer: outer, tables: tables)
      if let orderBy = query.orderBy { plan = try sorted(plan, by: orderBy, outer: outer, tables: tables) }
      return try limited(plan, by: query.limit, outer: outer)
    }
  }

  private func bind(_ body: QueryBody, outer: Scope?, tables: CommonTables) throws(QueryError) -> LogicalPlan
  {
    switch body {
    case .select(let select): return try bind(select, orderBy: nil, limit: nil, outer: outer, tables: tables)
    case .nested(let query): return try bind(query, outer: outer, tables: tables)
    case .values(let rows, let range): return try bindValues(rows, at: range, outer: outer, tables: tables)
    case .setOperation(let operation): return try bind(operation, outer: outer, tables: tables)
    }
  }

  // Set operations

  private func bind(
    _ operation: SetOperationSyntax, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    var branches: [LogicalPlan] = []
    for branch in operation.branches { branches.append(try bind(branch, outer: outer, tables: tables)) }
    if operation.byName { branches = byName(branches) }
    let first = branches[0].outputColumns
    for branch in branches.dropFirst() where branch.outputColumns.count != first.count {
      throw QueryError(
        .syntaxError,
        "the queries of \(operation.operation.rawValue) have \(first.count) and \(branch.outputColumns.count) columns",
        at: place(operation.range), kind: .bind)
    }
    var types: [LogicalType] = []
    for index in first.indices {
      var type = LogicalType.null
      for branch in branches {
        let next = branch.outputColumns[index].type
        guard let common = commonColumnType(type, next, branch, index) else {
          throw QueryError(
            .datatypeMismatch,
            "column \(index + 1) (\"\(first[index].name)\") of \(operation.operation.rawValue) is both \(type) and \(next)",
            hint: "convert one with CAST", at: place(operation.range))
        }
        type = common
      }
      types.append(type)
    }
    let converted = branches.map { self.converted($0, to: types) }
    let kind: LogicalPlan.SetOperation.Kind =
      switch operation.operation {
      case .union: .union
      case .intersect: .intersect
      case .except: .except
      }
    var result = converted[0]
    for branch in converted.dropFirst() {
      let columns = zip(first, types).map { newColumn($0.name, $1) }
      result = .setOperation(
        LogicalPlan.SetOperation(kind, isAll: operation.isAll, result, branch, columns: columns))
    }
    return result
  }

  private func commonColumnType(
    _ left: LogicalType, _ right: LogicalType, _ plan: LogicalPlan, _ index: Int
  ) -> LogicalType? {
    ImplicitConversion.commonType(left, right)
  }

  /// UNION BY NAME: columns of the same name meet; what a branch lacks is null.
  private func byName(_ branches: [LogicalPlan]) -> [LogicalPlan] {
    var names: [String] = []
    var seen: Set<String> = []
    for branch in branches {
      for column in branch.outputColumns where seen.insert(column.name.lowercased()).inserted {
        names.append(column.name)
      }
    }
    return branches.map { branch in
      let columns = branch.outputColumns
      return .project(
        names.map { name in
          if let column = columns.first(where: { $0.name.lowercased() == name.lowercased() }) {
            return .init(passing: column)
          }
          return .init(.literal(.null, .null), as: newColumn(name, .null))
        }, branch)
    }
  }

  // VALUES

  private func bindValues(
    _ rows: [[ExpressionSyntax]], at range: SourceRange, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    let width = rows.first?.count ?? 0
    guard width > 0 else {
      throw QueryError(.syntaxError, "VALUES has a row without values", at: place(range))
    }
    let builder = RelationBuilder(.values(rows: [[]], columns: []))
    let context = ExpressionContext(Scope(parent: outer), .values, builder: builder, tables: tables)
    var columns = [[(expression: BoundExpression, range: SourceRange)]](repeating: [], count: width)
    for row in rows {
      guard row.count == width else {
        throw QueryError(
          .syntaxError, "the rows of VALUES have \(width) and \(row.count) values",
          at: place(row.first.map { $0.range.union(row.last?.range ?? $0.range) } ?? range))
      }
      for (index, value) in row.enumerated() {
        columns[index].append((try bind(value, in: context), value.range))
      }
    }
    var outputs: [OutputColumn] = []
    var unified: [[BoundExpression]] = []
    for (index, values) in columns.enumerated() {
      let (converted, type) = try self.unified(values, what: "column \(index + 1) of VALUES")
      unified.append(converted)
      outputs.append(newColumn("column\(index + 1)", type))
    }
    let bound = rows.indices.map { row in unified.map { $0[row] } }
    if case .values = builder.plan { return .values(rows: bound, columns: outputs) }
    // Subqueries among the values: each row is computed over what they were joined to.
    return self.rows(bound, outputs, over: builder.plan, keeping: [])
  }

  /// Rows whose values are computed over each row of a plan: which row it is decides which values it has.
  func rows(
    _ rows: [[BoundExpression]], _ columns: [OutputColumn], over plan: LogicalPlan,
    keeping kept: [OutputColumn]
  ) -> LogicalPlan {
    let number = newColumn("row", .integer, isNullable: false)
    var constants = rows.indices.map { [BoundExpression.literal(.integer(Int64($0)), .integer)] }
    var constantColumns = [number]
    var values: [LogicalPlan.NamedExpression] = []
    for (index, column) in columns.enumerated() {
      if rows.allSatisfy({ $0[index].columns.isEmpty }) {
        for row in rows.indices { constants[row].append(rows[row][index]) }
        constantColumns.append(column)
        values.append(.init(passing: column))
        continue
      }
      let branches = rows.indices.map { row in
        BoundExpression.CaseBranch(
          condition: .comparison(.equal, .column(number.id, .integer), constants[row][0]),
          result: rows[row][index])
      }
      values.append(.init(.caseWhen(branches, otherwise: nil, type: column.type), as: column))
    }
    let numbers = LogicalPlan.values(rows: constants, columns: constantColumns)
    return .project(
      values + kept.map { .init(passing: $0) }, .join(LogicalPlan.Join(.cross, plan, numbers)))
  }

  // ORDER BY over finished rows, and LIMIT

  private func sorted(
    _ plan: LogicalPlan, by orderBy: OrderBySyntax, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    let columns = plan.outputColumns
    switch orderBy {
    case .all(let descending, let nullsFirst):
      return .sort(columns.map { sortKey(.column($0.id, $0.type), descending, nullsFirst) }, plan)
    case .items(let items):
      let scope = Scope(parent: outer)
      scope.add([], columns)
      let builder = RelationBuilder(plan)
      let context = ExpressionContext(scope, .order, builder: builder, tables: tables)
      var keys: [LogicalPlan.SortKey] = []
      for item in items {
        let expression: BoundExpression
        if let index = try position(item.expression, of: columns.count, in: "ORDER BY") {
          expression = .column(columns[index].id, columns[index].type)
        } else {
          expression = try bind(item.expression, in: context)
        }
        keys.append(sortKey(expression, item.descending, item.nullsFirst))
      }
      let sorted = LogicalPlan.sort(keys, builder.plan)
      guard builder.plan.outputColumns.count != columns.count else { return sorted }
      return .project(columns.map { .init(passing: $0) }, sorted)
    }
  }

  func sortKey(_ expression: BoundExpression, _ descending: Bool, _ nullsFirst: Bool?) -> LogicalPlan.SortKey
  {
    .init(
      expression, isDescending: descending,
      nullsFirst: nullsFirst ?? settings.nullOrder.nullsFirst(descending: descending))
  }

  /// The index of the column that an integer literal in ORDER BY or GROUP BY means.
  func position(_ expression: ExpressionSyntax, of count: Int, in clause: String) throws(QueryError) -> Int? {
    guard case .integer(let digits) = expression.kind else { return nil }
    guard let number = Int(digits), number >= 1, number <= count else {
      throw QueryError(
        .invalidColumnReference,
        "\(clause) position \(digits) is not in the SELECT list, which has \(count) columns",
        at: place(expression.range))
    }
    return number - 1
  }

  func limited(_ plan: LogicalPlan, by limit: LimitSyntax?, outer: Scope?) throws(QueryError) -> LogicalPlan {
    guard let limit else { return plan }
    if limit.isPercent || limit.withTies { return try limitedByNumber(plan, by: limit) }
    let count =
      try limit.count.map { expression throws(QueryError) in try rowCount(expression, "LIMIT") } ?? nil
    let offset =
      try limit.offset.map { expression throws(QueryError) in try rowCount(expression, "OFFSET") } ?? nil
    if count == nil, offset ?? 0 == 0 { return plan }
    return .limit(count: count, offset: offset ?? 0, plan)
  }

  /// A constant number of rows; null means none is given.
  func rowCount(_ expression: ExpressionSyntax, _ clause: String) throws(QueryError) -> Int? {
    let context = ExpressionContext(Scope(parent: nil), .constant)
    let bound = try bind(expression, in: context)
    if bound.type == .null { return nil }
    guard bound.type.isNumeric || isUntyped(bound) else {
      throw QueryError(
        .datatypeMismatch, "\(clause) needs a number, not \(bound.type)", at: place(expression.range))
    }
    let value = try constant(converted(bound, to: .bigint), what: clause, at: expression.range)
    guard case .integer(let number) = value else { return nil }
    guard number >= 0 else {
      throw QueryError(.invalidParameter, "\(clause) must not be negative", at: place(expression.range))
    }
    return Int(number)
  }
}

extension QueryBody {
  /// Whether a FROM in it names a table, subqueries included; used to find recursion.
  func names(_ table: String) -> Bool {
    let wanted = table.lowercased()
    switch self {
    case .select(let select):
      if select.from.contains(where: { $0.names(wanted) }) { return true }
      var pending = select.items.compactMap { item -> ExpressionSyntax? in
        if case .expression(let expression, _) = item { return expression }
        return nil
      }
      if let condition = select.condition { pending.append(condition) }
      while let expression = pending.popLast() {
        switch expression.kind {
        case .exists(let query), .subquery(let query), .inSubquery(_, let query, _),
          .arraySubquery(let query),
          .quantified(_, _, _, .query(let query)):
          if query.body.names(wanted) { return true }
        default: break
        }
        pending += expression.children
      }
      return false
    case .setOperation(let operation): return operation.branches.contains { $0.names(wanted) }
    case .nested(let query): return query.body.names(wanted)
    case .values: return false
    }
  }
}

extension TableReference {
  func names(_ table: String) -> Bool {
    switch self {
    case .named(let named): named.name.parts.count == 1 && named.name.last.text.lowercased() == table
    case .query(let query, _, _, _): query.body.names(table)
    case .join(let join): join.left.names(table) || join.right.names(table)
    case .pivot(let pivot): pivot.input.names(table)
    case .unpivot(let unpivot): unpivot.input.names(table)
    case .file, .function: false
    }
  }
}

extension LogicalPlan {
  /// Puts the definition of a shared query where its one reference stands.
  func inlining(_ id: Int, _ definition: LogicalPlan) -> LogicalPlan {
    if case .cteReference(id, let columns) = self {
      return .project(
        zip(definition.outputColumns, columns).map { .init(.column($0.id, $0.type), as: $1) }, definition)
    }
    return mapInputs { $0.inlining(id, definition) }
  }
}

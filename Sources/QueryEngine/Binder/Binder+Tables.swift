internal import Columnar

/// FROM: tables, joins, subqueries, table functions.
extension Binder {
  /// Rows and the names they go by.
  struct BoundTable {
    var plan: LogicalPlan
    var scope: Scope
  }

  /// Binds all of FROM; without FROM there is one row without columns.
  func bindFrom(
    _ from: [TableReference], outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    guard let first = from.first else {
      return BoundTable(plan: .values(rows: [[]], columns: []), scope: Scope(parent: outer))
    }
    var result = try bind(first, after: nil, outer: outer, tables: tables)
    for table in from.dropFirst() {
      result = try combine(result, table, kind: .cross, condition: .none, outer: outer, tables: tables)
    }
    try checkAliases(result.scope, from)
    return result
  }

  func checkAliases(_ scope: Scope, _ from: [TableReference]) throws(QueryError) {
    var seen: Set<[String]> = []
    for table in scope.tables where !table.parts.isEmpty && !seen.insert(table.parts).inserted {
      throw QueryError(
        .duplicateAlias, "FROM names \"\(table.parts.joined(separator: "."))\" twice",
        hint: "give each an alias",
        at: place(from.first.map { first in from.dropFirst().reduce(first.range) { $0.union($1.range) } }))
    }
  }

  /// Binds one element of FROM; `left` is what stands before it, for LATERAL and UNNEST.
  func bind(
    _ table: TableReference, after left: BoundTable?, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    switch table {
    case .named(let named): return try bind(named, outer: outer, tables: tables)
    case .file(let path, let alias, let range):
      return try bindFunctionTable(
        "read_file", [(nil, .text(path), .varchar)], name: path, alias: alias, at: range, outer: outer)
    case .query(let query, let isLateral, let alias, let range):
      let visible = isLateral ? lateralScope(left, outer) : outer
      let plan = try bind(query, outer: visible, tables: tables)
      return try named(plan, alias, default: [], at: range, outer: outer)
    case .function(let function): return try bind(function, after: left, outer: outer, tables: tables)
    case .join(let join): return try bind(join, outer: outer, tables: tables)
    case .pivot(let pivot): return try bind(pivot, outer: outer, tables: tables)
    case .unpivot(let unpivot): return try bind(unpivot, outer: outer, tables: tables)
    }
  }

  func lateralScope(_ left: BoundTable?, _ outer: Scope?) -> Scope? {
    guard let left else { return outer }
    let scope = Scope(parent: outer)
    scope.add(left.scope)
    return scope
  }

  /// Gives a plan's columns the names of an alias.
  func named(
    _ plan: LogicalPlan, _ alias: TableAlias?, default parts: [String], at range: SourceRange, outer: Scope?,
    hidden: Set<ColumnID> = []
  ) throws(QueryError) -> BoundTable {
    let scope = Scope(parent: outer)
    var columns = plan.outputColumns
    if let alias { columns = try renamed(columns, alias.columns, of: alias.name) }
    scope.add(alias.map { [$0.name.text] } ?? parts, columns, hidden: hidden)
    return BoundTable(plan: plan, scope: scope)
  }

  // Named tables

  func bind(
    _ table: NamedTableSyntax, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    var found = try bindWhole(table, outer: outer, tables: tables)
    found.plan = try sampled(found.plan, by: table.sample)
    return found
  }

  private func bindWhole(
    _ table: NamedTableSyntax, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    if table.name.parts.count == 1, let entry = tables[table.name.last.text] {
      return try bind(entry, table, outer: outer)
    }
    let version = try table.timeTravel.map { clause throws(QueryError) in try bindVersion(clause) }
    let parts = table.name.parts.map(\.text)
    guard let resolved = try resolver.resolve(parts, version: version, at: place(table.name.range)) else {
      // Names go on being looked for, so that one run reports all that are unknown.
      throw QueryError(
        .undefinedTable, "there is no table \"\(table.name.text)\"",
        hint: NearestName.hint(for: table.name.last.text, among: resolver.tableNames() + tables.names),
        at: place(table.name.range))
    }
    switch resolved {
    case .relation(let relation):
      return try scan(relation, alias: table.alias, parts: parts, at: table.range, outer: outer)
    case .view(let view):
      guard version == nil else {
        throw QueryError.unsupported("time travel of the view \"\(view.name)\"", at: place(table.range))
      }
      return try named(
        try bind(view, at: table.range), table.alias, default: parts, at: table.range, outer: outer)
    }
  }

  func bind(
    _ entry: CommonTables.Entry, _ table: NamedTableSyntax, outer: Scope?
  ) throws(QueryError) -> BoundTable {
    if let clause = table.timeTravel {
      throw QueryError(
        .syntaxError, "\"\(entry.name)\" is a query of WITH and has no snapshots",
        hint: "put the clause inside the query", at: place(clause.range), kind: .bind)
    }
    let plan: LogicalPlan
    if let inlined = entry.inlined {
      plan = try bind(inlined.query, outer: nil, tables: inlined.tables)
      let columns = try renamed(plan.outputColumns, inlined.columns, of: table.name.last)
      let scope = Scope(parent: outer)
      let renamedColumns =
        try table.alias.map { alias throws(QueryError) in
          try renamed(columns, alias.columns, of: alias.name)
        } ?? columns
      scope.add([table.alias?.name.text ?? entry.name], renamedColumns)
      return BoundTable(plan: plan, scope: scope)
    }
    entry.references += 1
    plan = .cteReference(
      id: entry.id, columns: entry.columns.map { newColumn($0.name, $0.type, isNullable: $0.isNullable) })
    return try named(plan, table.alias, default: [entry.name], at: table.range, outer: outer)
  }

  func scan(
    _ relation: any Relation, alias: TableAlias?, parts: [String], at range: SourceRange, outer: Scope?
  ) throws(QueryError) -> BoundTable {
    let columns = relation.columns.map { newColumn($0.name, $0.type, isNullable: $0.isNullable) }
    let hidden = Set(zip(columns, relation.columns).filter { $1.isHidden }.map(\.0.id))
    let plan = LogicalPlan.scan(
      LogicalPlan.Scan(
        relation: relation, name: alias?.name.text ?? parts.last ?? relation.displayName, columns: columns,
        columnIndices: Array(columns.indices)))
    let scope = Scope(parent: outer)
    let visible = columns.filter { !hidden.contains($0.id) }
    var named = columns
    if let alias, !alias.columns.isEmpty {
      let renamedColumns = try renamed(visible, alias.columns, of: alias.name)
      named = renamedColumns + columns.filter { hidden.contains($0.id) }
    }
    // A table is found by its last name, and by the parts written before it.
    scope.add(alias.map { [$0.name.text] } ?? parts, named, hidden: hidden)
    return BoundTable(plan: plan, scope: scope)
  }

  func bind(_ view: ViewDefinition, at range: SourceRange) throws(QueryError) -> LogicalPlan {
    let key = view.name.lowercased()
    guard !openViews.contains(key) else {
      throw QueryError(.invalidRecursion, "the view \"\(view.name)\" refers to itself", at: place(range))
    }
    guard openViews.count < 32 else {
      throw QueryError(.tooComplex, "views are nested too deeply", at: place(range))
    }
    let statement: StatementSyntax
    do throws(QueryError) {
      statement = try Parser.statement(view.text)
    } catch {
      throw QueryError(
        .syntaxError, "the view \"\(view.name)\" cannot be read: \(error.message)", at: place(range),
        kind: .bind)
    }
    guard case .query(let query) = statement.kind else {
      throw QueryError(
        .syntaxError, "the view \"\(view.name)\" holds no query", at: place(range), kind: .bind)
    }
    let place = place(range)
    let (outerDivision, outerText) = (settings.integerDivision, sourceText)
    let outerNamespace = resolver.viewNamespace
    openViews.append(key)
    resolver.viewNamespace = view.namespace ?? outerNamespace
    settings.integerDivision = view.integerDivision
    sourceText = Array(view.text.utf8)
    defer {
      openViews.removeLast()
      settings.integerDivision = outerDivision
      sourceText = outerText
      resolver.viewNamespace = outerNamespace
    }
    let unknownBefore = unknownNames.count
    var plan: LogicalPlan
    do throws(QueryError) {
      plan = try bind(query, outer: nil, tables: CommonTables())
    } catch {
      throw error.located(at: place)
    }
    for index in unknownBefore..<unknownNames.count {
      unknownNames[index] = unknownNames[index].located(at: place)
    }
    if !view.columns.isEmpty {
      let names = view.columns.map { Identifier(text: $0, isQuoted: true, range: range) }
      let name = Identifier(text: view.name, isQuoted: true, range: range)
      let columns = try renamed(plan.outputColumns, names, of: name)
      plan = .project(zip(plan.outputColumns, columns).map { .init(.column($0.id, $0.type), as: $1) }, plan)
    }
    return plan
  }

  /// Evaluates the expression of a time travel clause.
  func bindVersion(_ clause: TimeTravelSyntax) throws(QueryError) -> TableVersion {
    let context = ExpressionContext(Scope(parent: nil), .constant)
    let expression = try bind(clause.expression, in: context)
    let range = clause.expression.range
    switch clause.kind {
    case .version:
      let value = try constant(expression, what: "the version", at: range)
      switch value {
      case .integer(let id): return .snapshot(id)
      case .bytes(let bytes):
        let text = String(decoding: bytes, as: UTF8.self)
        return Int64(text).map { .snapshot($0) } ?? .reference(text)
      default:
        throw QueryError(
          .datatypeMismatch,
          "the version is a snapshot's id or the name of a branch or tag, not \(expression.type)",
          at: place(range))
      }
    case .timestamp:
      let isTime = expression.type.isTimestamp || expression.type == .date || isUntyped(expression)
      guard isTime else {
        throw QueryError(
          .datatypeMismatch, "the time of a snapshot is a timestamp, not \(expression.type)",
          hint: "a snapshot's id goes with FOR VERSION AS OF", at: place(range))
      }
      let value = try constant(converted(expression, to: .timestampTZ), what: "the time", at: range)
      guard case .integer(let micros) = value else {
        throw QueryError(.invalidParameter, "the time of a snapshot must not be null", at: place(range))
      }
      return .timestamp(micros: micros)
    }
  }

  // Table functions

  func bind(
    _ function: TableFunctionSyntax, after left: BoundTable?, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    let name = function.call.name.last.text.lowercased()
    let isUnnest = ["unnest", "explode", "explode_outer", "posexplode", "posexplode_outer", "flatten_table"]
      .contains(name)
    if isUnnest || functions[name] != nil {
      return try bindUnnest(
        function, name, isUnnest: isUnnest, isOuter: name.hasSuffix("_outer"), after: left, outer: outer,
        tables: tables)
    }
    let context = ExpressionContext(Scope(parent: nil), .constant)
    var arguments: [(name: String?, value: ScalarValue, type: LogicalType)] = []
    for argument in function.call.arguments {
      let bound: BoundExpression
      if case .column(let column) = argument.value.kind {
        // A table's name as an argument: `table_changes(t, 1, 2)`.
        bound = .literal(.text(column.text), .varchar)
      } else {
        bound = try bind(argument.value, in: context)
      }
      let value = try constant(bound, what: "an argument of \(name)", at: argument.value.range)
      arguments.append((argument.name?.text.lowercased(), value, bound.type))
    }
    switch try function.timeTravel.map({ clause throws(QueryError) in try bindVersion(clause) }) {
    case .snapshot(let id)?: arguments.append(("snapshot_id", .integer(id), .bigint))
    case .reference(let name)?: arguments.append(("version", .text(name), .varchar))
    case .timestamp(let micros)?: arguments.append(("timestamp", .integer(micros), .timestampTZ))
    case nil: break
    }
    return try bindFunctionTable(
      name, arguments, name: name, alias: function.alias, at: function.range, outer: outer)
  }

  func bindFunctionTable(
    _ function: String, _ arguments: [(name: String?, value: ScalarValue, type: LogicalType)], name: String,
    alias: TableAlias?, at range: SourceRange, outer: Scope?
  ) throws(QueryError) -> BoundTable {
    guard let relation = try resolver.resolveFunction(function, arguments: arguments, at: place(range)) else {
      if function == "read_file" { throw QueryError.unsupported("a file in FROM", at: place(range)) }
      throw QueryError(
        .undefinedFunction, "there is no table function \"\(function)\"",
        hint: NearestName.hint(
          for: function, among: ["unnest", "generate_series", "range"] + resolver.tableFunctionNames()),
        at: place(range))
    }
    return try scan(relation, alias: alias, parts: [name], at: range, outer: outer)
  }

  /// UNNEST of lists, or a function whose value is a list.
  func bindUnnest(
    _ function: TableFunctionSyntax, _ name: String, isUnnest: Bool, isOuter: Bool, after left: BoundTable?,
    outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    let input = left?.plan ?? .values(rows: [[]], columns: [])
    let builder = RelationBuilder(input)
    let scope = lateralScope(left, outer) ?? Scope(parent: nil)
    let context = ExpressionContext(scope, .from, builder: builder, tables: tables)
    var lists: [BoundExpression] = []
    if isUnnest {
      for argument in function.call.arguments { lists.append(try bind(argument.value, in: context)) }
    } else {
      lists = [try bindFunction(function.call, at: function.range, in: context)]
    }
    guard !lists.isEmpty else {
      throw QueryError(.undefinedFunction, "\(name) needs a list", at: place(function.range))
    }
    var columns: [LogicalPlan.NamedExpression] = []
    var fields: [LogicalPlan.NamedExpression] = []
    for list in lists {
      switch list.type {
      case .list(let element):
        let column = newColumn(name == "generate_series" || name == "range" ? name : "unnest", element)
        columns.append(.init(list, as: column))
        if case .struct(let parts) = element, isUnnest, lists.count == 1, !name.hasPrefix("explode") {
          // A list of structs unnests to one column a field.
          for (index, part) in parts.enumerated() {
            fields.append(
              .init(
                .field(.column(column.id, element), index: index, type: part.type),
                as: newColumn(part.name, part.type)))
          }
        }
      case .map(let key, let value):
        let entry = LogicalType.struct([.init("key", key), .init("value", value)])
        let entries = try call("map_entries", [list], at: function.range)
        let column = newColumn("entry", entry)
        columns.append(.init(entries, as: column))
        fields.append(
          .init(.field(.column(column.id, entry), index: 0, type: key), as: newColumn("key", key)))
        fields.append(
          .init(.field(.column(column.id, entry), index: 1, type: value), as: newColumn("value", value)))
      case .null:
        columns.append(.init(.literal(.null, .list(.null)), as: newColumn("unnest", .null)))
      default:
        throw QueryError(
          .datatypeMismatch, "\(name) needs a list, not \(list.type)", at: place(function.range))
      }
    }
    let ordinality =
      function.withOrdinality || name.hasPrefix("posexplode")
      ? newColumn("ordinality", .bigint, isNullable: false) : nil
    var plan = LogicalPlan.unnest(
      LogicalPlan.Unnest(lists: columns, ordinality: ordinality, isOuter: isOuter, input: builder.plan))
    var outputs = fields.isEmpty ? columns.map(\.column) : fields.map(\.column)
    if !fields.isEmpty {
      plan = .project(plan.outputColumns.map { .init(passing: $0) } + fields, plan)
    }
    if let ordinality {
      // Spark's posexplode has the position first.
      if name.hasPrefix("posexplode") {
        outputs.insert(ordinality, at: 0)
      } else {
        outputs.append(ordinality)
      }
    }
    let result = Scope(parent: outer)
    if let left { result.add(left.scope) }
    if let alias = function.alias {
      let named = try renamed(outputs, alias.columns, of: alias.name)
      // `UNNEST(l) AS x`: the one column is called x too.
      if alias.columns.isEmpty, outputs.count == 1, var only = named.first {
        only.name = alias.name.text
        result.add([alias.name.text], [only])
      } else {
        result.add([alias.name.text], named)
      }
    } else {
      result.add([name], outputs)
    }
    return BoundTable(plan: plan, scope: result)
  }
}

extension JoinSyntax.Kind {
  var planKind: LogicalPlan.Join.Kind {
    switch self {
    case .inner: .inner
    case .left: .left
    case .right: .right
    case .full: .full
    case .cross: .cross
    case .semi: .semi
    case .anti: .anti
    }
  }
}

extension ExpressionSyntax {
  /// Whether a subquery stands anywhere inside.
  var holdsSubquery: Bool {
    switch kind {
    case .exists, .subquery, .inSubquery, .arraySubquery, .quantified(_, _, _, .query): true
    default: children.contains(where: \.holdsSubquery)
    }
  }

  var isTrue: Bool {
    if case .boolean(true) = kind { return true }
    return false
  }
}

extension LogicalPlan {
  /// The plan with its UNNEST keeping rows of empty lists.
  var unnestingOuter: LogicalPlan {
    switch self {
    case .unnest(var unnest):
      unnest.isOuter = true
      return .unnest(unnest)
    case .project(let expressions, let input): return .project(expressions, input.unnestingOuter)
    default: return self
    }
  }
}

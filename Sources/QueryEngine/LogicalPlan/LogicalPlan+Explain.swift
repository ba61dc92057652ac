internal import Columnar

extension LogicalPlan {
  /// The plan as text for EXPLAIN: one line a node, inputs indented below.
  ///
  /// Columns show by name; where two columns of the plan have one name, by name and number.
  package var explained: String { explained { _ in PlanNote() } }

  /// The plan as text, with what is noted of a node behind its line.
  func explained<Failure>(noting note: (LogicalPlan) throws(Failure) -> PlanNote) throws(Failure) -> String {
    var names = ColumnNames()
    names.collect(self)
    var lines: [String] = []
    try append(to: &lines, indent: "", names, note)
    return lines.joined(separator: "\n")
  }

  private func append<Failure>(
    to lines: inout [String], indent: String, _ names: ColumnNames,
    _ note: (LogicalPlan) throws(Failure) -> PlanNote
  ) throws(Failure) {
    let noted = try note(self)
    lines.append(indent + line(names) + (noted.text.isEmpty ? "" : "  " + noted.text))
    for input in noted.inputs ?? inputs {
      if noted.isAnswered {
        try input.append(to: &lines, indent: indent + "  ", names) { _ throws(Failure) in
          PlanNote(isAnswered: true)
        }
      } else {
        try input.append(to: &lines, indent: indent + "  ", names, note)
      }
    }
  }

  private func line(_ names: ColumnNames) -> String {
    func list(_ expressions: [BoundExpression]) -> String {
      expressions.map { $0.text(names) }.joined(separator: ", ")
    }
    func keys(_ keys: [SortKey]) -> String {
      keys.map { key in
        key.expression.text(names) + (key.isDescending ? " DESC" : "")
          + (key.nullsFirst ? " NULLS FIRST" : "")
      }.joined(separator: ", ")
    }
    func named(_ expressions: [NamedExpression]) -> String {
      expressions.map { named in
        let text = named.expression.text(names)
        let name = names[named.column.id]
        return text == name ? text : "\(text) AS \(name)"
      }.joined(separator: ", ")
    }
    switch self {
    case .scan(let scan):
      var text = "Scan \(scan.relation.displayName)"
      if scan.name.lowercased()
        != scan.relation.displayName.lowercased().split(separator: ".").last.map(String.init)
      {
        text += " AS \(scan.name)"
      }
      text += " [\(scan.columns.map { names[$0.id] }.joined(separator: ", "))]"
      if !scan.filters.isEmpty {
        text += " filters: \(scan.filters.map { $0.text(names) }.joined(separator: " AND "))"
      }
      if let limit = scan.limit { text += " limit: \(limit)" }
      return text
    case .values(let rows, let columns):
      return
        "Values \(rows.count) row\(rows.count == 1 ? "" : "s") [\(columns.map { names[$0.id] }.joined(separator: ", "))]"
    case .filter(let predicate, _): return "Filter \(predicate.text(names))"
    case .project(let expressions, _): return "Project \(named(expressions))"
    case .aggregate(let aggregate):
      let calls = aggregate.aggregates.map { call in
        var text = "\(call.function)(\(call.isDistinct ? "DISTINCT " : "")\(list(call.arguments))"
        if !call.orderBy.isEmpty { text += " ORDER BY \(keys(call.orderBy))" }
        text += ")"
        if let filter = call.filter { text += " FILTER (\(filter.text(names)))" }
        return "\(text) AS \(names[call.column.id])"
      }
      var text = "Aggregate"
      if !aggregate.groups.isEmpty { text += " by \(named(aggregate.groups))" }
      if !aggregate.groupingSets.isEmpty {
        let sets = aggregate.groupingSets.map { set in
          "(" + set.map { names[aggregate.groups[$0].column.id] }.joined(separator: ", ") + ")"
        }
        text += " sets \(sets.joined(separator: " "))"
      }
      if let limit = aggregate.groupLimit { text += " limit \(limit)" }
      return calls.isEmpty ? text : "\(text): \(calls.joined(separator: ", "))"
    case .join(let join):
      var conditions = join.equalities.map {
        "\($0.left.text(names)) \($0.matchesNulls ? "IS NOT DISTINCT FROM" : "=") \($0.right.text(names))"
      }
      if let residual = join.residual { conditions.append(residual.text(names)) }
      var text = "Join \(join.kind.text(names))"
      if !conditions.isEmpty { text += " on \(conditions.joined(separator: " AND "))" }
      return join.buildsLeft ? text + " (build left)" : text
    case .window(let window):
      let calls = window.calls.map { call in
        "\(call.function)(\(call.isDistinct ? "DISTINCT " : "")\(list(call.arguments))) \(call.frame.text(names)) AS \(names[call.column.id])"
      }
      var text = "Window"
      if !window.partitionBy.isEmpty { text += " partition by \(list(window.partitionBy))" }
      if !window.orderBy.isEmpty { text += " order by \(keys(window.orderBy))" }
      return "\(text): \(calls.joined(separator: ", "))"
    case .sort(let sortKeys, _): return "Sort \(keys(sortKeys))"
    case .topN(let sortKeys, let count, let offset, _):
      return "TopN \(keys(sortKeys)) limit \(count)" + (offset > 0 ? " offset \(offset)" : "")
    case .limit(let count, let offset, _):
      return "Limit" + (count.map { " \($0)" } ?? "") + (offset > 0 ? " offset \(offset)" : "")
    case .distinct(let distinct):
      guard let on = distinct.on else { return "Distinct" }
      return "Distinct on \(list(on))"
        + (distinct.orderBy.isEmpty ? "" : " order by \(keys(distinct.orderBy))")
    case .setOperation(let operation):
      return
        "\(operation.kind.rawValue.capitalizedWord)\(operation.isAll ? " all" : "") [\(operation.columns.map { names[$0.id] }.joined(separator: ", "))]"
    case .unnest(let unnest): return "Unnest\(unnest.isOuter ? " outer" : "") \(named(unnest.lists))"
    case .cteReference(let id, let columns):
      return "Reference to \(id) [\(columns.map { names[$0.id] }.joined(separator: ", "))]"
    case .with(let id, let name, _, _): return "With \(id) (\(name))"
    case .recursive(let id, _, _, let columns, let isAll):
      return "Recursive \(id)\(isAll ? " all" : "") [\(columns.map { names[$0.id] }.joined(separator: ", "))]"
    }
  }
}

/// What EXPLAIN says of a node besides what it is.
struct PlanNote {
  /// Follows the node's line.
  var text = ""
  /// Whether the node's rows are known, so that nothing below it is read.
  var isAnswered = false
  /// What takes the place of the node's inputs.
  var inputs: [LogicalPlan]?
}

/// How the columns of a plan are called in its explanation.
struct ColumnNames {
  private var names: [ColumnID: String] = [:]
  private var uses: [String: Set<ColumnID>] = [:]

  mutating func collect(_ plan: LogicalPlan) {
    for column in plan.outputColumns { add(column) }
    for input in plan.inputs { collect(input) }
  }

  private mutating func add(_ column: OutputColumn) {
    // The name nearest to the data stays: aliases above pass the same id on.
    names[column.id] = column.name
    uses[column.name, default: []].insert(column.id)
  }

  subscript(id: ColumnID) -> String {
    guard let name = names[id] else { return "\(id)" }
    return (uses[name]?.count ?? 1) > 1 ? "\(name)\(id)" : name
  }
}

extension BoundExpression {
  /// The expression as SQL, more or less.
  func text(_ names: ColumnNames) -> String {
    func list(_ expressions: [BoundExpression]) -> String {
      expressions.map { $0.text(names) }.joined(separator: ", ")
    }
    switch self {
    case .column(let id, _): return names[id]
    case .literal(let value, let type): return BoundExpression.text(of: value, type)
    case .parameter(let index, _): return "$\(index + 1)"
    case .call(let call): return "\(call.function)(\(list(call.arguments)))"
    case .and(let operands): return operands.map { $0.operandText(names) }.joined(separator: " AND ")
    case .or(let operands):
      return "(" + operands.map { $0.operandText(names) }.joined(separator: " OR ") + ")"
    case .not(let operand): return "NOT \(operand.operandText(names))"
    case .comparison(let comparison, let left, let right):
      return "\(left.operandText(names)) \(comparison.rawValue) \(right.operandText(names))"
    case .isNull(let operand, let isNegated):
      return "\(operand.operandText(names)) IS \(isNegated ? "NOT " : "")NULL"
    case .inList(let operand, let values, let isNegated):
      return "\(operand.operandText(names)) \(isNegated ? "NOT " : "")IN (\(list(values)))"
    case .cast(let operand, let type, let isTry, _):
      return "\(isTry ? "TRY_CAST" : "CAST")(\(operand.text(names)) AS \(type))"
    case .caseWhen(let branches, let otherwise, _):
      let cases = branches.map { "WHEN \($0.condition.text(names)) THEN \($0.result.text(names))" }
      return "CASE \(cases.joined(separator: " "))\(otherwise.map { " ELSE \($0.text(names))" } ?? "") END"
    case .tryEvaluate(let operand): return "try(\(operand.text(names)))"
    case .field(let operand, let index, _):
      if case .struct(let fields) = operand.type { return "\(operand.text(names)).\(fields[index].name)" }
      return "\(operand.text(names)).\(index)"
    case .lambda(let parameters, let body):
      var inner = names
      inner.addParameters(parameters)
      return "(\(parameters.map(\.name).joined(separator: ", "))) -> \(body.text(inner))"
    }
  }

  private func operandText(_ names: ColumnNames) -> String {
    switch self {
    case .and, .comparison, .not, .isNull, .inList: "(\(text(names)))"
    default: text(names)
    }
  }

  private static func text(of value: ScalarValue, _ type: LogicalType) -> String {
    if value.isNull { return "NULL" }
    var text = ValueText.string(value, as: type)
    // A plan is for reading: a folded list may have any number of elements.
    if text.utf8.count > 200 { text = String(text.prefix(100)) + "…" }
    switch type {
    case .varchar: return "'\(text)'"
    case .date, .time, .timestamp, .timestampTZ, .timestampNanos, .timestampTZNanos, .interval, .uuid:
      return "\(type) '\(text)'"
    default: return text
    }
  }
}

extension ColumnNames {
  mutating func addParameters(_ parameters: [OutputColumn]) {
    for parameter in parameters { names[parameter.id] = parameter.name }
  }
}

extension LogicalPlan.Join.Kind {
  func text(_ names: ColumnNames) -> String {
    switch self {
    case .inner: "inner"
    case .left: "left"
    case .right: "right"
    case .full: "full"
    case .cross: "cross"
    case .semi: "semi"
    case .anti: "anti"
    case .nullAwareAnti: "null-aware anti"
    case .mark(let column, let isNullAware): "\(isNullAware ? "null-aware " : "")mark \(names[column.id])"
    case .single: "single"
    case .asof(let isLeft): isLeft ? "asof left" : "asof"
    }
  }
}

extension LogicalPlan.WindowFrame {
  func text(_ names: ColumnNames) -> String {
    func text(_ bound: Bound) -> String {
      switch bound {
      case .unboundedPreceding: "unbounded preceding"
      case .preceding(let offset): "\(offset.text(names)) preceding"
      case .currentRow: "current row"
      case .following(let offset): "\(offset.text(names)) following"
      case .unboundedFollowing: "unbounded following"
      }
    }
    let unit =
      switch self.unit {
      case .rows: "rows"
      case .range: "range"
      case .groups: "groups"
      }
    return "\(unit) \(text(start)) to \(text(end))"
  }
}

extension String {
  fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst() }
}

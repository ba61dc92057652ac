internal import Columnar
internal import TableFormat

/// CALL, and the statements that are other spellings of a procedure.
extension Session {
  func call(
    _ name: QualifiedName, _ arguments: [ArgumentSyntax], _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    var parts = name.names.map { $0.lowercased() }
    if parts.count > 1, parts[0] == settings.catalog.lowercased() || parts[0] == catalog?.name.lowercased() {
      parts.removeFirst()
    }
    if parts.count == 2 && parts[0] == "system" { parts.removeFirst() }
    guard parts.count == 1, let procedure = procedures.first(where: { $0.name == parts[0] }) else {
      throw QueryError(
        .undefinedFunction, "there is no procedure \"\(name.text)\"",
        hint: NearestName.hint(for: name.last.text, among: procedures.map(\.name)), at: name.range)
    }
    var values: [String: ScalarValue] = [:]
    let isNamed = arguments.contains { $0.name != nil }
    for (index, argument) in arguments.enumerated() {
      let parameter: ProcedureParameter
      if let given = argument.name {
        guard let found = procedure.parameters.first(where: { $0.name == given.text.lowercased() }) else {
          throw QueryError(
            .undefinedFunction, "\(procedure.name) has no parameter \"\(given.text)\"",
            hint: NearestName.hint(for: given.text, among: procedure.parameters.map(\.name))
              ?? "it has \(procedure.parameters.map(\.name).joined(separator: ", "))", at: given.range)
        }
        parameter = found
      } else {
        guard !isNamed else {
          throw QueryError(
            .syntaxError, "arguments are given by name or by place, not both", at: argument.value.range)
        }
        guard index < procedure.parameters.count else {
          throw QueryError(
            .undefinedFunction, "\(procedure.name) takes at most \(procedure.parameters.count) arguments",
            at: argument.value.range)
        }
        parameter = procedure.parameters[index]
      }
      let cast = TypeSyntax.of(parameter.type, at: argument.value.range)
      let converted = cast.map {
        ExpressionSyntax(kind: .cast(argument.value, $0, isTry: false), range: argument.value.range)
      }
      values[parameter.name] = try constant(converted ?? argument.value, environment).0
    }
    return try run(procedure, values, at: name.range)
  }

  /// Runs a procedure that SQL has a statement of its own for.
  func run(
    _ name: String, _ values: [String: ScalarValue], at range: SourceRange
  ) throws(QueryError) -> StatementResult {
    guard let procedure = procedures.first(where: { $0.name == name }) else {
      throw QueryError(.unsupported, "this session has no procedure \"\(name)\"", at: range)
    }
    return try run(procedure, values, at: range)
  }

  private func run(
    _ procedure: any Procedure, _ values: [String: ScalarValue], at range: SourceRange
  ) throws(QueryError) -> StatementResult {
    for parameter in procedure.parameters
    where parameter.isRequired && (values[parameter.name]?.isNull ?? true) {
      throw QueryError(
        .invalidParameter, "\(procedure.name) needs the argument \"\(parameter.name)\"",
        hint: "CALL system.\(procedure.name)(\(parameter.name) => …)", at: range)
    }
    do throws(QueryError) {
      let result = try procedure.run(ProcedureArguments(values), in: self)
      return StatementResult(columns: result.columns, rows: result.rows)
    } catch {
      throw error.located(at: range)
    }
  }

  func optimize(
    _ statement: OptimizeSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let table = try requireTable(statement.table)
    var values: [String: ScalarValue] = ["table": .text(table.identifier.description)]
    if let condition = statement.condition {
      values["where"] = .text(environment.source(condition.range))
    }
    if !statement.orderBy.isEmpty {
      values["strategy"] = .text("sort")
      let keys = statement.orderBy.map {
        environment.source($0.expression.range) + ($0.descending ? " DESC" : "")
      }
      values["sort_order"] = .text(keys.joined(separator: ", "))
    } else if let strategy = statement.strategy {
      values["strategy"] = .text(strategy.text.lowercased().filter { $0 != "_" })
    }
    return try run("rewrite_data_files", values, at: statement.table.range)
  }

  func vacuum(
    _ name: QualifiedName, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let table = try requireTable(name)
    let values: [String: ScalarValue] = ["table": .text(table.identifier.description)]
    _ = try run("expire_snapshots", values, at: name.range)
    return try run("remove_orphan_files", values, at: name.range)
  }

  func analyze(
    _ name: QualifiedName, columns: [Identifier], _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let table = try requireTable(name)
    var values: [String: ScalarValue] = ["table": .text(table.identifier.description)]
    if !columns.isEmpty { values["columns"] = .list(columns.map { .text($0.text) }) }
    return try run("compute_table_stats", values, at: name.range)
  }
}

extension EvaluationEnvironment {
  /// The statement's text in a range, byte for byte.
  func source(_ range: SourceRange) -> String {
    String(decoding: Array(statement.utf8)[range.start..<min(range.end, statement.utf8.count)], as: UTF8.self)
  }
}

extension TypeSyntax {
  /// Returns the syntax of a parameter's type; `nil` for nested ones, whose values are taken as they are.
  static func of(_ type: LogicalType, at range: SourceRange) -> TypeSyntax? {
    switch type {
    case .timestampTZ: TypeSyntax(kind: .named("timestamptz", []), range: range)
    case .list, .map, .struct: nil
    default: TypeSyntax(kind: .named("\(type)".lowercased(), []), range: range)
    }
  }
}

internal import Columnar

/// PREPARE, EXECUTE, DEALLOCATE, EXPLAIN and SUMMARIZE: statements about statements.
extension Session {
  func prepare(_ name: Identifier, _ statement: StatementSyntax, of text: String) -> StatementResult {
    objects.prepared[name.text.lowercased()] = SessionObjects.Prepared(statement: statement, text: text)
    return StatementResult(message: "PREPARE")
  }

  func execute(
    _ name: Identifier, _ arguments: [ArgumentSyntax], _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    guard let prepared = objects.prepared[name.text.lowercased()] else {
      throw QueryError(
        .undefinedPreparedStatement, "there is no prepared statement \"\(name.text)\"",
        hint: NearestName.hint(for: name.text, among: objects.prepared.keys), at: name.range)
    }
    var numbered: [Int: BoundExpression] = [:]
    var named: [String: BoundExpression] = [:]
    for (index, argument) in arguments.enumerated() {
      let (value, type) = try constant(argument.value, environment)
      if let given = argument.name {
        named[given.text.lowercased()] = .literal(value, type)
      } else {
        numbered[index + 1] = .literal(value, type)
      }
    }
    (parameters, namedParameters) = (numbered, named)
    defer { (parameters, namedParameters) = ([:], [:]) }
    return try run(prepared.statement, of: prepared.text)
  }

  func deallocate(_ name: Identifier?) -> StatementResult {
    if let name { objects.prepared[name.text.lowercased()] = nil } else { objects.prepared = [:] }
    return StatementResult(message: "DEALLOCATE")
  }

  func explain(
    _ explain: ExplainSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    guard case .query(let query) = explain.statement.kind else {
      throw QueryError(
        .unsupported, "only queries can be explained", hint: "EXPLAIN SELECT …", at: explain.statement.range)
    }
    let plan = try optimized(try makeBinder(environment).bindQuery(query), environment)
    var text: String
    if !explain.isAnalyze {
      let planner = PhysicalPlanner(makeContext(environment, profile: nil))
      defer { endContext() }
      text = try plan.explained { (node) throws(QueryError) in try planner.note(on: node) }
    } else {
      let profile = Profile(isTimed: true)
      let context = makeContext(environment, profile: profile)
      let clock = ContinuousClock()
      let began = clock.now
      let result = try QueryExecutor.run(plan, context: context)
      let elapsed = began.duration(to: clock.now)
      let micros = elapsed.components.seconds * 1_000_000 + elapsed.components.attoseconds / 1_000_000_000_000
      text = profile.description
      text +=
        "\nrows: \(result.rowCount), time: \(micros / 1000).\(String(1000 + micros % 1000).dropFirst()) ms"
      text += ", peak memory: \(context.memory.peakByteCount) bytes"
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return StatementResult(columns: [("plan", .varchar)], rows: lines.map { [.text(String($0))] })
  }

  /// SUMMARIZE: count, nulls, distinct values and extremes of every column of a query.
  func summarize(
    _ query: QuerySyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let plan = try makeBinder(environment).bindQuery(query)
    let source = environment.source(query.range)
    let parts = plan.outputColumns.filter { !$0.type.isNested }.map { column in
      let name =
        "\"" + column.name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        + "\""
      let average = column.type.isNumeric ? "CAST(avg(\(name)) AS VARCHAR)" : "CAST(NULL AS VARCHAR)"
      return
        "SELECT \(SQLName.literal(column.name)) AS column_name, \(SQLName.literal("\(column.type)")) AS column_type, "
        + "CAST(min(\(name)) AS VARCHAR) AS min, CAST(max(\(name)) AS VARCHAR) AS max, "
        + "approx_count_distinct(\(name)) AS approx_unique, \(average) AS avg, count(*) AS count, "
        + "count(*) - count(\(name)) AS nulls FROM source"
    }
    guard !parts.isEmpty else {
      throw QueryError(.unsupported, "no column of the query can be summarized", at: query.range)
    }
    // A table's name alone is a source, too.
    return try run(
      single: "WITH source AS (SELECT * FROM (\(source))) " + parts.joined(separator: " UNION ALL "))
  }
}

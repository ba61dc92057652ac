package import Columnar

/// Takes the rows of a statement as they come, on any of the workers' threads, one call at a time.
package protocol RowConsumer: AnyObject, Sendable {
  /// Tells the columns, before any row; not called for a statement that gives none.
  func begin(_ columns: [OutputColumn]) throws(QueryError)
  /// Takes rows, a batch without selection; returns `false` to end the statement.
  func take(_ batch: Batch) throws(QueryError) -> Bool
}

extension Session {
  /// Runs a text that holds exactly one statement and hands its rows on as they come.
  ///
  /// - Parameters:
  ///   - text: The statement.
  ///   - consumer: Who gets the rows, in order.
  /// - Returns: Everything about the statement but its rows.
  /// - Throws: What the statement or the consumer raises; rows may have been handed over before.
  package func run(
    single text: String, into consumer: any RowConsumer
  ) throws(QueryError) -> StatementResult {
    beginStatement()
    let statement = try Parser.statement(text)
    guard case .query(let query) = statement.kind else {
      var result = try run(statement, of: text)
      if !result.columns.isEmpty {
        try consumer.begin(result.columns)
        for batch in result.batches where try !consumer.take(batch.compacted()) { break }
        result.batches = []
      }
      return result
    }
    let environment = evaluationEnvironment(text)
    let plan = try optimized(try makeBinder(environment).bindQuery(query), environment)
    let context = makeContext(environment, for: plan)
    defer { endContext() }
    try consumer.begin(plan.outputColumns)
    try QueryExecutor.run(plan, context: context) { (batch) throws(QueryError) in try consumer.take(batch) }
    var result = StatementResult(QueryResult(columns: plan.outputColumns, batches: []))
    result.footer = ResultFooter(of: plan, context)
    return result
  }
}

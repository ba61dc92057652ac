import Columnar
import Testing

@testable import QueryEngine

@Suite("Optimizer") struct OptimizerTests {
  let tester = PlanTester()

  private func optimized(_ sql: String, without disabled: Set<String> = []) throws(QueryError) -> LogicalPlan
  {
    let plan = try tester.bind(sql)
    let result = try Optimizer(disabledRules: disabled).optimize(
      plan, context: OptimizerContext(environment: tester.environment(sql)))
    try result.verify()
    #expect(result.outputColumns.map(\.id) == plan.outputColumns.map(\.id))
    #expect(result.outputColumns.map(\.name) == plan.outputColumns.map(\.name))
    #expect(result.freeColumns.isEmpty)
    return result
  }

  private func explain(_ sql: String) throws(QueryError) -> String { try optimized(sql).explained }

  @Test func theQualityTrendReadsFourColumnsOfEightDays() throws {
    let text = try explain(
      """
      SELECT event_date, AVG(data_quality_score) AS q, COUNT(CASE WHEN is_bot = true THEN 1 END) * 100.0 / COUNT(*) AS p
      FROM web_events WHERE event_date >= CURRENT_DATE - 7 GROUP BY event_date ORDER BY event_date DESC
      """)
    #expect(
      text == """
        Sort event_date DESC
          Project event_date, avg, divide(CAST(multiply(CAST(count#44 AS DECIMAL(19,0)), 100.0) AS DOUBLE), CAST(count#45 AS DOUBLE)) AS p
            Aggregate by event_date: avg(data_quality_score) AS avg, count(CASE WHEN is_bot = true THEN 1 END) AS count#44, count_star() AS count#45
              Scan web_events [event_date, data_quality_score, is_bot] filters: event_date >= DATE '2024-01-08'
        """, "\(text)")
  }

  struct Golden: Sendable, CustomTestStringConvertible {
    var sql: String
    var plan: String
    var testDescription: String { sql }
    init(_ sql: String, _ plan: String) { (self.sql, self.plan) = (sql, plan) }
  }

  @Test(arguments: [
    Golden(
      "SELECT a FROM t WHERE d >= TIMESTAMP '2024-01-10 12:00:00' AND ts::date = DATE '2024-01-02' AND 1 = 1",
      """
      Project a
        Scan t [a, d, ts] filters: d > DATE '2024-01-10' AND ts >= TIMESTAMP '2024-01-02 00:00:00' AND ts < TIMESTAMP '2024-01-03 00:00:00'
      """),
    Golden(
      "SELECT a FROM t WHERE (a = 1 AND b = 2) OR (a = 1 AND b = 3) OR (a = 1 AND b IN (4, 5))",
      """
      Project a
        Scan t [a, b] filters: a = 1 AND b IN (2, 3, 4, 5)
      """),
    Golden(
      "SELECT s.a FROM (SELECT a, max(b) AS m, c FROM t GROUP BY a, c) s WHERE s.a > 5 AND s.m > 3",
      """
      Project a
        Filter max > 3
          Aggregate by a, c: max(b) AS max
            Scan t [a, b, c] filters: a > 5
      """),
    Golden(
      "SELECT t.b, u.x FROM t LEFT JOIN u ON t.a = u.a AND u.x > 3 WHERE t.a = 7",
      """
      Project b, x
        Join left on a#1 = a#9
          Scan t [a#1, b] filters: a#1 = 7
          Scan u [a#9, x] filters: x > 3 AND a#9 = 7
      """),
    Golden(
      "SELECT t.b FROM t LEFT JOIN u ON t.a = u.a WHERE u.x > 3",
      """
      Project b
        Join inner on a#1 = a#9
          Scan t [a#1, b]
          Scan u [a#9, x] filters: x > 3
      """),
    Golden(
      "SELECT * FROM (SELECT a, b FROM t ORDER BY b) s LIMIT 3 OFFSET 1",
      """
      TopN b limit 3 offset 1
        Project a, b
          Scan t [a, b]
      """),
    Golden(
      "SELECT a FROM (SELECT a, d FROM t UNION ALL SELECT a, d FROM u) s WHERE d = DATE '2024-01-01' LIMIT 5",
      """
      Project a#13
        Limit 5
          Union all [a#13]
            Limit 5
              Project a#1
                Scan t [a#1, d#4] filters: d#4 = DATE '2024-01-01' limit: 5
            Limit 5
              Project a#9
                Scan u [a#9, d#12] filters: d#12 = DATE '2024-01-01' limit: 5
      """),
    Golden(
      "SELECT a FROM (SELECT a, c, row_number() OVER (PARTITION BY c ORDER BY ts) AS n FROM t) s WHERE c = 'x' AND n = 1",
      """
      Project a
        Filter row_number = 1
          Window partition by c order by ts: row_number() range unbounded preceding to current row AS row_number
            Scan t [a, c, ts] filters: c = 'x'
      """),
    Golden(
      "SELECT count(*) FROM t WHERE a > 1.5 AND NOT (b < 3 OR c IS NULL)",
      """
      Aggregate: count_star() AS count
        Scan t [a, b, c] filters: a > 1 AND b >= 3 AND c IS NOT NULL
      """),
  ]) func rewrites(_ golden: Golden) throws {
    let text = try explain(golden.sql)
    #expect(text == golden.plan, "\(text)")
  }

  @Test func smallInputsOfJoinsAreBuilt() throws {
    tester.add("big", "k BIGINT, s BIGINT", rowCount: 1_000_000)
    tester.add("middle", "k BIGINT, m BIGINT", rowCount: 10_000)
    tester.add("small", "m BIGINT, n VARCHAR", rowCount: 10)
    let text = try explain(
      "SELECT n, count(*) FROM small, big, middle WHERE big.k = middle.k AND middle.m = small.m GROUP BY n")
    #expect(
      text == """
        Aggregate by n: count_star() AS count
          Join inner on k#3 = k#5
            Scan big [k#3]
            Join inner on m#6 = m#1
              Scan middle [k#5, m#6]
              Scan small [m#1, n]
        """, "\(text)")
  }

  @Test func mistakesInConstantsAreFoundWithoutRows() throws {
    do throws(QueryError) {
      _ = try optimized("SELECT a FROM t WHERE d = DATE '2024-13-01'")
      Issue.record("no error")
    } catch {
      #expect(error.position == SourceRange(26, 43))
    }
    _ = try optimized("SELECT CASE WHEN a = 0 THEN 0 ELSE 1 / 0 END, 1 / 0 FROM t")
  }

  @Test(arguments: WorkloadQuery.load("web_events.sql"))
  func optimizesTheWebEventsWorkload(query: WorkloadQuery) throws {
    _ = try optimized(query.sql)
  }

  @Test(arguments: Optimizer.ruleNames)
  func everyRuleCanBeSwitchedOff(rule: String) throws {
    for query in WorkloadQuery.load("web_events.sql") { _ = try optimized(query.sql, without: [rule]) }
  }
}

import Columnar
import Testing

@testable import QueryEngine

@Suite("Binder") struct BinderTests {
  let tester = PlanTester()

  struct Typed: Sendable, CustomTestStringConvertible {
    var sql: String
    var types: String
    var testDescription: String { sql }
    init(_ sql: String, _ types: String) { (self.sql, self.types) = (sql, types) }
  }

  @Test(arguments: [
    Typed(
      "SELECT 1, 100.0, 1e2, 3000000000, 'x', NULL, true, -9223372036854775808",
      "1 INTEGER, 100.0 DECIMAL(4,1), 1e2 DOUBLE, 3000000000 BIGINT, 'x' VARCHAR, NULL NULL, true BOOLEAN, -9223372036854775808 BIGINT"
    ),
    Typed(
      "SELECT 7 / 2 AS q, b * 100.0 / b AS r, a + b AS s, e * 2 AS p FROM t",
      "q INTEGER, r DOUBLE, s BIGINT, p DOUBLE"),
    Typed(
      "SELECT d - 7 AS a, d - d AS b, d + INTERVAL '1' DAY AS c, ts - ts AS e FROM t",
      "a DATE, b BIGINT, c TIMESTAMP, e INTERVAL"),
    Typed(
      "SELECT count(*), sum(a), avg(b), min(c), max(d) FROM t",
      "count BIGINT, sum BIGINT, avg DOUBLE, min VARCHAR, max DATE"),
    Typed(
      "SELECT * EXCLUDE (l, ok) REPLACE (a + 1 AS a) RENAME (c AS text) FROM t",
      "a INTEGER, b BIGINT, text VARCHAR, d DATE, e DOUBLE, ts TIMESTAMP"),
    Typed(
      "SELECT CASE WHEN ok THEN 1 ELSE 2.5 END AS c, coalesce(a, b) AS d, nullif(c, '') AS e FROM t",
      "c DECIMAL(11,1), d BIGINT, e VARCHAR"),
    Typed("SELECT 1 AS a UNION ALL SELECT 2.5 UNION ALL SELECT NULL", "a DECIMAL(11,1)"),
    Typed("SELECT NULL AS a UNION ALL SELECT DATE '2024-01-01'", "a DATE"),
    Typed("SELECT a, b FROM t UNION ALL BY NAME SELECT 'x' AS c, 1 AS b", "a INTEGER, b BIGINT, c VARCHAR"),
    Typed("VALUES (1, 'a'), (2.5, NULL)", "column1 DECIMAL(11,1), column2 VARCHAR"),
    Typed("SELECT v.x FROM (VALUES (1), (2)) v(x)", "x INTEGER"),
    Typed(
      "SELECT * FROM t JOIN u USING (a, d)",
      "a INTEGER, d DATE, b BIGINT, c VARCHAR, e DOUBLE, ts TIMESTAMP, ok BOOLEAN, l BIGINT[], x BIGINT, name VARCHAR"
    ),
    Typed(
      "SELECT t.*, u.name FROM t NATURAL JOIN u",
      "a INTEGER, b BIGINT, c VARCHAR, d DATE, e DOUBLE, ts TIMESTAMP, ok BOOLEAN, l BIGINT[], name VARCHAR"),
    Typed(
      "SELECT coordinates.pitch, web_events.coordinates.yaw, (coordinates).hfov FROM web_events",
      "pitch DOUBLE, yaw DOUBLE, hfov DOUBLE"),
    Typed(
      "SELECT {'x': 1, 'y': c} AS s, [1, 2.5] AS m, (a, b) AS r FROM t",
      "s STRUCT(x INTEGER, y VARCHAR), m DECIMAL(11,1)[], r STRUCT(a INTEGER, b BIGINT)"),
    Typed(
      "SELECT row_number() OVER (ORDER BY a) AS r, lag(d) OVER w AS l, sum(a) OVER w AS s FROM t WINDOW w AS (PARTITION BY c ORDER BY ts)",
      "r BIGINT, l DATE, s BIGINT"),
    Typed("SELECT x, i FROM t, UNNEST(t.l) WITH ORDINALITY AS n(x, i)", "x BIGINT, i BIGINT"),
    Typed("SELECT a + 1 AS n, n * 2 AS m FROM t WHERE n > 1 GROUP BY n ORDER BY m", "n INTEGER, m INTEGER"),
    Typed(
      "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
      "n INTEGER"),
    Typed(
      "SELECT count(*) * 2 AS a, (SELECT max(x) FROM u WHERE u.a = t.a) AS b FROM t GROUP BY a",
      "a BIGINT, b BIGINT"),
    Typed("SELECT typeof(1), EXTRACT(hour FROM ts) AS h FROM t", "typeof VARCHAR, h BIGINT"),
    Typed(
      "SELECT a, grouping(a, d) AS g, count(*) AS n FROM t GROUP BY ROLLUP (a, d)",
      "a INTEGER, g BIGINT, n BIGINT"),
    Typed("FROM t SELECT c, count(*) GROUP BY ALL ORDER BY ALL", "c VARCHAR, count BIGINT"),
    Typed(
      "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS p, array_agg(DISTINCT c ORDER BY c) AS l FROM t",
      "p DOUBLE, l VARCHAR[]"),
  ]) func givesTypes(_ typed: Typed) throws {
    #expect(try tester.types(typed.sql) == typed.types)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var sql: String
    var state: SQLState
    var message: String
    var marked: String
    var testDescription: String { sql }
    init(_ sql: String, _ state: SQLState, _ message: String, _ marked: String) {
      (self.sql, self.state, self.message, self.marked) = (sql, state, message, marked)
    }
  }

  @Test(arguments: [
    Mistake("SELECT usr FROM t", .undefinedColumn, "there is no column \"usr\" here", "usr"),
    Mistake("SELECT t.z FROM t", .undefinedColumn, "there is no column \"z\" in \"t\"", "t.z"),
    Mistake("SELECT v.a FROM t", .undefinedTable, "there is no table \"v\" in FROM", "v.a"),
    Mistake("SELECT * FROM nope", .undefinedTable, "there is no table \"nope\"", "nope"),
    Mistake("SELECT a FROM t, u", .ambiguousColumn, "the column \"a\" is in several tables", "a"),
    Mistake(
      "SELECT a, count(*) FROM t GROUP BY b", .grouping,
      "the column \"t.a\" must appear in GROUP BY or be used in an aggregate", "a"),
    Mistake(
      "SELECT c FROM t WHERE c = 1", .undefinedFunction, "VARCHAR and INTEGER cannot be compared with =",
      "c = 1"),
    Mistake(
      "SELECT c FROM t WHERE sum(a) > 1", .grouping, "the aggregate \"sum\" cannot be used in WHERE", "sum(a)"
    ),
    Mistake(
      "SELECT c FROM t WHERE row_number() OVER () = 1", .windowing,
      "the window function \"row_number\" cannot be used in WHERE", "row_number() OVER ()"),
    Mistake(
      "SELECT sum(count(*)) FROM t", .grouping, "the aggregate \"count\" stands inside another aggregate",
      "count(*)"),
    Mistake(
      "SELECT a FROM t ORDER BY 2", .invalidColumnReference,
      "ORDER BY position 2 is not in the SELECT list, which has 1 columns", "2"),
    Mistake("SELECT DISTINCT a FROM t ORDER BY b", .invalidColumnReference, "with SELECT DISTINCT", "b"),
    Mistake("SELECT a FROM t WHERE a", .datatypeMismatch, "WHERE needs a BOOLEAN, not INTEGER", "a"),
    Mistake("SELECT uper(c) FROM t", .undefinedFunction, "there is no function \"uper\"", "uper(c)"),
    Mistake(
      "SELECT a FROM t UNION SELECT a, b FROM t", .syntaxError, "the queries of UNION have 1 and 2 columns",
      "SELECT a FROM t UNION SELECT a, b FROM t"),
    Mistake(
      "SELECT a FROM t UNION SELECT c FROM t", .datatypeMismatch,
      "column 1 (\"a\") of UNION is both INTEGER and VARCHAR", "SELECT a FROM t UNION SELECT c FROM t"),
    Mistake("SELECT * FROM t LIMIT -1", .invalidParameter, "LIMIT must not be negative", "-1"),
    Mistake("SELECT * FROM t x, u x", .duplicateAlias, "FROM names \"x\" twice", "t x, u x"),
    Mistake("SELECT CAST(a AS intt) FROM t", .undefinedObject, "there is no type \"intt\"", "intt"),
    Mistake(
      "SELECT row_number() FROM t", .windowing, "\"row_number\" is a window function and needs OVER",
      "row_number()"),
    Mistake("SELECT a || b + c FROM t", .undefinedFunction, "BIGINT + VARCHAR is not defined", "b + c"),
  ]) func saysWhatIsWrong(_ mistake: Mistake) throws {
    let error = try #require(tester.error(mistake.sql))
    #expect(error.message.hasPrefix(mistake.message), "\(error.message)")
    #expect(error.sqlState == mistake.state)
    let range = try #require(error.position)
    #expect(
      String(decoding: Array(mistake.sql.utf8)[range.start..<range.end], as: UTF8.self) == mistake.marked)
  }

  @Test func allUnknownColumnsAreReported() throws {
    let error = try #require(tester.error("SELECT aa, upper(zz), t.qq + 1 FROM t WHERE nn = 1 GROUP BY mm"))
    #expect(
      [error.message] + error.others.map(\.message) == [
        "there is no column \"aa\" here", "there is no column \"zz\" here",
        "there is no column \"qq\" in \"t\"",
        "there is no column \"nn\" here", "there is no column \"mm\" here",
      ])
    #expect(error.hint == "did you mean \"a\"?")
  }

  @Test(arguments: [
    "SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)",
    "SELECT * FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND u.x > t.b LIMIT 1)",
    "SELECT * FROM t WHERE a IN (SELECT a FROM u) AND b NOT IN (SELECT x FROM u)",
    "SELECT * FROM t WHERE a NOT IN (SELECT a FROM u WHERE u.d = t.d)",
    "SELECT * FROM t WHERE a IN (SELECT a FROM u WHERE u.d = t.d ORDER BY x LIMIT 3) OR ok",
    "SELECT * FROM t WHERE b > ALL (SELECT x FROM u WHERE u.a = t.a) OR b = ANY (SELECT x FROM u)",
    "SELECT * FROM t WHERE b > (SELECT avg(x) FROM u WHERE u.a = t.a)",
    "SELECT *, (SELECT count(*) FROM u WHERE u.a = t.a) AS n, (SELECT count(*) + 1 FROM u WHERE u.x > t.b) AS m FROM t",
    "SELECT *, (SELECT name FROM u WHERE u.a = t.a ORDER BY x LIMIT 1) FROM t",
    "SELECT (SELECT t.a + 1), (SELECT max(v) FROM (SELECT u.x + t.a AS v FROM u WHERE u.d = t.d) s) FROM t",
    "SELECT * FROM t WHERE EXISTS (SELECT a FROM u WHERE u.a = t.a INTERSECT SELECT a FROM u WHERE u.x = t.b)",
    "SELECT * FROM t WHERE a = (SELECT a FROM u WHERE EXISTS (SELECT 1 FROM u AS v WHERE v.a = u.a AND v.d = t.d) LIMIT 1)",
    "SELECT a, sum(b) FROM t GROUP BY a HAVING sum(b) > (SELECT avg(x) FROM u WHERE u.a = t.a)",
    "SELECT * FROM t, LATERAL (SELECT x FROM u WHERE u.a = t.a ORDER BY x DESC LIMIT 2) z",
    "SELECT * FROM t LEFT JOIN LATERAL (SELECT sum(x) AS s FROM u WHERE u.a = t.a) z ON true",
    "SELECT (a, b) IN (SELECT a, x FROM u WHERE u.d = t.d), EXISTS (SELECT 1 FROM u WHERE u.d = t.d) FROM t",
    "SELECT * FROM t JOIN u ON t.a = u.a AND u.x IN (SELECT x FROM u)",
    "SELECT CASE WHEN a IN (SELECT a FROM u) THEN 1 END, lag((SELECT max(x) FROM u)) OVER (ORDER BY a) FROM t",
    "SELECT a FROM t x WHERE EXISTS (FROM u WHERE u.a = x.a)",
    "SELECT x FROM t, UNNEST((SELECT array_agg(u.x) FROM u WHERE u.a = t.a)) AS q(x)",
  ]) func subqueriesBecomeJoins(sql: String) throws {
    let plan = try tester.bind(sql)
    #expect(plan.freeColumns.isEmpty)
  }

  @Test func conditionsWithSubqueriesAreSemiJoins() throws {
    #expect(
      try tester.bind("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a) AND b > 1").explained
        == """
        Project a#1
          Join semi on a#1 = a#9
            Filter b > 1
              Scan t [a#1, b, c, d#4, e, ts, ok, l]
            Scan u [a#9, x, name, d#12]
        """)
  }

  @Test func aQueryUsedTwiceIsShared() throws {
    let plan = try tester.bind("WITH s AS (SELECT a FROM t) SELECT * FROM s JOIN s AS r USING (a)")
    guard case .with = plan else {
      Issue.record("not shared: \(plan.explained)")
      return
    }
    guard case .project = try tester.bind("WITH s AS (SELECT a FROM t) SELECT * FROM s") else {
      Issue.record("shared though used once")
      return
    }
  }

  @Test func viewsAreExpandedAndMayNotReferToThemselves() throws {
    tester.addView("v", "SELECT a + 1 AS n FROM t WHERE b > 1")
    tester.addView("w", "SELECT * FROM w")
    tester.addView("broken", "SELECT zz FROM t")
    #expect(try tester.types("SELECT * FROM v AS x(m) WHERE m > 2") == "m INTEGER")
    #expect(tester.error("SELECT * FROM w")?.sqlState == .invalidRecursion)
    #expect(tester.error("SELECT * FROM broken")?.position == SourceRange(14, 20))
  }

  @Test func integerDivisionIsASetting() throws {
    var tester = tester
    tester.settings.integerDivision = false
    #expect(try tester.types("SELECT 7 / 2 AS q, 7 // 2 AS r") == "q DOUBLE, r INTEGER")
  }

  @Test(arguments: WorkloadQuery.load("web_events.sql"))
  func bindsTheWebEventsWorkload(query: WorkloadQuery) throws {
    #expect(try tester.bind(query.sql).freeColumns.isEmpty)
  }
}

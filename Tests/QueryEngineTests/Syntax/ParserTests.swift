import Testing

@testable import QueryEngine

@Suite("Parser") struct ParserTests {
  @Test(arguments: [
    "SELECT 1", "select 1, 'a', 1.5, 1e3, 1_000, .5, -3, X'0aff', E'a\\n', $$it's$$, $t$x$t$ ;",
    "SELECT a.b.c, t.*, * EXCLUDE (a, b) REPLACE (1 AS c) RENAME (d AS e) FROM t",
    "SELECT * EXCEPT (a) FROM t", "SELECT a AS \"x y\", b `c d` FROM t AS u (x, y)",
    "SELECT * FROM a, b CROSS JOIN c LEFT JOIN d USING (x) NATURAL JOIN e FULL OUTER JOIN f ON a.x = f.x",
    "SELECT * FROM a SEMI JOIN b USING (x) ANTI JOIN c ON b.y = c.y",
    "SELECT * FROM a ASOF LEFT JOIN b ON a.k = b.k AND a.ts >= b.ts",
    "SELECT * FROM (a JOIN b ON true) AS j", "SELECT * FROM ((SELECT 1) AS t JOIN u ON true)",
    "SELECT * FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x",
    "FROM t WHERE a > 1", "FROM t SELECT a GROUP BY ALL ORDER BY ALL DESC",
    "SELECT DISTINCT ON (a) a, b, FROM t ORDER BY a, b DESC NULLS LAST LIMIT 10 OFFSET 5 ROWS",
    "SELECT a FROM t OFFSET 2 FETCH FIRST 3 ROWS ONLY", "SELECT a FROM t FETCH NEXT ROW WITH TIES",
    "WITH a AS (SELECT 1), b(x) AS MATERIALIZED (SELECT 2) SELECT * FROM a, b",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
    "SELECT 1 UNION ALL SELECT 2 UNION SELECT 3 INTERSECT SELECT 4 EXCEPT ALL SELECT 5 ORDER BY 1",
    "SELECT 1 UNION ALL BY NAME SELECT 2", "(SELECT 1) UNION (SELECT 2) LIMIT 1",
    "VALUES (1, 'a'), (2, 'b')", "SELECT * FROM (VALUES (1), (2)) v(x)", "TABLE t",
    "SELECT a, count(*) FROM t GROUP BY ROLLUP (a, (b, c)), CUBE (d)",
    "SELECT a FROM t GROUP BY GROUPING SETS ((a, b), a, ())", "SELECT a FROM t GROUP BY a WITH ROLLUP",
    "SELECT sum(x) FILTER (WHERE y > 0), count(DISTINCT z), string_agg(x, ',' ORDER BY y DESC) FROM t",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM t",
    "SELECT lag(x, 1) IGNORE NULLS OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM t",
    "SELECT sum(x) OVER w FROM t WINDOW w AS (ORDER BY ts RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES)",
    "SELECT row_number() OVER () AS r FROM t QUALIFY r = 1",
    "SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 'x' END FROM t",
    "SELECT a::int, CAST(a AS DECIMAL(10, 2)), TRY_CAST(b AS DOUBLE PRECISION), c::int[], d::MAP<VARCHAR, ARRAY<INT>> FROM t",
    "SELECT CAST(a AS STRUCT<x: INT, y: ARRAY<STRUCT<z INT>>>), b::timestamp with time zone FROM t",
    "SELECT EXTRACT(hour FROM ts), SUBSTRING(a FROM 2 FOR 3), POSITION('a' IN b), TRIM(BOTH 'x' FROM y), TRIM(z), OVERLAY(a PLACING 'x' FROM 1 FOR 2) FROM t",
    "SELECT INTERVAL '7' DAY, INTERVAL 7 DAY, INTERVAL '7 days', INTERVAL '1-2' YEAR TO MONTH, INTERVAL (x + 1) HOURS FROM t",
    "SELECT DATE '2024-01-15', TIMESTAMP '2024-01-01 00:00:00', DATE('2024-01-15'), DATE(ts), ts::date FROM t",
    "SELECT TIMESTAMP WITH TIME ZONE '2024-01-01 00:00:00+00', ts AT TIME ZONE 'UTC' FROM t",
    "SELECT [1, 2], ARRAY[1, 2], {'a': 1, b: 2}, MAP {'k': 1}, ROW(1, 2), (1, 2), a[1], a[1:2], a[:2], a[1:] FROM t",
    "SELECT transform(l, x -> x + 1), reduce(l, 0, (a, x) -> a + x), list_filter(l, lambda x: x > 1), [x + 1 for x in l if x > 2] FROM t",
    "SELECT j -> 'a' ->> 'b', upper(j ->> 'x'), v:path.x[0]::int FROM t",
    "SELECT a IS NULL, a IS NOT TRUE, a IS DISTINCT FROM b, a BETWEEN 1 AND 2 AND b NOT IN (1, 2), NOT a LIKE 'x%' ESCAPE '!' FROM t",
    "SELECT a LIKE ANY ('x', 'y'), a SIMILAR TO 'x', a RLIKE 'b', a ~* 'c', a = ANY (SELECT 1), b > ALL (ARRAY[1]) FROM t",
    "SELECT EXISTS (SELECT 1), (SELECT 2), a IN (SELECT 3), (a, b) IN ((1, 2)), ((SELECT 1) UNION (SELECT 2)) FROM t",
    "SELECT * FROM t FOR TIMESTAMP AS OF (CURRENT_TIMESTAMP - INTERVAL '1' DAY) AS x WHERE a = 1",
    "SELECT * FROM t FOR VERSION AS OF 123 x", "SELECT * FROM t VERSION AS OF 'tag'",
    "SELECT * FROM t TIMESTAMP AS OF '2024-01-01' JOIN u FOR SYSTEM_VERSION AS OF 3 ON true",
    "SELECT * FROM t AT (TIMESTAMP => now() - INTERVAL '1 day')", "SELECT * FROM t AT (VERSION => 3) z",
    "SELECT * FROM t$snapshots", "SELECT * FROM \"t$snapshots\"", "SELECT * FROM a.b.t.snapshots",
    "SELECT * FROM iceberg_snapshots('t') s, UNNEST(s.l) WITH ORDINALITY AS u(x, i), LATERAL (SELECT s.a) z",
    "SELECT * FROM t LATERAL VIEW explode(l) e AS x", "SELECT * FROM 'a/*.parquet' p",
    "SELECT * FROM t PIVOT (sum(x) FOR y IN ('a' AS b, 'c')) AS p",
    "SELECT * FROM t UNPIVOT (v FOR n IN (a, b))",
    "SELECT * FROM t TABLESAMPLE BERNOULLI (10 PERCENT)", "SELECT $1, ?, :name, $x",
    "SELECT left(a, 2), right(b, 1), replace(a, 'x', 'y'), if(a, 1, 2), try(a / b), any_value(x) FROM t",
    "SELECT date, timestamp, year, value, key, first, last FROM t",
    "SELECT count(*), t.count FROM t", "SELECT /* a /* nested */ comment */ 1 -- end",
    "SELECT -2 ^ 2, 1 + 2 * 3 || 'x', a.b['k'].c, (x).y, f(x).y",
    "SELECT date_diff('day', a, b), dateadd(day, 1, t)",
  ]) func readsQueries(sql: String) throws {
    guard case .query = try Parser.statement(sql).kind else {
      Issue.record("no query: \(sql)")
      return
    }
  }

  @Test(arguments: [
    "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1", "EXPLAIN (ANALYZE, VERBOSE) SELECT 1",
    "CREATE TABLE IF NOT EXISTS a.b.t (id BIGINT NOT NULL COMMENT 'key', c STRUCT<pitch: DOUBLE, yaw: DOUBLE>, l ARRAY<STRING>,) COMMENT 'x' USING iceberg TBLPROPERTIES ('format-version' = '2') PARTITIONED BY (days(ts), bucket(16, id), d, truncate(s, 4) AS t4)",
    "CREATE OR REPLACE TABLE t PARTITIONED BY (d) AS SELECT 1 AS d", "CREATE TEMP TABLE t AS (SELECT 1)",
    "CREATE TABLE t (a INT, b INT, PRIMARY KEY (a))",
    "CREATE TABLE t (a INT) WITH (format = 'PARQUET', x = 1)",
    "CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE TEMPORARY VIEW v (a) AS SELECT 1",
    "CREATE NAMESPACE IF NOT EXISTS a.b", "DROP TABLE IF EXISTS t PURGE", "DROP VIEW v",
    "DROP SCHEMA s CASCADE",
    "INSERT INTO t VALUES (1, DEFAULT), (2, 'x')", "INSERT INTO t (a, b) SELECT 1, 2",
    "INSERT INTO t BY NAME SELECT 1 AS a",
    "INSERT OVERWRITE t SELECT * FROM u", "INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x",
    "DELETE FROM t WHERE a = 1", "DELETE FROM t AS x USING u WHERE x.a = u.a",
    "UPDATE t SET a = 1, b.c = DEFAULT WHERE d",
    "UPDATE t x SET (a, b) = (1, 2) FROM u WHERE x.a = u.a", "TRUNCATE TABLE t",
    "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.d THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE THEN UPDATE SET a = 1",
    "MERGE INTO t AS x USING (SELECT 1 AS id) s USING (id) WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
    "ALTER TABLE t ADD COLUMN a INT AFTER b",
    "ALTER TABLE t ADD COLUMNS (a INT COMMENT 'x', p.q STRING FIRST)",
    "ALTER TABLE t DROP COLUMN a", "ALTER TABLE t RENAME COLUMN a TO b", "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t ALTER COLUMN a TYPE BIGINT", "ALTER TABLE t ALTER a SET NOT NULL",
    "ALTER TABLE t SET TBLPROPERTIES ('a' = 'b', c.d-e = 3)",
    "ALTER TABLE t UNSET TBLPROPERTIES ('a')", "ALTER TABLE t ADD PARTITION FIELD bucket(4, id)",
    "ALTER TABLE t DROP PARTITION FIELD d",
    "ALTER TABLE t REPLACE PARTITION FIELD d WITH months(d) AS m",
    "ALTER TABLE t WRITE ORDERED BY a DESC NULLS LAST, b",
    "ALTER TABLE t CREATE OR REPLACE TAG x AS OF VERSION 3 RETAIN 7 DAYS", "ALTER TABLE t DROP BRANCH b",
    "ALTER TABLE t EXECUTE optimize(file_size_threshold => '100MB') WHERE a = 1",
    "CALL s3_tables.system.expire_snapshots(table => 'a.b', older_than => CURRENT_TIMESTAMP - INTERVAL '30' DAY)",
    "OPTIMIZE t REWRITE DATA USING BIN_PACK WHERE event_date >= DATE(CURRENT_TIMESTAMP - INTERVAL '7' DAY)",
    "VACUUM t",
    "ANALYZE TABLE t COMPUTE STATISTICS FOR COLUMNS a, b", "ANALYZE t", "SHOW TABLES IN a.b LIKE 'x%'",
    "SHOW PARTITIONS t", "SHOW CREATE TABLE t",
    "SHOW SETTINGS", "SHOW timezone", "DESCRIBE t", "DESC EXTENDED a.t", "DESCRIBE SELECT 1", "SUMMARIZE t",
    "SET integer_division = false", "SET timezone TO 'UTC'", "SET TIME ZONE 'Europe/Berlin'",
    "SET disabled_optimizer_rules = a, b", "RESET timezone", "RESET ALL", "USE a.b",
    "PREPARE p (int) AS SELECT $1", "EXECUTE p (1, x => 2)", "DEALLOCATE p",
    "COPY (SELECT 1) TO 'x.csv' (FORMAT csv, HEADER)", "COPY t FROM 'x.parquet'",
    "UNLOAD (SELECT 1) TO 'x' WITH (format = 'PARQUET')", "COMMENT ON TABLE t IS 'x'",
    "COMMENT ON COLUMN t.a IS NULL", "(SELECT 1)",
  ]) func readsStatements(sql: String) throws {
    _ = try Parser.statement(sql)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var sql: String
    var message: String
    var marked: String
    var testDescription: String { sql }
  }

  @Test(arguments: [
    Mistake(
      sql: "SELECT FROM t", message: "unexpected \"FROM\", expected an expression or *", marked: "FROM"),
    Mistake(sql: "SELECT a FORM t", message: "unexpected \"t\"", marked: "t"),
    Mistake(sql: "SELECT (1", message: "unexpected end of input, expected \")\"", marked: ""),
    Mistake(sql: "SELECT 'abc", message: "the string that begins here has no end", marked: "'"),
    Mistake(sql: "SELECT 1abc", message: "unexpected \"abc\" after the number 1", marked: "1abc"),
    Mistake(sql: "", message: "the statement is empty", marked: ""),
    Mistake(
      sql: "SELECT * FROM t AS x FOR VERSION AS OF 3", message: "FOR VERSION AS OF stands after the alias",
      marked: "FOR VERSION AS OF"),
    Mistake(
      sql: "SELECT * FROM t WHERE a = 1 FOR TIMESTAMP AS OF now()",
      message: "FOR TIMESTAMP AS OF stands in the wrong place", marked: "FOR TIMESTAMP AS OF"),
    Mistake(
      sql: "SELECT a FROM t GROUP BY", message: "unexpected end of input, expected an expression", marked: ""),
    Mistake(
      sql: "SELECT sum(x) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM t",
      message: "the frame ends before it starts", marked: "ROWS BETWEEN CURRENT ROW AND 1 PRECEDING"),
    Mistake(sql: "SELECT 1 AS 'x'", message: "a string is no name", marked: "'x'"),
    Mistake(sql: "BEGIN", message: "a transaction of several statements is not supported", marked: "BEGIN"),
  ]) func saysWhatIsWrong(_ mistake: Mistake) {
    let error = #expect(throws: QueryError.self) { try Parser.statement(mistake.sql) }
    #expect(error?.message.hasPrefix(mistake.message) == true, "\(error?.message ?? "")")
    if let range = error?.position {
      #expect(
        String(decoding: Array(mistake.sql.utf8)[range.start..<range.end], as: UTF8.self) == mistake.marked)
    }
  }

  @Test func aMisspeltKeywordIsNamed() {
    let error = #expect(throws: QueryError.self) { try Parser.statement("SELECT a FORM t") }
    #expect(error?.hint == "did you mean FROM?")
  }

  @Test func deepNestingIsRefused() {
    let depth = 10_000
    for (open, close) in [
      ("(", ")"), ("[", "]"), ("NOT ", ""), ("- ", ""), ("abs(", ")"), ("CASE WHEN ", ""),
    ] {
      let sql =
        "SELECT " + String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
      let error = #expect(throws: QueryError.self) { try Parser.statement(sql) }
      #expect(error?.sqlState == .tooComplex)
    }
    let joins = "SELECT * FROM " + String(repeating: "(", count: depth)
    #expect(throws: QueryError.self) { try Parser.statement(joins) }
    let chain = "SELECT " + String(repeating: "1 + ", count: depth) + "1"
    #expect(throws: QueryError.self) { try Parser.statement(chain) }
  }

  @Test func longConditionsAreFlat() throws {
    let sql = "SELECT 1 WHERE " + String(repeating: "a = 1 OR ", count: 20_000) + "b = 2"
    _ = try Parser.statement(sql)
  }

  @Test func severalStatementsAreCutAtSemicolons() throws {
    let statements = try Parser.parse("SELECT 1; ANALYZE TABLE t COMPUTE STATISTICS;; SELECT ';'")
    #expect(statements.count == 3)
  }
}

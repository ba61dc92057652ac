internal import QueryEngine

/// One kernel or operator a case, on a table in memory and one worker; the scan of the table is part of each.
enum StatementCases {
  private static let rowCount = 1_000_000

  static func all() throws -> [BenchmarkCase] {
    let session = Session(
      catalog: nil, settings: SessionSettings(threads: 1, memoryLimit: 4 << 30, tempDirectory: "/tmp"))
    _ = try session.run(
      single: """
        CREATE TEMP TABLE t AS SELECT i, (i * 7919) % 1000003 AS r, (i % 1000)::INTEGER AS k, i * 0.5::DOUBLE AS d,
        'page-' || (i % 500) AS s, md5((i % 50000)::VARCHAR) AS u, DATE '2024-01-01' + (i % 365)::INTEGER AS day,
        CASE WHEN i % 7 <> 0 THEN i END AS n FROM generate_series(1, \(rowCount)) AS g(i)
        """)
    let statements: [(String, String)] = [
      ("scan", "SELECT count(i) FROM t"), ("add", "SELECT max(i + r) FROM t"),
      ("multiply-double", "SELECT max(d * 1.5::DOUBLE) FROM t"),
      ("compare", "SELECT count(*) FROM t WHERE r < 5000"),
      ("compare-text", "SELECT count(*) FROM t WHERE s = 'page-77'"),
      ("like", "SELECT count(*) FROM t WHERE u LIKE '%ab1%'"),
      ("regex", "SELECT count(*) FROM t WHERE regexp_matches(s, '^page-[1-3]7$')"),
      ("case", "SELECT sum(CASE WHEN k < 500 THEN 1 ELSE 2 END) FROM t"),
      ("date-trunc", "SELECT max(date_trunc('month', day)) FROM t"),
      ("cast-text", "SELECT max(length(i::VARCHAR)) FROM t"),
      ("is-null", "SELECT count(*) FROM t WHERE n IS NULL"),
      ("sum", "SELECT sum(i), avg(d) FROM t"), ("group-few", "SELECT k, count(*), sum(i) FROM t GROUP BY k"),
      ("group-many", "SELECT r, count(*) FROM t GROUP BY r"),
      ("group-text", "SELECT u, count(*) FROM t GROUP BY u"),
      ("count-distinct", "SELECT count(DISTINCT u) FROM t"),
      ("join", "SELECT count(*) FROM t JOIN (SELECT k AS kk, max(i) AS m FROM t GROUP BY k) x ON t.k = x.kk"),
      ("semi-join", "SELECT count(*) FROM t WHERE r IN (SELECT i FROM t WHERE i < 10000)"),
      ("sort", "SELECT max(x) FROM (SELECT row_number() OVER (ORDER BY r) AS x FROM t)"),
      ("top-n", "SELECT i FROM t ORDER BY r LIMIT 10"),
      ("window", "SELECT max(x) FROM (SELECT sum(i) OVER (PARTITION BY k ORDER BY i) AS x FROM t)"),
    ]
    return statements.map { name, sql in
      BenchmarkCase(name: "sql.\(name)", rows: rowCount, bytes: rowCount * 8) {
        _ = try session.run(single: sql)
      }
    }
  }
}

import Testing
import Columnar
import FileFormats

@testable import QueryEngine

/// Tables without rows, and the calls that turn a query into a plan.
struct PlanTester {
  let resolver = InMemoryRelationResolver()
  var settings = BinderEnvironment.Settings()

  init() {
    add("t", "a INTEGER, b BIGINT, c VARCHAR, d DATE, e DOUBLE, ts TIMESTAMP, ok BOOLEAN, l BIGINT[]")
    add("u", "a INTEGER, x BIGINT, name VARCHAR, d DATE")
    add("web_events", PlanTester.webEvents)
    add(
      "users",
      "user_id VARCHAR, signup_date DATE, plan VARCHAR, home_country VARCHAR, marketing_opt_in BOOLEAN, lifetime_value DECIMAL(12,2)"
    )
  }

  func add(_ name: String, _ columns: String, rowCount: Int? = nil) {
    resolver.add(
      name,
      .relation(EmptyRelation(displayName: name, columns: PlanTester.columns(columns), rowCount: rowCount)))
  }

  func addView(_ name: String, _ text: String) {
    resolver.add(name, .view(ViewDefinition(name: name, text: text)))
  }

  /// Reads `name TYPE, …`.
  static func columns(_ text: String) -> [RelationColumn] {
    guard case .createTable(let create)? = try? Parser.statement("CREATE TABLE x (\(text))").kind else {
      return []
    }
    return create.columns.compactMap { column in
      (try? TypeNames.type(of: column.type)).map { RelationColumn(column.name.text, $0) }
    }
  }

  func environment(_ sql: String) -> EvaluationEnvironment {
    // 2024-01-15 09:00:00 UTC.
    EvaluationEnvironment(clockMicros: 1_705_309_200_000_000, statement: sql)
  }

  func bind(_ sql: String) throws(QueryError) -> LogicalPlan {
    guard case .query(let query) = try Parser.statement(sql).kind else {
      throw QueryError.internalError("no query")
    }
    let binder = Binder(
      environment: BinderEnvironment(resolver: resolver, evaluation: environment(sql), settings: settings))
    let plan = try binder.bindQuery(query)
    try plan.verify()
    return plan
  }

  /// `name TYPE` of each column.
  func types(_ sql: String) throws(QueryError) -> String {
    try bind(sql).outputColumns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
  }

  func error(_ sql: String) -> QueryError? {
    do throws(QueryError) {
      _ = try bind(sql)
      return nil
    } catch {
      return error
    }
  }

  static let webEvents = """
    event_id VARCHAR, event_timestamp TIMESTAMP, event_date DATE, event_hour INTEGER, event_type VARCHAR,
    event_name VARCHAR, anonymous_id VARCHAR, user_id VARCHAR, session_id VARCHAR, session_event_sequence INTEGER,
    is_first_event_in_session BOOLEAN, time_on_page_seconds BIGINT, app_id VARCHAR, page_url VARCHAR,
    page_path VARCHAR, page_title VARCHAR, space_id VARCHAR, space_type VARCHAR, room_name VARCHAR,
    community VARCHAR, coordinates STRUCT<pitch DOUBLE, yaw DOUBLE, hfov DOUBLE>, user_agent VARCHAR,
    os_name VARCHAR, browser VARCHAR, locale VARCHAR, timezone VARCHAR, referrer VARCHAR, screen_width INTEGER,
    screen_height INTEGER, device_type VARCHAR, data_quality_score DOUBLE, is_bot BOOLEAN,
    processed_timestamp TIMESTAMP, properties_json VARCHAR, utm_source VARCHAR, utm_medium VARCHAR,
    utm_campaign VARCHAR, ip_address VARCHAR, country VARCHAR, duration_ms INTEGER, revenue DECIMAL(12,2),
    seconds_utc_ts BIGINT
    """
}

struct EmptyRelation: Relation {
  let displayName: String
  let columns: [RelationColumn]
  var rowCount: Int?
  var statistics: RelationStatistics { RelationStatistics(rowCount: rowCount) }
}

/// A query of the shared benchmark files.
struct WorkloadQuery: Sendable, CustomTestStringConvertible {
  var name: String
  var sql: String
  var testDescription: String { name }

  /// The queries of a file in `../shared/bench/queries`; none when the folder is not there.
  static func load(_ file: String) -> [WorkloadQuery] {
    var root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    root = "/" + root + "/../shared/bench/queries/" + file
    guard let bytes = try? LocalFileSystem().readAll(root) else { return [] }
    var queries: [WorkloadQuery] = []
    var isStandard = false
    for line in String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      if line.hasPrefix("-- name: ") {
        queries.append(WorkloadQuery(name: String(line.dropFirst(9)), sql: ""))
        isStandard = true
      } else if line.hasPrefix("-- sql[") {
        isStandard = false
      } else if !line.hasPrefix("--"), isStandard, !queries.isEmpty {
        queries[queries.count - 1].sql += line + "\n"
      }
    }
    return queries.map { query in
      var query = query
      query.sql = filled(query.sql)
      return query
    }
  }

  /// Puts values for `{{d7}}` and the like.
  private static func filled(_ sql: String) -> String {
    var parts: [String] = []
    var rest = sql[...]
    while let open = rest.firstRange(of: "{{"), let close = rest.firstRange(of: "}}") {
      parts.append(String(rest[..<open.lowerBound]))
      let name = rest[open.upperBound..<close.lowerBound]
      let isDate =
        name == "day" || name == "as_of" || (name.first == "d" && name.dropFirst().allSatisfy(\.isNumber))
      parts.append(isDate ? "2024-01-15" : "1000")
      rest = rest[close.upperBound...]
    }
    return parts.joined() + rest
  }
}

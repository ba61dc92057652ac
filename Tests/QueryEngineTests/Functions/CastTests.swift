import Columnar
import Testing

@testable import QueryEngine

@Suite("Casts") struct CastTests {
  @Test(arguments: [
    ("CAST(2.5 AS INTEGER)", "3"), ("CAST(-2.5 AS INTEGER)", "-3"), ("CAST(2.5e0 AS BIGINT)", "3"),
    ("true::INTEGER", "1"),
    ("0::BOOLEAN", "false"), ("' 42 '::BIGINT", "42"), ("'1e3'::DOUBLE", "1000.0"),
    ("'3.14159'::DECIMAL(4,2)", "3.14"),
    ("123.456::DECIMAL(5,1)", "123.5"), ("1::DECIMAL(38,10)", "1.0000000000"), ("'yes'::BOOLEAN", "true"),
    ("'2024-01-15'::DATE", "2024-01-15"), ("'2024-01-15 10:30:00'::TIMESTAMP::DATE", "2024-01-15"),
    ("'2024-01-15T10:30:00Z'::TIMESTAMPTZ", "2024-01-15 10:30:00+00"),
    ("'2024-01-15 10:30:00 Europe/Berlin'::TIMESTAMPTZ", "2024-01-15 09:30:00+00"),
    ("'2024-01-15 10:30:00+02:00'::TIMESTAMPTZ", "2024-01-15 08:30:00+00"), ("'10:30'::TIME", "10:30:00"),
    ("'1 year 2 months 3 days 04:05:06'::INTERVAL", "1 year 2 months 3 days 04:05:06"),
    ("'P1Y2M3DT4H5M6S'::INTERVAL", "1 year 2 months 3 days 04:05:06"),
    ("'2 weeks ago'::INTERVAL", "-14 days"),
    ("'550E8400-e29b-41d4-a716-446655440000'::UUID", "550e8400-e29b-41d4-a716-446655440000"),
    ("'[1, 2, NULL]'::INTEGER[]", "[1, 2, NULL]"), ("'[1, 2]'::VARCHAR[]", "[1, 2]"),
    ("'{\"a\": 1, \"b\": \"x\"}'::STRUCT(a INTEGER, b VARCHAR)", "{'a': 1, 'b': x}"),
    ("'{a=1, b=2}'::MAP(VARCHAR, INTEGER)", "{a=1, b=2}"), ("[1, 2]::VARCHAR", "[1, 2]"),
    ("[1.5, 2.5]::INTEGER[]", "[2, 3]"), ("TRY_CAST('x' AS INTEGER)", "NULL"),
    ("TRY_CAST('5' AS INTEGER)", "5"),
    ("TRY_CAST(300 AS TINYINT)", "NULL"), ("1.10::VARCHAR", "1.10"), ("0.1e0::VARCHAR", "0.1"),
  ])
  func valuesConvert(expression: String, value: String) throws {
    #expect(try ExpressionTester.text(expression) == value)
  }

  @Test func aBadTextIsNamedWithItsType() {
    let error = ExpressionTester.error("'12x'::INTEGER")
    #expect(error?.message == "cannot read \"12x\" as INTEGER")
    #expect(error?.value == "12x")
  }

  @Test func timestampsGoByTheSessionsZone() throws {
    let berlin = try TimeZone.named("Europe/Berlin")
    #expect(
      try ExpressionTester.text("'2024-07-01 12:00:00'::TIMESTAMPTZ", zone: berlin)
        == "2024-07-01 12:00:00+02")
    #expect(
      try ExpressionTester.text("TIMESTAMPTZ '2024-01-01 00:30:00+00'::DATE", zone: berlin) == "2024-01-01")
    #expect(
      try ExpressionTester.text("'2024-06-30 23:00:00+00'::TIMESTAMPTZ::VARCHAR", zone: berlin)
        == "2024-07-01 01:00:00+02")
    #expect(
      try ExpressionTester.text("date_trunc('day', TIMESTAMPTZ '2024-06-30 23:00:00+00')", zone: berlin)
        == "2024-07-01 00:00:00+02")
  }

  @Test func zonesFollowTheRuleBehindTheirLastTransition() throws {
    let berlin = try TimeZone.named("europe/berlin")
    #expect(berlin.offset(atUTC: 4_102_444_800) == 3600)  // 2100-01-01
    #expect(berlin.offset(atUTC: 4_118_083_200) == 7200)  // 2100-07-01
    #expect(berlin.offset(atUTC: 0) == 3600)
    let sydney = try TimeZone.named("Australia/Sydney")
    #expect(sydney.offset(atUTC: 4_102_444_800) == 39_600)
    #expect(try TimeZone.named("+05:30").offset(atUTC: 0) == 19_800)
    #expect(throws: QueryError.self) { try TimeZone.named("../etc/passwd") }
    #expect(throws: QueryError.self) { try TimeZone.named("Mars/Olympus") }
  }
}

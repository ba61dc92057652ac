import Testing

@testable import QueryEngine

/// The operators and special forms of SQL, from text to value.
@Suite("Operators and forms") struct OperatorSyntaxTests {
  @Test(arguments: [
    ("position('b' IN 'abc')", "2"), ("trim(BOTH 'x' FROM 'xax')", "a"), ("trim(LEADING FROM '  a')", "a"),
    ("overlay('Txxxxas' PLACING 'hom' FROM 2 FOR 4)", "Thomas"), ("substring('hello' FROM 2 FOR 3)", "ell"),
    ("'abc' ~ '^a'", "true"), ("'abc' !~ 'b'", "false"), ("'ABC' ~* 'b'", "true"), ("'abc' ^@ 'ab'", "true"),
    ("2 ^ 3", "8.0"), ("1 << 4 | 1", "17"), ("~1", "-2"), ("5 IN (1, 5)", "true"), ("'x' || NULL", "NULL"),
    ("[1] || [2, 3]", "[1, 2, 3]"), ("[1, 2] || 3", "[1, 2, 3]"),
    ("'{\"a\": {\"b\": 1}}' -> 'a' ->> 'b'", "1"),
    ("[x * 2 for x in [1, 2, 3] if x > 1]", "[4, 6]"), ("[1, 2, 3][1:2]", "[1, 2]"), ("{'a': 1}.a", "1"),
    ("MAP {'k': 5}['k']", "5"), ("ROW(1, 'a') = ROW(1, 'a')", "true"), ("(1, 2) < (1, 3)", "true"),
    ("1 BETWEEN 0 AND 2", "true"), ("NULL IS DISTINCT FROM 1", "true"), ("NOT NULL::BOOLEAN", "NULL"),
    ("DATE '2024-01-15' < TIMESTAMP '2024-01-15 00:00:01'", "true"),
    ("DATE '2024-01-15' = '2024-01-15'", "true"),
    ("'a' LIKE ANY ('b%', 'a%')", "true"), ("2 = ANY([1, 2])", "true"), ("3 > ALL([1, 2])", "true"),
    ("current_date", "2024-01-15"), ("CURRENT_TIMESTAMP", "2024-01-15 09:01:30+00"),
    ("today() - 7", "2024-01-08"),
    ("INTERVAL '7' DAY", "7 days"), ("INTERVAL 90 MINUTE", "01:30:00"),
    ("INTERVAL '1-2' YEAR TO MONTH", "1 year 2 months"),
    ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"), ("IF(1 > 2, 'x')", "NULL"), ("nullif(1, 1)", "NULL"),
    ("greatest(DATE '2024-01-01', '2024-02-01')", "2024-02-01"), ("coalesce(NULL, 1.5, 2)", "1.5"),
    ("date_add('day', 1, '2024-01-31')", "2024-02-01 00:00:00"),
    ("EXTRACT(epoch FROM INTERVAL '1' HOUR)", "3600.0"),
    ("extract(dow FROM DATE '2024-01-14')", "0"), ("typeof(1 + 1.5)", "DECIMAL(12,1)"),
    ("now() AT TIME ZONE 'Asia/Tokyo'", "2024-01-15 18:01:30"), ("100 * 1.0 / 3", "33.333333333333336"),
    ("'10' + 5", "15"), ("contains([1, 2], 2)", "true"), ("any_match([], x -> x)", "false"),
    ("list_transform([[1], [2, 3]], l -> list_sum(l))", "[1, 5]"),
    ("list_transform([1, 2], x -> list_transform([10], y -> x * y))", "[[10], [20]]"),
    ("concat_ws(',', 'a', NULL, 1.5, true)", "a,1.5,true"), ("regexp_like('abc', 'B', 'i')", "true"),
    ("from_unixtime(0)", "1970-01-01 00:00:00+00"),
    ("unix_timestamp(TIMESTAMP '2024-01-15 00:00:00')", "1705276800"),
    ("datediff('day', DATE '2024-01-01', DATE '2024-03-01')", "60"),
    ("time_bucket(INTERVAL '1 day', DATE '2024-01-15')", "2024-01-15 00:00:00"),
    ("array_contains(string_to_array('a,b', ','), 'b')", "true"), ("length('日本語')", "3"),
    ("octet_length('日本語')", "9"),
  ])
  func expressionsHaveTheirValues(expression: String, value: String) throws {
    #expect(try ExpressionTester.text(expression) == value)
  }

  @Test(arguments: [
    ("upper(5)", "42883"), ("no_such_function(1)", "42883"), ("'a' < 5 + 1", "22P02"),
    ("regexp_matches('a', '(')", "22023"),
    ("date_trunc('fortnight', DATE '2024-01-01')", "22023"), ("repeat('abc', 99999999999)", "22003"),
    ("regexp_matches(repeat('a', 60) || '!', '(a+)+$')", "54001"), ("'a' LIKE 'b\\'", "22023"),
    ("sqrt(-1)", "22023"),
    ("chr(-1)", "22023"), ("generate_series(1, 1000000000000)", "22003"), ("MAP {'a': 1, 'a': 2}", "22023"),
    ("make_date(2024, 2, 30)", "22007"), ("DATE '2024-01-01' + 99999999999", "22007"),
    ("now() AT TIME ZONE 'Nowhere'", "22023"),
  ])
  func mistakesHaveTheirCodes(expression: String, code: String) {
    let error = ExpressionTester.error(expression)
    #expect(error?.sqlState.rawValue == code, "\(expression): \(error.map { "\($0)" } ?? "none")")
  }
}

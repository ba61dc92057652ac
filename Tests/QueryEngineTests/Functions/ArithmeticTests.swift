import Columnar
import Testing

@testable import QueryEngine

/// SQL.md §1.1.
@Suite("Arithmetic") struct ArithmeticTests {
  @Test(arguments: [
    ("7 / 2", "INTEGER"), ("7 * 2.0", "DECIMAL(12,1)"), ("100.0", "DECIMAL(4,1)"), ("7 / 2.0", "DOUBLE"),
    ("1::BIGINT * 100.0", "DECIMAL(23,1)"), ("1::BIGINT * 100.0 / 1::BIGINT", "DOUBLE"),
    ("1.5::DECIMAL(15,2) * (1 - 0.5::DECIMAL(15,2))", "DECIMAL(31,4)"),
    ("1::TINYINT + 1::SMALLINT", "SMALLINT"), ("1::REAL + 1::REAL", "REAL"), ("1::REAL + 1", "DOUBLE"),
    ("DATE '2024-01-01' + 1", "DATE"), ("DATE '2024-01-01' - DATE '2023-01-01'", "BIGINT"),
    ("DATE '2024-01-01' - INTERVAL '1' DAY", "TIMESTAMP"),
    ("TIMESTAMP '2024-01-01' - TIMESTAMP '2023-01-01'", "INTERVAL"),
  ])
  func resultTypesFollowTheRules(expression: String, type: String) throws {
    #expect(try ExpressionTester.bind(expression).type.description == type)
  }

  @Test(arguments: [
    ("1 / 0", "22012"), ("1 % 0", "22012"), ("9223372036854775807 + 1", "22003"), ("2147483647 + 1", "22003"),
    ("(-9223372036854775807 - 1) / -1", "22003"), ("-9223372036854775807 - 2", "22003"),
    ("4611686018427387904 * 2", "22003"), ("127::TINYINT + 1::TINYINT", "22003"), ("'12x'::INTEGER", "22P02"),
    ("'300'::TINYINT", "22003"), ("'2024-02-30'::DATE", "22007"), ("1e10::INTEGER", "22003"),
  ])
  func dataErrorsHaveTheirCodes(expression: String, code: String) {
    #expect(ExpressionTester.error(expression)?.sqlState.rawValue == code)
  }

  @Test func divisionByZeroNamesTheExpression() {
    let error = ExpressionTester.error("1 + 5 / (3 - 3)")
    #expect(error?.message == "division by zero in \"5 / (3 - 3)\"")
    #expect(error?.hint?.contains("nullif((3 - 3), 0)") == true)
    #expect(error?.position == SourceRange(4, 15))
  }

  @Test(arguments: [
    ("1e0 / 0", "inf"), ("-1e0 / 0", "-inf"), ("0e0 / 0", "nan"), ("5e0 % 0", "nan"), ("1.0 / 0", "inf"),
    ("try(1 / 0)", "NULL"), ("try('x'::INTEGER)", "NULL"), ("7 // 2", "3"), ("-7 // 2", "-3"),
    ("-7 % 3", "-1"),
    ("1.5 + 2", "3.5"), ("0.1 + 0.2", "0.3"), ("10.00 * 1.1", "11.000"), ("5.5 % 2", "1.5"),
    ("DATE '2024-01-31' + INTERVAL '1' MONTH", "2024-02-29 00:00:00"),
    ("TIMESTAMP '2024-03-10 12:00:00' - TIMESTAMP '2024-03-09 11:30:00'", "1 day 00:30:00"),
    ("INTERVAL '1' DAY * 2.5", "2 days 12:00:00"), ("INTERVAL '3 hours' / 2", "01:30:00"),
    ("'nan'::DOUBLE = 'nan'::DOUBLE", "true"), ("'nan'::DOUBLE > 'inf'::DOUBLE", "true"),
  ])
  func valuesAreExact(expression: String, value: String) throws {
    #expect(try ExpressionTester.text(expression) == value)
  }
}

internal import Columnar

/// The operators `+ - * / // %` on numbers, and negation.
enum ArithmeticFunctions {
  static let all: [ScalarFunction] = [add, subtract, multiply, divide, integerDivide, modulo, negate, plus]

  static let add = ScalarFunction(
    "add", "The sum; an integer sum that does not fit its type is an error.",
    examples: [
      .init("1 + 2", gives: "3"), .init("1.5 + 2", gives: "3.5"),
      .init("DATE '2024-01-31' + 1", gives: "2024-02-01"),
    ],
    [
      IntegerArithmetic.overload(.add), DecimalArithmetic.overload(.add), FloatArithmetic.overload(.add),
    ] + TimeArithmetic.additions)

  static let subtract = ScalarFunction(
    "subtract", "The difference; an integer difference that does not fit its type is an error.",
    examples: [
      .init("1 - 2", gives: "-1"), .init("DATE '2024-03-01' - DATE '2024-02-01'", gives: "29"),
    ],
    [
      IntegerArithmetic.overload(.subtract), DecimalArithmetic.overload(.subtract),
      FloatArithmetic.overload(.subtract),
    ] + TimeArithmetic.subtractions)

  static let multiply = ScalarFunction(
    "multiply", "The product; an integer product that does not fit its type is an error.",
    examples: [.init("6 * 7", gives: "42"), .init("1.5 * 1.5", gives: "2.25")],
    [
      IntegerArithmetic.overload(.multiply), DecimalArithmetic.overload(.multiply),
      FloatArithmetic.overload(.multiply),
    ] + TimeArithmetic.multiplications)

  static let divide = ScalarFunction(
    "divide",
    "The quotient: of integers truncated towards zero, an error for a zero divisor; else a DOUBLE.",
    examples: [.init("7 / 2", gives: "3"), .init("-7 / 2", gives: "-3"), .init("7.0 / 2", gives: "3.5")],
    [IntegerArithmetic.overload(.divide), FloatArithmetic.overload(.divide)] + TimeArithmetic.divisions)

  static let integerDivide = ScalarFunction(
    "integer_divide", aliases: ["div"], "The quotient truncated towards zero, whatever the setting.",
    examples: [.init("7 // 2", gives: "3"), .init("div(-7, 2)", gives: "-3")],
    [IntegerArithmetic.overload(.divide), FloatArithmetic.overload(.integerDivide)])

  static let modulo = ScalarFunction(
    "modulo", aliases: ["mod"], "The rest of the division, with the sign of the dividend.",
    examples: [.init("7 % 3", gives: "1"), .init("mod(-7, 3)", gives: "-1"), .init("7.5 % 2", gives: "1.5")],
    [
      IntegerArithmetic.overload(.remainder), DecimalArithmetic.overload(.remainder),
      FloatArithmetic.overload(.remainder),
    ])

  static let negate = ScalarFunction(
    "negate", "The number with the other sign.", examples: [.init("-(5)", gives: "-5")],
    [
      IntegerArithmetic.unary(.negate), DecimalArithmetic.unary(.negate), FloatArithmetic.unary(.negate),
      ScalarOverload(
        [.init("span", .interval)], returns: .interval,
        RowFunction.unary(Interval.self, Interval.self) { (span, _) throws(QueryError) in
          Interval(months: 0 &- span.months, days: 0 &- span.days, micros: 0 &- span.micros)
        }),
    ])

  static let plus = ScalarFunction(
    "plus", "The number itself.", examples: [.init("+5", gives: "5")],
    [
      ScalarOverload(
        "(x number) -> number",
        rule: {
          $0.types.count == 1 && $0.types[0].isNumeric ? SignatureTypes($0.types, returns: $0.types[0]) : nil
        },
        make: { (_) throws(QueryError) in { (arguments, _) throws(QueryError) in arguments[0] } })
    ])
}

/// What an arithmetic operator does.
enum ArithmeticOperator: Sendable {
  case add, subtract, multiply, divide, integerDivide, remainder, negate, absolute

  var symbol: String {
    switch self {
    case .add: "+"
    case .subtract, .negate: "-"
    case .multiply: "*"
    case .divide: "/"
    case .integerDivide: "//"
    case .remainder: "%"
    case .absolute: "abs"
    }
  }
}

extension CallSite {
  /// Makes the error for a zero divisor, naming the expression.
  func divisionByZero(_ symbol: String) -> QueryError {
    let text = environment.text(at: position)
    var error = QueryError(
      .divisionByZero, "division by zero" + (text.map { " in \"\($0)\"" } ?? ""), at: position)
    let divisor = text.flatMap { Self.rightOperand(of: $0, symbol) }
    error.hints = [
      "write \(divisor.map { "nullif(\($0), 0)" } ?? "nullif(b, 0) for the divisor b"), or try(\(text ?? "a / b")), to get NULL"
    ]
    return error
  }

  /// The text behind the last operator outside parentheses and quotes.
  private static func rightOperand(of text: String, _ symbol: String) -> String? {
    let bytes = Array(text.utf8)
    let wanted = Array(symbol.utf8)
    var depth = 0
    var quote: UInt8 = 0
    var found: Int?
    for index in bytes.indices {
      let byte = bytes[index]
      if quote != 0 {
        if byte == quote { quote = 0 }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      } else if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]") {
        depth -= 1
      } else if depth == 0, bytes[index...].starts(with: wanted) {
        found = index + wanted.count
      }
    }
    guard let found, depth == 0 else { return nil }
    let operand = bytes[found...].drop { $0 == 0x20 }
    return operand.isEmpty ? nil : String(decoding: operand, as: UTF8.self)
  }

  /// Makes the error for a result that does not fit its type.
  func outOfRange(_ expression: String) -> QueryError {
    QueryError(
      .numericOutOfRange, "\(expression) does not fit \(resultType)",
      hint: resultType.isInteger ? "cast an operand to a wider type, such as DECIMAL(38,0)" : nil,
      at: position)
  }
}

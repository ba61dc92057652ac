internal import Columnar
internal import Glibc

/// Every function of numbers.
enum MathFunctions {
  static let all: [ScalarFunction] =
    RoundingFunctions.all + powers + trigonometry + BitFunctions.all
    + [
      pi, random, isNaN, isInfinite, isFinite, widthBucket, safeDivide, orIfNaN, atan2, logarithm, factorial,
      gcd, lcm,
    ]

  /// A function of one DOUBLE.
  private static func unary(
    _ name: String, _ summary: String, _ example: String, _ gives: String,
    _ function: @escaping @Sendable (Double) throws(QueryError) -> Double
  ) -> ScalarFunction {
    ScalarFunction(
      name, summary, examples: [.init(example, gives: gives)],
      [
        ScalarOverload(
          [.init("x", .double)], returns: .double,
          RowFunction.unary(Double.self, Double.self) { (x, _) throws(QueryError) in try function(x) })
      ])
  }

  private static func domain(_ what: String) -> QueryError {
    QueryError(.invalidParameter, what, hint: "try(…) gives NULL instead")
  }

  private static let powers: [ScalarFunction] = [
    ScalarFunction(
      "power", aliases: ["pow"], "The base to the power of the exponent.",
      examples: [.init("power(2, 10)", gives: "1024.0")],
      [
        ScalarOverload(
          [.init("base", .double), .init("exponent", .double)], returns: .double,
          RowFunction.binary(Double.self, Double.self, Double.self) {
            (base, exponent, _) throws(QueryError) in
            pow(base, exponent)
          })
      ]),
    unary("sqrt", "The square root.", "sqrt(16)", "4.0") { (x) throws(QueryError) in
      if x < 0 { throw domain("the square root of \(x) does not exist") }
      return x.squareRoot()
    },
    unary("cbrt", "The cube root.", "cbrt(27)", "3.0") { (x) throws(QueryError) in
      let root = Glibc.cbrt(x)
      // Whole roots come out whole.
      let whole = root.rounded()
      return whole * whole * whole == x ? whole : root
    },
    unary("exp", "e to the power of the number.", "exp(0)", "1.0") { (x) throws(QueryError) in Glibc.exp(x) },
    unary("ln", "The natural logarithm.", "ln(1)", "0.0") { (x) throws(QueryError) in
      try positive(x)
      return Glibc.log(x)
    },
    unary("log2", "The logarithm to base 2.", "log2(8)", "3.0") { (x) throws(QueryError) in
      try positive(x)
      return Glibc.log2(x)
    },
  ]

  private static func positive(_ x: Double) throws(QueryError) {
    if x <= 0 { throw domain("the logarithm of \(x) does not exist") }
  }

  static let logarithm = ScalarFunction(
    "log", aliases: ["log10"], "The logarithm to base 10, or to a given base, which comes first.",
    examples: [.init("log(1000)", gives: "3.0"), .init("log(2, 8)", gives: "3.0")],
    [
      ScalarOverload(
        [.init("x", .double)], returns: .double,
        RowFunction.unary(Double.self, Double.self) { (x, _) throws(QueryError) in
          try positive(x)
          return Glibc.log10(x)
        }),
      ScalarOverload(
        [.init("base", .double), .init("x", .double)], returns: .double,
        RowFunction.binary(Double.self, Double.self, Double.self) { (base, x, _) throws(QueryError) in
          try positive(base)
          try positive(x)
          // Whole powers come out whole for the bases that have functions of their own.
          if base == 2 { return Glibc.log2(x) }
          if base == 10 { return Glibc.log10(x) }
          return Glibc.log(x) / Glibc.log(base)
        }),
    ])

  private static let trigonometry: [ScalarFunction] = [
    unary("sin", "The sine of an angle in radians.", "sin(0)", "0.0") { (x) throws(QueryError) in Glibc.sin(x)
    },
    unary("cos", "The cosine of an angle in radians.", "cos(0)", "1.0") { (x) throws(QueryError) in
      Glibc.cos(x)
    },
    unary("tan", "The tangent of an angle in radians.", "tan(0)", "0.0") { (x) throws(QueryError) in
      Glibc.tan(x)
    },
    unary("cot", "The cotangent of an angle in radians.", "round(cot(1), 4)", "0.6421") {
      (x) throws(QueryError) in
      1 / Glibc.tan(x)
    },
    unary("asin", "The angle in radians whose sine is given.", "asin(0)", "0.0") { (x) throws(QueryError) in
      if abs(x) > 1 { throw domain("asin(\(x)) does not exist") }
      return Glibc.asin(x)
    },
    unary("acos", "The angle in radians whose cosine is given.", "acos(1)", "0.0") { (x) throws(QueryError) in
      if abs(x) > 1 { throw domain("acos(\(x)) does not exist") }
      return Glibc.acos(x)
    },
    unary("atan", "The angle in radians whose tangent is given.", "atan(0)", "0.0") {
      (x) throws(QueryError) in
      Glibc.atan(x)
    },
    unary("sinh", "The hyperbolic sine.", "sinh(0)", "0.0") { (x) throws(QueryError) in Glibc.sinh(x) },
    unary("cosh", "The hyperbolic cosine.", "cosh(0)", "1.0") { (x) throws(QueryError) in Glibc.cosh(x) },
    unary("tanh", "The hyperbolic tangent.", "tanh(0)", "0.0") { (x) throws(QueryError) in Glibc.tanh(x) },
    unary("asinh", "The number whose hyperbolic sine is given.", "asinh(0)", "0.0") {
      (x) throws(QueryError) in
      Glibc.asinh(x)
    },
    unary("acosh", "The number whose hyperbolic cosine is given.", "acosh(1)", "0.0") {
      (x) throws(QueryError) in
      if x < 1 { throw domain("acosh(\(x)) does not exist") }
      return Glibc.acosh(x)
    },
    unary("atanh", "The number whose hyperbolic tangent is given.", "atanh(0)", "0.0") {
      (x) throws(QueryError) in
      if abs(x) > 1 { throw domain("atanh(\(x)) does not exist") }
      return Glibc.atanh(x)
    },
    unary("degrees", "Radians in degrees.", "degrees(pi())", "180.0") { (x) throws(QueryError) in
      x * 180 / .pi
    },
    unary("radians", "Degrees in radians.", "radians(180) = pi()", "true") { (x) throws(QueryError) in
      x * .pi / 180
    },
  ]

  static let atan2 = ScalarFunction(
    "atan2", "The angle in radians of the point (x, y); y comes first.",
    examples: [.init("atan2(0, 1)", gives: "0.0")],
    [
      ScalarOverload(
        [.init("y", .double), .init("x", .double)], returns: .double,
        RowFunction.binary(Double.self, Double.self, Double.self) { (y, x, _) throws(QueryError) in
          Glibc.atan2(y, x)
        })
    ])

  static let pi = ScalarFunction(
    "pi", "The circle's number.", examples: [.init("pi()", gives: "3.141592653589793")],
    [
      ScalarOverload(
        [], returns: .double,
        make: { (_) throws(QueryError) in
          { (_, frame) throws(QueryError) in .constant(.flat([Double.pi]), count: frame.rowCount) }
        })
    ])

  static let random = ScalarFunction(
    "random", aliases: ["rand"], "A number from 0 up to but without 1, another one in each row.",
    volatility: .volatile,
    [
      ScalarOverload(
        [], returns: .double,
        make: { (_) throws(QueryError) in
          var generator = SystemRandomNumberGenerator()
          return { (_, frame) throws(QueryError) in
            try RowFunction.fill(Double.self, [], frame) { (_, _) throws(QueryError) in
              Double(generator.next() &>> 11) * 0x1p-53
            }
          }
        })
    ])

  private static func test(
    _ name: String, _ alias: String, _ summary: String, _ example: String,
    _ test: @escaping @Sendable (Double) -> Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: [alias], summary, examples: [.init(example, gives: "true")],
      [
        ScalarOverload(
          [.init("x", .double)], returns: .boolean,
          RowFunction.unary(Double.self, Bool.self) { (x, _) throws(QueryError) in test(x) })
      ])
  }

  static let isNaN = test("isnan", "is_nan", "Whether the number is NaN.", "isnan('nan'::DOUBLE)") {
    $0.isNaN
  }
  static let isInfinite = test(
    "isinf", "is_infinite", "Whether the number is infinite.", "isinf('inf'::DOUBLE)"
  ) { $0.isInfinite }
  static let isFinite = test(
    "isfinite", "is_finite", "Whether the number is neither infinite nor NaN.", "isfinite(1)"
  ) {
    $0.isFinite
  }

  static let widthBucket = ScalarFunction(
    "width_bucket",
    "Which of `count` equal buckets from `low` to `high` a number is in, 0 and count + 1 outside.",
    examples: [
      .init("width_bucket(5.35, 0.024, 10.06, 5)", gives: "3"),
      .init("width_bucket(-1, 0, 10, 5)", gives: "0"),
    ],
    [
      ScalarOverload(
        [.init("x", .double), .init("low", .double), .init("high", .double), .init("count", .bigint)],
        returns: .bigint,
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let operands = arguments.map { RowOperand($0) }
            return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
              func number(_ index: Int) -> Double { operands[index].double(row) }
              let (x, low, high) = (number(0), number(1), number(2))
              let count = operands[3].int64(row)
              guard count > 0, low != high, low.isFinite, high.isFinite, !x.isNaN else {
                throw domain("width_bucket wants different finite bounds and a count above zero")
              }
              let isUp = low < high
              if isUp ? x < low : x > low { return 0 }
              if isUp ? x >= high : x <= high { return count &+ 1 }
              return Int64((x - low) / (high - low) * Double(count)) + 1
            }
          }
        })
    ])

  static let safeDivide = ScalarFunction(
    "safe_divide", "The quotient as DOUBLE, NULL for a zero divisor.",
    examples: [.init("safe_divide(1, 0)", gives: "NULL"), .init("safe_divide(1, 2)", gives: "0.5")],
    [
      ScalarOverload(
        [.init("a", .double), .init("b", .double)], returns: .double,
        RowFunction.binary(Double.self, Double.self, Double.self) { (a, b, _) throws(QueryError) in
          b == 0 ? nil : a / b
        })
    ])

  static let orIfNaN = ScalarFunction(
    "nanvl", "The number, or the second argument if it is NaN.",
    examples: [.init("nanvl('nan'::DOUBLE, 1)", gives: "1.0")],
    [
      ScalarOverload(
        [.init("x", .double), .init("otherwise", .double)], returns: .double,
        RowFunction.binary(Double.self, Double.self, Double.self) { (x, otherwise, _) throws(QueryError) in
          x.isNaN ? otherwise : x
        })
    ])

  static let factorial = ScalarFunction(
    "factorial", "The product of the numbers from 1 to the given one.",
    examples: [.init("factorial(5)", gives: "120")],
    [
      ScalarOverload(
        [.init("n", .bigint)], returns: .decimal(precision: 38, scale: 0),
        RowFunction.unary(Int64.self, Int128.self) { (n, _) throws(QueryError) in
          guard n >= 0, n <= 33 else {
            throw QueryError(.numericOutOfRange, "\(n)! is not a number of 38 digits")
          }
          return (0..<Int128(n)).reduce(1) { $0 * ($1 + 1) }
        })
    ])

  static let gcd = ScalarFunction(
    "gcd", aliases: ["greatest_common_divisor"], "The greatest number that divides both.",
    examples: [.init("gcd(12, 18)", gives: "6")],
    [
      ScalarOverload(
        [.init("a", .bigint), .init("b", .bigint)], returns: .bigint,
        RowFunction.binary(Int64.self, Int64.self, Int64.self) { (a, b, _) throws(QueryError) in
          Int64(truncatingIfNeeded: divisor(a.magnitude, b.magnitude))
        })
    ])

  static let lcm = ScalarFunction(
    "lcm", aliases: ["least_common_multiple"], "The least number that both divide.",
    examples: [.init("lcm(4, 6)", gives: "12")],
    [
      ScalarOverload(
        [.init("a", .bigint), .init("b", .bigint)], returns: .bigint,
        RowFunction.binary(Int64.self, Int64.self, Int64.self) { (a, b, _) throws(QueryError) in
          if a == 0 || b == 0 { return 0 }
          let (product, overflow) = (a.magnitude / divisor(a.magnitude, b.magnitude))
            .multipliedReportingOverflow(
              by: b.magnitude)
          guard !overflow, let result = Int64(exactly: product) else {
            throw QueryError(
              .numericOutOfRange, "the least common multiple of \(a) and \(b) does not fit BIGINT")
          }
          return result
        })
    ])

  private static func divisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}

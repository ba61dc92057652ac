internal import Columnar
internal import Glibc

/// Signs, whole parts and rounding.
enum RoundingFunctions {
  static let all: [ScalarFunction] = [absolute, sign, ceiling, floor, round, truncate]

  static let absolute = ScalarFunction(
    "abs", "The number without its sign.",
    examples: [.init("abs(-5)", gives: "5"), .init("abs(-1.5)", gives: "1.5")],
    [
      IntegerArithmetic.unary(.absolute), DecimalArithmetic.unary(.absolute),
      FloatArithmetic.unary(.absolute),
    ])

  static let sign = ScalarFunction(
    "sign", "-1, 0 or 1 as the number is below, at or above zero.",
    examples: [.init("sign(-2.5)", gives: "-1"), .init("sign(0)", gives: "0")],
    [
      ScalarOverload(
        [.init("x", .bigint)], returns: .integer,
        RowFunction.unary(Int64.self, Int32.self) { (x, _) throws(QueryError) in Int32(x.signum()) }),
      ScalarOverload(
        [.init("x", .double)], returns: .integer,
        RowFunction.unary(Double.self, Int32.self) { (x, _) throws(QueryError) in x > 0 ? 1 : x < 0 ? -1 : 0 }
      ),
    ])

  static let ceiling = ScalarFunction(
    "ceil", aliases: ["ceiling"], "The least whole number that is not below the number.",
    examples: [
      .init("ceil(1.2)", gives: "2"), .init("ceil(-1.2)", gives: "-1"), .init("ceil(1.2e0)", gives: "2.0"),
    ],
    whole(
      Glibc.ceil,
      decimal: { value, unit in
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: unit)
        return rest > 0 ? quotient + 1 : quotient
      }))

  static let floor = ScalarFunction(
    "floor", "The greatest whole number that is not above the number.",
    examples: [.init("floor(1.7)", gives: "1"), .init("floor(-1.2)", gives: "-2")],
    whole(
      Glibc.floor,
      decimal: { value, unit in
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: unit)
        return rest < 0 ? quotient - 1 : quotient
      }))

  /// Whole parts: integers stay, decimals lose their scale, floats stay floats.
  private static func whole(
    _ function: @escaping @Sendable (Double) -> Double,
    decimal: @escaping @Sendable (Int128, Int128) -> Int128
  ) -> [ScalarOverload] {
    [integerIdentity, decimalOverload(digits: 0, decimal), double(function)]
  }

  private static func double(_ function: @escaping @Sendable (Double) -> Double) -> ScalarOverload {
    ScalarOverload(
      [.init("x", .double)], returns: .double,
      RowFunction.unary(Double.self, Double.self) { (x, _) throws(QueryError) in function(x) })
  }

  private static let integerIdentity = ScalarOverload(
    "(x integer) -> integer",
    rule: {
      $0.types.count == 1 && $0.types[0].isInteger ? SignatureTypes($0.types, returns: $0.types[0]) : nil
    },
    make: { (_) throws(QueryError) in { (arguments, _) throws(QueryError) in arguments[0] } })

  /// An overload of a decimal that answers one of scale 0.
  private static func decimalOverload(
    digits: Int, _ function: @escaping @Sendable (Int128, Int128) -> Int128
  ) -> ScalarOverload {
    ScalarOverload(
      "(x DECIMAL) -> DECIMAL",
      rule: { arguments in
        guard arguments.types.count == 1, case .decimal(let precision, let scale) = arguments.types[0] else {
          return nil
        }
        let result: LogicalType = .decimal(precision: min(38, max(1, precision - scale + 1)), scale: 0)
        return SignatureTypes(arguments.types, returns: result)
      },
      make: { (site) throws(QueryError) in
        let unit = site.argumentTypes[0].decimalUnit
        return decimalBody(site) { function($0, unit) }
      })
  }

  /// A body over unscaled decimals, whatever their widths.
  private static func decimalBody(_ site: CallSite, _ function: @escaping (Int128) -> Int128) -> ScalarBody {
    let isSmall = site.resultType.physicalType == .int64
    return { (arguments, frame) throws(QueryError) in
      let operand = DecimalOperand(arguments[0])
      let values = operand.values.span
      if isSmall {
        return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
          Int64(truncatingIfNeeded: function(values[row & operand.mask]))
        }
      }
      return try RowFunction.fill(Int128.self, [], frame) { (row, _) throws(QueryError) in
        let result = function(values[row & operand.mask])
        if !Decimal128.fits38(result) { throw site.outOfRange("the rounded number") }
        return result
      }
    }
  }

  static let round = ScalarFunction(
    "round",
    "The number rounded, halves away from zero, to `digits` behind the point (before it if negative).",
    examples: [
      .init("round(2.5)", gives: "3"), .init("round(-2.5)", gives: "-3"),
      .init("round(3.14159, 2)", gives: "3.14"),
      .init("round(1234, -2)", gives: "1200"), .init("round(2.5e0)", gives: "3.0"),
      .init("round(3.14159e0, 2)", gives: "3.14"),
    ],
    [
      integerIdentity,
      decimalOverload(digits: 0) { value, unit in Decimal128.divideRounding(value, by: unit) },
      double { $0.rounded(.toNearestOrAwayFromZero) }, integerDigits(rounds: true),
      decimalDigits(rounds: true),
      doubleDigits(rounds: true),
    ])

  static let truncate = ScalarFunction(
    "trunc", aliases: ["truncate"],
    "The number cut towards zero, to `digits` behind the point; or a time cut to a unit.",
    examples: [
      .init("trunc(2.7)", gives: "2"), .init("trunc(-2.7)", gives: "-2"),
      .init("trunc(3.14159, 2)", gives: "3.14"),
      .init("trunc(DATE '2024-05-17', 'month')", gives: "2024-05-01"),
    ],
    [
      integerIdentity, decimalOverload(digits: 0) { value, unit in value / unit },
      double { $0.rounded(.towardZero) },
      integerDigits(rounds: false), decimalDigits(rounds: false), doubleDigits(rounds: false),
      DateTruncation.reversed,
    ])

  private static func integerDigits(rounds: Bool) -> ScalarOverload {
    ScalarOverload(
      "(x integer, digits BIGINT) -> integer",
      rule: { arguments in
        guard arguments.types.count == 2, arguments.types[0].isInteger else { return nil }
        return SignatureTypes([arguments.types[0], .bigint], returns: arguments.types[0])
      },
      make: { (site) throws(QueryError) in
        let (low, high) = IntegerArithmetic.bounds(site.resultType)
        func cut(_ value: Int64, _ digits: Int64) throws(QueryError) -> Int64 {
          if digits >= 0 { return value }
          if digits < -18 { return 0 }
          let unit = Int128(Decimal128.power(Int(-digits)))
          let result =
            (rounds ? Decimal128.divideRounding(Int128(value), by: unit) : Int128(value) / unit) * unit
          guard result >= Int128(low), result <= Int128(high) else { throw site.outOfRange("\(result)") }
          return Int64(result)
        }
        if site.resultType.physicalType == .int32 {
          return RowFunction.binary(Int32.self, Int64.self, Int32.self) { (x, digits, _) throws(QueryError) in
            Int32(truncatingIfNeeded: try cut(Int64(x), digits))
          }
        }
        return RowFunction.binary(Int64.self, Int64.self, Int64.self) { (x, digits, _) throws(QueryError) in
          try cut(x, digits)
        }
      })
  }

  /// With a literal number of digits the result has that scale, else the argument's.
  private static func decimalDigits(rounds: Bool) -> ScalarOverload {
    ScalarOverload(
      "(x DECIMAL, digits BIGINT) -> DECIMAL",
      rule: { arguments in
        guard arguments.types.count == 2, case .decimal(let precision, let scale) = arguments.types[0] else {
          return nil
        }
        var kept = scale
        if case .integer(let digits)? = arguments.constants[1] {
          kept = max(0, min(scale, Int(clamping: digits)))
        }
        let result: LogicalType = .decimal(
          precision: min(38, max(1, precision - scale + kept + 1)), scale: kept)
        return SignatureTypes([arguments.types[0], .bigint], returns: result)
      },
      make: { (site) throws(QueryError) in
        guard case .decimal(_, let scale) = site.argumentTypes[0],
          case .decimal(_, let kept) = site.resultType
        else {
          throw QueryError.internalError("a decimal expected")
        }
        return { (arguments, frame) throws(QueryError) in
          let operand = DecimalOperand(arguments[0])
          let values = operand.values.span
          let places = RowOperand(arguments[1])
          let digits = places.vector.int64s
          func value(_ row: Int) -> Int128 {
            let value = values[row & operand.mask]
            let wanted = max(-38, min(Int64(scale), digits[row & places.mask]))
            let drop = Int(Int64(scale) - wanted)
            if drop > 38 { return 0 }
            let unit = Decimal128.power(drop)
            let cut = rounds ? Decimal128.divideRounding(value, by: unit) : value / unit
            // Back to the scale of the result.
            let shift = kept - Int(wanted)
            return shift >= 0 ? cut &* Decimal128.power(min(38, shift)) : cut / Decimal128.power(-shift)
          }
          if site.resultType.physicalType == .int64 {
            return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
              Int64(truncatingIfNeeded: value(row))
            }
          }
          return try RowFunction.fill(Int128.self, [], frame) { (row, _) throws(QueryError) in value(row) }
        }
      })
  }

  private static func doubleDigits(rounds: Bool) -> ScalarOverload {
    ScalarOverload(
      [.init("x", .double), .init("digits", .bigint)], returns: .double,
      RowFunction.binary(Double.self, Int64.self, Double.self) { (x, digits, _) throws(QueryError) in
        guard x.isFinite, digits < 300 else { return x }
        if digits < -300 { return 0 }
        let factor = pow(10, Double(abs(digits)))
        let scaled = digits >= 0 ? x * factor : x / factor
        guard scaled.isFinite else { return x }
        let cut = scaled.rounded(rounds ? .toNearestOrAwayFromZero : .towardZero)
        return digits >= 0 ? cut / factor : cut * factor
      })
  }
}

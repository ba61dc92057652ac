internal import Columnar

/// Arithmetic of exact decimals; an integer operand counts as a decimal of its digits.
///
/// `+` and `-` have the larger scale and one digit more, `*` adds precisions and scales; beyond 38 digits
/// the precision is cut to 38, and a value that does not fit is an error.
enum DecimalArithmetic {
  static func overload(_ operation: ArithmeticOperator) -> ScalarOverload {
    ScalarOverload(
      "(a DECIMAL, b DECIMAL) -> DECIMAL",
      rule: { arguments in
        guard arguments.types.count == 2, let (left, right) = shapes(arguments) else { return nil }
        let scale = max(left.scale, right.scale)
        let digits = max(left.precision - left.scale, right.precision - right.scale)
        let result: LogicalType
        switch operation {
        case .multiply:
          let total = left.scale + right.scale
          if total > 38 { return nil }
          result = .decimal(precision: min(38, left.precision + right.precision), scale: total)
        case .remainder: result = .decimal(precision: min(38, digits + scale), scale: scale)
        default: result = .decimal(precision: min(38, digits + scale + 1), scale: scale)
        }
        return SignatureTypes(
          [
            .decimal(precision: left.precision, scale: left.scale),
            .decimal(precision: right.precision, scale: right.scale),
          ], returns: result)
      },
      make: { (site) throws(QueryError) in body(operation, site) })
  }

  static func unary(_ operation: ArithmeticOperator) -> ScalarOverload {
    ScalarOverload(
      "(x DECIMAL) -> DECIMAL",
      rule: { arguments in
        guard arguments.types.count == 1, case .decimal = arguments.types[0] else { return nil }
        return SignatureTypes(arguments.types, returns: arguments.types[0])
      },
      make: { (site) throws(QueryError) in
        if site.resultType.physicalType == .int64 {
          return RowFunction.unary(Int64.self, Int64.self) { (value, _) throws(QueryError) in
            operation == .negate ? 0 &- value : abs(value)
          }
        }
        return RowFunction.unary(Int128.self, Int128.self) { (value, _) throws(QueryError) in
          operation == .negate ? 0 &- value : abs(value)
        }
      })
  }

  /// Precision and scale of both operands, of which at least one is a decimal and none a float.
  private static func shapes(
    _ arguments: ArgumentTypes
  ) -> ((precision: Int, scale: Int), (precision: Int, scale: Int))? {
    var shapes: [(precision: Int, scale: Int)?] = []
    var hasDecimal = false
    for (index, type) in arguments.types.enumerated() {
      if case .decimal = type { hasDecimal = true }
      if type == .null || arguments.isUntyped[index] {
        shapes.append(nil)
        continue
      }
      guard let shape = ImplicitConversion.decimalShape(type) else { return nil }
      shapes.append(shape)
    }
    guard hasDecimal, let known = shapes[0] ?? shapes[1] else { return nil }
    return (shapes[0] ?? known, shapes[1] ?? known)
  }

  private static func body(_ operation: ArithmeticOperator, _ site: CallSite) -> ScalarBody {
    guard case .decimal(let precision, let scale) = site.resultType,
      case .decimal(_, let leftScale) = site.argumentTypes[0],
      case .decimal(_, let rightScale) = site.argumentTypes[1]
    else { return { (_, _) throws(QueryError) in throw QueryError.internalError("decimals expected") } }
    let isSmall = site.argumentTypes.allSatisfy { $0.physicalType == .int64 }
    // What both sides are multiplied by to come to the result's scale.
    let leftFactor = operation == .multiply ? 1 : Decimal128.power(scale - leftScale)
    let rightFactor = operation == .multiply ? 1 : Decimal128.power(scale - rightScale)
    if isSmall && precision <= 18 && operation != .remainder {
      return small(operation, Int64(leftFactor), Int64(rightFactor))
    }
    if isSmall && operation == .multiply { return smallProduct() }
    return wide(operation, leftFactor, rightFactor, site)
  }

  /// Results of at most 18 digits cannot overflow: the type's precision has room for them.
  private static func small(
    _ operation: ArithmeticOperator, _ leftFactor: Int64, _ rightFactor: Int64
  ) -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let (left, right) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
      let count = frame.rowCount
      var buffer = frame.frame.context.pool.take(byteCount: count * 8)
      switch operation {
      case .multiply:
        _ = Kernels.combine(left, right, count: count, into: &buffer, Int64.self) { (a: Int64, b: Int64) in
          (a &* b, 0)
        }
      case .subtract:
        _ = Kernels.combine(left, right, count: count, into: &buffer, Int64.self) { (a: Int64, b: Int64) in
          (a &* leftFactor &- b &* rightFactor, 0)
        }
      default:
        _ = Kernels.combine(left, right, count: count, into: &buffer, Int64.self) { (a: Int64, b: Int64) in
          (a &* leftFactor &+ b &* rightFactor, 0)
        }
      }
      return .flat(buffer.freeze(), of: Int64.self, count: count, validity: frame.validity)
    }
  }

  /// A product of two 64-bit values always fits 128 bits and its type's digits.
  private static func smallProduct() -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let (left, right) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
      let count = frame.rowCount
      var buffer = frame.frame.context.pool.take(byteCount: count * 16)
      _ = Kernels.combine(left, right, count: count, into: &buffer, Int128.self) { (a: Int64, b: Int64) in
        let product = a.multipliedFullWidth(by: b)
        return (Int128(product.high) &<< 64 | Int128(product.low), 0)
      }
      return .flat(buffer.freeze(), of: Int128.self, count: count, validity: frame.validity)
    }
  }

  private static func wide(
    _ operation: ArithmeticOperator, _ leftFactor: Int128, _ rightFactor: Int128, _ site: CallSite
  ) -> ScalarBody {
    let isLarge = site.resultType.physicalType == .int128
    return { (arguments, frame) throws(QueryError) in
      let (left, right) = (DecimalOperand(arguments[0]), DecimalOperand(arguments[1]))
      let (a, b) = (left.values.span, right.values.span)
      func value(_ row: Int) throws(QueryError) -> Int128 {
        let (x, y) = (a[row & left.mask], b[row & right.mask])
        return try combine(x, y, operation, leftFactor, rightFactor, site)
      }
      if isLarge {
        return try RowFunction.fill(Int128.self, [], frame) { (row, _) throws(QueryError) in try value(row) }
      }
      return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
        Int64(truncatingIfNeeded: try value(row))
      }
    }
  }

  @inline(__always) private static func combine(
    _ x: Int128, _ y: Int128, _ operation: ArithmeticOperator, _ leftFactor: Int128, _ rightFactor: Int128,
    _ site: CallSite
  ) throws(QueryError) -> Int128 {
    if operation == .multiply {
      if let a = Int64(exactly: x), let b = Int64(exactly: y) {
        let product = a.multipliedFullWidth(by: b)
        return Int128(product.high) &<< 64 | Int128(product.low)
      }
      let (product, overflow) = x.multipliedReportingOverflow(by: y)
      if overflow || !Decimal128.fits38(product) { throw tooLarge(site) }
      return product
    }
    let left = leftFactor == 1 ? (x, false) : x.multipliedReportingOverflow(by: leftFactor)
    let right = rightFactor == 1 ? (y, false) : y.multipliedReportingOverflow(by: rightFactor)
    if left.1 || right.1 { throw tooLarge(site) }
    let result: Int128
    switch operation {
    case .add: result = left.0 &+ right.0
    case .subtract: result = left.0 &- right.0
    default:
      if right.0 == 0 { throw site.divisionByZero("%") }
      result = left.0 % right.0
    }
    // Both operands are below 1.7e38, so a sum that wraps is far outside 38 digits in either sign.
    if !Decimal128.fits38(result) { throw tooLarge(site) }
    return result
  }

  private static func tooLarge(_ site: CallSite) -> QueryError {
    let text = site.environment.text(at: site.position)
    return QueryError(
      .numericOutOfRange, "the value\(text.map { " of \"\($0)\"" } ?? "") does not fit \(site.resultType)",
      hint: "convert an operand to DOUBLE", at: site.position)
  }
}

/// The unscaled values of a decimal argument, 128 bits each.
struct DecimalOperand {
  let values: [Int128]
  let mask: Int

  init(_ argument: Vector) {
    let operand = RowOperand(argument)
    mask = operand.mask
    let vector = operand.vector
    var values = [Int128](repeating: 0, count: vector.count)
    if vector.type == .int64 {
      let source = vector.int64s
      for row in source.indices { values[row] = Int128(source[row]) }
    } else {
      let source = vector.int128s
      for row in source.indices { values[row] = source[row] }
    }
    self.values = values
  }
}

extension Decimal128 {
  /// Whether a value has at most 38 digits.
  @inline(__always) static func fits38(_ value: Int128) -> Bool {
    // The smallest number of 39 digits.
    let limit: Int128 = 100_000_000_000_000_000_000_000_000_000_000_000_000
    return value < limit && value > -limit
  }
}

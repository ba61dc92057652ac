internal import Columnar

/// Arithmetic of 8 to 64-bit integers; the result has the wider operand's type.
enum IntegerArithmetic {
  static func overload(_ operation: ArithmeticOperator) -> ScalarOverload {
    ScalarOverload(
      "(a integer, b integer) -> integer",
      rule: { arguments in
        guard arguments.types.count == 2, let type = widest(arguments) else { return nil }
        return SignatureTypes([type, type], returns: type)
      },
      make: { (site) throws(QueryError) in body(operation, site) })
  }

  static func unary(_ operation: ArithmeticOperator) -> ScalarOverload {
    ScalarOverload(
      "(x integer) -> integer",
      rule: { arguments in
        guard arguments.types.count == 1, arguments.types[0].isInteger else { return nil }
        return SignatureTypes(arguments.types, returns: arguments.types[0])
      },
      make: { (site) throws(QueryError) in
        if operation == .absolute { return absolute(site) }
        let subtract = body(.subtract, site)
        let zero = VectorBuilder.single(.integer(0), site.resultType)
        return { (arguments, frame) throws(QueryError) in
          try subtract([.constant(zero, count: frame.rowCount), arguments[0]], frame)
        }
      })
  }

  /// The wider of two integer types; a null or a string literal takes the other's.
  private static func widest(_ arguments: ArgumentTypes) -> LogicalType? {
    var found: LogicalType?
    for (index, type) in arguments.types.enumerated() {
      if type == .null || arguments.isUntyped[index] { continue }
      guard let rank = ImplicitConversion.integerRank(type) else { return nil }
      if let other = found, let otherRank = ImplicitConversion.integerRank(other), otherRank >= rank {
        continue
      }
      found = type
    }
    return found ?? (arguments.types.allSatisfy { $0 == .null } ? .integer : nil)
  }

  private static func body(_ operation: ArithmeticOperator, _ site: CallSite) -> ScalarBody {
    if site.resultType.physicalType == .int64 { return body64(operation, site) }
    return body32(operation, site)
  }

  private static func body64(_ operation: ArithmeticOperator, _ site: CallSite) -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let (left, right) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
      let count = frame.rowCount
      var buffer = frame.frame.context.pool.take(byteCount: count * 8)
      let marks: Int64
      switch operation {
      case .add:
        marks = Kernels.combine(left, right, count: count, into: &buffer, Int64.self) {
          Checked64.add($0, $1)
        }
      case .subtract:
        marks = Kernels.combine(left, right, count: count, into: &buffer, Int64.self) {
          Checked64.subtract($0, $1)
        }
      case .multiply:
        marks = Kernels.combine(left, right, count: count, into: &buffer, Int64.self) {
          Checked64.multiply($0, $1)
        }
      case .remainder:
        marks = Kernels.combine(left, right, count: count, into: &buffer, Int64.self) {
          Checked64.remainder($0, $1)
        }
      default:
        marks = Kernels.combine(left, right, count: count, into: &buffer, Int64.self) {
          Checked64.divide($0, $1)
        }
      }
      if marks < 0 {
        let (a, b) = (left.vector.int64s, right.vector.int64s)
        var rows = ActiveRows(frame.active, count: count)
        while let row = rows.row() {
          try check(a[row & left.mask], b[row & right.mask], operation, .min, .max, site)
        }
      }
      return .flat(buffer.freeze(), of: Int64.self, count: count, validity: frame.validity)
    }
  }

  private static func body32(_ operation: ArithmeticOperator, _ site: CallSite) -> ScalarBody {
    let (low, high) = bounds(site.resultType)
    return { (arguments, frame) throws(QueryError) in
      let (left, right) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
      let count = frame.rowCount
      var buffer = frame.frame.context.pool.take(byteCount: count * 4)
      let marks: Int64
      switch operation {
      case .add: marks = narrow(left, right, count, &buffer, low, high) { ($0 &+ $1, 0) }
      case .subtract: marks = narrow(left, right, count, &buffer, low, high) { ($0 &- $1, 0) }
      case .multiply: marks = narrow(left, right, count, &buffer, low, high) { ($0 &* $1, 0) }
      case .remainder: marks = narrow(left, right, count, &buffer, low, high) { Checked64.remainder($0, $1) }
      default: marks = narrow(left, right, count, &buffer, low, high) { Checked64.divide($0, $1) }
      }
      if marks < 0 {
        let (a, b) = (left.vector.int32s, right.vector.int32s)
        var rows = ActiveRows(frame.active, count: count)
        while let row = rows.row() {
          try check(Int64(a[row & left.mask]), Int64(b[row & right.mask]), operation, low, high, site)
        }
      }
      return .flat(buffer.freeze(), of: Int32.self, count: count, validity: frame.validity)
    }
  }

  /// Works in 64 bits, where 32-bit operands cannot overflow, and marks what is outside the bounds.
  @inline(__always) private static func narrow(
    _ left: RowOperand, _ right: RowOperand, _ count: Int, _ buffer: inout WritableBuffer, _ low: Int64,
    _ high: Int64, _ operation: (Int64, Int64) -> (value: Int64, mark: Int64)
  ) -> Int64 {
    Kernels.combine(left, right, count: count, into: &buffer, Int32.self) { (a: Int32, b: Int32) in
      let wide = operation(Int64(a), Int64(b))
      let value = wide.value
      return (Int32(truncatingIfNeeded: value), wide.mark | (value &- low) | (high &- value))
    }
  }

  static func bounds(_ type: LogicalType) -> (low: Int64, high: Int64) {
    switch type {
    case .tinyint: (-128, 127)
    case .smallint: (-32768, 32767)
    case .integer: (Int64(Int32.min), Int64(Int32.max))
    default: (.min, .max)
    }
  }

  /// Throws if the operation on one row's values has no result.
  private static func check(
    _ a: Int64, _ b: Int64, _ operation: ArithmeticOperator, _ low: Int64, _ high: Int64, _ site: CallSite
  ) throws(QueryError) {
    let result: (partialValue: Int64, overflow: Bool)
    switch operation {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    default:
      if b == 0 { throw site.divisionByZero(operation.symbol) }
      result = operation == .remainder ? (0, false) : a.dividedReportingOverflow(by: b)
    }
    if result.overflow || result.partialValue < low || result.partialValue > high {
      let right = b < 0 ? "(\(b))" : "\(b)"
      throw site.outOfRange(
        site.function == "negate" ? "-(\(b))" : "\(a) \(operation.symbol) \(right)")
    }
  }

  private static func absolute(_ site: CallSite) -> ScalarBody {
    let (low, _) = bounds(site.resultType)
    if site.resultType.physicalType == .int64 {
      return RowFunction.unary(Int64.self, Int64.self) { (value, _) throws(QueryError) in
        if value == .min { throw site.outOfRange("abs(\(value))") }
        return abs(value)
      }
    }
    return RowFunction.unary(Int32.self, Int32.self) { (value, _) throws(QueryError) in
      if Int64(value) == low { throw site.outOfRange("abs(\(value))") }
      return abs(value)
    }
  }
}

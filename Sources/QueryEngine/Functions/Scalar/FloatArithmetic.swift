internal import Columnar

/// Arithmetic of floating-point numbers as IEEE 754 says: no errors, but infinities and NaN.
enum FloatArithmetic {
  /// An overload: REAL with REAL stays REAL, any other pair of numbers with a float is DOUBLE.
  ///
  /// Division takes exact decimals too.
  static func overload(_ operation: ArithmeticOperator) -> ScalarOverload {
    ScalarOverload(
      "(a DOUBLE, b DOUBLE) -> DOUBLE",
      rule: { arguments in
        guard arguments.types.count == 2 else { return nil }
        let known = arguments.types.enumerated().filter {
          $0.element != .null && !arguments.isUntyped[$0.offset]
        }
        guard known.allSatisfy({ $0.element.isNumeric }), !known.isEmpty else { return nil }
        if known.allSatisfy({ $0.element == .real }) {
          return SignatureTypes([.real, .real], returns: .real)
        }
        return SignatureTypes([.double, .double], returns: .double, penalty: 2)
      },
      make: { (site) throws(QueryError) in
        site.resultType == .real ? body(Float.self, operation) : body(Double.self, operation)
      })
  }

  static func unary(_ operation: ArithmeticOperator) -> ScalarOverload {
    ScalarOverload(
      "(x DOUBLE) -> DOUBLE",
      rule: { arguments in
        guard arguments.types.count == 1 else { return nil }
        let type: LogicalType = arguments.types[0] == .real ? .real : .double
        return SignatureTypes([type], returns: type, penalty: 1)
      },
      make: { (site) throws(QueryError) in
        if site.resultType == .real {
          return RowFunction.unary(Float.self, Float.self) { (value, _) throws(QueryError) in
            operation == .negate ? -value : abs(value)
          }
        }
        return RowFunction.unary(Double.self, Double.self) { (value, _) throws(QueryError) in
          operation == .negate ? -value : abs(value)
        }
      })
  }

  private static func body<Value: BinaryFloatingPoint & ColumnValue>(
    _: Value.Type, _ operation: ArithmeticOperator
  ) -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let (left, right) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
      let count = frame.rowCount
      var buffer = frame.frame.context.pool.take(byteCount: count * MemoryLayout<Value>.stride)
      switch operation {
      case .add: fill(left, right, count, &buffer) { (a: Value, b: Value) in a + b }
      case .subtract: fill(left, right, count, &buffer) { (a: Value, b: Value) in a - b }
      case .multiply: fill(left, right, count, &buffer) { (a: Value, b: Value) in a * b }
      case .remainder:
        fill(left, right, count, &buffer) { (a: Value, b: Value) in a.truncatingRemainder(dividingBy: b) }
      case .integerDivide:
        fill(left, right, count, &buffer) { (a: Value, b: Value) in (a / b).rounded(.towardZero) }
      default: fill(left, right, count, &buffer) { (a: Value, b: Value) in a / b }
      }
      return .flat(buffer.freeze(), of: Value.self, count: count, validity: frame.validity)
    }
  }

  @inline(__always) private static func fill<Value: ColumnValue>(
    _ left: RowOperand, _ right: RowOperand, _ count: Int, _ buffer: inout WritableBuffer,
    _ operation: (Value, Value) -> Value
  ) {
    _ = Kernels.combine(left, right, count: count, into: &buffer, Value.self) { (a: Value, b: Value) in
      (operation(a, b), 0)
    }
  }
}

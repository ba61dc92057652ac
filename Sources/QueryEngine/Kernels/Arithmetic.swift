internal import Columnar

extension Kernels {
  /// Combines two columns of one type row by row, either of which may be one value for all rows.
  ///
  /// `operation` answers the value and a mark whose sign bit says that it does not fit; the marks of all
  /// rows are ORed, so that the loop has no branch, and the caller looks at single rows only when the bit
  /// is set (Hacker's Delight, 2nd ed., §2-13).
  @inline(__always)
  static func combine<Value: ColumnValue, Result: ColumnValue>(
    _ left: RowOperand, _ right: RowOperand, count: Int, into buffer: inout WritableBuffer,
    _: Result.Type, _ operation: (Value, Value) -> (value: Result, mark: Int64)
  ) -> Int64 {
    let (leftVector, rightVector) = (left.vector, right.vector)
    let a = leftVector.values(as: Value.self)
    let b = rightVector.values(as: Value.self)
    var room = buffer.elements(as: Result.self, count: count)
    var marks: Int64 = 0
    if right.mask == 0 {
      let constant = b[0]
      precondition(a.count == count)
      for row in 0..<count {
        let result = operation(a[row], constant)
        room[row] = result.value
        marks |= result.mark
      }
    } else if left.mask == 0 {
      let constant = a[0]
      precondition(b.count == count)
      for row in 0..<count {
        let result = operation(constant, b[row])
        room[row] = result.value
        marks |= result.mark
      }
    } else {
      precondition(a.count == count && b.count == count)
      for row in 0..<count {
        let result = operation(a[row], b[row])
        room[row] = result.value
        marks |= result.mark
      }
    }
    return marks
  }
}

/// Operations on 64-bit integers with their marks.
enum Checked64 {
  @inline(__always) static func add(_ a: Int64, _ b: Int64) -> (value: Int64, mark: Int64) {
    let sum = a &+ b
    return (sum, (a ^ sum) & (b ^ sum))
  }

  @inline(__always) static func subtract(_ a: Int64, _ b: Int64) -> (value: Int64, mark: Int64) {
    let difference = a &- b
    return (difference, (a ^ b) & (a ^ difference))
  }

  @inline(__always) static func multiply(_ a: Int64, _ b: Int64) -> (value: Int64, mark: Int64) {
    let product = a.multipliedFullWidth(by: b)
    let value = Int64(bitPattern: product.low)
    let excess = product.high ^ (value &>> 63)
    return (value, excess | (0 &- excess))
  }

  /// The quotient, truncated; marked for a zero divisor and for the one quotient that does not fit.
  @inline(__always) static func divide(_ a: Int64, _ b: Int64) -> (value: Int64, mark: Int64) {
    if b == 0 { return (0, -1) }
    if b == -1 { return (0 &- a, a == .min ? -1 : 0) }
    return (a / b, 0)
  }

  /// The rest with the sign of the dividend; marked for a zero divisor.
  @inline(__always) static func remainder(_ a: Int64, _ b: Int64) -> (value: Int64, mark: Int64) {
    if b == 0 { return (0, -1) }
    if b == -1 { return (0, 0) }
    return (a % b, 0)
  }
}

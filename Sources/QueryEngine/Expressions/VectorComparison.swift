internal import Columnar

/// Compares whole vectors of one type, whatever their encodings.
enum VectorComparison {
  /// Returns a bit per row for a comparison that knows no nulls; bits of null rows are unspecified.
  static func compare(
    _ comparison: ComparisonOperator, _ left: Vector, _ right: Vector, _ type: LogicalType
  ) -> Bitmap {
    switch comparison {
    case .equal, .isNotDistinctFrom: return test(.equal, left, right, type, inverted: false)
    case .notEqual, .isDistinctFrom: return test(.equal, left, right, type, inverted: true)
    case .less: return test(.less, left, right, type, inverted: false)
    case .lessOrEqual: return test(.lessOrEqual, left, right, type, inverted: false)
    case .greater: return test(.lessOrEqual, left, right, type, inverted: true)
    case .greaterOrEqual: return test(.less, left, right, type, inverted: true)
    }
  }

  private static func test(
    _ test: OrderTest, _ left: Vector, _ right: Vector, _ type: LogicalType, inverted: Bool
  ) -> Bitmap {
    switch type.physicalType {
    case .bit: return testBits(test, left, right, inverted: inverted)
    case .int32: return values(Int32.self, test, left, right, inverted)
    case .int64: return values(Int64.self, test, left, right, inverted)
    case .int128: return values(Int128.self, test, left, right, inverted)
    case .float: return values(Float.self, test, left, right, inverted)
    case .double: return values(Double.self, test, left, right, inverted)
    case .string: return values(StringView.self, test, left, right, inverted)
    case .interval: return values(Interval.self, test, left, right, inverted)
    case .list, .struct: return testNested(test, left, right, type, inverted: inverted)
    }
  }

  private static func values<Value: ComparableValue>(
    _: Value.Type, _ test: OrderTest, _ left: Vector, _ right: Vector, _ inverted: Bool
  ) -> Bitmap {
    if right.encoding == .constant, let base = right.base?.flattened() {
      let flat = left.flattened()
      return Kernels.compare(
        test, flat.values(as: Value.self), constant: base.values(as: Value.self)[0], inverted: inverted)
    }
    if left.encoding == .constant, let base = left.base?.flattened() {
      let flat = right.flattened()
      let constant = base.values(as: Value.self)[0]
      let rows = flat.values(as: Value.self)
      switch test {
      case .equal: return Kernels.compare(.equal, rows, constant: constant, inverted: inverted)
      // c < x is not (x <= c); c <= x is not (x < c).
      case .less: return Kernels.compare(.lessOrEqual, rows, constant: constant, inverted: !inverted)
      case .lessOrEqual: return Kernels.compare(.less, rows, constant: constant, inverted: !inverted)
      }
    }
    let (a, b) = (left.flattened(), right.flattened())
    return Kernels.compare(test, a.values(as: Value.self), b.values(as: Value.self), inverted: inverted)
  }

  private static func testBits(_ test: OrderTest, _ left: Vector, _ right: Vector, inverted: Bool) -> Bitmap {
    let (flatA, flatB) = (left.flattened(), right.flattened())
    let (bitsA, bitsB) = (flatA.bits, flatB.bits)
    let (a, b) = (bitsA.words, bitsB.words)
    let flip: UInt64 = inverted ? .max : 0
    return Kernels.bitmap(count: left.count) { word in
      switch test {
      case .equal: ~(a[word] ^ b[word]) ^ flip
      case .less: (~a[word] & b[word]) ^ flip
      case .lessOrEqual: (~a[word] | b[word]) ^ flip
      }
    }
  }

  private static func testNested(
    _ test: OrderTest, _ left: Vector, _ right: Vector, _ type: LogicalType, inverted: Bool
  ) -> Bitmap {
    let bits = (0..<left.count).map { row in
      let order = ScalarOrdering.compare(left.scalar(at: row, as: type), right.scalar(at: row, as: type))
      switch test {
      case .equal: return (order == 0) != inverted
      case .less: return (order < 0) != inverted
      case .lessOrEqual: return (order <= 0) != inverted
      }
    }
    return Bitmap(bits)
  }
}

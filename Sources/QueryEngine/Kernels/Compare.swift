internal import Columnar

/// What a comparison kernel tests; the other operators are these with operands or result turned.
enum OrderTest {
  case equal, less, lessOrEqual
}

extension Kernels {
  /// Compares two columns row by row; bits of null rows are unspecified.
  ///
  /// - Parameters:
  ///   - test: What to test.
  ///   - left: `n` values.
  ///   - right: `n` values.
  ///   - inverted: Whether to return the rows where the test fails.
  /// - Returns: `n` bits.
  static func compare<Value: ComparableValue>(
    _ test: OrderTest, _ left: Span<Value>, _ right: Span<Value>, inverted: Bool
  ) -> Bitmap {
    precondition(left.count == right.count)
    switch test {
    case .equal: return mask(left, right, inverted) { $0.isSame($1) }
    case .less: return mask(left, right, inverted) { $0.precedes($1) }
    case .lessOrEqual: return mask(left, right, inverted) { !$1.precedes($0) }
    }
  }

  /// Compares a column with one value; bits of null rows are unspecified.
  static func compare<Value: ComparableValue>(
    _ test: OrderTest, _ left: Span<Value>, constant: Value, inverted: Bool
  ) -> Bitmap {
    switch test {
    case .equal: return mask(left, inverted) { $0.isSame(constant) }
    case .less: return mask(left, inverted) { $0.precedes(constant) }
    case .lessOrEqual: return mask(left, inverted) { !constant.precedes($0) }
    }
  }

  @inline(__always) private static func mask<Value: BitwiseCopyable>(
    _ left: Span<Value>, _ right: Span<Value>, _ inverted: Bool, _ test: (Value, Value) -> Bool
  ) -> Bitmap {
    let count = left.count
    let flip: UInt64 = inverted ? .max : 0
    var builder = BitmapBuilder(count: count)
    var room = builder.words
    for word in 0..<count / 64 {
      let a = left.extracting(word &* 64..<word &* 64 &+ 64)
      let b = right.extracting(word &* 64..<word &* 64 &+ 64)
      var bits: UInt64 = 0
      for row in 0..<64 { bits |= (test(a[row], b[row]) ? 1 : 0) &<< UInt64(truncatingIfNeeded: row) }
      room[word] = bits ^ flip
    }
    if count & 63 != 0 {
      var bits: UInt64 = 0
      for row in (count & ~63)..<count where test(left[row], right[row]) {
        bits |= 1 &<< UInt64(truncatingIfNeeded: row & 63)
      }
      room[count / 64] = (bits ^ flip) & lastWordMask(count)
    }
    return builder.freeze()
  }

  @inline(__always) static func mask<Value: BitwiseCopyable>(
    _ values: Span<Value>, _ inverted: Bool, _ test: (Value) -> Bool
  ) -> Bitmap {
    let count = values.count
    let flip: UInt64 = inverted ? .max : 0
    var builder = BitmapBuilder(count: count)
    var room = builder.words
    for word in 0..<count / 64 {
      let a = values.extracting(word &* 64..<word &* 64 &+ 64)
      var bits: UInt64 = 0
      for row in 0..<64 { bits |= (test(a[row]) ? 1 : 0) &<< UInt64(truncatingIfNeeded: row) }
      room[word] = bits ^ flip
    }
    if count & 63 != 0 {
      var bits: UInt64 = 0
      for row in (count & ~63)..<count where test(values[row]) {
        bits |= 1 &<< UInt64(truncatingIfNeeded: row & 63)
      }
      room[count / 64] = (bits ^ flip) & lastWordMask(count)
    }
    return builder.freeze()
  }

  /// Looks codes up in a table of one byte an entry, 0 or 1.
  ///
  /// - Parameters:
  ///   - codes: `n` codes below the table's length.
  ///   - table: 1 for the entries wanted.
  /// - Returns: `n` bits; where the table is empty, zeros.
  static func lookUp(_ codes: Span<UInt32>, in table: [UInt8]) -> Bitmap {
    if table.isEmpty { return Bitmap(repeating: false, count: codes.count) }
    let entries = table.span
    let count = codes.count
    var builder = BitmapBuilder(count: count)
    var room = builder.words
    for word in 0..<count / 64 {
      let a = codes.extracting(word &* 64..<word &* 64 &+ 64)
      var bits: UInt64 = 0
      for row in 0..<64 { bits |= UInt64(entries[Int(a[row])]) &<< UInt64(truncatingIfNeeded: row) }
      room[word] = bits
    }
    if count & 63 != 0 {
      var bits: UInt64 = 0
      for row in (count & ~63)..<count {
        bits |= UInt64(entries[Int(codes[row])]) &<< UInt64(truncatingIfNeeded: row & 63)
      }
      room[count / 64] = bits
    }
    return builder.freeze()
  }
}

/// A value in the total order of SQL: NaN equals itself and comes after every number.
protocol ComparableValue: ColumnValue {
  func isSame(_ other: Self) -> Bool
  func precedes(_ other: Self) -> Bool
}

extension Int32: ComparableValue {
  @inline(__always) func isSame(_ other: Int32) -> Bool { self == other }
  @inline(__always) func precedes(_ other: Int32) -> Bool { self < other }
}
extension Int64: ComparableValue {
  @inline(__always) func isSame(_ other: Int64) -> Bool { self == other }
  @inline(__always) func precedes(_ other: Int64) -> Bool { self < other }
}
extension Int128: ComparableValue {
  @inline(__always) func isSame(_ other: Int128) -> Bool { self == other }
  @inline(__always) func precedes(_ other: Int128) -> Bool { self < other }
}
extension Float: ComparableValue {
  @inline(__always) func isSame(_ other: Float) -> Bool {
    (self == other) != ((self != self) && (other != other))
  }
  @inline(__always) func precedes(_ other: Float) -> Bool {
    (self < other) != ((self == self) && (other != other))
  }
}
extension Double: ComparableValue {
  @inline(__always) func isSame(_ other: Double) -> Bool {
    (self == other) != ((self != self) && (other != other))
  }
  @inline(__always) func precedes(_ other: Double) -> Bool {
    (self < other) != ((self == self) && (other != other))
  }
}
extension StringView: ComparableValue {
  @inline(__always) func isSame(_ other: StringView) -> Bool { self == other }
  @inline(__always) func precedes(_ other: StringView) -> Bool { self < other }
}
extension Interval: ComparableValue {
  /// The length with months of 30 days and days of 24 hours, by which intervals compare (PostgreSQL).
  var comparableMicros: Int128 {
    (Int128(months) * 30 + Int128(days)) * 86_400_000_000 + Int128(micros)
  }
  func isSame(_ other: Interval) -> Bool { comparableMicros == other.comparableMicros }
  func precedes(_ other: Interval) -> Bool { comparableMicros < other.comparableMicros }
}

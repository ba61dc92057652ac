internal import Columnar

extension CastRule {
  /// The body of a conversion between numbers and truth values; `nil` for other types.
  func numeric() -> ScalarBody? {
    guard source.isNumeric || source == .boolean, target.isNumeric || target == .boolean else { return nil }
    switch source.physicalType {
    case .bit: return fromBoolean()
    case .int32:
      return toNumber(from: Int32.self) { (value, _) in .integer(Int128(value)) }
    case .int64:
      if case .decimal(_, let scale) = source {
        return toNumber(from: Int64.self) { (value, _) in .decimal(Int128(value), scale) }
      }
      return toNumber(from: Int64.self) { (value, _) in .integer(Int128(value)) }
    case .int128:
      guard case .decimal(_, let scale) = source else { return nil }
      return toNumber(from: Int128.self) { (value, _) in .decimal(value, scale) }
    case .float: return toNumber(from: Float.self) { (value, _) in .float(Double(value)) }
    case .double: return toNumber(from: Double.self) { (value, _) in .float(value) }
    default: return nil
    }
  }

  /// A number in the widest form of its kind.
  enum Number {
    case integer(Int128)
    case decimal(Int128, Int)
    case float(Double)
  }

  private func fromBoolean() -> ScalarBody {
    let target = target
    return { (arguments, frame) throws(QueryError) in
      let flat = arguments[0].flattened()
      let bits = flat.bits
      switch target.physicalType {
      case .int32:
        return try RowFunction.fill(Int32.self, [], frame) { (row, _) throws(QueryError) in bits[row] ? 1 : 0
        }
      case .int64:
        let one = target.decimalUnit
        return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
          bits[row] ? Int64(one) : 0
        }
      case .int128:
        let one = target.decimalUnit
        return try RowFunction.fill(Int128.self, [], frame) { (row, _) throws(QueryError) in
          bits[row] ? one : 0
        }
      case .float:
        return try RowFunction.fill(Float.self, [], frame) { (row, _) throws(QueryError) in bits[row] ? 1 : 0
        }
      case .double:
        return try RowFunction.fill(Double.self, [], frame) { (row, _) throws(QueryError) in bits[row] ? 1 : 0
        }
      default: return arguments[0]
      }
    }
  }

  /// Converts by way of ``Number``; the pairs that queries are full of go straight.
  private func toNumber<Value: ColumnValue>(
    from _: Value.Type, _ number: @escaping (Value, Int) -> Number
  ) -> ScalarBody {
    let rule = self
    if let body = straight() { return body }
    switch target.physicalType {
    case .bit:
      return RowFunction.unary(Value.self, Bool.self) { (value, _) throws(QueryError) in
        switch number(value, 0) {
        case .integer(let value), .decimal(let value, _): value != 0
        case .float(let value): value != 0
        }
      }
    case .int32:
      return RowFunction.unary(Value.self, Int32.self) { (value, _) throws(QueryError) in
        guard let result = try rule.integer(number(value, 0)) else { return nil }
        return Int32(truncatingIfNeeded: result)
      }
    case .int64:
      if case .decimal(let precision, let scale) = target {
        return RowFunction.unary(Value.self, Int64.self) { (value, _) throws(QueryError) in
          guard let result = try rule.decimal(number(value, 0), precision, scale) else { return nil }
          return Int64(truncatingIfNeeded: result)
        }
      }
      return RowFunction.unary(Value.self, Int64.self) { (value, _) throws(QueryError) in
        try rule.integer(number(value, 0))
      }
    case .int128:
      guard case .decimal(let precision, let scale) = target else { break }
      return RowFunction.unary(Value.self, Int128.self) { (value, _) throws(QueryError) in
        try rule.decimal(number(value, 0), precision, scale)
      }
    case .float:
      return RowFunction.unary(Value.self, Float.self) { (value, _) throws(QueryError) in
        let wide = number(value, 0).double
        let result = Float(wide)
        if result.isInfinite && wide.isFinite { return try rule.reject(rule.outOfRange("\(wide)")) }
        return result
      }
    default: break
    }
    return RowFunction.unary(Value.self, Double.self) { (value, _) throws(QueryError) in
      number(value, 0).double
    }
  }

  /// Conversions that cannot fail, as plain loops; `nil` for others.
  private func straight() -> ScalarBody? {
    switch (source.physicalType, target.physicalType) {
    case (.int32, .int32) where source.isNarrower(than: target):
      return { (arguments, _) throws(QueryError) in arguments[0] }
    case (.int32, .int64) where target == .bigint: return widen(Int32.self, Int64.self) { Int64($0) }
    case (.int32, .double): return widen(Int32.self, Double.self) { Double($0) }
    case (.int64, .double) where source == .bigint: return widen(Int64.self, Double.self) { Double($0) }
    case (.int64, .double):
      let divisor = Double(source.decimalUnit)
      return widen(Int64.self, Double.self) { Double($0) / divisor }
    case (.float, .double): return widen(Float.self, Double.self) { Double($0) }
    case (.int32, .int64), (.int32, .int128), (.int64, .int128), (.int64, .int64):
      guard case .decimal(let precision, let scale) = target,
        let (fromPrecision, fromScale) = ImplicitConversion.decimalShape(source), fromScale <= scale,
        fromPrecision - fromScale <= precision - scale
      else { return nil }
      let factor = Decimal128.power(scale - fromScale)
      let small = Int64(truncatingIfNeeded: factor)
      if target.physicalType == .int64 {
        if source.physicalType == .int32 { return widen(Int32.self, Int64.self) { Int64($0) &* small } }
        return widen(Int64.self, Int64.self) { $0 &* small }
      }
      if source.physicalType == .int32 { return widen(Int32.self, Int128.self) { Int128($0) &* factor } }
      return widen(Int64.self, Int128.self) { Int128($0) &* factor }
    default: return nil
    }
  }

  private func widen<A: ColumnValue, B: ColumnValue>(
    _: A.Type, _: B.Type, _ convert: @escaping (A) -> B
  ) -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let flat = arguments[0].flattened()
      let source = flat.values(as: A.self)
      var buffer = frame.frame.context.pool.take(byteCount: frame.rowCount * MemoryLayout<B>.stride)
      var room = buffer.elements(as: B.self, count: frame.rowCount)
      for row in source.indices { room[row] = convert(source[row]) }
      return .flat(buffer.freeze(), of: B.self, count: frame.rowCount, validity: frame.validity)
    }
  }

  /// The integer nearest to a number, halves away from zero; checked against the target's bounds.
  func integer(_ number: Number) throws(QueryError) -> Int64? {
    let (low, high) = IntegerArithmetic.bounds(target)
    let value: Int128
    switch number {
    case .integer(let exact): value = exact
    case .decimal(let unscaled, let scale):
      value = Decimal128.divideRounding(unscaled, by: Decimal128.power(scale))
    case .float(let double):
      let rounded = double.rounded(.toNearestOrAwayFromZero)
      guard rounded >= -9_223_372_036_854_775_808, rounded < 9_223_372_036_854_775_808 else {
        return try reject(outOfRange(text(number)))
      }
      value = Int128(Int64(rounded))
    }
    guard value >= Int128(low), value <= Int128(high) else { return try reject(outOfRange(text(number))) }
    return Int64(value)
  }

  /// The unscaled decimal nearest to a number, halves away from zero.
  func decimal(_ number: Number, _ precision: Int, _ scale: Int) throws(QueryError) -> Int128? {
    let limit = Decimal128.power(precision)
    var result: Int128
    switch number {
    case .integer(let value):
      let (product, overflow) = value.multipliedReportingOverflow(by: Decimal128.power(scale))
      if overflow { return try reject(outOfRange(text(number))) }
      result = product
    case .decimal(let unscaled, let fromScale):
      if fromScale <= scale {
        let (product, overflow) = unscaled.multipliedReportingOverflow(
          by: Decimal128.power(scale - fromScale))
        if overflow { return try reject(outOfRange(text(number))) }
        result = product
      } else {
        result = Decimal128.divideRounding(unscaled, by: Decimal128.power(fromScale - scale))
      }
    case .float(let double):
      let scaled = (double * Double(Decimal128.power(scale))).rounded(.toNearestOrAwayFromZero)
      guard scaled > -1.7e38, scaled < 1.7e38 else { return try reject(outOfRange(text(number))) }
      result = Int128(scaled)
    }
    guard result < limit, result > -limit else { return try reject(outOfRange(text(number))) }
    return result
  }

  private func text(_ number: Number) -> String {
    switch number {
    case .integer(let value): "\(value)"
    case .decimal(let value, let scale):
      ValueText.string(.decimal(value), as: .decimal(precision: 38, scale: scale))
    case .float(let value): ValueText.string(.double(value), as: .double)
    }
  }
}

extension CastRule.Number {
  var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .decimal(let value, let scale): Double(value) / Double(Decimal128.power(scale))
    case .float(let value): value
    }
  }
}

extension LogicalType {
  /// The unscaled value of 1.
  var decimalUnit: Int128 {
    if case .decimal(_, let scale) = self { return Decimal128.power(scale) }
    return 1
  }

  /// Whether every value of this integer type is one of the other.
  func isNarrower(than other: LogicalType) -> Bool {
    guard let from = ImplicitConversion.integerRank(self), let to = ImplicitConversion.integerRank(other)
    else {
      return false
    }
    return from <= to
  }
}

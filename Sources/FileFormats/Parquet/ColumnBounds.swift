public import Columnar

/// What the statistics of a column chunk or page prove about its values.
public struct ColumnBounds: Hashable, Sendable {
  /// No value is below; `nil` when nothing is known.
  public var min: ScalarValue?
  /// No value is above; `nil` when nothing is known.
  public var max: ScalarValue?
  /// Whether ``min`` is known to occur.
  public var isMinExact = false
  /// Whether ``max`` is known to occur.
  public var isMaxExact = false
  /// Null values; `nil` when not known.
  public var nullCount: Int?

  /// Makes bounds that prove nothing.
  public init() {}
}

extension ColumnBounds {
  /// Reads the statistics of a leaf.
  ///
  /// What cannot be trusted is left out: the deprecated fields, whose order was never stated; bounds of
  /// INT96 and intervals, which have no order; bounds of bytes when the file states no order; NaN. A zero
  /// stands for both zeros (parquet.thrift, `ColumnOrder`).
  ///
  /// - Parameters:
  ///   - statistics: The statistics.
  ///   - leaf: What the values are.
  ///   - hasStatedOrder: Whether the file says that the column has the order of its type.
  public init(_ statistics: ParquetStatistics, leaf: ParquetLeaf, hasStatedOrder: Bool) {
    nullCount = statistics.nullCount
    guard hasStatedOrder || ColumnBounds.hasSignedOrder(leaf) else { return }
    set(statistics.minValue, statistics.maxValue, leaf: leaf)
    // Long strings may be cut, and older writers do not say whether they did.
    let isFixed = leaf.physicalType != .byteArray && leaf.physicalType != .fixedLengthByteArray
    isMinExact = min != nil && (statistics.isMinValueExact ?? isFixed)
    isMaxExact = max != nil && (statistics.isMaxValueExact ?? isFixed)
  }

  mutating func set(_ minBytes: [UInt8]?, _ maxBytes: [UInt8]?, leaf: ParquetLeaf) {
    switch (leaf.physicalType, leaf.annotation) {
    case (.int96, _), (_, .interval), (_, .unknown): return
    default: break
    }
    min = minBytes.flatMap { ColumnBounds.value($0, leaf) }
    max = maxBytes.flatMap { ColumnBounds.value($0, leaf) }
    if ColumnBounds.isNaN(min) || ColumnBounds.isNaN(max) { (min, max) = (nil, nil) }
    switch min {
    case .real(0): min = .real(-0.0)
    case .double(0): min = .double(-0.0)
    default: break
    }
    switch max {
    case .real(0): max = .real(0.0)
    case .double(0): max = .double(0.0)
    default: break
    }
  }

  private static func isNaN(_ value: ScalarValue?) -> Bool {
    switch value {
    case .real(let real): real.isNaN
    case .double(let double): double.isNaN
    default: false
    }
  }

  /// Whether the type's order is that of signed numbers, about which writers never disagreed.
  private static func hasSignedOrder(_ leaf: ParquetLeaf) -> Bool {
    switch (leaf.physicalType, leaf.annotation) {
    case (.int32, .integer(_, isSigned: false)), (.int64, .integer(_, isSigned: false)): false
    case (.int32, _), (.int64, _), (.float, _), (.double, _), (.boolean, _): true
    default: false
    }
  }

  /// Returns the value of plain bytes without length, as statistics and bloom filters hold it.
  static func value(_ bytes: [UInt8], _ leaf: ParquetLeaf) -> ScalarValue? {
    let type = leaf.logicalType
    switch leaf.physicalType {
    case .boolean: return bytes.count == 1 ? .boolean(bytes[0] != 0) : nil
    case .int32: return number(bytes, Int32.self, leaf, type)
    case .int64: return number(bytes, Int64.self, leaf, type)
    case .float: return number(bytes, Float.self, leaf, type)
    case .double: return number(bytes, Double.self, leaf, type)
    case .int96: return nil
    case .byteArray, .fixedLengthByteArray:
      var isBytes: Bool { if case .decimal = type { false } else { leaf.annotation != .float16 } }
      if isBytes { return .bytes(bytes) }
      guard leaf.physicalType == .byteArray || bytes.count == leaf.typeLength else { return nil }
      let vector = VectorBuilder.single(.bytes(bytes), .binary)
      return try? LeafConversion(leaf).convert(vector).scalar(at: 0, as: type)
    }
  }

  private static func number<Value: ColumnValue>(
    _ bytes: [UInt8], _: Value.Type, _ leaf: ParquetLeaf, _ type: LogicalType
  ) -> ScalarValue? {
    let width = MemoryLayout<Value>.size
    guard bytes.count == width else { return nil }
    var buffer = WritableBuffer(byteCount: width)
    var room = buffer.elements(as: UInt8.self, count: width)
    for index in bytes.indices { room[index] = bytes[index] }
    let vector = Vector.flat(buffer.freeze(), of: Value.self, count: 1)
    return try? LeafConversion(leaf).convert(vector).scalar(at: 0, as: type)
  }
}

/// Integers or dictionary codes, each in as few bytes as the greatest distance from the least needs.
///
/// Frame of reference (Goldstein, Ramakrishnan, Shaft: Compressing Relations and Indexes, 1998), with whole bytes, so
/// that some rows are unpacked in one loop. Nulls and dictionaries are kept as they are.
public struct PackedVector: Sendable {
  private enum Width: Int { case one = 1, two = 2, four = 4 }

  /// Rows.
  public let count: Int
  /// By row, how far its value lies above the least, in `width` bytes.
  private let distances: Buffer
  private let width: Width
  private let least: Int128
  private let type: PhysicalType
  private let validity: Bitmap?
  /// What codes name entries of.
  public let base: Vector?

  /// Packs a vector; `nil` if it is of other values, or these need as much room as they have.
  public init?(_ vector: Vector) {
    switch (vector.encoding, vector.type) {
    case (.dictionary, _):
      guard vector.base != nil, let packed = PackedVector.pack(vector.codes, least: 0) else { return nil }
      (width, distances) = packed
      least = 0
    case (.flat, .int32):
      guard let packed = PackedVector.pack(vector.int32s) else { return nil }
      (least, width, distances) = packed
    case (.flat, .int64):
      guard let packed = PackedVector.pack(vector.int64s) else { return nil }
      (least, width, distances) = packed
    case (.flat, .int128):
      guard let packed = PackedVector.pack(vector.int128s) else { return nil }
      (least, width, distances) = packed
    default: return nil
    }
    (count, type, base, validity) = (vector.count, vector.type, vector.base, vector.validity)
  }

  /// Bytes held.
  public var storageByteCount: Int {
    distances.byteCount + (validity.map { $0.storage.byteCount } ?? 0) + (base?.storageByteCount ?? 0)
  }

  /// Returns rows as they were packed, in memory of `pool`.
  ///
  /// - Precondition: `first` is a multiple of 64.
  public func slice(from first: Int, count: Int, _ pool: inout BufferPool) -> Vector {
    precondition(first >= 0 && count >= 0 && first + count <= self.count)
    let validity = validity?.slice(from: first, count: count)
    if let base {
      let codes = unpack(UInt32.self, first, count, &pool)
      return .dictionary(codes, count: count, of: base, validity: validity)
    }
    switch type {
    case .int32:
      let values = unpack(Int32.self, first, count, &pool)
      return .flat(values, of: Int32.self, count: count, validity: validity)
    case .int64:
      let values = unpack(Int64.self, first, count, &pool)
      return .flat(values, of: Int64.self, count: count, validity: validity)
    default:
      let values = unpack(Int128.self, first, count, &pool)
      return .flat(values, of: Int128.self, count: count, validity: validity)
    }
  }

  private static func pack<Value: FixedWidthInteger & BitwiseCopyable>(
    _ values: Span<Value>
  ) -> (Int128, Width, Buffer)? {
    if values.isEmpty { return nil }
    var least = values[0]
    for row in values.indices { least = min(least, values[row]) }
    return pack(values, least: least).map { (Int128(least), $0, $1) }
  }

  private static func pack<Value: FixedWidthInteger & BitwiseCopyable>(
    _ values: Span<Value>, least: Value
  ) -> (Width, Buffer)? {
    var greatest = least
    for row in values.indices { greatest = max(greatest, values[row]) }
    let (distance, isFar) = greatest.subtractingReportingOverflow(least)
    if isFar { return nil }
    let size = MemoryLayout<Value>.stride
    if distance <= 0xFF && size > 1 { return (.one, narrow(values, least, to: UInt8.self)) }
    if distance <= 0xFFFF && size > 2 { return (.two, narrow(values, least, to: UInt16.self)) }
    if distance <= 0xFFFF_FFFF && size > 4 { return (.four, narrow(values, least, to: UInt32.self)) }
    return nil
  }

  private static func narrow<
    Value: FixedWidthInteger & BitwiseCopyable, Narrow: FixedWidthInteger & BitwiseCopyable
  >(
    _ values: Span<Value>, _ least: Value, to type: Narrow.Type
  ) -> Buffer {
    var buffer = WritableBuffer(byteCount: values.count * MemoryLayout<Narrow>.stride)
    var room = buffer.elements(as: Narrow.self, count: values.count)
    for row in values.indices { room[row] = Narrow(truncatingIfNeeded: values[row] &- least) }
    return buffer.freeze()
  }

  private func unpack<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ first: Int, _ count: Int, _ pool: inout BufferPool
  ) -> Buffer {
    switch width {
    case .one: widen(UInt8.self, to: type, first, count, &pool)
    case .two: widen(UInt16.self, to: type, first, count, &pool)
    case .four: widen(UInt32.self, to: type, first, count, &pool)
    }
  }

  private func widen<Value: FixedWidthInteger & BitwiseCopyable, Narrow: FixedWidthInteger & BitwiseCopyable>(
    _ narrow: Narrow.Type, to type: Value.Type, _ first: Int, _ count: Int, _ pool: inout BufferPool
  ) -> Buffer {
    let source = distances.elements(as: narrow, at: first * MemoryLayout<Narrow>.stride, count: count)
    let least = Value(truncatingIfNeeded: least)
    var buffer = pool.take(byteCount: count * MemoryLayout<Value>.stride)
    var room = buffer.elements(as: Value.self, count: count)
    for row in 0..<count { room[row] = Value(truncatingIfNeeded: source[row]) &+ least }
    return buffer.freeze()
  }
}

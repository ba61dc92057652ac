extension Vector {
  /// Returns the rows named by `rows`, in that order, each below `count`.
  ///
  /// A dictionary stays a dictionary over the same base, a constant a constant.
  public func taking(_ rows: Span<UInt32>) -> Vector {
    if encoding == .constant { return Vector(constantLike: self, count: rows.count) }
    let validity = takingValidity(rows)
    if encoding == .dictionary, let base {
      let buffer = Vector.take(codes, rows)
      return .dictionary(buffer, count: rows.count, of: base, validity: validity)
    }
    switch type {
    case .bit: return .bits(Vector.take(bits, rows), validity: validity)
    case .int32: return taking(rows, of: Int32.self, validity)
    case .int64: return taking(rows, of: Int64.self, validity)
    case .int128: return taking(rows, of: Int128.self, validity)
    case .float: return taking(rows, of: Float.self, validity)
    case .double: return taking(rows, of: Double.self, validity)
    case .string: return taking(rows, of: StringView.self, validity)
    case .interval: return taking(rows, of: Interval.self, validity)
    case .list: return takingLists(rows, validity)
    case .struct: return .struct(fields.map { $0.taking(rows) }, count: rows.count, validity: validity)
    }
  }

  /// Returns the vector as a flat one: values of a dictionary or constant are copied to their rows.
  public func flattened() -> Vector {
    guard encoding != .flat, let base else { return self }
    let flatBase = base.flattened()
    if encoding == .constant {
      let rows = [UInt32](repeating: 0, count: count)
      return flatBase.taking(rows.span)
    }
    if flatBase.count == 0 {
      // Only null rows can name an entry of an empty dictionary.
      return Vector.placeholder(
        like: flatBase, count: count, validity: Bitmap(repeating: false, count: count))
    }
    let values = flatBase.taking(codes)
    guard let validity else { return values }
    return values.withValidity(Bitmap.intersection(values.validity, validity))
  }

  /// Returns the vector with another validity; only for flat vectors and dictionaries.
  public func withValidity(_ validity: Bitmap?) -> Vector {
    let whole = storage
    precondition(encoding != .constant)
    if encoding == .dictionary, let base {
      return .dictionary(Vector.copy(codes), count: count, of: base, validity: validity)
    }
    if first == 0 && count == whole.elementCount {
      return Vector(
        VectorStorage(
          type, encoding, whole.buffer, stride: type.stride, count, extra: type == .list ? 1 : 0,
          validity: validity, pages: whole.pages, bits: whole.bits, children: whole.children),
        count: count)
    }
    let rows = (0..<UInt32(count)).map { $0 }
    return taking(rows.span).withValidity(validity)
  }

  init(constantLike vector: Vector, count: Int) {
    self = Vector.constant(vector.base.unsafelyUnwrappedOrTrap, count: count)
  }

  /// Returns `count` rows of unspecified value.
  static func placeholder(like vector: Vector, count: Int, validity: Bitmap?) -> Vector {
    let stride = max(vector.type.stride, 1)
    let buffer = WritableBuffer(zeroedByteCount: (count + 1) * stride).freeze()
    switch vector.type {
    case .bit: return .bits(Bitmap(repeating: false, count: count), validity: validity)
    case .list: return .list(buffer, count: count, of: vector.elements, validity: validity)
    case .struct:
      let fields = vector.fields.map { placeholder(like: $0, count: count, validity: validity) }
      return .struct(fields, count: count, validity: validity)
    default:
      return Vector(
        VectorStorage(vector.type, .flat, buffer, stride: stride, count, validity: validity), count: count)
    }
  }

  private func taking<Value: ColumnValue>(
    _ rows: Span<UInt32>, of _: Value.Type, _ validity: Bitmap?
  ) -> Vector {
    let buffer = Vector.take(values(as: Value.self), rows)
    return .flat(buffer, of: Value.self, count: rows.count, validity: validity, pages: storage.pages)
  }

  private static func take<Value: BitwiseCopyable>(_ values: Span<Value>, _ rows: Span<UInt32>) -> Buffer {
    var buffer = WritableBuffer(byteCount: rows.count * MemoryLayout<Value>.stride)
    var room = buffer.elements(as: Value.self, count: rows.count)
    for index in rows.indices { room[index] = values[Int(rows[index])] }
    return buffer.freeze()
  }

  private static func copy(_ values: Span<UInt32>) -> Buffer {
    var buffer = WritableBuffer(byteCount: values.count * 4)
    var room = buffer.elements(as: UInt32.self, count: values.count)
    for index in values.indices { room[index] = values[index] }
    return buffer.freeze()
  }

  private static func take(_ bits: Bitmap, _ rows: Span<UInt32>) -> Bitmap {
    var builder = BitmapBuilder(count: rows.count)
    var words = builder.words
    let source = bits.words
    for index in rows.indices {
      let row = Int(rows[index])
      let bit = source[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1
      words[index &>> 6] |= bit &<< UInt64(truncatingIfNeeded: index & 63)
    }
    return builder.freeze()
  }

  private func takingValidity(_ rows: Span<UInt32>) -> Bitmap? { validity.map { Vector.take($0, rows) } }

  private func takingLists(_ rows: Span<UInt32>, _ validity: Bitmap?) -> Vector {
    let source = offsets
    var total = 0
    for index in rows.indices {
      let row = Int(rows[index])
      total += Int(source[row + 1] - source[row])
    }
    var ends = WritableBuffer(byteCount: (rows.count + 1) * 4)
    var room = ends.elements(as: UInt32.self, count: rows.count + 1)
    var picked: [UInt32] = []
    picked.reserveCapacity(total)
    room[0] = 0
    for index in rows.indices {
      let row = Int(rows[index])
      for element in source[row]..<source[row + 1] { picked.append(element) }
      room[index + 1] = UInt32(picked.count)
    }
    return .list(ends.freeze(), count: rows.count, of: elements.taking(picked.span), validity: validity)
  }
}

extension PhysicalType {
  /// Bytes from one flat value to the next; 0 for bits and structs.
  public var stride: Int {
    switch self {
    case .bit, .struct: 0
    case .int32, .float, .list: 4
    case .int64, .double: 8
    case .int128, .string, .interval: 16
    }
  }
}

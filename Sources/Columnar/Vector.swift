/// How a row finds its value.
public enum Encoding: UInt8, Sendable {
  /// Row *r* has value *r*.
  case flat
  /// All rows have value 0 of `base`; if that is null, so are they.
  case constant
  /// Row *r* has the value of `base` that its `UInt32` code names; codes of null rows are valid codes too
  /// (any), unless `base` is empty.
  case dictionary
}

/// A type of which a flat vector can be made.
public protocol ColumnValue: BitwiseCopyable, Sendable {
  /// What vectors of such values call them.
  static var physicalType: PhysicalType { get }
}
extension Int32: ColumnValue {
  /// What vectors of such values call them.
  @inlinable public static var physicalType: PhysicalType { .int32 }
}
extension Int64: ColumnValue {
  /// What vectors of such values call them.
  @inlinable public static var physicalType: PhysicalType { .int64 }
}
extension Int128: ColumnValue {
  /// What vectors of such values call them.
  @inlinable public static var physicalType: PhysicalType { .int128 }
}
extension Float: ColumnValue {
  /// What vectors of such values call them.
  @inlinable public static var physicalType: PhysicalType { .float }
}
extension Double: ColumnValue {
  /// What vectors of such values call them.
  @inlinable public static var physicalType: PhysicalType { .double }
}
extension StringView: ColumnValue {
  /// What vectors of such values call them.
  @inlinable public static var physicalType: PhysicalType { .string }
}
extension Interval: ColumnValue {
  /// What vectors of such values call them.
  @inlinable public static var physicalType: PhysicalType { .interval }
}

/// One column of a batch: a window of rows on immutable storage.
///
/// Passing a vector on or cutting it costs one reference count and no allocation. A kernel's caller
/// switches on `encoding` and `type` once per batch and then borrows one span. The value of a null row is
/// unspecified but safe to read.
public struct Vector: Sendable {
  @usableFromInline let storage: VectorStorage
  @usableFromInline let first: Int
  /// Rows.
  public let count: Int

  /// What the values are; of a dictionary or constant, what those of `base` are.
  @inlinable public var type: PhysicalType { storage.type }
  /// How a row finds its value.
  @inlinable public var encoding: Encoding { storage.encoding }

  @usableFromInline init(_ storage: VectorStorage, first: Int = 0, count: Int) {
    (self.storage, self.first, self.count) = (storage, first, count)
  }

  @usableFromInline init(slicing vector: Vector, from first: Int, count: Int) {
    (storage, self.first, self.count) = (vector.storage, vector.first + first, count)
  }

  /// Returns a flat vector over the first `count` elements of `values`.
  ///
  /// - Parameters:
  ///   - values: The elements; for strings, views that point into `pages`.
  ///   - type: The elements' type.
  ///   - count: Rows.
  ///   - validity: `count` bits, set where a row has a value; `nil` when all have.
  ///   - pages: What string views longer than 12 bytes point into.
  /// - Returns: A vector of `count` rows.
  public static func flat<Value: ColumnValue>(
    _ values: Buffer, of type: Value.Type, count: Int, validity: Bitmap? = nil, pages: [Buffer] = []
  ) -> Vector {
    let storage = VectorStorage(
      Value.physicalType, .flat, values, stride: MemoryLayout<Value>.stride, count, validity: validity,
      pages: pages)
    return Vector(storage, count: count)
  }

  /// Returns a flat vector of the values.
  ///
  /// Other modules call it too, so that it must be specialised here: unspecialised it looks the array's type up for each value.
  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  public static func flat<Value: ColumnValue>(_ values: [Value], validity: Bitmap? = nil) -> Vector {
    precondition(Value.physicalType != .string, "views need their pages")
    var buffer = WritableBuffer(byteCount: values.count * MemoryLayout<Value>.stride)
    var room = buffer.elements(as: Value.self, count: values.count)
    for row in values.indices { room[row] = values[row] }
    return flat(buffer.freeze(), of: Value.self, count: values.count, validity: validity)
  }

  /// Returns a vector of booleans.
  public static func bits(_ values: Bitmap, validity: Bitmap? = nil) -> Vector {
    let storage = VectorStorage(
      .bit, .flat, values.storage, stride: 0, values.count, validity: validity, bits: values)
    return Vector(storage, count: values.count)
  }

  /// Returns a vector whose rows name entries of `base` by the `UInt32` codes in `codes`.
  ///
  /// - Precondition: Each code is below `base.count`; a reader checks the largest of a page and throws.
  public static func dictionary(
    _ codes: Buffer, count: Int, of base: Vector, validity: Bitmap? = nil
  ) -> Vector {
    let storage = VectorStorage(
      base.type, .dictionary, codes, stride: 4, count, base: base, validity: validity)
    return Vector(storage, count: count)
  }

  /// Returns the dictionary vector with other entries under the same codes, which are not copied.
  ///
  /// - Precondition: The vector is a dictionary, and there are at least as many entries as before.
  public func withEntries(_ entries: Vector) -> Vector {
    precondition(encoding == .dictionary && entries.count >= (base?.count ?? 0))
    let storage = VectorStorage(
      entries.type, .dictionary, storage.buffer, stride: 4, storage.elementCount, base: entries,
      validity: storage.validity)
    return Vector(storage, first: first, count: count)
  }

  /// Returns a vector whose rows all hold row 0 of `value`, null if that is null.
  public static func constant(_ value: Vector, count: Int) -> Vector {
    precondition(value.count >= 1)
    let storage = VectorStorage(
      value.type, .constant, WritableBuffer(byteCount: 0).freeze(), stride: 0, count, base: value,
      isNullConstant: value.validity.map { !$0[0] } ?? false)
    return Vector(storage, count: count)
  }

  /// Returns a list vector: row *r* has the elements `ends[r - 1] ..< ends[r]` of `elements`.
  ///
  /// `ends` holds `count + 1` offsets, `UInt32`, ascending, the first of them where row 0 begins.
  public static func list(
    _ ends: Buffer, count: Int, of elements: Vector, validity: Bitmap? = nil
  ) -> Vector {
    let storage = VectorStorage(
      .list, .flat, ends, stride: 4, count, extra: 1, validity: validity, children: [elements])
    return Vector(storage, count: count)
  }

  /// Returns a struct vector of `count` rows; `fields` have as many each.
  public static func `struct`(_ fields: [Vector], count: Int, validity: Bitmap? = nil) -> Vector {
    precondition(fields.allSatisfy { $0.count == count })
    let storage = VectorStorage(
      .struct, .flat, WritableBuffer(byteCount: 0).freeze(), stride: 0, count, validity: validity,
      children: fields)
    return Vector(storage, count: count)
  }

  /// Returns a vector of `count` nulls.
  public static func nulls(_ type: LogicalType, count: Int) -> Vector {
    constant(VectorBuilder.single(.null, type), count: count)
  }

  /// Returns rows `first ..< first + count` without copying; `first` is a multiple of 64.
  @inlinable public func slice(from first: Int, count: Int) -> Vector {
    precondition(first >= 0 && first & 63 == 0 && count >= 0 && first + count <= self.count)
    return Vector(slicing: self, from: first, count: count)
  }

  /// The values of a flat vector.
  @inlinable @_lifetime(borrow self)
  public func values<Value: ColumnValue>(as type: Value.Type) -> Span<Value> {
    precondition(storage.type == Value.physicalType && storage.encoding == .flat)
    let span = storage.elements(as: type, from: first, count: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The values of a flat vector of 32-bit integers or dates.
  @inlinable public var int32s: Span<Int32> { @_lifetime(borrow self) get { values(as: Int32.self) } }
  /// The values of a flat vector of 64-bit integers, times, timestamps or short decimals.
  @inlinable public var int64s: Span<Int64> { @_lifetime(borrow self) get { values(as: Int64.self) } }
  /// The values of a flat vector of long decimals.
  @inlinable public var int128s: Span<Int128> { @_lifetime(borrow self) get { values(as: Int128.self) } }
  /// The values of a flat vector of 32-bit floating-point numbers.
  @inlinable public var floats: Span<Float> { @_lifetime(borrow self) get { values(as: Float.self) } }
  /// The values of a flat vector of 64-bit floating-point numbers.
  @inlinable public var doubles: Span<Double> { @_lifetime(borrow self) get { values(as: Double.self) } }
  /// The values of a flat vector of strings.
  @inlinable public var strings: Span<StringView> {
    @_lifetime(borrow self) get { values(as: StringView.self) }
  }
  /// The values of a flat vector of intervals.
  @inlinable public var intervals: Span<Interval> {
    @_lifetime(borrow self) get { values(as: Interval.self) }
  }

  /// The values of a flat vector of booleans; bits of null rows are unspecified.
  @inlinable public var bits: Bitmap {
    precondition(storage.type == .bit && storage.encoding == .flat)
    return storage.bits.unsafelyUnwrappedOrTrap.slice(from: first, count: count)
  }

  /// The codes of a dictionary vector, each below `base.count`.
  @inlinable public var codes: Span<UInt32> {
    @_lifetime(borrow self) get {
      precondition(storage.encoding == .dictionary)
      let span = storage.elements(as: UInt32.self, from: first, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The `count + 1` offsets of a flat list vector into its element vector.
  @inlinable public var offsets: Span<UInt32> {
    @_lifetime(borrow self) get {
      precondition(storage.type == .list && storage.encoding == .flat)
      let span = storage.elements(as: UInt32.self, from: first, count: count + 1)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// All elements of a flat list vector, not cut to this window.
  @inlinable public var elements: Vector {
    precondition(storage.type == .list && storage.encoding == .flat)
    return storage.children[0]
  }

  /// The fields of a flat struct vector, cut to this window.
  @inlinable public var fields: [Vector] {
    precondition(storage.type == .struct && storage.encoding == .flat)
    return storage.children.map { $0.slice(from: first, count: count) }
  }

  /// Dictionary entries or the constant (in row 0); `nil` in a flat vector.
  @inlinable public var base: Vector? { storage.base }

  /// The rows that hold a value; `nil` when all do.
  ///
  /// Of a dictionary this speaks of the rows; an entry of `base` may be null besides only if
  /// ``hasNullEntries`` says so. Of a null constant it is all zeros.
  @inlinable public var validity: Bitmap? {
    if storage.isNullConstant { return Bitmap(repeating: false, count: count) }
    return storage.validity?.slice(from: first, count: count)
  }

  /// Whether some row may be null.
  @inlinable public var mayHaveNulls: Bool {
    storage.isNullConstant || storage.validity != nil || hasNullEntries
  }

  /// Whether the dictionary itself has a null entry, which then makes the rows that name it null.
  @inlinable public var hasNullEntries: Bool {
    storage.encoding == .dictionary && storage.base?.validity != nil
  }

  /// Whether all rows are null because the constant is.
  @inlinable public var isNullConstant: Bool { storage.isNullConstant }

  /// The pages that string views of this vector may point into, those of its base included.
  public var stringPages: [Buffer] { storage.pages + (storage.base?.stringPages ?? []) }

  /// Identifies the storage: two vectors with equal identities and windows hold the same rows.
  @inlinable public var storageIdentity: ObjectIdentifier { ObjectIdentifier(storage) }

  /// Bytes of memory that the storage holds, shared with other windows on it.
  public var storageByteCount: Int { storage.byteCount }

  /// The row of the storage that is row 0 here.
  @inlinable public var firstRow: Int { first }
}

extension Optional {
  /// The wrapped value, where `nil` is a programmer's error.
  @usableFromInline var unsafelyUnwrappedOrTrap: Wrapped {
    guard let self else { preconditionFailure("nil where a value must be") }
    return self
  }
}

/// What the windows on one column chunk share.
@safe @usableFromInline final class VectorStorage {
  @usableFromInline let type: PhysicalType
  @usableFromInline let encoding: Encoding
  @usableFromInline let isNullConstant: Bool
  /// Values if flat, codes if a dictionary, offsets if a list; kept alive by `buffer`.
  @usableFromInline let start: UnsafeRawPointer
  @usableFromInline let startByteCount: Int
  @usableFromInline let elementCount: Int
  @usableFromInline let base: Vector?
  @usableFromInline let validity: Bitmap?
  @usableFromInline let bits: Bitmap?
  @usableFromInline let children: [Vector]
  let buffer: Buffer
  /// Keeps the pages alive that string views point into.
  let pages: [Buffer]

  init(
    _ type: PhysicalType, _ encoding: Encoding, _ buffer: Buffer, stride: Int, _ elementCount: Int,
    extra: Int = 0, base: Vector? = nil, validity: Bitmap? = nil, pages: [Buffer] = [], bits: Bitmap? = nil,
    children: [Vector] = [], isNullConstant: Bool = false
  ) {
    precondition(elementCount >= 0 && (elementCount + extra) * stride <= buffer.byteCount)
    precondition(validity == nil || validity?.count == elementCount)
    (self.type, self.encoding, self.buffer, self.elementCount) = (type, encoding, buffer, elementCount)
    (self.base, self.validity, self.pages, self.bits) = (base, validity, pages, bits)
    (self.children, self.isNullConstant) = (children, isNullConstant)
    startByteCount = (elementCount + extra) * stride
    unsafe start = UnsafeRawPointer(buffer.start)
  }

  @inlinable @_lifetime(borrow self)
  func elements<Element: BitwiseCopyable>(
    as type: Element.Type, from first: Int, count: Int
  ) -> Span<Element> {
    precondition(
      first >= 0 && count >= 0 && (first + count) * MemoryLayout<Element>.stride <= startByteCount)
    // SAFETY: in bounds by the line above and `init`; `buffer` is a `let` and lives as long as `self`.
    let start = unsafe self.start.assumingMemoryBound(to: type) + first
    let span = unsafe Span(_unsafeStart: start, count: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  var byteCount: Int {
    var total = buffer.byteCount + (validity.map { $0.storage.byteCount } ?? 0)
    for page in pages { total += page.byteCount }
    for child in children { total += child.storageByteCount }
    return total + (base?.storageByteCount ?? 0)
  }
}

// SAFETY: every property is a `let`, and the memory behind `start` is no longer written.
extension VectorStorage: @unchecked Sendable {}

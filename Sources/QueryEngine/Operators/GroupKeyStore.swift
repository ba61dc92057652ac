internal import Columnar

/// One key column of a group table, with a value for each group.
///
/// Group 0 is not a group.
class GroupKeyStore {
  /// Bytes held, roughly.
  var byteCount: Int { 0 }

  /// Appends the values of `rows` of a flat vector as new groups.
  func append(_ vector: Vector, rows: [UInt32]) { preconditionFailure() }

  /// Leaves in `rows` those whose value equals that of their group; the others go to `mismatches`.
  func keepMatches(_ vector: Vector, groups: [UInt32], rows: inout [UInt32], mismatches: inout [UInt32]) {
    preconditionFailure()
  }

  /// Returns the values of groups.
  func vector(_ groups: [UInt32]) -> Vector { preconditionFailure() }

  static func make(_ type: LogicalType) -> GroupKeyStore {
    switch type.physicalType {
    case .bit: BitKeyStore()
    case .int32: ValueKeyStore<Int32>()
    case .int64: ValueKeyStore<Int64>()
    case .int128: ValueKeyStore<Int128>()
    case .float: ValueKeyStore<Float>()
    case .double: ValueKeyStore<Double>()
    case .string: StringKeyStore()
    case .interval, .list, .struct: ScalarKeyStore(type)
    }
  }
}

/// A value that groups go by: NaN equals NaN, and -0.0 equals 0.0.
protocol GroupKeyValue: ColumnValue {
  static func areSame(_ left: Self, _ right: Self) -> Bool
  static var zero: Self { get }
  /// The value that stands for all that are the same.
  var representative: Self { get }
}
extension GroupKeyValue where Self: FixedWidthInteger {
  @inline(__always) static func areSame(_ left: Self, _ right: Self) -> Bool { left == right }
  @inline(__always) var representative: Self { self }
}
extension Int32: GroupKeyValue {}
extension Int64: GroupKeyValue {}
extension Int128: GroupKeyValue {}
extension GroupKeyValue where Self: BinaryFloatingPoint {
  @inline(__always) static func areSame(_ left: Self, _ right: Self) -> Bool {
    left == right || (left.isNaN && right.isNaN)
  }
  @inline(__always) var representative: Self { self == 0 ? 0 : self }
}
extension Float: GroupKeyValue {}
extension Double: GroupKeyValue {}

/// Keys of fixed width.
///
/// Overrides of a generic class are found through its table of methods, which has the unspecialised ones:
/// hence `@specialized`.
final class ValueKeyStore<Value: GroupKeyValue>: GroupKeyStore {
  var values: [Value] = [.zero]
  /// Set where the group's key is null; empty while none is.
  var isNull: [Bool] = []

  override var byteCount: Int { values.count * MemoryLayout<Value>.stride + isNull.count }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func append(_ vector: Vector, rows: [UInt32]) {
    let source = vector.values(as: Value.self)
    for row in rows { values.append(source[Int(row)].representative) }
    guard vector.validity != nil || !isNull.isEmpty else { return }
    noteNulls(vector.validity, rows)
  }

  private func noteNulls(_ validity: Bitmap?, _ rows: [UInt32]) {
    if isNull.isEmpty { isNull = [Bool](repeating: false, count: values.count - rows.count) }
    for row in rows { isNull.append(validity.map { !$0[Int(row)] } ?? false) }
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func keepMatches(
    _ vector: Vector, groups: [UInt32], rows: inout [UInt32], mismatches: inout [UInt32]
  ) {
    let source = vector.values(as: Value.self)
    let (values, isNull) = (values, isNull)
    var kept = 0
    if vector.validity == nil && isNull.isEmpty {
      for index in rows.indices {
        let row = rows[index]
        if Value.areSame(source[Int(row)], values[Int(groups[Int(row)])]) {
          rows[kept] = row
          kept &+= 1
        } else {
          mismatches.append(row)
        }
      }
    } else {
      let validity = vector.validity
      for index in rows.indices {
        let row = rows[index]
        let group = Int(groups[Int(row)])
        let rowIsNull = validity.map { !$0[Int(row)] } ?? false
        let groupIsNull = isNull.isEmpty ? false : isNull[group]
        let isSame =
          rowIsNull || groupIsNull
          ? rowIsNull == groupIsNull : Value.areSame(source[Int(row)], values[group])
        if isSame {
          rows[kept] = row
          kept &+= 1
        } else {
          mismatches.append(row)
        }
      }
    }
    rows.removeLast(rows.count - kept)
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func vector(_ groups: [UInt32]) -> Vector {
    var buffer = WritableBuffer(byteCount: groups.count * MemoryLayout<Value>.stride)
    var room = buffer.elements(as: Value.self, count: groups.count)
    let (values, isNull) = (values, isNull)
    for index in groups.indices { room[index] = values[Int(groups[index])] }
    return .flat(
      buffer.freeze(), of: Value.self, count: groups.count, validity: Kernels.validity(isNull, groups))
  }
}

extension Kernels {
  /// Returns the validity of groups; `nil` if none of them is null.
  static func validity(_ isNull: [Bool], _ groups: [UInt32]) -> Bitmap? {
    if isNull.isEmpty { return nil }
    var builder = BitmapBuilder(count: groups.count)
    var hasNulls = false
    for index in groups.indices {
      if isNull[Int(groups[index])] { hasNulls = true } else { builder.insert(index) }
    }
    return hasNulls ? builder.freeze() : nil
  }
}

/// Keys of text or bytes, copied.
final class StringKeyStore: GroupKeyStore {
  var values: [StringView] = [StringView()]
  var isNull: [Bool] = []
  let arena = StringArena()
  /// Whether texts stay where they are, in pages that other groups keep anyway.
  var adoptsTexts = false
  private var adopted: [Buffer] = []
  private var adoptedPages: Set<ObjectIdentifier> = []

  override var byteCount: Int { values.count * 16 + arena.byteCount + isNull.count }

  /// Keeps the pages of a vector whose texts are adopted.
  func adoptPages(of vector: Vector) {
    for page in vector.stringPages where adoptedPages.insert(ObjectIdentifier(page)).inserted {
      adopted.append(page)
    }
  }

  override func append(_ vector: Vector, rows: [UInt32]) {
    let source = vector.strings
    let validity = vector.validity
    var stored = take(&values)
    if adoptsTexts { adoptPages(of: vector) }
    for row in rows {
      let isValid = validity.map { $0[Int(row)] } ?? true
      let text = isValid ? source[Int(row)] : StringView()
      stored.append(adoptsTexts ? text : arena.copy(text))
    }
    swap(&stored, &values)
    guard validity != nil || !isNull.isEmpty else { return }
    if isNull.isEmpty { isNull = [Bool](repeating: false, count: values.count - rows.count) }
    for row in rows { isNull.append(validity.map { !$0[Int(row)] } ?? false) }
  }

  override func keepMatches(
    _ vector: Vector, groups: [UInt32], rows: inout [UInt32], mismatches: inout [UInt32]
  ) {
    let source = vector.strings
    let validity = vector.validity
    let (values, isNull) = (values, isNull)
    var kept = 0
    for index in rows.indices {
      let row = rows[index]
      let group = Int(groups[Int(row)])
      let rowIsNull = validity.map { !$0[Int(row)] } ?? false
      let groupIsNull = isNull.isEmpty ? false : isNull[group]
      if rowIsNull || groupIsNull ? rowIsNull == groupIsNull : source[Int(row)] == values[group] {
        rows[kept] = row
        kept &+= 1
      } else {
        mismatches.append(row)
      }
    }
    rows.removeLast(rows.count - kept)
  }

  override func vector(_ groups: [UInt32]) -> Vector {
    var buffer = WritableBuffer(byteCount: groups.count * 16)
    var room = buffer.elements(as: StringView.self, count: groups.count)
    let (values, isNull) = (values, isNull)
    for index in groups.indices { room[index] = values[Int(groups[index])] }
    return .flat(
      buffer.freeze(), of: StringView.self, count: groups.count, validity: Kernels.validity(isNull, groups),
      pages: adopted.isEmpty ? arena.pages : adopted + arena.pages)
  }
}

/// Boolean keys: 0, 1, and 2 for null.
final class BitKeyStore: GroupKeyStore {
  private var values: [UInt8] = [0]

  override var byteCount: Int { values.count }

  private func code(_ bits: Bitmap, _ validity: Bitmap?, _ row: UInt32) -> UInt8 {
    if let validity, !validity[Int(row)] { return 2 }
    return bits[Int(row)] ? 1 : 0
  }

  override func append(_ vector: Vector, rows: [UInt32]) {
    let (bits, validity) = (vector.bits, vector.validity)
    for row in rows { values.append(code(bits, validity, row)) }
  }

  override func keepMatches(
    _ vector: Vector, groups: [UInt32], rows: inout [UInt32], mismatches: inout [UInt32]
  ) {
    let (bits, validity) = (vector.bits, vector.validity)
    var kept = 0
    for index in rows.indices {
      let row = rows[index]
      if code(bits, validity, row) == values[Int(groups[Int(row)])] {
        rows[kept] = row
        kept &+= 1
      } else {
        mismatches.append(row)
      }
    }
    rows.removeLast(rows.count - kept)
  }

  override func vector(_ groups: [UInt32]) -> Vector {
    let bits = Bitmap(groups.map { values[Int($0)] == 1 })
    let validity = Bitmap(groups.map { values[Int($0)] != 2 })
    return .bits(bits, validity: validity.isAllSet ? nil : validity)
  }
}

/// Keys of types that are seldom grouped by: intervals, lists, structs, maps.
final class ScalarKeyStore: GroupKeyStore {
  private var values: [ScalarValue] = [.null]
  private let type: LogicalType

  init(_ type: LogicalType) { self.type = type }

  override var byteCount: Int { values.count * 64 }

  override func append(_ vector: Vector, rows: [UInt32]) {
    for row in rows { values.append(vector.scalar(at: Int(row), as: type)) }
  }

  override func keepMatches(
    _ vector: Vector, groups: [UInt32], rows: inout [UInt32], mismatches: inout [UInt32]
  ) {
    let all = rows
    rows.removeAll(keepingCapacity: true)
    for row in all {
      let value = vector.scalar(at: Int(row), as: type)
      if ScalarOrdering.compare(value, values[Int(groups[Int(row)])]) == 0 {
        rows.append(row)
      } else {
        mismatches.append(row)
      }
    }
  }

  override func vector(_ groups: [UInt32]) -> Vector {
    Kernels.vector(groups.lazy.map { self.values[Int($0)] }, type)
  }
}

internal import Columnar

/// Makes function bodies of closures over the values of one row.
///
/// A closure is called for the active rows only; the value of any other row is zero or the empty string. A
/// `nil` makes the row null. These cost a call a row: what is simple enough to vectorise is a kernel instead.
enum RowFunction {
  /// A row function of one value.
  static func unary<A: ColumnValue, R: RowValue>(
    _: A.Type, _: R.Type, _ function: @escaping (A, TextSink) throws(QueryError) -> R?
  ) -> ScalarBody {
    { (arguments, frame) throws(QueryError) -> Vector in
      let first = RowOperand(arguments[0])
      let values = first.vector.values(as: A.self)
      let firstMask = first.mask
      return try fill(R.self, arguments, frame) { (row, sink) throws(QueryError) in
        try function(values[row & firstMask], sink)
      }
    }
  }

  /// A row function of two values.
  static func binary<A: ColumnValue, B: ColumnValue, R: RowValue>(
    _: A.Type, _: B.Type, _: R.Type, _ function: @escaping (A, B, TextSink) throws(QueryError) -> R?
  ) -> ScalarBody {
    { (arguments, frame) throws(QueryError) -> Vector in
      let (first, second) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
      let a = first.vector.values(as: A.self)
      let b = second.vector.values(as: B.self)
      let (firstMask, secondMask) = (first.mask, second.mask)
      return try fill(R.self, arguments, frame) { (row, sink) throws(QueryError) in
        try function(a[row & firstMask], b[row & secondMask], sink)
      }
    }
  }

  /// A row function of three values.
  static func ternary<A: ColumnValue, B: ColumnValue, C: ColumnValue, R: RowValue>(
    _: A.Type, _: B.Type, _: C.Type, _: R.Type,
    _ function: @escaping (A, B, C, TextSink) throws(QueryError) -> R?
  ) -> ScalarBody {
    { (arguments, frame) throws(QueryError) -> Vector in
      let (first, second, third) = (
        RowOperand(arguments[0]), RowOperand(arguments[1]), RowOperand(arguments[2])
      )
      let a = first.vector.values(as: A.self)
      let b = second.vector.values(as: B.self)
      let c = third.vector.values(as: C.self)
      let (firstMask, secondMask, thirdMask) = (first.mask, second.mask, third.mask)
      return try fill(R.self, arguments, frame) { (row, sink) throws(QueryError) in
        try function(a[row & firstMask], b[row & secondMask], c[row & thirdMask], sink)
      }
    }
  }

  /// Makes a vector of what a closure answers for each active row, `nil` for null.
  ///
  /// Text of the result may point into the pages of `arguments`; `frame` has the validity of a strict
  /// function.
  static func fill<R: RowValue>(
    _: R.Type, _ arguments: [Vector], _ frame: CallFrame,
    _ value: (Int, TextSink) throws(QueryError) -> R?
  ) throws(QueryError) -> Vector {
    let sink = TextSink()
    let count = frame.rowCount
    var buffer = WritableBuffer(zeroedByteCount: R.byteCount(rows: count))
    var nulls: [UInt64] = []
    var rows = ActiveRows(frame.active, count: frame.rowCount)
    while let row = rows.row() {
      if let result = try value(row, sink) {
        R.store(result, at: row, of: count, in: &buffer)
      } else {
        if nulls.isEmpty { nulls = [UInt64](repeating: 0, count: (frame.rowCount + 63) / 64) }
        nulls[row &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: row & 63)
      }
    }
    var validity = frame.validity
    if !nulls.isEmpty {
      let words = nulls.span
      let kept = Kernels.bitmap(count: frame.rowCount) { ~words[$0] }
      validity = Bitmap.intersection(validity, kept)
    }
    var pages: [Buffer] = []
    if R.pointsIntoPages {
      for argument in arguments where argument.type == .string { pages += argument.stringPages }
      pages += sink.arena.pages
    }
    return R.finish(buffer, count: count, validity: validity.map { Kernels.trimmed($0) }, pages: pages)
  }
}

/// An argument whose value of any row is `values[row & mask]`: flat, or one value for all rows.
struct RowOperand {
  let vector: Vector
  let mask: Int

  init(_ argument: Vector) {
    if argument.encoding == .constant, let value = argument.base {
      (vector, mask) = (value.flattened(), 0)
    } else {
      (vector, mask) = (argument.flattened(), -1)
    }
  }

  /// The 64-bit integer of a row.
  func int64(_ row: Int) -> Int64 {
    let values = vector.int64s
    return values[row & mask]
  }

  /// The DOUBLE of a row.
  func double(_ row: Int) -> Double {
    let values = vector.doubles
    return values[row & mask]
  }
}

/// Takes the text that a row function makes.
final class TextSink {
  let arena = StringArena()
  /// Room for the text of one row; a function leaves it empty.
  var bytes: [UInt8] = []

  /// Returns a view of `bytes`, which it empties.
  func take() -> StringView {
    let view = arena.copy(bytes.span)
    bytes.removeAll(keepingCapacity: true)
    return view
  }

  /// Returns a view of a copy of some text.
  func text(_ string: String) -> StringView {
    bytes.append(contentsOf: string.utf8)
    return take()
  }
}

/// What a row function may answer.
protocol RowValue: SendableMetatype {
  /// Bytes for the answers of so many rows.
  static func byteCount(rows: Int) -> Int
  /// Whether the vector's strings may point into pages.
  static var pointsIntoPages: Bool { get }
  /// Puts the answer of a row into zeroed room for `count`.
  static func store(_ value: Self, at row: Int, of count: Int, in buffer: inout WritableBuffer)
  /// Ends the writing.
  static func finish(
    _ buffer: consuming WritableBuffer, count: Int, validity: Bitmap?, pages: [Buffer]
  ) -> Vector
}

extension RowValue where Self: ColumnValue {
  static func byteCount(rows: Int) -> Int { rows * MemoryLayout<Self>.stride }
  static var pointsIntoPages: Bool { Self.physicalType == .string }

  @inline(__always) static func store(
    _ value: Self, at row: Int, of count: Int, in buffer: inout WritableBuffer
  ) {
    var room = buffer.elements(as: Self.self, count: count)
    room[row] = value
  }

  static func finish(
    _ buffer: consuming WritableBuffer, count: Int, validity: Bitmap?, pages: [Buffer]
  ) -> Vector {
    .flat(buffer.freeze(), of: Self.self, count: count, validity: validity, pages: pages)
  }
}

extension Int32: RowValue {}
extension Int64: RowValue {}
extension Int128: RowValue {}
extension Float: RowValue {}
extension Double: RowValue {}
extension StringView: RowValue {}
extension Interval: RowValue {}

extension Bool: RowValue {
  static func byteCount(rows: Int) -> Int { (rows + 63) / 64 * 8 }
  static var pointsIntoPages: Bool { false }

  @inline(__always) static func store(
    _ value: Bool, at row: Int, of count: Int, in buffer: inout WritableBuffer
  ) {
    guard value else { return }
    var words = buffer.elements(as: UInt64.self, count: (count + 63) / 64)
    words[row &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: row & 63)
  }

  static func finish(
    _ buffer: consuming WritableBuffer, count: Int, validity: Bitmap?, pages: [Buffer]
  ) -> Vector {
    .bits(Bitmap(buffer.freeze(), count: count), validity: validity)
  }
}

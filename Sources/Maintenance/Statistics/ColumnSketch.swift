internal import Columnar
internal import FileFormats
internal import TableFormat

/// Gathers what is known of one column: rows, nulls, distinct values, least and greatest value.
///
/// Values are hashed in their single-value serialisation (rule 59). A dictionary's entries are looked at once,
/// however many rows name them.
final class ColumnSketch {
  let field: NestedField
  let type: LogicalType
  private(set) var rowCount = 0
  private(set) var nullCount = 0
  private(set) var sketch = ThetaSketch()
  private var integers: (least: Int64, greatest: Int64)?
  private var decimals: (least: Int128, greatest: Int128)?
  private var doubles: (least: Double, greatest: Double)?
  private var texts: (least: [UInt8], greatest: [UInt8])?
  /// The dictionary that was looked at last, and which of its entries.
  private var dictionary: Vector?
  private var seen: [Bool] = []

  init(_ field: NestedField) throws(MaintenanceError) {
    self.field = field
    type = try MaintenanceError.wrapping { () throws(TableFormatError) in try field.type.logicalType }
  }

  /// Adds the rows of a vector.
  func add(_ vector: Vector) {
    rowCount += vector.count
    if vector.isNullConstant {
      nullCount += vector.count
      return
    }
    let validity = vector.validity
    var rows: [UInt32] = []
    switch vector.encoding {
    case .constant:
      guard vector.count > 0, let base = vector.base else { return }
      addValues(base.flattened(), [0])
    case .flat:
      rows.reserveCapacity(vector.count)
      for row in 0..<vector.count where validity?[row] ?? true { rows.append(UInt32(row)) }
      nullCount += vector.count - rows.count
      addValues(vector, rows)
    case .dictionary:
      guard let base = vector.base else { return }
      if dictionary?.storageIdentity != base.storageIdentity || dictionary?.count != base.count {
        dictionary = base
        seen = [Bool](repeating: false, count: base.count)
      }
      let entries = base.validity
      let codes = vector.codes
      for row in 0..<vector.count {
        let code = Int(codes[row])
        guard validity?[row] ?? true, entries?[code] ?? true else {
          nullCount += 1
          continue
        }
        if !seen[code] {
          seen[code] = true
          rows.append(UInt32(code))
        }
      }
      if !rows.isEmpty { addValues(base.flattened(), rows) }
    }
  }

  private func addValues(_ vector: Vector, _ rows: [UInt32]) {
    // Taken out, so that the table of hashes is not copied.
    var sketch = ThetaSketch(lgNominal: 4)
    swap(&sketch, &self.sketch)
    defer { swap(&sketch, &self.sketch) }
    switch vector.type {
    case .bit:
      let bits = vector.bits
      for row in rows {
        let bytes: [UInt8] = [bits[Int(row)] ? 1 : 0]
        sketch.update(bytes.span)
        widen(Int64(bytes[0]))
      }
    case .int32:
      let values = vector.int32s
      for row in rows {
        let value = values[Int(row)]
        let bits = UInt32(bitPattern: value)
        let bytes: InlineArray<4, UInt8> = [
          UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits &>> 8),
          UInt8(truncatingIfNeeded: bits &>> 16), UInt8(truncatingIfNeeded: bits &>> 24),
        ]
        sketch.update(bytes.span)
        widen(Int64(value))
      }
    case .int64:
      let values = vector.int64s
      if case .decimal = type {
        for row in rows {
          let value = values[Int(row)]
          let bytes = SingleValue.bigEndian(Int128(value))
          sketch.update(bytes.span)
          widen(Int128(value))
        }
      } else {
        for row in rows {
          let value = values[Int(row)]
          sketch.update(value)
          widen(value)
        }
      }
    case .int128:
      let values = vector.int128s
      for row in rows {
        let value = values[Int(row)]
        let bytes = SingleValue.bigEndian(value)
        sketch.update(bytes.span)
        widen(value)
      }
    case .float:
      let values = vector.floats
      for row in rows {
        let value = values[Int(row)]
        let bits = value.bitPattern
        let bytes: InlineArray<4, UInt8> = [
          UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits &>> 8),
          UInt8(truncatingIfNeeded: bits &>> 16), UInt8(truncatingIfNeeded: bits &>> 24),
        ]
        sketch.update(bytes.span)
        widen(Double(value))
      }
    case .double:
      let values = vector.doubles
      for row in rows {
        let value = values[Int(row)]
        sketch.update(Int64(bitPattern: value.bitPattern))
        widen(value)
      }
    case .string:
      let values = vector.strings
      guard let first = rows.first else { return }
      var (least, greatest) = (values[Int(first)], values[Int(first)])
      for row in rows {
        let value = values[Int(row)]
        value.withBytes { sketch.update($0) }
        if value < least { least = value }
        if greatest < value { greatest = value }
      }
      widen(least.bytes, greatest.bytes)
    case .interval, .list, .struct: return
    }
  }

  private func widen(_ value: Int64) {
    guard let old = integers else { return integers = (value, value) }
    if value < old.least { integers?.least = value }
    if value > old.greatest { integers?.greatest = value }
  }

  private func widen(_ value: Int128) {
    guard let old = decimals else { return decimals = (value, value) }
    if value < old.least { decimals?.least = value }
    if value > old.greatest { decimals?.greatest = value }
  }

  private func widen(_ value: Double) {
    guard !value.isNaN else { return }
    guard let old = doubles else { return doubles = (value, value) }
    if value < old.least { doubles?.least = value }
    if value > old.greatest { doubles?.greatest = value }
  }

  private func widen(_ least: [UInt8], _ greatest: [UInt8]) {
    guard let old = texts else { return texts = (least, greatest) }
    if least.lexicographicallyPrecedes(old.least) { texts?.least = least }
    if old.greatest.lexicographicallyPrecedes(greatest) { texts?.greatest = greatest }
  }

  /// The least and the greatest value, NaN left out; `nil` if there is none.
  var bounds: (least: ScalarValue, greatest: ScalarValue)? {
    if let integers {
      if type == .boolean { return (.boolean(integers.least != 0), .boolean(integers.greatest != 0)) }
      return (.integer(integers.least), .integer(integers.greatest))
    }
    if let decimals { return (.decimal(decimals.least), .decimal(decimals.greatest)) }
    if let doubles {
      if type == .real { return (.real(Float(doubles.least)), .real(Float(doubles.greatest))) }
      return (.double(doubles.least), .double(doubles.greatest))
    }
    return texts.map { (.bytes($0.least), .bytes($0.greatest)) }
  }
}

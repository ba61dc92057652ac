internal import Columnar

/// Groups of keys with few possible values, by the combined codes of the keys.
///
/// Each key gives a digit: a dictionary its code, a boolean its bit, an integer its distance from the
/// smallest of a window; one more digit stands for null. The table from the number that the digits make to
/// the group stays good as long as dictionaries and windows stay the same.
struct GroupCodeTable {
  private enum Shape {
    case constant(Vector)
    case dictionary(Vector)
    case bit
    case window(first: Int64, width: Int)
  }
  private struct Digit {
    var shape: Shape
    var width: Int
    var hasNull: Bool
  }

  /// Most entries of a table that is filled anew.
  private static let limit = 262_144
  /// Most values of an integer key that are told apart by a window.
  private static let windowLimit: Int64 = 65_536

  private var digits: [Digit] = []
  private var groups: [UInt32] = []
  private var codes: [UInt32] = []
  /// Keys whose integers have too great a range.
  private var isHopeless: [Bool] = []
  /// Entries filled, less what the rows since have paid back.
  private var debt = 0
  private var constants: ([Vector], Int)?
  private static let unknown = UInt32.max

  var byteCount: Int { groups.count * 4 }

  /// Returns the group of constant keys, if they are those of the time before.
  func constantGroup(_ keys: [Vector]) -> Int? {
    guard let constants, constants.0.count == keys.count else { return nil }
    for (known, key) in zip(constants.0, keys) where known.storageIdentity != key.storageIdentity {
      return nil
    }
    return constants.1
  }

  mutating func noteConstants(_ keys: [Vector], group: Int) { constants = (keys, group) }

  /// Computes the codes of a batch; returns `false` if the keys do not lend themselves to it.
  mutating func prepare(_ keys: [Vector], _ types: [LogicalType], rowCount: Int, _ mask: Bitmap?) -> Bool {
    if isHopeless.count != keys.count { isHopeless = [Bool](repeating: false, count: keys.count) }
    var wanted: [Digit] = []
    var isSame = digits.count == keys.count
    var size = 1
    for index in keys.indices {
      let known = digits.count == keys.count ? digits[index] : nil
      guard let digit = digit(keys[index], index, known, mask) else { return false }
      if isSame, let known, !GroupCodeTable.areSame(known, digit) { isSame = false }
      wanted.append(digit)
      size = size.multipliedReportingOverflow(by: digit.width + (digit.hasNull ? 1 : 0)).partialValue
      if size > GroupCodeTable.limit || size <= 0 { return false }
    }
    debt = max(0, debt - rowCount * 4)
    if !isSame {
      // Keys that change from batch to batch are better hashed than given a new table each time.
      if debt > 1_048_576 { return false }
      debt += size
      digits = wanted
      groups = [UInt32](repeating: GroupCodeTable.unknown, count: size)
    }
    if codes.count != rowCount { codes = [UInt32](repeating: 0, count: rowCount) }
    for index in keys.indices { addDigits(keys[index], digits[index], isFirst: index == 0) }
    return true
  }

  private static func areSame(_ left: Digit, _ right: Digit) -> Bool {
    guard left.hasNull == right.hasNull && left.width == right.width else { return false }
    switch (left.shape, right.shape) {
    case (.constant(let a), .constant(let b)): return a.base?.storageIdentity == b.base?.storageIdentity
    case (.dictionary(let a), .dictionary(let b)):
      return a.storageIdentity == b.storageIdentity && a.firstRow == b.firstRow
    case (.bit, .bit): return true
    case (.window(let a, _), .window(let b, _)): return a == b
    default: return false
    }
  }

  private mutating func digit(_ key: Vector, _ index: Int, _ known: Digit?, _ mask: Bitmap?) -> Digit? {
    let hasNull = key.encoding != .constant && (key.validity != nil || (known?.hasNull ?? false))
    switch key.encoding {
    case .constant: return Digit(shape: .constant(key), width: 1, hasNull: false)
    case .dictionary:
      guard let base = key.base, base.count > 0 else { return nil }
      return Digit(shape: .dictionary(base), width: base.count, hasNull: hasNull)
    case .flat: break
    }
    switch key.type {
    case .bit: return Digit(shape: .bit, width: 2, hasNull: hasNull)
    case .int32, .int64:
      if isHopeless[index] { return nil }
      guard let (low, high) = range(key, mask) else {
        if let known, case .window = known.shape {
          return Digit(shape: known.shape, width: known.width, hasNull: hasNull)
        }
        return Digit(shape: .window(first: 0, width: 1), width: 1, hasNull: hasNull)
      }
      if case .window(let first, let width)? = known?.shape, low >= first, high < first + Int64(width) {
        return Digit(shape: .window(first: first, width: width), width: width, hasNull: hasNull)
      }
      var (first, last) = (low, high)
      if case .window(let before, let width)? = known?.shape {
        first = min(first, before)
        last = max(last, before + Int64(width) - 1)
      }
      let (span, overflow) = last.subtractingReportingOverflow(first)
      if overflow || span >= GroupCodeTable.windowLimit {
        isHopeless[index] = true
        return nil
      }
      // Some room on both sides, so that a window that grows is not filled anew each time.
      let slack = min(span / 2 + 8, 4096)
      first = first.subtractingReportingOverflow(slack).overflow ? first : first - slack
      let width = Int(last &- first) + 1 + Int(slack)
      if first.addingReportingOverflow(Int64(width)).overflow {
        isHopeless[index] = true
        return nil
      }
      return Digit(shape: .window(first: first, width: width), width: width, hasNull: hasNull)
    default: return nil
    }
  }

  /// The smallest and greatest value of the rows in `mask` that are not null.
  private func range(_ key: Vector, _ mask: Bitmap?) -> (Int64, Int64)? {
    var (low, high) = (Int64.max, Int64.min)
    if key.type == .int32 {
      let values = key.int32s
      var (low32, high32) = (Int32.max, Int32.min)
      if let validity = Bitmap.intersection(key.validity, mask) {
        Kernels.forEachRow(validity, count: key.count) { row in
          low32 = min(low32, values[row])
          high32 = max(high32, values[row])
        }
      } else {
        for row in values.indices {
          low32 = min(low32, values[row])
          high32 = max(high32, values[row])
        }
      }
      (low, high) = (Int64(low32), Int64(high32))
    } else {
      let values = key.int64s
      if let validity = Bitmap.intersection(key.validity, mask) {
        Kernels.forEachRow(validity, count: key.count) { row in
          low = min(low, values[row])
          high = max(high, values[row])
        }
      } else {
        for row in values.indices {
          low = min(low, values[row])
          high = max(high, values[row])
        }
      }
    }
    return low <= high ? (low, high) : nil
  }

  private mutating func addDigits(_ key: Vector, _ digit: Digit, isFirst: Bool) {
    let radix = UInt32(digit.width + (digit.hasNull ? 1 : 0))
    var room = codes.mutableSpan
    let count = room.count
    func nullDigit() -> UInt32 { UInt32(digit.width) }
    switch digit.shape {
    case .constant:
      if isFirst { for row in 0..<count { room[row] = 0 } }
      return
    case .dictionary:
      let source = key.codes
      if isFirst {
        for row in 0..<count { room[row] = source[row] }
      } else {
        for row in 0..<count { room[row] = room[row] &* radix &+ source[row] }
      }
    case .bit:
      let bits = key.bits
      let words = bits.words
      for row in 0..<count {
        let bit = UInt32(truncatingIfNeeded: words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63)) & 1
        room[row] = isFirst ? bit : room[row] &* radix &+ bit
      }
    case .window(let first, let width):
      // Null rows hold any value: it is cut to the window here and replaced below.
      let last = UInt32(truncatingIfNeeded: width &- 1)
      if key.type == .int32 {
        let values = key.int32s
        let start = Int32(truncatingIfNeeded: first)
        for row in 0..<count {
          let distance = min(UInt32(bitPattern: values[row] &- start), last)
          room[row] = isFirst ? distance : room[row] &* radix &+ distance
        }
      } else {
        let values = key.int64s
        for row in 0..<count {
          let wide = min(UInt64(bitPattern: values[row] &- first), UInt64(last))
          let distance = UInt32(truncatingIfNeeded: wide)
          room[row] = isFirst ? distance : room[row] &* radix &+ distance
        }
      }
    }
    guard digit.hasNull, let validity = key.validity else { return }
    let words = validity.words
    for row in 0..<count where words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 == 0 {
      let low = isFirst ? 0 : room[row] / radix &* radix
      room[row] = low &+ nullDigit()
    }
  }

  /// Writes the groups of the rows; returns the selected rows whose group is not known yet.
  mutating func lookUp(_ rowCount: Int, _ mask: Bitmap?, _ out: inout [UInt32]) -> [UInt32] {
    var unknownCount = 0
    let table = groups.span
    let source = codes.span
    var room = out.mutableSpan
    for row in 0..<rowCount {
      let group = table[Int(source[row])]
      room[row] = group
      unknownCount &+= group == GroupCodeTable.unknown ? 1 : 0
    }
    if unknownCount == 0 { return [] }
    var missing: [UInt32] = []
    // Rows of one code may be among them several times; hashing brings them to one group.
    Kernels.forEachRow(mask, count: rowCount) { row in
      if out[row] == GroupCodeTable.unknown { missing.append(UInt32(truncatingIfNeeded: row)) }
    }
    return missing
  }

  /// Takes the groups found for `missing`.
  mutating func note(_ missing: [UInt32], _ found: [UInt32], _ out: inout [UInt32]) {
    for index in missing.indices {
      let row = Int(missing[index])
      out[row] = found[index]
      groups[Int(codes[row])] = found[index]
    }
  }
}

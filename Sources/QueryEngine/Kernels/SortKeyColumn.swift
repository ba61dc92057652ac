internal import Columnar

/// The order of the rows of one column as numbers of few bits.
struct SortKeyColumn: Sendable {
  /// One number a row; smaller comes first.
  var codes: [UInt64]
  /// Bits that the codes use, from the lowest.
  var width: Int
  /// Texts to compare where codes are equal; `nil` if equal codes mean equal values.
  var texts: Vector?
  var isDescending: Bool

  /// Makes the codes of a column.
  ///
  /// Numbers are taken relative to the smallest, so that sort keys of small range take few bits; nulls have
  /// a code of their own below or above all others. Of texts the first seven bytes and the length count;
  /// of dictionaries the rank of the entry.
  init(_ vector: Vector, _ type: LogicalType, isDescending: Bool, nullsFirst: Bool) {
    self.isDescending = isDescending
    let count = vector.count
    if count == 0 || vector.isNullConstant || vector.encoding == .constant {
      (codes, width) = ([UInt64](repeating: 0, count: count), 0)
      return
    }
    let validity = vector.rowValidity
    var raw: [UInt64]
    if vector.encoding == .dictionary, let base = vector.base, base.count > 0, base.count <= max(count, 1024)
    {
      let ranks = SortKeyColumn.ranks(of: base, type)
      raw = [UInt64](repeating: 0, count: count)
      let codes = vector.codes
      for row in 0..<count { raw[row] = UInt64(ranks[Int(codes[row])]) }
    } else {
      let flat = vector.flattened()
      (raw, texts) = SortKeyColumn.rawCodes(flat, type)
    }
    (codes, width) = SortKeyColumn.compress(
      &raw, validity, isDescending: isDescending, nullsFirst: nullsFirst)
  }

  /// Makes a column of groups numbered from 1 to below `endGroup`.
  init(groups: [UInt32], endGroup: Int) {
    codes = groups.map { UInt64($0) }
    width = 64 - UInt64(endGroup).leadingZeroBitCount
    isDescending = false
  }

  /// Marks the places of `rows` whose value is not that of the place before.
  func markChanges(_ rows: [UInt32], _ marks: inout [Bool]) {
    guard rows.count > 1 else { return }
    let codes = codes
    var room = marks.mutableSpan
    var before = codes[Int(rows[0])]
    guard let texts else {
      for place in 1..<rows.count {
        let code = codes[Int(rows[place])]
        if code != before { room[place] = true }
        before = code
      }
      return
    }
    let values = texts.strings
    let validity = texts.validity
    for place in 1..<rows.count {
      let code = codes[Int(rows[place])]
      if code != before {
        room[place] = true
      } else if !room[place], validity?[Int(rows[place])] ?? true,
        values[Int(rows[place])] != values[Int(rows[place - 1])]
      {
        room[place] = true
      }
      before = code
    }
  }

  /// Returns whether two rows have equal values, or both none.
  func areEqual(_ left: UInt32, _ right: UInt32) -> Bool {
    guard codes[Int(left)] == codes[Int(right)] else { return false }
    guard let texts else { return true }
    if let validity = texts.validity, !validity[Int(left)] { return true }
    let values = texts.strings
    return values[Int(left)] == values[Int(right)]
  }

  /// Shifts codes to the smallest range, turned around if descending, with a code for nulls.
  private static func compress(
    _ raw: inout [UInt64], _ validity: Bitmap?, isDescending: Bool, nullsFirst: Bool
  ) -> ([UInt64], Int) {
    var (smallest, greatest) = (UInt64.max, UInt64.min)
    Kernels.forEachRow(validity, count: raw.count) { row in
      smallest = min(smallest, raw[row])
      greatest = max(greatest, raw[row])
    }
    if smallest > greatest { return ([UInt64](repeating: 0, count: raw.count), 0) }
    let range = greatest - smallest
    let hasNulls = validity.map { !$0.isAllSet } ?? false
    if hasNulls && range == .max {
      // No code is left for nulls: the values' ranks, which are fewer than rows, take the values' place.
      let values = raw
      var order = (0..<UInt32(raw.count)).map { $0 }
      var ranks = [UInt32](repeating: 0, count: raw.count)
      order.sort { values[Int($0)] < values[Int($1)] }
      assign(order, &ranks) { values[Int($0)] == values[Int($1)] }
      raw = ranks.map { UInt64($0) }
      return compress(&raw, validity, isDescending: isDescending, nullsFirst: nullsFirst)
    }
    let shift: UInt64 = hasNulls && nullsFirst ? 1 : 0
    let nullCode: UInt64 = nullsFirst ? 0 : range &+ 1
    let count = raw.count
    var room = raw.mutableSpan
    for row in 0..<count {
      room[row] = (isDescending ? greatest &- room[row] : room[row] &- smallest) &+ shift
    }
    if hasNulls, let validity {
      let words = validity.words
      for row in 0..<count where words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 == 0 {
        room[row] = nullCode
      }
    }
    let top = range &+ (hasNulls ? 1 : 0)
    return (raw, 64 - top.leadingZeroBitCount)
  }

  /// Returns unsigned numbers in the order of a flat vector's values, and the texts where those must decide.
  static func rawCodes(_ flat: Vector, _ type: LogicalType) -> ([UInt64], Vector?) {
    let count = flat.count
    var raw = [UInt64](repeating: 0, count: count)
    let sign: UInt64 = 1 &<< 63
    var room = raw.mutableSpan
    switch flat.type {
    case .bit:
      let bits = flat.bits
      let words = bits.words
      for row in 0..<count { room[row] = words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 }
    case .int32:
      let values = flat.int32s
      for row in 0..<count { room[row] = UInt64(bitPattern: Int64(values[row])) ^ sign }
    case .int64:
      let values = flat.int64s
      for row in 0..<count { room[row] = UInt64(bitPattern: values[row]) ^ sign }
    case .float:
      let values = flat.floats
      for row in 0..<count {
        room[row] = ordered(Kernels.canonicalBits(Double(values[row])))
      }
    case .double:
      let values = flat.doubles
      for row in 0..<count { room[row] = ordered(Kernels.canonicalBits(values[row])) }
    case .string:
      let values = flat.strings
      var isExact = true
      for row in 0..<count {
        room[row] = prefix(values[row])
        if values[row].byteCount > 7 { isExact = false }
      }
      return (raw, isExact ? nil : flat)
    case .int128, .interval, .list, .struct:
      let ranks = ranks(of: flat, type)
      for row in 0..<count { room[row] = UInt64(ranks[row]) }
    }
    return (raw, nil)
  }

  /// Bits of a number that order as the number does.
  private static func ordered(_ bits: UInt64) -> UInt64 {
    bits &>> 63 == 1 ? ~bits : bits | 1 &<< 63
  }

  /// The first seven bytes, then the length up to eight.
  static func prefix(_ view: StringView) -> UInt64 {
    let count = view.byteCount
    var code = UInt64(view.prefix) &<< 32
    for index in 4..<max(4, min(7, count)) { code |= UInt64(view[index]) &<< UInt64(56 &- index &* 8) }
    return code | UInt64(min(count, 8))
  }

  /// Returns each entry's place among the distinct values of a vector.
  private static func ranks(of vector: Vector, _ type: LogicalType) -> [UInt32] {
    let flat = vector.flattened()
    let count = flat.count
    var order = (0..<UInt32(count)).map { $0 }
    var ranks = [UInt32](repeating: 0, count: count)
    switch flat.type {
    case .string:
      let values = flat.strings
      rank(&order, &ranks, values)
    case .int128:
      let values = flat.int128s.copiedElements()
      order.sort { values[Int($0)] < values[Int($1)] }
      assign(order, &ranks) { values[Int($0)] == values[Int($1)] }
    case .bit, .int32, .int64, .float, .double:
      let codes = rawCodes(flat, type).0
      order.sort { codes[Int($0)] < codes[Int($1)] }
      assign(order, &ranks) { codes[Int($0)] == codes[Int($1)] }
    default:
      let values = (0..<count).map { flat.scalar(at: $0, as: type) }
      order.sort { ScalarOrdering.isLess(values[Int($0)], values[Int($1)]) }
      assign(order, &ranks) { ScalarOrdering.compare(values[Int($0)], values[Int($1)]) == 0 }
    }
    return ranks
  }

  private static func rank(_ order: inout [UInt32], _ ranks: inout [UInt32], _ values: Span<StringView>) {
    let views = values.copiedElements()
    order.sort { views[Int($0)] < views[Int($1)] }
    assign(order, &ranks) { views[Int($0)] == views[Int($1)] }
  }

  private static func assign(
    _ order: [UInt32], _ ranks: inout [UInt32], isEqual: (UInt32, UInt32) -> Bool
  ) {
    var rank: UInt32 = 0
    for index in order.indices {
      if index > 0 && !isEqual(order[index - 1], order[index]) { rank += 1 }
      ranks[Int(order[index])] = rank
    }
  }
}

extension Span where Element: BitwiseCopyable {
  /// The elements as an array.
  func copiedElements() -> [Element] {
    var copy: [Element] = []
    copy.reserveCapacity(count)
    for index in indices { copy.append(self[index]) }
    return copy
  }
}

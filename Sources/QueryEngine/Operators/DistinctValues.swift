internal import Columnar

/// The distinct values of an aggregate's arguments in each group.
///
/// A hash table holds pairs of group and value in one number: the value itself if it is an integer, else
/// the value's number in a table of values, which all groups share. Dictionary codes seen before are passed
/// over by a bit per group and code.
final class DistinctValues {
  private enum Packing { case int32, int64, numbered(GroupTable) }

  private let packing: Packing
  private let pairs: GroupTable
  private var base: Vector?
  private var seen: [UInt64] = []
  private var seenGroupCount = 0

  private static let seenLimit = 1 << 25

  /// Makes an empty set; `keepsNulls` if rows with nulls may be inserted.
  init(_ types: [LogicalType], keepsNulls: Bool) {
    let isSingle = types.count == 1 && !keepsNulls
    switch isSingle ? types[0].physicalType : .struct {
    case .int32:
      packing = .int32
      pairs = GroupTable([.bigint])
    case .int64:
      packing = .int64
      pairs = GroupTable([.decimal(precision: 38, scale: 0)])
    default:
      packing = .numbered(GroupTable(types))
      pairs = GroupTable([.bigint])
    }
  }

  var byteCount: Int {
    var total = pairs.byteCount + seen.count * 8
    if case .numbered(let values) = packing { total += values.byteCount }
    return total
  }

  /// How many pairs of group and value there are.
  var count: Int { pairs.endGroup - 1 }

  /// Adds the values of rows to their groups; rows of group 0 do not count.
  func insert(_ values: [Vector], groups: [UInt32], endGroup: Int) {
    var fresh: [UInt32] = []
    if values.count == 1, values[0].encoding == .dictionary, let base = values[0].base,
      prepareSeen(base, endGroup)
    {
      let key = values[0]
      let hasNulls = key.validity != nil
      let codes = key.codes
      let width = base.count
      var bits = take(&seen)
      var room = bits.mutableSpan
      for row in groups.indices where groups[row] != 0 {
        if hasNulls && key.isNull(at: row) {
          fresh.append(UInt32(truncatingIfNeeded: row))
          continue
        }
        let place = Int(groups[row]) &* width &+ Int(codes[row])
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: place & 63)
        if room[place &>> 6] & bit == 0 {
          room[place &>> 6] |= bit
          fresh.append(UInt32(truncatingIfNeeded: row))
        }
      }
      swap(&bits, &seen)
    } else {
      for row in groups.indices where groups[row] != 0 { fresh.append(UInt32(truncatingIfNeeded: row)) }
    }
    if fresh.isEmpty { return }
    if fresh.count == groups.count { return insertAll(values, groups) }
    insertAll(values.map { $0.taking(fresh.span) }, fresh.map { groups[Int($0)] })
  }

  /// Adds all rows.
  func insertAll(_ values: [Vector], _ groups: [UInt32]) {
    let count = groups.count
    let packed: Vector
    switch packing {
    case .int32:
      let flat = values[0].flattened()
      let source = flat.int32s
      packed = Vector.flat(
        (0..<count).map { Int64(groups[$0]) &<< 32 | Int64(UInt32(bitPattern: source[$0])) })
    case .int64:
      let flat = values[0].flattened()
      let source = flat.int64s
      packed = Vector.flat(
        (0..<count).map { Int128(groups[$0]) &<< 64 | Int128(UInt64(bitPattern: source[$0])) })
    case .numbered(let table):
      var numbers = [UInt32](repeating: 0, count: count)
      if let only = table.assign(values, rowCount: count, mask: nil, into: &numbers) {
        for row in 0..<count { numbers[row] = UInt32(only) }
      }
      packed = Vector.flat((0..<count).map { Int64(groups[$0]) &<< 32 | Int64(numbers[$0]) })
    }
    var found = [UInt32](repeating: 0, count: count)
    pairs.assignByHash([packed], rowCount: count, mask: nil, &found)
  }

  private func prepareSeen(_ base: Vector, _ endGroup: Int) -> Bool {
    guard base.count > 0, base.count * endGroup <= DistinctValues.seenLimit else { return false }
    if let known = self.base, known.storageIdentity == base.storageIdentity, known.firstRow == base.firstRow {
      if endGroup <= seenGroupCount { return true }
      seenGroupCount = max(endGroup, min(endGroup * 2, DistinctValues.seenLimit / base.count))
      let words = (base.count * seenGroupCount + 63) / 64
      seen.append(contentsOf: repeatElement(0, count: max(0, words - seen.count)))
      return true
    }
    self.base = base
    seenGroupCount = endGroup
    seen = [UInt64](repeating: 0, count: (base.count * endGroup + 63) / 64)
    return true
  }

  /// Calls `body` with the pairs of group and values, some thousand at a time.
  func forEachChunk(
    _ body: (_ groups: [UInt32], _ values: [Vector]) throws(QueryError) -> Void
  ) throws(QueryError) {
    var first = 1
    while first < pairs.endGroup {
      let end = min(first + 8192, pairs.endGroup)
      let packed = pairs.keys((UInt32(first)..<UInt32(end)).map { $0 })[0]
      switch packing {
      case .int32:
        let numbers = packed.int64s.copiedElements()
        try body(
          numbers.map { UInt32(truncatingIfNeeded: $0 &>> 32) },
          [.flat(numbers.map { Int32(truncatingIfNeeded: $0) })])
      case .int64:
        let numbers = packed.int128s.copiedElements()
        try body(
          numbers.map { UInt32(truncatingIfNeeded: $0 &>> 64) },
          [.flat(numbers.map { Int64(truncatingIfNeeded: $0) })])
      case .numbered(let table):
        let numbers = packed.int64s.copiedElements()
        try body(
          numbers.map { UInt32(truncatingIfNeeded: $0 &>> 32) },
          table.keys(numbers.map { UInt32(truncatingIfNeeded: $0) }))
      }
      first = end
    }
  }
}

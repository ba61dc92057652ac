internal import Columnar

/// The distinct values of an aggregate's arguments in each group.
///
/// Dictionary codes seen before are passed over by a bit per group and code; what is left goes into a hash
/// table of group and values.
final class DistinctValues {
  private let table: GroupTable
  private let types: [LogicalType]
  private var base: Vector?
  private var seen: [UInt64] = []
  private var seenGroupCount = 0

  private static let seenLimit = 1 << 25

  init(_ types: [LogicalType]) {
    self.types = types
    table = GroupTable([.integer] + types)
  }

  var byteCount: Int { table.byteCount + seen.count * 8 }
  /// How many pairs of group and value there are.
  var count: Int { table.endGroup - 1 }

  /// Adds the values of rows to their groups; rows of group 0 do not count.
  func insert(_ values: [Vector], groups: [UInt32], endGroup: Int) {
    var fresh: [UInt32] = []
    if values.count == 1, values[0].encoding == .dictionary, let base = values[0].base,
      prepareSeen(base, endGroup)
    {
      let key = values[0]
      let codes = key.codes
      let width = base.count
      var bits = take(&seen)
      var room = bits.mutableSpan
      for row in groups.indices where groups[row] != 0 {
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
    let picked = values.map { $0.taking(fresh.span) }
    insertAll(picked, fresh.map { groups[Int($0)] })
  }

  /// Adds all rows.
  func insertAll(_ values: [Vector], _ groups: [UInt32]) {
    let keys = [Vector.flat(groups.map { Int32(bitPattern: $0) })] + values
    var found = [UInt32](repeating: 0, count: groups.count)
    table.assignByHash(keys, rowCount: groups.count, mask: nil, &found)
  }

  private func prepareSeen(_ base: Vector, _ endGroup: Int) -> Bool {
    guard base.count * endGroup <= DistinctValues.seenLimit else { return false }
    if let known = self.base, known.storageIdentity == base.storageIdentity, known.firstRow == base.firstRow {
      if endGroup <= seenGroupCount { return true }
      seenGroupCount = min(endGroup * 2, DistinctValues.seenLimit / base.count)
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
    _ body: (_ groups: [UInt32], _ values: [Vector], _ hashes: ArraySlice<UInt64>) throws(QueryError) -> Void
  ) throws(QueryError) {
    var first = 1
    while first < table.endGroup {
      let end = min(first + 8192, table.endGroup)
      let keys = table.keys((UInt32(first)..<UInt32(end)).map { $0 })
      let numbers = keys[0]
      let groups = numbers.int32s.copiedElements().map { UInt32(bitPattern: $0) }
      try body(groups, Array(keys.dropFirst()), table.hashes[first..<end])
      first = end
    }
  }
}

internal import Columnar

extension GroupTable {
  /// Returns the group of each row's keys, which are flat, 0 where there is none.
  ///
  /// Changes nothing, so that several workers may look at once.
  func find(_ keys: [Vector], _ hashes: [UInt64]) -> [UInt32] {
    var groups = [UInt32](repeating: 0, count: hashes.count)
    if keys.count == 1 && keys[0].validity == nil {
      let key = keys[0]
      switch stores[0] {
      case let store as ValueKeyStore<Int64> where store.isNull.isEmpty:
        find(store.values, key.int64s, hashes, &groups)
        return groups
      case let store as ValueKeyStore<Int32> where store.isNull.isEmpty:
        find(store.values, key.int32s, hashes, &groups)
        return groups
      case let store as ValueKeyStore<Int128> where store.isNull.isEmpty:
        find(store.values, key.int128s, hashes, &groups)
        return groups
      case let store as StringKeyStore where store.isNull.isEmpty:
        find(store.values, key.strings, hashes, &groups)
        return groups
      default: break
      }
    }
    findColumns(keys, hashes, &groups)
    return groups
  }

  private func find<Value: GroupKeyValue>(
    _ stored: [Value], _ values: Span<Value>, _ hashes: [UInt64], _ groups: inout [UInt32]
  ) {
    let slots = slots
    let table = slots.span
    let wrap = slots.count &- 1
    var out = groups.mutableSpan
    for row in values.indices {
      let (hash, value) = (hashes[row], values[row])
      var index = Int(truncatingIfNeeded: hash) & wrap
      while table[index] != 0 {
        let slot = table[index]
        if slot &>> 48 == hash &>> 48, Value.areSame(stored[Int(slot & 0xFFFF_FFFF_FFFF)], value) {
          out[row] = UInt32(truncatingIfNeeded: slot)
          break
        }
        index = (index &+ 1) & wrap
      }
    }
  }

  private func find(
    _ stored: [StringView], _ values: Span<StringView>, _ hashes: [UInt64], _ groups: inout [UInt32]
  ) {
    let slots = slots
    let table = slots.span
    let wrap = slots.count &- 1
    var out = groups.mutableSpan
    for row in values.indices {
      let (hash, value) = (hashes[row], values[row])
      var index = Int(truncatingIfNeeded: hash) & wrap
      while table[index] != 0 {
        let slot = table[index]
        if slot &>> 48 == hash &>> 48, stored[Int(slot & 0xFFFF_FFFF_FFFF)] == value {
          out[row] = UInt32(truncatingIfNeeded: slot)
          break
        }
        index = (index &+ 1) & wrap
      }
    }
  }

  /// Rounds of: find the next candidate of each row, compare them column by column.
  private func findColumns(_ keys: [Vector], _ hashes: [UInt64], _ groups: inout [UInt32]) {
    let wrap = slots.count - 1
    var positions = hashes.map { Int(truncatingIfNeeded: $0) & wrap }
    var pending = (0..<UInt32(hashes.count)).map { $0 }
    while !pending.isEmpty {
      var candidates: [UInt32] = []
      for row in pending {
        let hash = hashes[Int(row)]
        var index = positions[Int(row)]
        while slots[index] != 0 && slots[index] &>> 48 != hash &>> 48 { index = (index &+ 1) & wrap }
        positions[Int(row)] = index
        groups[Int(row)] = UInt32(truncatingIfNeeded: slots[index])
        if slots[index] != 0 { candidates.append(row) }
      }
      pending.removeAll(keepingCapacity: true)
      for index in stores.indices where !candidates.isEmpty {
        stores[index].keepMatches(keys[index], groups: groups, rows: &candidates, mismatches: &pending)
      }
      for row in pending {
        positions[Int(row)] = (positions[Int(row)] + 1) & wrap
        groups[Int(row)] = 0
      }
    }
  }
}

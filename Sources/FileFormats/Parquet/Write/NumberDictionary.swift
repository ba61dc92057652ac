internal import Columnar

/// The distinct numbers of a column chunk, by code.
struct NumberDictionary<Value: ParquetNumber> {
  /// The numbers in the order in which they came.
  private(set) var entries: [Value] = []
  /// Code + 1 by hash, 0 where there is none; at most half full.
  private var slots = [UInt32](repeating: 0, count: 1024)

  /// Writes the codes of numbers to `codes`, from `start` on.
  mutating func encode(_ values: Span<Value>, into codes: inout MutableSpan<UInt32>, from start: Int) {
    guard values.count > 0 else { return }
    var last = values[0]
    var lastCode = code(of: last)
    for row in values.indices {
      let value = values[row]
      // Equal neighbours are common, above all in sorted files.
      if !value.hasSameBits(as: last) {
        last = value
        lastCode = code(of: value)
      }
      codes[start &+ row] = lastCode
    }
  }

  /// Returns the code of a number, which is added if it is new.
  @inline(__always) mutating func code(of value: Value) -> UInt32 {
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: value.dictionaryHash) & mask
    while true {
      let found = slots[slot]
      if found == 0 { return insert(value, at: slot) }
      if entries[Int(found &- 1)].hasSameBits(as: value) { return found &- 1 }
      slot = (slot &+ 1) & mask
    }
  }

  @inline(never) private mutating func insert(_ value: Value, at slot: Int) -> UInt32 {
    entries.append(value)
    slots[slot] = UInt32(entries.count)
    if entries.count * 2 > slots.count { grow() }
    return UInt32(entries.count - 1)
  }

  private mutating func grow() {
    let mask = slots.count * 2 - 1
    slots = [UInt32](repeating: 0, count: mask + 1)
    for (code, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.dictionaryHash) & mask
      while slots[slot] != 0 { slot = (slot &+ 1) & mask }
      slots[slot] = UInt32(code + 1)
    }
  }

  /// Forgets all numbers.
  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    slots = [UInt32](repeating: 0, count: 1024)
  }
}

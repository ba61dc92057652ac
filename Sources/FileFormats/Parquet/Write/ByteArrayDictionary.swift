internal import Columnar

/// The distinct byte strings of a column chunk, by code.
struct ByteArrayDictionary {
  /// The strings in the order in which they came; the arena keeps their bytes.
  private(set) var entries: [StringView] = []
  /// The strings' lengths.
  private(set) var lengths: [UInt32] = []
  /// Bytes of all strings.
  private(set) var byteCount = 0
  private var arena = StringArena()
  /// The upper half of the hash, then code + 1; 0 where there is none; at most half full.
  private var slots = [UInt64](repeating: 0, count: 1024)

  /// Writes the codes of strings to `codes`, from `start` on.
  mutating func encode(_ values: Span<StringView>, into codes: inout MutableSpan<UInt32>, from start: Int) {
    guard values.count > 0 else { return }
    var last = values[0]
    var lastCode = code(of: last)
    for row in values.indices {
      let value = values[row]
      if value != last {
        last = value
        lastCode = code(of: value)
      }
      codes[start &+ row] = lastCode
    }
  }

  /// Returns the code of a string, which is copied if it is new.
  @inline(__always) mutating func code(of value: StringView) -> UInt32 {
    let hash = value.hash()
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let found = slots[slot]
      if found == 0 { return insert(value, hash, at: slot) }
      if found &>> 32 == hash &>> 32 {
        let code = UInt32(truncatingIfNeeded: found) &- 1
        if entries[Int(code)] == value { return code }
      }
      slot = (slot &+ 1) & mask
    }
  }

  @inline(never) private mutating func insert(_ value: StringView, _ hash: UInt64, at slot: Int) -> UInt32 {
    entries.append(arena.copy(value))
    lengths.append(UInt32(truncatingIfNeeded: value.byteCount))
    byteCount += value.byteCount
    slots[slot] = (hash &>> 32) &<< 32 | UInt64(entries.count)
    if entries.count * 2 > slots.count { grow() }
    return UInt32(entries.count - 1)
  }

  private mutating func grow() {
    let mask = slots.count * 2 - 1
    slots = [UInt64](repeating: 0, count: mask + 1)
    for (code, entry) in entries.enumerated() {
      let hash = entry.hash()
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot &+ 1) & mask }
      slots[slot] = (hash &>> 32) &<< 32 | UInt64(code + 1)
    }
  }

  /// Forgets all strings.
  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    arena = StringArena()
    byteCount = 0
    slots = [UInt64](repeating: 0, count: 1024)
  }
}

public import Columnar

/// A compressed set of row positions (Lemire et al., "Roaring Bitmaps: Implementation of an Optimized
/// Software Library", 2018).
///
/// Positions that share all but their low 16 bits lie in one container, which is a sorted list, a bitmap
/// of 8 KiB or a list of runs.
public struct RoaringBitmap64: Sendable {
  enum Container: Sendable {
    /// Ascending values, none twice.
    case array([UInt16])
    /// 1,024 words, and how many bits are set.
    case bits([UInt64], count: Int)
    /// First and last value of each run, ascending, not touching.
    case runs([Run])
  }

  struct Run: Hashable, Sendable {
    var first: UInt16
    var last: UInt16
  }

  struct Entry: Sendable {
    /// The high 48 bits of the positions.
    var key: UInt64
    var container: Container
  }

  /// By ascending key; no container is empty.
  var entries: [Entry] = []
  static let arrayLimit = 4096

  /// Makes an empty set.
  public init() {}

  /// Makes a set of positions, which need not be sorted.
  public init(_ positions: some Sequence<UInt64>) {
    let sorted = positions.sorted()
    var start = 0
    while start < sorted.count {
      let key = sorted[start] &>> 16
      var lows: [UInt16] = []
      while start < sorted.count, sorted[start] &>> 16 == key {
        let low = UInt16(truncatingIfNeeded: sorted[start])
        if lows.last != low { lows.append(low) }
        start += 1
      }
      entries.append(Entry(key: key, container: Container(sorted: lows)))
    }
  }

  /// How many positions the set has.
  public var cardinality: Int { entries.reduce(0) { $0 + $1.container.count } }

  /// Whether the set has no position.
  public var isEmpty: Bool { entries.isEmpty }

  /// Returns the place of the first entry whose key is at least `key`.
  private func place(of key: UInt64) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Returns whether the set has a position.
  public func contains(_ position: UInt64) -> Bool {
    let place = place(of: position &>> 16)
    guard place < entries.count, entries[place].key == position &>> 16 else { return false }
    return entries[place].container.contains(UInt16(truncatingIfNeeded: position))
  }

  /// Adds a position; to add many, make a set of them and form the union.
  public mutating func insert(_ position: UInt64) {
    guard !contains(position) else { return }
    formUnion(RoaringBitmap64(CollectionOfOne(position)))
  }

  /// Adds the positions of another set.
  public mutating func formUnion(_ other: RoaringBitmap64) {
    var merged: [Entry] = []
    merged.reserveCapacity(entries.count + other.entries.count)
    var (left, right) = (0, 0)
    while left < entries.count || right < other.entries.count {
      if right == other.entries.count
        || (left < entries.count && entries[left].key < other.entries[right].key)
      {
        merged.append(entries[left])
        left += 1
      } else if left == entries.count || other.entries[right].key < entries[left].key {
        merged.append(other.entries[right])
        right += 1
      } else {
        let container = entries[left].container.union(other.entries[right].container)
        merged.append(Entry(key: entries[left].key, container: container))
        left += 1
        right += 1
      }
    }
    entries = merged
  }

  /// Calls `body` with each position, ascending.
  public func forEach(_ body: (UInt64) -> Void) {
    for entry in entries {
      let high = entry.key &<< 16
      entry.container.forEach { body(high | UInt64($0)) }
    }
  }

  /// All positions, ascending; eight bytes each, however small the set is on disk.
  public var positions: [UInt64] {
    var positions: [UInt64] = []
    positions.reserveCapacity(cardinality)
    forEach { positions.append($0) }
    return positions
  }

  /// Returns a bit per row of a range, set where the set has the row; `nil` when it has none of them.
  public func bitmap(of rows: Range<Int>) -> Bitmap? {
    guard !rows.isEmpty else { return nil }
    var builder = BitmapBuilder(count: rows.count)
    var room = builder.words
    var place = place(of: UInt64(rows.lowerBound) &>> 16)
    while place < entries.count, entries[place].key &<< 16 < UInt64(rows.upperBound) {
      let first = Int(entries[place].key &<< 16) - rows.lowerBound
      entries[place].container.copy(to: &room, first: first, rowCount: rows.count)
      place += 1
    }
    for word in room.indices where room[word] != 0 { return builder.freeze() }
    return nil
  }
}

extension RoaringBitmap64: Equatable {
  /// Returns whether both have the same positions, however they are stored.
  public static func == (left: RoaringBitmap64, right: RoaringBitmap64) -> Bool {
    guard left.entries.count == right.entries.count else { return false }
    return zip(left.entries, right.entries).allSatisfy { left, right in
      left.key == right.key && left.container.words == right.container.words
    }
  }
}

extension RoaringBitmap64.Container {
  /// Makes the smaller of list and bitmap for ascending values.
  init(sorted values: [UInt16]) {
    if values.count <= RoaringBitmap64.arrayLimit {
      self = .array(values)
    } else {
      var words = [UInt64](repeating: 0, count: 1024)
      for value in values { words[Int(value &>> 6)] |= 1 &<< UInt64(value & 63) }
      self = .bits(words, count: values.count)
    }
  }

  /// Makes the smaller of list and bitmap.
  init(words: [UInt64]) {
    let count = words.reduce(0) { $0 + $1.nonzeroBitCount }
    self = .bits(words, count: count)
    if count <= RoaringBitmap64.arrayLimit {
      var values: [UInt16] = []
      values.reserveCapacity(count)
      forEach { values.append($0) }
      self = .array(values)
    }
  }

  var count: Int {
    switch self {
    case .array(let values): values.count
    case .bits(_, let count): count
    case .runs(let runs): runs.reduce(0) { $0 + Int($1.last) - Int($1.first) + 1 }
    }
  }

  func contains(_ value: UInt16) -> Bool {
    switch self {
    case .array(let values):
      var (low, high) = (0, values.count)
      while low < high {
        let middle = (low + high) / 2
        if values[middle] < value { low = middle + 1 } else { high = middle }
      }
      return low < values.count && values[low] == value
    case .bits(let words, _): return words[Int(value &>> 6)] &>> UInt64(value & 63) & 1 == 1
    case .runs(let runs): return runs.contains { $0.first <= value && value <= $0.last }
    }
  }

  func forEach(_ body: (UInt16) -> Void) {
    switch self {
    case .array(let values): for value in values { body(value) }
    case .bits(let words, _):
      for word in 0..<1024 {
        var rest = words[word]
        while rest != 0 {
          body(UInt16(word &<< 6 | rest.trailingZeroBitCount))
          rest &= rest &- 1
        }
      }
    case .runs(let runs): for run in runs { for value in run.first...run.last { body(value) } }
    }
  }

  /// Sets the bit `first + value` of each value, if it is one of the bits `0 ..< rowCount`.
  func copy(to room: inout MutableSpan<UInt64>, first: Int, rowCount: Int) {
    guard case .bits(let words, _) = self else {
      forEach { value in
        let row = first + Int(value)
        if row >= 0 && row < rowCount { room[row &>> 6] |= 1 &<< UInt64(row & 63) }
      }
      return
    }
    // Whole words, each on up to two of the target.
    let shift = UInt64(first & 63)
    for word in 0..<1024 where words[word] != 0 {
      let target = first &>> 6 + word
      if target >= 0 && target < room.count { room[target] |= words[word] &<< shift }
      if shift != 0 && target >= -1 && target + 1 < room.count {
        room[target + 1] |= words[word] &>> (64 - shift)
      }
    }
    if rowCount & 63 != 0 { room[room.count - 1] &= (1 &<< UInt64(rowCount & 63)) &- 1 }
  }

  /// The values as 1,024 words.
  var words: [UInt64] {
    if case .bits(let words, _) = self { return words }
    var words = [UInt64](repeating: 0, count: 1024)
    forEach { words[Int($0 &>> 6)] |= 1 &<< UInt64($0 & 63) }
    return words
  }

  /// The values as runs.
  var runs: [RoaringBitmap64.Run] {
    if case .runs(let runs) = self { return runs }
    var runs: [RoaringBitmap64.Run] = []
    forEach { value in
      if let last = runs.last?.last, last < .max, last + 1 == value {
        runs[runs.count - 1].last = value
      } else {
        runs.append(RoaringBitmap64.Run(first: value, last: value))
      }
    }
    return runs
  }

  func union(_ other: Self) -> Self {
    if case .array(let left) = self, case .array(let right) = other {
      var merged: [UInt16] = []
      merged.reserveCapacity(left.count + right.count)
      var (a, b) = (0, 0)
      while a < left.count || b < right.count {
        if b == right.count || (a < left.count && left[a] <= right[b]) {
          if b < right.count && left[a] == right[b] { b += 1 }
          merged.append(left[a])
          a += 1
        } else {
          merged.append(right[b])
          b += 1
        }
      }
      return Self(sorted: merged)
    }
    let (left, right) = (words, other.words)
    return Self(words: (0..<1024).map { left[$0] | right[$0] })
  }
}

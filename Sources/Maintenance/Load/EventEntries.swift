/// What is kept in memory of each event of a load, so that duplicates are found and sessions put in order while
/// the rows themselves may lie on disk.
struct EventEntry {
  /// Two halves of the hash of the session id; of the content key for an event without one.
  var groupLow: UInt64
  var groupHigh: UInt64
  var key: EventKey
  /// Microseconds since 1970-01-01 UTC.
  var micros: Int64
  var hasSession: Bool
  /// Whether the record needed mending.
  var isMended: Bool
}

/// A list that grows without moving what it holds, by pieces of 65,536.
struct EventEntries {
  private static let shift = 16
  private var pieces: [[EventEntry]] = []
  private(set) var count = 0

  mutating func append(_ entry: EventEntry) {
    if count & ((1 << Self.shift) - 1) == 0 {
      pieces.append([])
      // The first stays small for the many loads that are.
      if count > 0 { pieces[pieces.count - 1].reserveCapacity(1 << Self.shift) }
    }
    pieces[pieces.count - 1].append(entry)
    count += 1
  }

  subscript(index: Int) -> EventEntry { pieces[index &>> Self.shift][index & ((1 << Self.shift) - 1)] }

  /// Drops the entries from a place on.
  mutating func truncate(to newCount: Int) {
    guard newCount < count else { return }
    let (whole, rest) = (newCount &>> Self.shift, newCount & ((1 << Self.shift) - 1))
    pieces.removeLast(pieces.count - whole - (rest == 0 ? 0 : 1))
    if rest > 0 { pieces[whole].removeLast(pieces[whole].count - rest) }
    count = newCount
  }
}

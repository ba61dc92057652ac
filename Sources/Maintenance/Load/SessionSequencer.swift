internal import Columnar

/// Puts the events of sessions in order: numbers them, measures the time to the next, and finds events that are
/// there twice.
///
/// Events of one time are ordered by their content key, so that the order in which they were loaded does not
/// show.
struct SessionSequencer {
  /// What stands for an event that is left out.
  static let duplicate: Int32 = -1

  /// For each event its number within its session, 0 for one without a session, or ``duplicate``.
  private(set) var numbers: [Int32]
  /// For each event the whole seconds to the session's next; 30 for the last.
  private(set) var seconds: [Int64]
  /// For each event whether its session sends more than people do.
  private(set) var isFast: [Bool]
  /// How many of the new events are there already, or more than once.
  private(set) var duplicateCount = 0

  /// Puts events in order.
  ///
  /// - Parameters:
  ///   - entries: The new events, then those stored of the same sessions.
  ///   - newCount: How many are new; stored ones are never left out.
  ///   - rate: What sessions of people do not exceed; `nil` asks not.
  init(_ entries: EventEntries, newCount: Int, rate: SessionRate?) {
    numbers = [Int32](repeating: 0, count: entries.count)
    seconds = [Int64](repeating: 30, count: entries.count)
    isFast = [Bool](repeating: false, count: entries.count)
    var order: [(group: UInt64, event: UInt32)] = []
    order.reserveCapacity(entries.count)
    for event in 0..<entries.count { order.append((entries[event].groupLow, UInt32(event))) }
    order.sort { $0.group != $1.group ? $0.group < $1.group : $0.event < $1.event }
    var members: [(entry: EventEntry, event: Int)] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count && order[end].group == order[start].group { end += 1 }
      members.removeAll(keepingCapacity: true)
      for place in start..<end {
        let event = Int(order[place].event)
        members.append((entries[event], event))
      }
      arrange(&members, newCount: newCount, rate: rate)
      start = end
    }
  }

  /// Arranges the events whose groups have the same lower half.
  private mutating func arrange(
    _ members: inout [(entry: EventEntry, event: Int)], newCount: Int, rate: SessionRate?
  ) {
    if members.count > 1 {
      members.sort { left, right in
        let (a, b) = (left.entry, right.entry)
        if a.groupHigh != b.groupHigh { return a.groupHigh < b.groupHigh }
        if a.hasSession != b.hasSession { return a.hasSession }
        // Equal keys have equal milliseconds, so that they come together.
        let (time, other) = (Self.millis(a), Self.millis(b))
        if time != other { return time < other }
        if a.key != b.key { return a.key < b.key }
        let (isNew, isOtherNew) = (left.event < newCount, right.event < newCount)
        return isNew == isOtherNew ? left.event < right.event : isOtherNew
      }
    }
    var start = 0
    while start < members.count {
      var end = start + 1
      while end < members.count && members[end].entry.groupHigh == members[start].entry.groupHigh
        && members[end].entry.hasSession == members[start].entry.hasSession
      {
        end += 1
      }
      number(members[start..<end], newCount: newCount, rate: rate)
      start = end
    }
  }

  private static func millis(_ entry: EventEntry) -> Int64 { CivilDate.floorDivide(entry.micros, 1000) }

  private mutating func number(
    _ members: ArraySlice<(entry: EventEntry, event: Int)>, newCount: Int, rate: SessionRate?
  ) {
    var kept: [(entry: EventEntry, event: Int)] = []
    for member in members {
      if member.event < newCount, let last = kept.last, last.entry.key == member.entry.key {
        numbers[member.event] = Self.duplicate
        duplicateCount += 1
      } else {
        kept.append(member)
      }
    }
    guard let first = kept.first, first.entry.hasSession else { return }
    if kept.contains(where: { $0.entry.micros % 1000 != 0 }) {
      kept.sort { left, right in
        left.entry.micros == right.entry.micros
          ? left.entry.key < right.entry.key : left.entry.micros < right.entry.micros
      }
    }
    let last = kept[kept.count - 1].entry.micros
    let isFast = rate?.isBot(count: kept.count, micros: last - kept[0].entry.micros) ?? false
    for (place, member) in kept.enumerated() {
      numbers[member.event] = Int32(clamping: place + 1)
      self.isFast[member.event] = isFast
      if place + 1 < kept.count {
        seconds[member.event] = (kept[place + 1].entry.micros - member.entry.micros) / 1_000_000
      }
    }
  }
}

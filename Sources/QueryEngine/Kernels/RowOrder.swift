internal import Columnar

/// Sorts rows by several columns.
///
/// The codes of the columns are packed into 64-bit words, first column highest. Rows are split by the first
/// word's highest bits into up to 256 ranges, which are sorted on their own, so by several workers. Within
/// a range comes a radix sort from the low bits by that word (Knuth, TAOCP 3, 5.2.5), then rows with equal
/// words by the next word or, where texts are cut, by the texts.
struct RowOrder: Sendable {
  private enum Level: Sendable {
    case word([UInt64])
    case texts(Vector, isDescending: Bool)
  }
  private var levels: [Level] = []
  /// Bits of the first word in use.
  private var firstWidth = 0
  let rowCount: Int

  /// A row with the word it is sorted by.
  struct Entry: BitwiseCopyable {
    var word: UInt64
    var row: UInt32
  }

  init(_ columns: consuming [SortKeyColumn], rowCount: Int) {
    self.rowCount = rowCount
    var (word, used): ([UInt64], Int) = ([], 0)
    func isFirst(_ levels: [Level]) -> Bool { levels.isEmpty }
    for column in columns where column.width > 0 || column.texts != nil {
      if used > 0 && used + column.width > 64 {
        if levels.isEmpty { firstWidth = used }
        levels.append(.word(word))
        (word, used) = ([], 0)
      }
      if used == 0 {
        word = column.codes
      } else {
        let shift = UInt64(truncatingIfNeeded: column.width)
        let codes = column.codes
        var room = word.mutableSpan
        for row in 0..<rowCount { room[row] = room[row] &<< shift | codes[row] }
      }
      used += column.width
      if let texts = column.texts {
        if levels.isEmpty { firstWidth = used }
        levels.append(.word(word))
        levels.append(.texts(texts, isDescending: column.isDescending))
        (word, used) = ([], 0)
      }
    }
    if used > 0 {
      if levels.isEmpty { firstWidth = used }
      levels.append(.word(word))
    }
  }

  /// Whether the rows are in order as they stand; of rows that are not, few are looked at.
  func isInOrder() -> Bool {
    for row in 1..<max(1, rowCount) where isOutOfOrder(row) { return false }
    return true
  }

  /// Whether a row comes before the one in front of it.
  private func isOutOfOrder(_ row: Int) -> Bool {
    for level in levels {
      switch level {
      case .word(let words):
        if words[row] != words[row - 1] { return words[row] < words[row - 1] }
      case .texts(let vector, let isDescending):
        // Equal codes: both are null or neither.
        if let validity = vector.validity, !validity[row] { continue }
        let (before, here) = (vector.strings[row - 1], vector.strings[row])
        if before != here { return (here < before) != isDescending }
      }
    }
    return false
  }

  /// Returns all rows in order.
  func sortedRows() -> [UInt32] {
    if isInOrder() { return Array(0..<UInt32(rowCount)) }
    var rows: [UInt32] = []
    rows.reserveCapacity(rowCount)
    for range in partitioned() { rows.append(contentsOf: sorted(range)) }
    return rows
  }

  /// Returns the rows in ranges that follow each other, rows of a range in no order.
  func partitioned() -> [[Entry]] {
    guard case .word(let words)? = levels.first, firstWidth > 0 else {
      return [(0..<UInt32(rowCount)).map { Entry(word: 0, row: $0) }]
    }
    let bits = rowCount < 10_000 ? 0 : min(8, firstWidth)
    let shift = UInt64(firstWidth - bits)
    if bits == 0 {
      var entries: [Entry] = []
      entries.reserveCapacity(rowCount)
      for row in 0..<rowCount { entries.append(Entry(word: words[row], row: UInt32(row))) }
      return [entries]
    }
    var counts = [Int](repeating: 0, count: 1 << bits)
    for row in 0..<rowCount { counts[Int(words[row] &>> shift)] += 1 }
    var ranges: [[Entry]] = counts.map { count in
      var range: [Entry] = []
      range.reserveCapacity(count)
      return range
    }
    for row in 0..<rowCount {
      ranges[Int(words[row] &>> shift)].append(Entry(word: words[row], row: UInt32(row)))
    }
    return ranges.filter { !$0.isEmpty }
  }

  /// Returns the rows of a range in order; rows that are equal in all columns by number.
  func sorted(_ range: consuming [Entry]) -> [UInt32] {
    guard !levels.isEmpty else { return range.map(\.row) }
    var scratch: [Entry] = []
    sort(&range, &scratch, 0..<range.count, level: 0)
    return range.map(\.row)
  }

  private func sort(_ entries: inout [Entry], _ scratch: inout [Entry], _ range: Range<Int>, level: Int) {
    guard level < levels.count, range.count > 1 else { return }
    switch levels[level] {
    case .word(let words):
      if level > 0 {
        for index in range { entries[index].word = words[Int(entries[index].row)] }
      }
      if range.count < 200 {
        RowOrder.sortByComparing(&entries, range)
      } else {
        RowOrder.sortByRadix(&entries, &scratch, range)
      }
      guard level + 1 < levels.count else { return }
      var first = range.lowerBound
      while first < range.upperBound {
        var end = first + 1
        while end < range.upperBound && entries[end].word == entries[first].word { end += 1 }
        if end - first > 1 { sort(&entries, &scratch, first..<end, level: level + 1) }
        first = end
      }
    case .texts(let vector, let isDescending):
      sortTexts(&entries, range, vector, isDescending)
      guard level + 1 < levels.count else { return }
      var first = range.lowerBound
      while first < range.upperBound {
        var end = first + 1
        while end < range.upperBound && areEqual(vector, entries[end].row, entries[first].row) { end += 1 }
        if end - first > 1 { sort(&entries, &scratch, first..<end, level: level + 1) }
        first = end
      }
    }
  }

  private func areEqual(_ vector: Vector, _ left: UInt32, _ right: UInt32) -> Bool {
    let values = vector.strings
    if let validity = vector.validity, !validity[Int(left)] || !validity[Int(right)] {
      // Equal codes: both are null or neither.
      return true
    }
    return values[Int(left)] == values[Int(right)]
  }

  private func sortTexts(
    _ entries: inout [Entry], _ range: Range<Int>, _ vector: Vector, _ isDescending: Bool
  ) {
    if let validity = vector.validity, !validity[Int(entries[range.lowerBound].row)] { return }
    let values = vector.strings
    var pairs: [(view: StringView, row: UInt32)] = []
    pairs.reserveCapacity(range.count)
    for index in range { pairs.append((values[Int(entries[index].row)], entries[index].row)) }
    if isDescending {
      pairs.sort { $1.view < $0.view || ($0.view == $1.view && $0.row < $1.row) }
    } else {
      pairs.sort { $0.view < $1.view || ($0.view == $1.view && $0.row < $1.row) }
    }
    for (offset, pair) in pairs.enumerated() { entries[range.lowerBound + offset].row = pair.row }
  }

  private static func sortByComparing(_ entries: inout [Entry], _ range: Range<Int>) {
    if range.count <= 12 {
      for index in range.dropFirst() {
        let entry = entries[index]
        var place = index
        while place > range.lowerBound,
          entries[place - 1].word > entry.word
            || (entries[place - 1].word == entry.word && entries[place - 1].row > entry.row)
        {
          entries[place] = entries[place - 1]
          place -= 1
        }
        entries[place] = entry
      }
      return
    }
    entries[range].sort { $0.word < $1.word || ($0.word == $1.word && $0.row < $1.row) }
  }

  /// Sorts by eleven bits at a time from the lowest, passing over digits that are equal in all rows.
  private static func sortByRadix(
    _ entries: inout [Entry], _ scratch: inout [Entry], _ range: Range<Int>
  ) {
    let count = range.count
    let empty = Entry(word: 0, row: 0)
    if scratch.count < count { scratch = [Entry](repeating: empty, count: count) }
    var differing: UInt64 = 0
    let first = entries[range.lowerBound].word
    for index in range { differing |= entries[index].word ^ first }
    if differing == 0 { return }
    var isInScratch = false
    let base = range.lowerBound
    var shift = differing.trailingZeroBitCount
    var starts = [Int](repeating: 0, count: 2049)
    while shift < 64 && differing &>> UInt64(shift) != 0 {
      let digitShift = UInt64(shift)
      if differing &>> digitShift & 2047 != 0 {
        var room = starts.mutableSpan
        for digit in 0..<2049 { room[digit] = 0 }
        if isInScratch {
          distribute(scratch.span, 0, &room, &entries, base, count, digitShift)
        } else {
          distribute(entries.span, base, &room, &scratch, 0, count, digitShift)
        }
        isInScratch.toggle()
      }
      shift += 11
    }
    if isInScratch { for index in 0..<count { entries[base + index] = scratch[index] } }
  }

  private static func distribute(
    _ source: Span<Entry>, _ first: Int, _ starts: inout MutableSpan<Int>, _ target: inout [Entry],
    _ base: Int, _ count: Int, _ shift: UInt64
  ) {
    for index in first..<first + count { starts[Int(source[index].word &>> shift & 2047) &+ 1] &+= 1 }
    for digit in 0..<2048 { starts[digit &+ 1] &+= starts[digit] }
    var room = target.mutableSpan
    for index in first..<first + count {
      let digit = Int(source[index].word &>> shift & 2047)
      room[base &+ starts[digit]] = source[index]
      starts[digit] &+= 1
    }
  }
}

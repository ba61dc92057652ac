/// Collects the levels of a page; until one differs from the expected level, only their number is kept.
struct LevelStage {
  /// The level that most values have.
  let expected: UInt8
  /// Levels so far.
  private(set) var count = 0
  /// Levels that differ from the expected one.
  private(set) var otherCount = 0
  private var levels: [UInt8] = []

  init(expected: Int) { self.expected = UInt8(expected) }

  /// Appends `count` expected levels.
  mutating func append(count: Int) {
    self.count += count
    if otherCount > 0 { levels.append(contentsOf: repeatElement(expected, count: count)) }
  }

  /// Appends levels.
  mutating func append(_ added: ArraySlice<UInt8>) {
    var others = 0
    for level in added where level != expected { others &+= 1 }
    if others > 0 { materialise() }
    count += added.count
    otherCount += others
    if otherCount > 0 { levels.append(contentsOf: added) }
  }

  /// Appends `count` levels, the expected one for the rows in `rows`, which ascend, and `other` for the rest.
  mutating func append(count: Int, expectedAt rows: [UInt32], from first: Int, other: UInt8) {
    materialise()
    let start = self.count
    self.count += count
    otherCount += count - rows.count
    levels.append(contentsOf: repeatElement(other, count: count))
    for row in rows { levels[start &+ Int(row) &- first] = expected }
  }

  private mutating func materialise() {
    if otherCount == 0 { levels = [UInt8](repeating: expected, count: count) }
  }

  /// Appends the encoded levels and begins the next page.
  mutating func encode(bitWidth: Int, to bytes: inout [UInt8]) {
    if otherCount == 0 {
      RunLengthEncoder.appendRun(of: UInt64(expected), count: count, bitWidth: bitWidth, to: &bytes)
    } else {
      let levels = levels
      RunLengthEncoder.append(levels.span, bitWidth: bitWidth, to: &bytes)
    }
    (count, otherCount) = (0, 0)
    self.levels.removeAll(keepingCapacity: true)
  }
}

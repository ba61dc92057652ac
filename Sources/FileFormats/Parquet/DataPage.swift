internal import Columnar

/// One data page, decompressed, with its parts told apart.
struct DataPage {
  /// Values, nulls and empty lists included.
  let valueCount: Int
  /// Holds the levels.
  let levelBuffer: Buffer
  var repetition: LevelDecoder
  var definition: LevelDecoder
  let values: ValueSection
}

/// Levels that are appended page by page.
struct WritableLevels {
  private(set) var levels: [UInt8] = []

  var count: Int { levels.count }

  /// Appends `count` levels.
  mutating func append(
    _ decoder: inout LevelDecoder, _ bytes: Span<UInt8>, count: Int
  ) throws(FileFormatError) {
    let first = levels.count
    levels.append(contentsOf: repeatElement(0, count: count))
    var room = levels.mutableSpan
    try decoder.decode(bytes, count: count, into: &room, at: first)
  }

  /// Drops all levels from `count` on.
  mutating func truncate(to count: Int) { levels.removeLast(levels.count - count) }

  /// Drops `range`.
  mutating func remove(_ range: Range<Int>) { levels.removeSubrange(range) }
}

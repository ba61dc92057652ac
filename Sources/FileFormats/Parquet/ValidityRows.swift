internal import Columnar

/// The validity of rows that arrive page by page; no bitmap is made until a null comes.
struct ValidityRows: ~Copyable {
  private var buffer = WritableBuffer(byteCount: 0)
  private let wordCount: Int
  private(set) var hasNulls = false
  private(set) var count = 0

  init(capacity: Int) { wordCount = (capacity + 63) / 64 }

  /// Appends rows that all have a value.
  mutating func appendValid(_ rowCount: Int) {
    if hasNulls {
      let (wordCount, first) = (wordCount, count)
      var words = buffer.elements(as: UInt64.self, count: wordCount)
      words.setBits(first, count: rowCount)
    }
    count += rowCount
  }

  /// Appends rows as `write` sets their bits, which are zero before.
  ///
  /// - Returns: What `write` returns: how many rows have a value.
  mutating func append(
    _ rowCount: Int,
    _ write: (inout MutableSpan<UInt64>, _ first: Int) throws(FileFormatError) -> Int
  ) throws(FileFormatError) -> Int {
    let (wordCount, first) = (wordCount, count)
    if !hasNulls {
      buffer = WritableBuffer(zeroedByteCount: wordCount * 8)
      hasNulls = true
      var words = buffer.elements(as: UInt64.self, count: wordCount)
      words.setBits(0, count: first)
    }
    var words = buffer.elements(as: UInt64.self, count: wordCount)
    let validCount = try write(&words, first)
    count += rowCount
    return validCount
  }

  /// Lends the words; none while there is no null.
  mutating func withWords<Result>(
    _ body: (Span<UInt64>) throws(FileFormatError) -> Result
  ) throws(FileFormatError) -> Result {
    let count = hasNulls ? wordCount : 0
    let words = buffer.elements(as: UInt64.self, count: count)
    return try body(words.span)
  }

  /// Ends the writing; `nil` when every row has a value.
  consuming func finish() -> Bitmap? {
    let (hasNulls, count) = (hasNulls, count)
    return hasNulls ? Bitmap(buffer.freeze(), count: count) : nil
  }
}

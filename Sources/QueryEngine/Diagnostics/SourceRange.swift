/// A stretch of a statement's text, in UTF-8 offsets.
public struct SourceRange: Hashable, Sendable {
  /// The offset of the first byte.
  public var start: Int
  /// The offset after the last byte.
  public var end: Int

  /// Makes a range of two offsets.
  public init(_ start: Int, _ end: Int) { (self.start, self.end) = (start, end) }

  /// Returns the smallest range that holds this one and another.
  ///
  /// - Parameter other: The range to reach to.
  /// - Returns: From the first start to the last end.
  public func union(_ other: SourceRange) -> SourceRange {
    SourceRange(Swift.min(start, other.start), Swift.max(end, other.end))
  }
}

/// Where an offset stands in a text, for people.
public struct SourcePosition: Hashable, Sendable {
  /// The line, from 1.
  public var line: Int
  /// The column in code points, from 1.
  public var column: Int

  /// Finds the line and column of a UTF-8 offset.
  public init(of offset: Int, in text: String) {
    var line = 1
    var column = 1
    var index = 0
    for byte in text.utf8 {
      if index >= offset { break }
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
      index += 1
    }
    (self.line, self.column) = (line, column)
  }
}

internal import Columnar

/// The text of a value where people look at it: on one line, and a null apart from every text.
enum CellText {
  /// Returns `NULL` for a null; a text that is empty, spells `NULL` or is quoted already stands in quotes.
  static func text(of vector: Vector, row: Int, type: LogicalType) -> String {
    if vector.isNull(at: row) { return "NULL" }
    var bytes: [UInt8] = []
    ValueText.appendRow(of: vector, row: row, type: type, to: &bytes)
    if type == .varchar, isMistakable(bytes) {
      return "'"
        + DisplayWidth.printable(bytes).split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "''") + "'"
    }
    return DisplayWidth.printable(bytes)
  }

  private static func isMistakable(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first else { return true }
    return bytes.elementsEqual("NULL".utf8)
      || bytes.count > 1 && first == UInt8(ascii: "'") && bytes.last == first
  }
}

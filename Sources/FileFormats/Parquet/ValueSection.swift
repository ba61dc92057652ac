internal import Columnar

/// The encoded values of one data page.
struct ValueSection {
  /// Holds the bytes; string views may point into it.
  let buffer: Buffer
  /// Where the values begin and end.
  let range: Range<Int>
  let encoding: ParquetEncoding
  /// The most values that there can be: those of the page, nulls included.
  let valueCount: Int
}

/// Gathers the values of one leaf column, page by page.
protocol LeafValues: ~Copyable {
  /// Makes room for `slotCount` values, nulls included.
  mutating func reserve(slotCount: Int)
  /// Takes the dictionary.
  mutating func setDictionary(_ dictionary: LeafDictionary) throws(FileFormatError)
  /// Appends the values of a page.
  ///
  /// - Parameters:
  ///   - section: The page's values.
  ///   - skipped: How many values to leave out at its begin.
  ///   - validCount: How many values to take.
  ///   - slots: The slots they go to.
  ///   - validity: Which slots have a value, bit `slots.lowerBound` being the first of them; all do when
  ///     `validCount` equals their number.
  /// - Throws: ``FileFormatError`` if the page is damaged or its encoding unknown.
  mutating func append(
    _ section: ValueSection, skipping skipped: Int, validCount: Int, slots: Range<Int>,
    validity: Span<UInt64>
  ) throws(FileFormatError)
  /// Gives slots that nobody will look at safe values.
  mutating func appendUnwanted(slots: Range<Int>)
  /// Returns the first `slotCount` slots.
  mutating func finish(slotCount: Int, validity: Bitmap?) throws(FileFormatError) -> Vector
}

/// Leaf values behind one reference, whatever their type.
protocol LeafValuesBox: AnyObject {
  func reserve(slotCount: Int)
  func setDictionary(_ dictionary: LeafDictionary) throws(FileFormatError)
  func append(
    _ section: ValueSection, skipping skipped: Int, validCount: Int, slots: Range<Int>,
    validity: Span<UInt64>
  ) throws(FileFormatError)
  func appendUnwanted(slots: Range<Int>)
  func finish(slotCount: Int, validity: Bitmap?) throws(FileFormatError) -> Vector
}

/// The one box there is.
final class BoxedLeafValues<Values: LeafValues & ~Copyable>: LeafValuesBox {
  private var values: Values

  init(_ values: consuming Values) { self.values = values }

  func reserve(slotCount: Int) { values.reserve(slotCount: slotCount) }

  func setDictionary(_ dictionary: LeafDictionary) throws(FileFormatError) {
    try values.setDictionary(dictionary)
  }

  func append(
    _ section: ValueSection, skipping skipped: Int, validCount: Int, slots: Range<Int>,
    validity: Span<UInt64>
  ) throws(FileFormatError) {
    try values.append(section, skipping: skipped, validCount: validCount, slots: slots, validity: validity)
  }

  func appendUnwanted(slots: Range<Int>) { values.appendUnwanted(slots: slots) }

  func finish(slotCount: Int, validity: Bitmap?) throws(FileFormatError) -> Vector {
    try values.finish(slotCount: slotCount, validity: validity)
  }
}

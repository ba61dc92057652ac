internal import Columnar

/// Puts lists, maps and structs together from the levels of their leaves (Dremel: Melnik et al., VLDB 2010).
///
/// An entry of a leaf begins a slot of a node if its repetition level is at most the number of repeated
/// fields above the node, and its definition level reaches the innermost of these:
/// ```
/// [[1, 2], null, [], [3]]      of optional list of optional element: levels 0 … 3
/// repetition   0  1  0  0  0
/// definition   3  3  0  1  3
/// list slots   x     x  x  x    repetition <= 0; valid where definition >= 1
/// elements     x  x        x    repetition <= 1 and definition >= 2
/// ```
enum NestedAssembler {
  /// Finds the entries of rows `rows`, which begin where the repetition level is zero.
  ///
  /// - Parameters:
  ///   - rows: Rows, counted from the first that begins at or behind `first`; -1 is the one before it.
  ///   - repetition: The levels.
  ///   - first: The first entry to look at.
  /// - Returns: How many rows begin there, and the begin and end of the entries of `rows`.
  static func entries(
    ofRows rows: Range<Int>, in repetition: Span<UInt8>, from first: Int
  ) -> (rowCount: Int, begin: Int, end: Int) {
    var row = -1
    var begin = rows.lowerBound <= -1 ? first : repetition.count
    var end = repetition.count
    for entry in first..<repetition.count where repetition[entry] == 0 {
      row &+= 1
      if row == rows.lowerBound { begin = entry }
      if row == rows.upperBound { end = entry }
    }
    if rows.isEmpty || begin > end { begin = end }
    return (row + 1, begin, end)
  }

  /// The slots of a node: how many, and which of them have a value.
  ///
  /// - Parameters:
  ///   - levels: The levels of a leaf below the node.
  ///   - repeatedAbove: Repeated fields above the node.
  ///   - slotDefinition: The definition level of the innermost of them.
  ///   - definition: The level at which the node is not null.
  /// - Returns: The number of slots and their validity, `nil` when all have a value.
  static func slots(
    _ levels: LeafEntries, repeatedAbove: Int, slotDefinition: Int, definition: Int
  ) -> (count: Int, validity: Bitmap?) {
    let (repetitions, definitions) = (levels.repetition.span, levels.definition.span)
    let (depth, least, wanted) = (UInt8(repeatedAbove), UInt8(slotDefinition), UInt8(definition))
    let hasLists = repetitions.count > 0
    if !hasLists && slotDefinition == 0 {
      let rows = definitions.indices
      let count = definitions.count
      guard LevelBits.count(definitions, rows, atLeast: wanted) < count else { return (count, nil) }
      var builder = BitmapBuilder(count: count)
      var words = builder.words
      LevelBits.write(definitions, rows, atLeast: wanted, into: &words, at: 0)
      return (count, builder.freeze())
    }
    var (count, valid) = (0, 0)
    for entry in definitions.indices {
      let level = definitions[entry]
      let isSlot = level >= least && (!hasLists || repetitions[entry] <= depth)
      count &+= isSlot ? 1 : 0
      valid &+= isSlot && level >= wanted ? 1 : 0
    }
    guard valid < count else { return (count, nil) }
    var builder = BitmapBuilder(count: count)
    var words = builder.words
    var slot = 0
    for entry in definitions.indices {
      let level = definitions[entry]
      guard level >= least && (!hasLists || repetitions[entry] <= depth) else { continue }
      let bit: UInt64 = level >= wanted ? 1 : 0
      words[slot &>> 6] |= bit &<< UInt64(slot & 63)
      slot &+= 1
    }
    return (count, builder.freeze())
  }

  /// The ends of the lists of a node.
  ///
  /// - Parameters:
  ///   - levels: The levels of a leaf below the node.
  ///   - listCount: How many lists there are.
  ///   - repeatedAbove: Repeated fields above the list.
  ///   - slotDefinition: The definition level of the innermost of them.
  ///   - elementDefinition: The level of the list's own repeated field: an entry below has no element.
  /// - Returns: `listCount + 1` offsets.
  /// - Throws: ``FileFormatError`` if there are more elements than an offset can count, or one precedes all
  ///   lists.
  static func ends(
    _ levels: LeafEntries, listCount: Int, repeatedAbove: Int, slotDefinition: Int, elementDefinition: Int
  ) throws(FileFormatError) -> Buffer {
    let (repetitions, definitions) = (levels.repetition.span, levels.definition.span)
    let (depth, least, wanted) = (UInt8(repeatedAbove), UInt8(slotDefinition), UInt8(elementDefinition))
    guard definitions.count < Int(UInt32.max) else {
      throw FileFormatError(.tooLarge, "lists of \(definitions.count) elements in one row group")
    }
    var buffer = WritableBuffer(byteCount: (listCount + 1) * 4)
    var room = buffer.elements(as: UInt32.self, count: listCount + 1)
    var (list, elementCount) = (0, UInt32(0))
    for entry in definitions.indices {
      let (repetition, level) = (repetitions[entry], definitions[entry])
      if repetition <= depth && level >= least {
        room[list] = elementCount
        list &+= 1
      } else if list == 0 && repetition > depth {
        throw .damagedEncoding("a list element without a list")
      }
      elementCount &+= repetition <= depth &+ 1 && level >= wanted ? 1 : 0
    }
    room[list] = elementCount
    return buffer.freeze()
  }
}

/// The levels of one leaf; `repetition` is empty where there are no lists.
struct LeafEntries {
  let repetition: [UInt8]
  let definition: [UInt8]
}

internal import Columnar

/// Turns the pages of one leaf column into a vector with a slot for each value or null.
///
/// In a column without lists a slot is a row. Below lists a slot is an element of the innermost list, and
/// the levels of all wanted entries are kept besides, for ``NestedAssembler``.
final class LeafDecoder {
  private let shape: LeafShape
  /// The level from which on an entry has a slot: that of the innermost repeated field.
  private let slotDefinition: Int
  private let keepsLevels: Bool
  private let values: any LeafValuesBox
  private var validity: ValidityRows
  private(set) var repetition = WritableLevels()
  private(set) var definition = WritableLevels()
  private(set) var slotCount = 0

  /// Makes a decoder.
  ///
  /// - Parameters:
  ///   - shape: What the values are.
  ///   - slotDefinition: The level from which on an entry has a slot.
  ///   - keepsLevels: Whether definition levels are kept though there are no lists, for structs.
  ///   - capacity: The most slots that can come.
  init(_ shape: LeafShape, slotDefinition: Int, keepsLevels: Bool, capacity: Int) {
    (self.shape, self.slotDefinition) = (shape, slotDefinition)
    self.keepsLevels = keepsLevels || shape.maxRepetition > 0
    values =
      switch shape.type {
      case .boolean: BoxedLeafValues(BooleanLeafValues())
      case .int32: BoxedLeafValues(FixedLeafValues<Int32>(shape))
      case .int64: BoxedLeafValues(FixedLeafValues<Int64>(shape))
      case .float: BoxedLeafValues(FixedLeafValues<Float>(shape))
      case .double: BoxedLeafValues(FixedLeafValues<Double>(shape))
      case .int96, .byteArray, .fixedLengthByteArray: BoxedLeafValues(FixedLeafValues<StringView>(shape))
      }
    values.reserve(slotCount: capacity)
    validity = ValidityRows(capacity: capacity)
  }

  /// Takes the dictionary.
  func setDictionary(_ dictionary: LeafDictionary) throws(FileFormatError) {
    try values.setDictionary(dictionary)
  }

  /// Appends rows nobody will look at: empty lists below lists.
  func appendUnwanted(rowCount: Int) throws(FileFormatError) {
    if shape.maxRepetition > 0 {
      var none = LevelDecoder.constant(0)
      try repetition.append(&none, [UInt8]().span, count: rowCount)
      try definition.append(&none, [UInt8]().span, count: rowCount)
      return
    }
    values.appendUnwanted(slots: slotCount..<slotCount + rowCount)
    validity.appendValid(rowCount)
    if keepsLevels {
      var all = LevelDecoder.constant(UInt8(shape.maxDefinition))
      try definition.append(&all, [UInt8]().span, count: rowCount)
    }
    slotCount += rowCount
  }

  /// Appends rows `rows` of a page of a column without lists.
  func appendFlat(_ page: consuming DataPage, rows: Range<Int>) throws(FileFormatError) {
    let buffer = page.levelBuffer
    let bytes = buffer.bytes
    var skippedValid = rows.lowerBound
    if keepsLevels || shape.maxDefinition > 1 {
      // Levels of structs: kept, or turned to bits by way of one byte each.
      var passed = WritableLevels()
      try passed.append(&page.definition, bytes, count: rows.lowerBound)
      skippedValid = LevelBits.count(
        passed.levels.span, 0..<rows.lowerBound, atLeast: UInt8(shape.maxDefinition))
      let first = definition.count
      try definition.append(&page.definition, bytes, count: rows.count)
      let validCount = try appendValidity(entries: first..<definition.count)
      if !keepsLevels { definition.truncate(to: first) }
      try appendValues(page.values, skipping: skippedValid, validCount: validCount, slotCount: rows.count)
      return
    }
    if shape.maxDefinition == 1 {
      guard try page.definition.areAll(1, bytes, count: rows.upperBound) else {
        skippedValid = try page.definition.skipBits(bytes, count: rows.lowerBound)
        var definition = page.definition
        let validCount = try validity.append(rows.count) { (words, first) throws(FileFormatError) in
          try definition.decodeBits(bytes, count: rows.count, into: &words, at: first)
        }
        try appendValues(page.values, skipping: skippedValid, validCount: validCount, slotCount: rows.count)
        return
      }
      validity.appendValid(rows.count)
    } else {
      validity.appendValid(rows.count)
    }
    try appendValues(page.values, skipping: skippedValid, validCount: rows.count, slotCount: rows.count)
  }

  /// Appends rows of a page of a column with lists.
  ///
  /// - Parameters:
  ///   - page: The page.
  ///   - rows: The rows to take, counted from the first row that begins in the page; the entries in front of
  ///     that belong to row -1, which began on an earlier page.
  ///   - beginsRow: Whether the page must begin with a new row.
  /// - Returns: How many rows begin in the page.
  /// - Throws: ``FileFormatError`` if the page is damaged.
  func appendNested(
    _ page: consuming DataPage, rows: Range<Int>, beginsRow: Bool
  ) throws(FileFormatError) -> Int {
    let buffer = page.levelBuffer
    let (bytes, entryCount) = (buffer.bytes, page.valueCount)
    let first = repetition.count
    try repetition.append(&page.repetition, bytes, count: entryCount)
    try definition.append(&page.definition, bytes, count: entryCount)
    if beginsRow && entryCount > 0 && repetition.levels[first] != 0 {
      throw .damagedEncoding("a row begins with repetition level \(repetition.levels[first])")
    }
    let (rowCount, begin, end) = NestedAssembler.entries(
      ofRows: rows, in: repetition.levels.span, from: first)
    let skippedValid = LevelBits.count(
      definition.levels.span, first..<begin, atLeast: UInt8(shape.maxDefinition))
    let validBefore = slotCount
    repetition.truncate(to: end)
    definition.truncate(to: end)
    repetition.remove(first..<begin)
    definition.remove(first..<begin)
    let validCount = try appendValidity(entries: first..<definition.count)
    try appendValues(
      page.values, skipping: skippedValid, validCount: validCount, slotCount: validity.count - validBefore)
    return rowCount
  }

  /// Turns the levels of `entries` to slots.
  ///
  /// - Returns: How many slots have a value.
  private func appendValidity(entries: Range<Int>) throws(FileFormatError) -> Int {
    let levels = definition.levels
    let span = levels.span
    let (slotLevel, validLevel) = (UInt8(slotDefinition), UInt8(shape.maxDefinition))
    guard LevelBits.areAll(span, entries, atMost: validLevel) else {
      throw .damagedEncoding("a definition level above \(validLevel)")
    }
    let valid = LevelBits.count(span, entries, atLeast: validLevel)
    let slots = slotLevel == 0 ? entries.count : LevelBits.count(span, entries, atLeast: slotLevel)
    guard valid < slots else {
      validity.appendValid(slots)
      return valid
    }
    return try validity.append(slots) { (words, first) in
      if slots == entries.count {
        LevelBits.write(span, entries, atLeast: validLevel, into: &words, at: first)
        return valid
      }
      var slot = first
      for entry in entries where span[entry] >= slotLevel {
        let bit: UInt64 = span[entry] == validLevel ? 1 : 0
        words[slot &>> 6] |= bit &<< UInt64(slot & 63)
        slot &+= 1
      }
      return valid
    }
  }

  private func appendValues(
    _ section: ValueSection, skipping skipped: Int, validCount: Int, slotCount count: Int
  ) throws(FileFormatError) {
    let slots = slotCount..<slotCount + count
    try validity.withWords { (words) throws(FileFormatError) in
      try values.append(section, skipping: skipped, validCount: validCount, slots: slots, validity: words)
    }
    slotCount += count
  }

  /// Returns the slots as a vector.
  func finish() throws(FileFormatError) -> Vector {
    var rows = ValidityRows(capacity: 0)
    swap(&rows, &validity)
    return try values.finish(slotCount: slotCount, validity: rows.finish())
  }
}

extension Vector {
  /// Whether a row is null, whatever the encoding.
  public func isNull(at row: Int) -> Bool {
    if storage.isNullConstant { return true }
    if let validity, !validity[row] { return true }
    guard hasNullEntries, let entries = base?.validity else { return false }
    return !entries[Int(codes[row])]
  }

  /// Returns the value of one row; for results, bounds and messages, not for loops over columns.
  ///
  /// - Parameters:
  ///   - row: A row below `count`.
  ///   - type: What the values mean; its physical type is the vector's.
  /// - Returns: The value, `.null` if the row is null.
  public func scalar(at row: Int, as type: LogicalType) -> ScalarValue {
    precondition(row >= 0 && row < count)
    if isNull(at: row) { return .null }
    switch encoding {
    case .constant: return base.unsafelyUnwrappedOrTrap.scalar(at: 0, as: type)
    case .dictionary: return base.unsafelyUnwrappedOrTrap.scalar(at: Int(codes[row]), as: type)
    case .flat: break
    }
    switch self.type {
    case .bit: return .boolean(bits[row])
    case .int32: return .integer(Int64(int32s[row]))
    case .int64:
      if case .decimal = type { return .decimal(Int128(int64s[row])) }
      return .integer(int64s[row])
    case .int128: return .decimal(int128s[row])
    case .float: return .real(floats[row])
    case .double: return .double(doubles[row])
    case .string: return .bytes(strings[row].bytes)
    case .interval: return .interval(intervals[row])
    case .list:
      let (begin, end) = (Int(offsets[row]), Int(offsets[row + 1]))
      if case .map(let key, let value) = type {
        let entries = elements.flattened().fields
        return .map(
          keys: (begin..<end).map { entries[0].scalar(at: $0, as: key) },
          values: (begin..<end).map { entries[1].scalar(at: $0, as: value) })
      }
      let elementType = type.childTypes[0]
      return .list((begin..<end).map { elements.scalar(at: $0, as: elementType) })
    case .struct:
      let types = type.childTypes
      let fields = fields
      return .struct(fields.indices.map { fields[$0].scalar(at: row, as: types[$0]) })
    }
  }
}

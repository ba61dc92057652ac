internal import Columnar
internal import Synchronization

/// The dictionary of a column chunk.
final class LeafDictionary: Sendable {
  /// The entries as they are stored.
  let entries: Vector
  private let conversion: LeafConversion
  private let knownValues = Mutex<Vector?>(nil)

  /// Decodes a dictionary page.
  init(_ section: ValueSection, _ shape: LeafShape) throws(FileFormatError) {
    conversion = shape.conversion
    entries =
      switch shape.type {
      case .boolean: throw FileFormatError.damagedEncoding("a dictionary of booleans")
      case .int32: try FixedLeafValues<Int32>.decodeDictionary(section, shape)
      case .int64: try FixedLeafValues<Int64>.decodeDictionary(section, shape)
      case .float: try FixedLeafValues<Float>.decodeDictionary(section, shape)
      case .double: try FixedLeafValues<Double>.decodeDictionary(section, shape)
      case .int96, .byteArray, .fixedLengthByteArray:
        try FixedLeafValues<StringView>.decodeDictionary(section, shape)
      }
  }

  /// The entries as the engine's values, one vector for all who ask.
  func values() throws(FileFormatError) -> Vector {
    try knownValues.withLock { (known) throws(FileFormatError) in
      if let known { return known }
      let values = try conversion.convert(entries)
      known = values
      return values
    }
  }
}

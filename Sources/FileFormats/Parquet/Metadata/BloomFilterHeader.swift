/// What stands before the bits of a bloom filter (parquet.thrift, `BloomFilterHeader`).
package struct BloomFilterHeader: Hashable, Sendable {
  /// Bytes of the bits, a multiple of 32.
  package var byteCount: Int

  package init(byteCount: Int) { self.byteCount = byteCount }

  /// Reads a header; afterwards the reader stands at the first byte of the bits.
  ///
  /// - Parameter reader: The header's bytes.
  /// - Returns: The header.
  /// - Throws: `.unsupported` unless the filter is a split block filter of xxHash, not compressed.
  package static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> BloomFilterHeader {
    var byteCount = 0
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: byteCount = try reader.count32(field)
      case 2, 3, 4:
        var choice = try reader.structure(field)
        while let chosen = try reader.next(&choice) {
          guard chosen.id == 1 else {
            let part = field.id == 2 ? "algorithm" : field.id == 3 ? "hash" : "compression"
            throw .unsupported("bloom filter \(part) \(chosen.id) is not supported")
          }
          try reader.skip(chosen)
        }
      default: try reader.skip(field)
      }
    }
    guard byteCount > 0, byteCount % 32 == 0 else {
      throw reader.damaged("a bloom filter of \(byteCount) bytes")
    }
    return BloomFilterHeader(byteCount: byteCount)
  }

  func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    writer.int32(1, byteCount)
    for id in 2...4 {
      writer.beginStructure(id)
      writer.emptyStructure(1)
      writer.endStructure()
    }
    writer.endStructure()
  }
}

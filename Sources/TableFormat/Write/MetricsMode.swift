/// Which metrics of a column are kept in manifests (`write.metadata.metrics.*`).
enum MetricsMode: Hashable, Sendable {
  case none
  case counts
  /// Counts, and bounds of at most so many code points or bytes.
  case truncate(Int)
  case full

  /// Reads a property's value; `nil` if it cannot be read.
  init?(_ text: String) {
    let folded = text.lowercased()
    switch folded {
    case "none": self = .none
    case "counts": self = .counts
    case "full": self = .full
    default:
      guard folded.hasPrefix("truncate("), folded.hasSuffix(")"),
        let width = Int(folded.dropFirst("truncate(".count).dropLast()), width > 0
      else { return nil }
      self = .truncate(width)
    }
  }

  /// Returns the modes of all fields of a schema.
  ///
  /// Sorted columns have bounds whatever the default is; beyond the first
  /// `write.metadata.metrics.max-inferred-column-defaults` fields the default is to keep nothing.
  static func modes(
    of schema: Schema, sortOrder: SortOrder, _ properties: TableProperties
  ) -> [FieldID: MetricsMode] {
    let stated = properties["write.metadata.metrics.default"].flatMap { MetricsMode($0) }
    let limit = properties.number("write.metadata.metrics.max-inferred-column-defaults", default: 100)
    let sorted = Set(sortOrder.fields.map(\.sourceID))
    var modes: [FieldID: MetricsMode] = [:]
    var leafCount: Int64 = 0
    var pending = schema.fields[...]
    while let field = pending.popFirst() {
      if field.type.isNested {
        pending = field.type.childFields[...] + pending
        continue
      }
      leafCount += 1
      var mode = stated ?? (leafCount <= limit ? .truncate(16) : MetricsMode.none)
      if sorted.contains(field.id), mode == .none || mode == .counts { mode = .truncate(16) }
      if let name = schema.name(of: field.id),
        let own = properties.column("write.metadata.metrics.column.", name).flatMap({ MetricsMode($0) })
      {
        mode = own
      }
      modes[field.id] = mode
    }
    return modes
  }
}

/// Bounds that are cut to a width and still enclose (rule 49).
enum BoundTruncation {
  /// Returns a lower bound: the first `width` code points of text, or bytes of binary.
  static func lower(_ bytes: [UInt8], width: Int, isText: Bool) -> [UInt8] {
    Array(bytes[..<Transform.truncatedCount(bytes.span, width: width, isText: isText)])
  }

  /// Returns an upper bound of the same length: its last code point or byte that can grow is one greater.
  ///
  /// - Parameters:
  ///   - bytes: A greatest value.
  ///   - width: Code points of text, bytes of binary.
  ///   - isText: Whether the bytes are UTF-8.
  /// - Returns: The bytes as they are if they are short enough; `nil` if none of the prefix can grow.
  static func upper(_ bytes: [UInt8], width: Int, isText: Bool) -> [UInt8]? {
    let prefix = lower(bytes, width: width, isText: isText)
    if prefix.count == bytes.count { return bytes }
    guard isText else { return PartitionBounds.successor(of: prefix) }
    var scalars = Array(String(decoding: prefix, as: UTF8.self).unicodeScalars)
    while let last = scalars.popLast() {
      // Surrogates are no code points; the last one has none after it.
      let next: UInt32 = last.value == 0xD7FF ? 0xE000 : last.value + 1
      guard let scalar = Unicode.Scalar(next) else { continue }
      scalars.append(scalar)
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      return Array(text.utf8)
    }
    return nil
  }
}

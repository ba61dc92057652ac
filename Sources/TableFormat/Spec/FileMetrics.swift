/// Counts by field id, such as the nulls of each column of a file.
///
/// A missing count is unknown, not zero (rule 52).
public struct FieldCounts: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// Ids and counts in turn: one allocation for a file, however many columns it has.
  package var pairs: [Int64]

  /// Makes counts without any.
  public init() { pairs = [] }

  package init(pairs: [Int64]) { self.pairs = pairs }

  /// Makes counts of id and count pairs.
  public init(dictionaryLiteral elements: (FieldID, Int64)...) {
    pairs = elements.flatMap { [Int64($0.0.rawValue), $0.1] }
  }

  /// Whether nothing is known.
  public var isEmpty: Bool { pairs.isEmpty }

  /// How many columns have a count.
  public var count: Int { pairs.count / 2 }

  /// The count of a field, `nil` when unknown.
  public subscript(id: FieldID) -> Int64? {
    get {
      let wanted = Int64(id.rawValue)
      var at = 0
      while at < pairs.count {
        if pairs[at] == wanted { return pairs[at + 1] }
        at += 2
      }
      return nil
    }
    set {
      let wanted = Int64(id.rawValue)
      for at in stride(from: 0, to: pairs.count, by: 2) where pairs[at] == wanted {
        if let newValue { pairs[at + 1] = newValue } else { pairs.removeSubrange(at...at + 1) }
        return
      }
      if let newValue { pairs += [wanted, newValue] }
    }
  }

  /// All ids and counts, in the order they were given.
  public var all: [(id: FieldID, count: Int64)] {
    stride(from: 0, to: pairs.count, by: 2).map {
      (FieldID(Int32(truncatingIfNeeded: pairs[$0])), pairs[$0 + 1])
    }
  }
}

/// Lower or upper bounds by field id, in the binary single-value serialisation (see ``SingleValue``).
///
/// A missing bound is unknown (rule 52). A bound may be of the width that the column had when the file was
/// written (rule 9).
public struct FieldBounds: Hashable, Sendable {
  /// Field ids and the ends of their values in `bytes`, in turn.
  package var entries: [Int32]
  package var bytes: [UInt8]

  /// Makes bounds without any.
  public init() { (entries, bytes) = ([], []) }

  package init(entries: [Int32], bytes: [UInt8]) { (self.entries, self.bytes) = (entries, bytes) }

  /// Makes bounds of a dictionary.
  public init(_ values: [FieldID: [UInt8]]) {
    self.init()
    for (id, value) in values.sorted(by: { $0.key < $1.key }) { self.append(value, for: id) }
  }

  /// Whether nothing is known.
  public var isEmpty: Bool { entries.isEmpty }

  /// How many columns have a bound.
  public var count: Int { entries.count / 2 }

  /// Adds the bound of a field that has none yet.
  public mutating func append(_ value: [UInt8], for id: FieldID) {
    bytes += value
    entries += [id.rawValue, Int32(bytes.count)]
  }

  /// Where the bound of a field lies in the bytes.
  package func range(of id: FieldID) -> Range<Int>? {
    var at = 0
    while at < entries.count {
      if entries[at] == id.rawValue {
        return (at == 0 ? 0 : Int(entries[at - 1]))..<Int(entries[at + 1])
      }
      at += 2
    }
    return nil
  }

  /// The bytes of a field's bound, `nil` when unknown.
  public subscript(id: FieldID) -> [UInt8]? { range(of: id).map { Array(bytes[$0]) } }

  /// All ids and bounds, in the order they were given.
  public var all: [(id: FieldID, value: [UInt8])] {
    stride(from: 0, to: entries.count, by: 2).map {
      let start = $0 == 0 ? 0 : Int(entries[$0 - 1])
      return (FieldID(entries[$0]), Array(bytes[start..<Int(entries[$0 + 1])]))
    }
  }
}

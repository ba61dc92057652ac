/// Which group of one table goes to which of another.
struct GroupMapping: Sequence {
  /// Groups of the table that is merged.
  let from: [UInt32]
  /// The group that each goes to.
  let into: [UInt32]

  func makeIterator() -> Iterator { Iterator(mapping: self) }

  struct Iterator: IteratorProtocol {
    let mapping: GroupMapping
    var index = 0

    @inline(__always) mutating func next() -> (Int, Int)? {
      guard index < mapping.from.count else { return nil }
      defer { index += 1 }
      return (Int(mapping.from[index]), Int(mapping.into[index]))
    }
  }

  /// The target of each group of the merged table, 0 where there is none.
  func table(count: Int) -> [UInt32] {
    var table = [UInt32](repeating: 0, count: count)
    for index in from.indices { table[Int(from[index])] = into[index] }
    return table
  }
}

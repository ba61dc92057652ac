internal import Columnar

/// What an aggregate keeps for the groups of one table.
///
/// Groups are numbered from 1. Group 0 is a bin: rows that do not count (filtered out, null, seen before)
/// are given to it, so that the loops over rows have no other condition. Its state is never looked at.
class Accumulator {
  /// Whether `update` takes dictionary and constant vectors as they come; otherwise they are flattened.
  var acceptsAnyEncoding: Bool { false }

  /// Whether `update` looks at the values of rows, not only at their groups.
  var readsArguments: Bool { true }

  /// The argument whose values are all that is collected, where another accumulator may share them.
  var collectedArgument: Int? { nil }

  /// Takes the values that `leader` collects for its own from now on, and returns whether it does.
  func follow(_ leader: Accumulator) -> Bool { false }

  /// Bytes held, roughly.
  var byteCount: Int { 0 }

  /// Makes room for groups `0 ..< count`.
  func grow(to count: Int) { preconditionFailure("\(type(of: self)) must grow") }

  /// Adds row *r* of the arguments to group `groups[r]`.
  func update(_ arguments: [Vector], groups: [UInt32]) throws(QueryError) {
    preconditionFailure("\(type(of: self)) must update")
  }

  /// Adds the rows set in `mask` (all if `nil`) to one group.
  func update(_ arguments: [Vector], rowCount: Int, mask: Bitmap?, group: Int) throws(QueryError) {
    var groups = [UInt32](repeating: UInt32(truncatingIfNeeded: group), count: rowCount)
    if let mask { Kernels.clearUnselected(&groups, mask) }
    try update(arguments, groups: groups)
  }

  /// Prepares for some of the groups being merged into others, by several workers at once.
  func prepareToBeMerged() {}

  /// Adds groups of `other`, which is of the same class, to groups of this one.
  func merge(_ other: Accumulator, groups: GroupMapping) throws(QueryError) {
    preconditionFailure("\(type(of: self)) must merge")
  }

  /// Returns the results of the groups in `range`.
  func results(_ range: Range<Int>) throws(QueryError) -> Vector {
    preconditionFailure("\(type(of: self)) must give results")
  }
}

/// Takes an array out of a class, so that a span over it may live in a local; it is swapped back after.
@inline(__always) func take<Element>(_ array: inout [Element]) -> [Element] {
  var taken: [Element] = []
  swap(&taken, &array)
  return taken
}

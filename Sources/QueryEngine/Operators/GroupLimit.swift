internal import Columnar
internal import Synchronization

/// Keeps an aggregate to as many groups as are wanted, where it does not matter which.
///
/// The first worker that has enough groups names them for all; from then on rows of other groups are dropped. What
/// workers have of other groups is not all of it, so these are left out at the end.
final class GroupLimit: Sendable {
  private struct Chosen: @unchecked Sendable {
    // SAFETY: the table is read only from the moment it is published here, under the lock.
    let table: GroupTable
    /// A bit for some bits of each group's hash.
    let filter: [UInt64]
  }
  private let count: Int
  private let state = Mutex<Chosen?>(nil)

  init(_ count: Int) { self.count = count }

  /// Whether the groups have been named.
  var isSettled: Bool { state.withLock { $0 != nil } }

  /// Names the first groups of a worker's table, if these are enough and none has been before.
  func settle(_ groups: GroupTable) {
    guard groups.endGroup > count else { return }
    state.withLock { chosen in
      if chosen == nil { chosen = GroupLimit.chosen(groups, count) }
    }
  }

  private static func chosen(_ groups: GroupTable, _ count: Int) -> Chosen {
    let numbers = (0..<UInt32(count)).map { $0 + 1 }
    let keys = groups.keys(numbers)
    let table = GroupTable(groups.types)
    var found = [UInt32](repeating: 0, count: count)
    table.assign(keys, numbers.map { groups.hashes[Int($0)] }, mask: nil, &found)
    var wordCount = 16
    while wordCount < count { wordCount *= 2 }
    var filter = [UInt64](repeating: 0, count: wordCount)
    for group in 1..<table.endGroup {
      let (word, bit) = place(table.hashes[group], wordCount)
      filter[word] |= bit
    }
    return Chosen(table: table, filter: filter)
  }

  @inline(__always) private static func place(_ hash: UInt64, _ wordCount: Int) -> (word: Int, bit: UInt64) {
    (Int(truncatingIfNeeded: hash &>> 18) & (wordCount &- 1), 1 &<< (hash &>> 12 & 63))
  }

  /// Returns the rows of the groups named, among those selected; `nil` while all rows count.
  func select(_ keys: [Vector], rowCount: Int, mask: Bitmap?) -> Selection? {
    guard let chosen = state.withLock({ $0 }) else { return nil }
    var hashes: [UInt64] = []
    GroupTable.hash(keys, into: &hashes)
    var rows: [UInt32] = []
    let filter = chosen.filter
    Kernels.forEachRow(mask, count: rowCount) { row in
      let (word, bit) = GroupLimit.place(hashes[row], filter.count)
      if filter[word] & bit != 0 { rows.append(UInt32(truncatingIfNeeded: row)) }
    }
    var builder = BitmapBuilder(count: rowCount)
    var count = 0
    if !rows.isEmpty {
      let found = chosen.table.find(
        keys.map { $0.taking(rows.span).flattened() }, rows.map { hashes[Int($0)] })
      for index in found.indices where found[index] != 0 {
        builder.insert(Int(rows[index]))
        count += 1
      }
    }
    return Selection(builder.freeze(), count: count)
  }
}

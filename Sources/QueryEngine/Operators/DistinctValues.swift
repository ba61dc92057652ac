internal import Columnar

/// The distinct values of an aggregate's arguments in each group.
///
/// A hash table holds pairs of group and value in one number: the value itself if it is an integer, else
/// the value's number in a table of values, which all groups share. If there is one group only, the table of
/// values is enough. Dictionary codes seen before are passed over by a bit per group and code.
final class DistinctValues {
  enum Packing { case int32, int64, numbered(GroupTable), alone }

  let types: [LogicalType]
  let packing: Packing
  let pairs: GroupTable
  private var base: Vector?
  private var seen: [UInt64] = []
  private var seenGroupCount = 0
  /// By share of the groups, the pairs in it.
  private var shares = PartitionedNumbers()
  /// By a value's number less 1, the number that all workers use for it; empty if they do not.
  var commonNumbers: [UInt32] = []

  private static let seenLimit = 1 << 25
  /// Pairs that are looked at together.
  static let chunkLength = 8192

  /// Makes an empty set; `keepsNulls` if rows with nulls may be inserted, `isAlone` if all rows are of group 1.
  init(_ types: [LogicalType], keepsNulls: Bool, isAlone: Bool) {
    self.types = types
    let isSingle = types.count == 1 && !keepsNulls
    switch isSingle ? types[0].physicalType : .struct {
    case _ where isAlone:
      packing = .alone
      pairs = GroupTable(types)
    case .int32:
      packing = .int32
      pairs = GroupTable([.bigint])
    case .int64:
      packing = .int64
      pairs = GroupTable([.decimal(precision: 38, scale: 0)])
    default:
      packing = .numbered(GroupTable(types))
      pairs = GroupTable([.bigint])
    }
  }

  var byteCount: Int {
    var total = pairs.byteCount + seen.count * 8
    if case .numbered(let values) = packing { total += values.byteCount }
    return total
  }

  /// Bytes that are taken at once when room is made for `count` more rows.
  func growthByteCount(adding count: Int) -> Int {
    var total = pairs.growthByteCount(adding: count)
    if case .numbered(let values) = packing { total += values.growthByteCount(adding: count) }
    return total
  }

  /// Bytes that indexing and common numbers will take.
  var indexByteCount: Int { (count + valueCount) * 4 }

  /// How many pairs of group and value there are.
  var count: Int { pairs.endGroup - 1 }

  /// Adds the values of rows to their groups; rows of group 0 do not count.
  func insert(_ values: [Vector], groups: [UInt32], endGroup: Int) {
    var fresh: [UInt32] = []
    if values.count == 1, values[0].encoding == .dictionary, let base = values[0].base,
      prepareSeen(base, endGroup)
    {
      let key = values[0]
      let hasNulls = key.validity != nil
      let codes = key.codes
      let width = base.count
      var bits = take(&seen)
      var room = bits.mutableSpan
      for row in groups.indices where groups[row] != 0 {
        if hasNulls && key.isNull(at: row) {
          fresh.append(UInt32(truncatingIfNeeded: row))
          continue
        }
        let place = Int(groups[row]) &* width &+ Int(codes[row])
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: place & 63)
        if room[place &>> 6] & bit == 0 {
          room[place &>> 6] |= bit
          fresh.append(UInt32(truncatingIfNeeded: row))
        }
      }
      swap(&bits, &seen)
    } else {
      for row in groups.indices where groups[row] != 0 { fresh.append(UInt32(truncatingIfNeeded: row)) }
    }
    if fresh.isEmpty { return }
    if fresh.count == groups.count { return insertAll(values, groups) }
    insertAll(values.map { $0.taking(fresh.span) }, fresh.map { groups[Int($0)] })
  }

  /// Adds all rows, whose values hash to `hashes` if that is known.
  func insertAll(_ values: [Vector], _ groups: [UInt32], hashes: [UInt64]? = nil) {
    var found = [UInt32](repeating: 0, count: groups.count)
    switch packing {
    case .int32, .int64:
      pairs.assignByHash([packed(groups, values)], rowCount: groups.count, mask: nil, &found)
    case .alone: assign(values, hashes, in: pairs, &found)
    case .numbered(let table):
      assign(values, hashes, in: table, &found)
      let packed = DistinctValues.packed(groups, found)
      pairs.assignByHash([packed], rowCount: groups.count, mask: nil, &found)
    }
  }

  private func assign(
    _ values: [Vector], _ hashes: [UInt64]?, in table: GroupTable, _ found: inout [UInt32]
  ) {
    if let hashes { return table.assign(values.map { $0.flattened() }, hashes, mask: nil, &found) }
    if let only = table.assign(values, rowCount: found.count, mask: nil, into: &found) {
      for row in found.indices { found[row] = UInt32(only) }
    }
  }

  /// Whether each row's value is in its group; several workers may ask at once.
  func contain(_ values: [Vector], _ hashes: [UInt64], groups: [UInt32]) -> [Bool] {
    let flat = values.map { $0.flattened() }
    let key: Vector
    switch packing {
    case .alone: return pairs.find(flat, hashes).map { $0 != 0 }
    case .int32, .int64: key = packed(groups, flat)
    case .numbered(let table): key = DistinctValues.packed(groups, table.find(flat, hashes))
    }
    // No pair has group 0 or the value 0.
    var pairHashes: [UInt64] = []
    GroupTable.hash([key], into: &pairHashes)
    return pairs.find([key], pairHashes).map { $0 != 0 }
  }

  /// Groups and integers as one number each.
  private func packed(_ groups: [UInt32], _ values: [Vector]) -> Vector {
    let flat = values[0].flattened()
    if case .int64 = packing {
      let source = flat.int64s
      var buffer = WritableBuffer(byteCount: groups.count * 16)
      var room = buffer.elements(as: Int128.self, count: groups.count)
      for row in groups.indices {
        room[row] = Int128(groups[row]) &<< 64 | Int128(UInt64(bitPattern: source[row]))
      }
      return .flat(buffer.freeze(), of: Int128.self, count: groups.count)
    }
    let source = flat.int32s
    var buffer = WritableBuffer(byteCount: groups.count * 8)
    var room = buffer.elements(as: Int64.self, count: groups.count)
    for row in groups.indices {
      room[row] = Int64(groups[row]) &<< 32 | Int64(UInt32(bitPattern: source[row]))
    }
    return .flat(buffer.freeze(), of: Int64.self, count: groups.count)
  }

  private static func packed(_ groups: [UInt32], _ numbers: [UInt32]) -> Vector {
    var buffer = WritableBuffer(byteCount: groups.count * 8)
    var room = buffer.elements(as: Int64.self, count: groups.count)
    for row in groups.indices { room[row] = Int64(groups[row]) &<< 32 | Int64(numbers[row]) }
    return .flat(buffer.freeze(), of: Int64.self, count: groups.count)
  }

  private func prepareSeen(_ base: Vector, _ endGroup: Int) -> Bool {
    guard base.count > 0, base.count * endGroup <= DistinctValues.seenLimit else { return false }
    if let known = self.base, known.storageIdentity == base.storageIdentity, known.firstRow == base.firstRow {
      if endGroup <= seenGroupCount { return true }
      seenGroupCount = max(endGroup, min(endGroup * 2, DistinctValues.seenLimit / base.count))
      let words = (base.count * seenGroupCount + 63) / 64
      seen.append(contentsOf: repeatElement(0, count: max(0, words - seen.count)))
      return true
    }
    self.base = base
    seenGroupCount = endGroup
    seen = [UInt64](repeating: 0, count: (base.count * endGroup + 63) / 64)
    return true
  }

  // MARK: - Reading

  /// Sorts the pairs by the share that their group is in.
  func index(byGroups shareOfGroups: [UInt8], count shareCount: Int) {
    let end = pairs.endGroup
    switch pairs.stores.first {
    case _ where isAlone:
      shares = PartitionedNumbers(from: 1, to: end, shareCount: shareCount) { _ in Int(shareOfGroups[1]) }
    case let store as ValueKeyStore<Int128>:
      let values = store.values
      shares = PartitionedNumbers(from: 1, to: end, shareCount: shareCount) {
        Int(shareOfGroups[Int(UInt32(truncatingIfNeeded: values[$0] &>> 64))])
      }
    case let store as ValueKeyStore<Int64>:
      let values = store.values
      shares = PartitionedNumbers(from: 1, to: end, shareCount: shareCount) {
        Int(shareOfGroups[Int(UInt32(truncatingIfNeeded: values[$0] &>> 32))])
      }
    default: break
    }
  }

  private var isAlone: Bool { if case .alone = packing { true } else { false } }

  /// The numbers of all pairs.
  var allPairs: [UInt32] { (1..<UInt32(pairs.endGroup)).map { $0 } }

  /// The pairs whose groups are in a share.
  func pairs(in share: Int) -> ArraySlice<UInt32> { shares[share] }

  /// Calls `body` with all pairs of group and values, some thousand at a time.
  ///
  /// Neither values nor hashes are made if they are not wanted.
  func forEachChunk(
    wantsValues: Bool = true,
    _ body: (_ groups: [UInt32], _ values: [Vector], _ hashes: [UInt64]) throws(QueryError) -> Void
  ) throws(QueryError) {
    try forEachChunk(of: allPairs[...], wantsValues: wantsValues, body)
  }

  /// Calls `body` with some pairs of group and values, some thousand at a time.
  func forEachChunk(
    of numbers: ArraySlice<UInt32>, wantsValues: Bool = true,
    _ body: (_ groups: [UInt32], _ values: [Vector], _ hashes: [UInt64]) throws(QueryError) -> Void
  ) throws(QueryError) {
    var rest = numbers
    while !rest.isEmpty {
      let some = Array(rest.prefix(DistinctValues.chunkLength))
      rest = rest.dropFirst(some.count)
      if case .alone = packing {
        let hashes = wantsValues ? some.map { pairs.hashes[Int($0)] } : []
        try body([UInt32](repeating: 1, count: some.count), wantsValues ? pairs.keys(some) : [], hashes)
        continue
      }
      let packed = pairs.keys(some)[0]
      var groups = [UInt32](repeating: 0, count: some.count)
      var hashes: [UInt64] = []
      if case .int64 = packing {
        let source = packed.int128s
        for row in some.indices { groups[row] = UInt32(truncatingIfNeeded: source[row] &>> 64) }
      } else {
        let source = packed.int64s
        for row in some.indices { groups[row] = UInt32(truncatingIfNeeded: source[row] &>> 32) }
      }
      guard wantsValues else {
        try body(groups, [], [])
        continue
      }
      var values: [Vector]
      switch packing {
      case .int64:
        let source = packed.int128s
        values = [DistinctValues.lowHalves(source)]
        GroupTable.hash(values, into: &hashes)
      case .int32:
        let source = packed.int64s
        values = [DistinctValues.lowHalves(source)]
        GroupTable.hash(values, into: &hashes)
      case .numbered(let table):
        let source = packed.int64s
        var numbers = [UInt32](repeating: 0, count: some.count)
        for row in some.indices { numbers[row] = UInt32(truncatingIfNeeded: source[row]) }
        values = table.keys(numbers)
        hashes = numbers.map { table.hashes[Int($0)] }
      case .alone: values = []
      }
      try body(groups, values, hashes)
    }
  }

  private static func lowHalves(_ source: Span<Int128>) -> Vector {
    var buffer = WritableBuffer(byteCount: source.count * 8)
    var room = buffer.elements(as: Int64.self, count: source.count)
    for row in source.indices { room[row] = Int64(truncatingIfNeeded: source[row]) }
    return .flat(buffer.freeze(), of: Int64.self, count: source.count)
  }

  private static func lowHalves(_ source: Span<Int64>) -> Vector {
    var buffer = WritableBuffer(byteCount: source.count * 4)
    var room = buffer.elements(as: Int32.self, count: source.count)
    for row in source.indices { room[row] = Int32(truncatingIfNeeded: source[row]) }
    return .flat(buffer.freeze(), of: Int32.self, count: source.count)
  }
}

/// Numbers sorted by the share they are in.
struct PartitionedNumbers {
  private var numbers: [UInt32] = []
  private var starts: [Int] = []

  init() {}

  /// Sorts `first ..< end` by `share`, keeping the order within each.
  init(from first: Int, to end: Int, shareCount: Int, share: (Int) -> Int) {
    var counts = [Int](repeating: 0, count: shareCount + 1)
    for number in first..<max(first, end) { counts[share(number) + 1] += 1 }
    for index in 0..<shareCount { counts[index + 1] += counts[index] }
    starts = counts
    numbers = [UInt32](repeating: 0, count: max(0, end - first))
    for number in first..<max(first, end) {
      let share = share(number)
      numbers[counts[share]] = UInt32(number)
      counts[share] += 1
    }
  }

  subscript(share: Int) -> ArraySlice<UInt32> {
    starts.isEmpty ? [] : numbers[starts[share]..<starts[share + 1]]
  }
}

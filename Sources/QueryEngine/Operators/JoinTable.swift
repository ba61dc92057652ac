internal import Columnar

/// The rows of a join's build side, found by the hash of their keys.
///
/// Buckets lie one after the other: `starts[b] ..< starts[b + 1]` are the entries of bucket *b*, the highest
/// bits of the hash. An entry holds the lower half of the hash, against which a probe is compared before any
/// key is looked at, and the row.
struct JoinTable: Sendable {
  /// The columns put out, then the keys, flat.
  let columns: [Vector]
  let keys: [Vector]
  let keyTypes: [LogicalType]
  let rowCount: Int
  /// Whether some key is null, so that NOT IN knows.
  let hasNullKey: Bool
  /// The order of the rows by the compared column of an ASOF join.
  let asofCodes: [UInt64]
  let starts: [UInt32]
  let entries: [UInt64]
  let shift: UInt64

  /// Builds the table.
  ///
  /// `matchesNulls` tells for each key whether nulls match each other; rows with other null keys match
  /// nothing. `builder` has the buckets if they are filled already. Tests set `hashMask` to make hashes collide.
  init(
    columns: [Vector], keys: [Vector], keyTypes: [LogicalType], matchesNulls: [Bool], rowCount: Int,
    asofCodes: [UInt64] = [], builder: JoinTableBuilder? = nil, hashMask: UInt64 = .max
  ) {
    (self.columns, self.rowCount, self.asofCodes) = (columns, rowCount, asofCodes)
    self.keys = keys.map { $0.flattened() }
    self.keyTypes = keyTypes
    guard !keys.isEmpty else {
      (hasNullKey, starts, entries, shift) = (false, [], [], 0)
      return
    }
    let valid = JoinTable.validRows(self.keys, matchesNulls)
    hasNullKey = valid.map { !$0.isAllSet } ?? false
    let filled: JoinTableBuilder
    if let builder {
      filled = builder
    } else {
      filled = JoinTableBuilder(self.keys, valid: valid, rowCount: rowCount, hashMask: hashMask)
      filled.run()
    }
    shift = filled.shift
    (starts, entries) = filled.finish()
  }

  /// The rows whose keys may match; `nil` for all.
  static func validRows(_ keys: [Vector], _ matchesNulls: [Bool]) -> Bitmap? {
    var valid: Bitmap?
    for (key, matches) in zip(keys, matchesNulls) where !matches {
      valid = Bitmap.intersection(valid, key.rowValidity)
    }
    return valid
  }

  static func hash(_ keys: [Vector], into hashes: inout [UInt64], _ mask: UInt64 = .max) {
    Kernels.hash(keys[0], into: &hashes)
    var more: [UInt64] = []
    for key in keys.dropFirst() {
      Kernels.hash(key, into: &more)
      for row in hashes.indices { hashes[row] = Kernels.combine(hashes[row], more[row]) }
    }
    if mask != .max { for row in hashes.indices { hashes[row] &= mask } }
  }

  /// Leaves the pairs whose keys are equal.
  func keepEqual(_ probeKeys: [Vector], _ pairs: inout JoinPairs) {
    for (index, probe) in probeKeys.enumerated() {
      let build = keys[index]
      switch probe.type {
      case .int32: JoinTable.keep(probe.int32s, build.int32s, probe, build, &pairs)
      case .int64: JoinTable.keep(probe.int64s, build.int64s, probe, build, &pairs)
      case .int128: JoinTable.keep(probe.int128s, build.int128s, probe, build, &pairs)
      case .float: JoinTable.keep(probe.floats, build.floats, probe, build, &pairs)
      case .double: JoinTable.keep(probe.doubles, build.doubles, probe, build, &pairs)
      case .string: JoinTable.keepStrings(probe, build, &pairs)
      case .bit: JoinTable.keepBits(probe, build, &pairs)
      case .interval, .list, .struct: JoinTable.keepScalars(probe, build, keyTypes[index], &pairs)
      }
    }
  }

  private static func keep<Value: GroupKeyValue>(
    _ left: Span<Value>, _ right: Span<Value>, _ probe: Vector, _ build: Vector, _ pairs: inout JoinPairs
  ) {
    var kept = 0
    let nulls = NullComparison(probe, build)
    for index in pairs.probe.indices {
      let (a, b) = (pairs.probe[index], pairs.build[index])
      let isSame = nulls?.result(a, b) ?? Value.areSame(left[Int(a)], right[Int(b)])
      pairs.probe[kept] = a
      pairs.build[kept] = b
      kept &+= isSame ? 1 : 0
    }
    pairs.truncate(to: kept)
  }

  private static func keepStrings(_ probe: Vector, _ build: Vector, _ pairs: inout JoinPairs) {
    let (left, right) = (probe.strings, build.strings)
    var kept = 0
    let nulls = NullComparison(probe, build)
    for index in pairs.probe.indices {
      let (a, b) = (pairs.probe[index], pairs.build[index])
      let isSame = nulls?.result(a, b) ?? (left[Int(a)] == right[Int(b)])
      pairs.probe[kept] = a
      pairs.build[kept] = b
      kept &+= isSame ? 1 : 0
    }
    pairs.truncate(to: kept)
  }

  private static func keepBits(_ probe: Vector, _ build: Vector, _ pairs: inout JoinPairs) {
    let (left, right) = (probe.bits, build.bits)
    let nulls = NullComparison(probe, build)
    pairs.keep { a, b in nulls?.result(a, b) ?? (left[Int(a)] == right[Int(b)]) }
  }

  private static func keepScalars(
    _ probe: Vector, _ build: Vector, _ type: LogicalType, _ pairs: inout JoinPairs
  ) {
    let nulls = NullComparison(probe, build)
    pairs.keep { a, b in
      nulls?.result(a, b)
        ?? (ScalarOrdering.compare(probe.scalar(at: Int(a), as: type), build.scalar(at: Int(b), as: type))
          == 0)
    }
  }

  /// Nulls of either side, where there are any; keys of which one is null are equal if both are.
  private struct NullComparison {
    let left: Bitmap?
    let right: Bitmap?

    init?(_ probe: Vector, _ build: Vector) {
      (left, right) = (probe.validity, build.validity)
      if left == nil && right == nil { return nil }
    }

    @inline(__always) func result(_ a: UInt32, _ b: UInt32) -> Bool? {
      let (isLeft, isRight) = (left?[Int(a)] ?? true, right?[Int(b)] ?? true)
      return isLeft && isRight ? nil : isLeft == isRight
    }
  }
}

/// Rows of the probe side and of the build side that may belong together.
struct JoinPairs {
  var probe: [UInt32] = []
  var build: [UInt32] = []

  var count: Int { probe.count }

  /// Whether each row is greater than the one before.
  static func isAscending(_ rows: [UInt32]) -> Bool {
    for index in 1..<max(1, rows.count) where rows[index] <= rows[index - 1] { return false }
    return true
  }

  mutating func removeAll() {
    probe.removeAll(keepingCapacity: true)
    build.removeAll(keepingCapacity: true)
  }

  mutating func truncate(to count: Int) {
    probe.removeLast(probe.count - count)
    build.removeLast(build.count - count)
  }

  mutating func keep(_ isWanted: (UInt32, UInt32) -> Bool) {
    var kept = 0
    for index in probe.indices where isWanted(probe[index], build[index]) {
      probe[kept] = probe[index]
      build[kept] = build[index]
      kept += 1
    }
    truncate(to: kept)
  }
}

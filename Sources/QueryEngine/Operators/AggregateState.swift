internal import Columnar

/// An aggregate call, resolved to places among the evaluated arguments.
struct AggregateStep: Sendable {
  let function: AggregateFunction
  let binding: AggregateFunction.Binding
  /// Places of the arguments, then of the keys of ORDER BY.
  let arguments: [Int]
  /// Place of the FILTER predicate.
  let filter: Int?
  let isDistinct: Bool

  /// Types of the arguments that DISTINCT compares.
  var distinctTypes: [LogicalType] { binding.argumentTypes }

  /// Whether a row with a null argument may count.
  var keepsNulls: Bool { function.nulls != .skipsAny }

  /// Makes an empty set of distinct arguments; `isAlone` if there is one group only.
  func makeDistinctValues(isAlone: Bool) -> DistinctValues {
    DistinctValues(distinctTypes, keepsNulls: keepsNulls, isAlone: isAlone)
  }

  /// Returns the distinct arguments and behind them the keys of ORDER BY, each of which is one of them.
  func withOrderKeys(_ values: [Vector]) -> [Vector] {
    arguments.indices.map { index in
      index < values.count ? values[index] : values[arguments.firstIndex(of: arguments[index]) ?? 0]
    }
  }
}

/// The groups of one grouping set, and what the aggregates keep for them.
final class AggregateState {
  let table: GroupTable
  private let steps: [AggregateStep]
  private(set) var accumulators: [Accumulator]
  private(set) var distinct: [DistinctValues?]
  /// The accumulators that share what another collects, and are not given rows.
  private let follows: [Bool]
  private var groups: [UInt32] = []
  /// The groups by share, and the place of each in its own.
  private var shares = PartitionedNumbers()
  private var placeInShare: [UInt32] = []
  /// Where the groups of states that were merged into this one have gone.
  private var targets: [ObjectIdentifier: GroupMapping] = [:]

  init(_ keyTypes: [LogicalType], _ steps: [AggregateStep]) {
    table = GroupTable(keyTypes)
    self.steps = steps
    accumulators = steps.map { $0.function.makeAccumulator($0.binding) }
    distinct = steps.map { $0.isDistinct ? $0.makeDistinctValues(isAlone: keyTypes.isEmpty) : nil }
    follows = AggregateState.followers(accumulators, steps)
  }

  /// Lets accumulators share what others collect; returns which do.
  private static func followers(_ accumulators: [Accumulator], _ steps: [AggregateStep]) -> [Bool] {
    steps.indices.map { index in
      guard let argument = accumulators[index].collectedArgument, !steps[index].isDistinct else {
        return false
      }
      let step = steps[index]
      for other in 0..<index where !steps[other].isDistinct && steps[other].filter == step.filter {
        guard let theirs = accumulators[other].collectedArgument,
          steps[other].arguments[theirs] == step.arguments[argument]
        else { continue }
        if accumulators[index].follow(accumulators[other]) { return true }
      }
      return false
    }
  }

  var byteCount: Int {
    var total = table.byteCount
    for accumulator in accumulators { total += accumulator.byteCount }
    for values in distinct { total += values?.byteCount ?? 0 }
    return total
  }

  /// Bytes that are taken at once when room is made for `count` more rows.
  func growthByteCount(adding count: Int) -> Int {
    distinct.reduce(table.growthByteCount(adding: count)) { $0 + ($1?.growthByteCount(adding: count) ?? 0) }
  }

  /// Bytes that ``index(shareCount:)`` will take.
  var indexByteCount: Int {
    distinct.reduce(table.endGroup * 9) { $0 + ($1?.indexByteCount ?? 0) }
  }

  /// Makes the one group of an aggregate without keys.
  func makeOnlyGroup() {
    var none: [UInt32] = []
    _ = table.assign([], rowCount: 0, mask: nil, into: &none)
    grow()
  }

  func grow() { for accumulator in accumulators { accumulator.grow(to: table.endGroup) } }

  /// Adds the rows of a batch.
  ///
  /// `values` are those of all arguments, and `filters` the rows that meet each FILTER, in the places that
  /// steps name.
  func add(
    _ keys: [Vector], _ values: [Vector], filters: [Bitmap?], rowCount: Int, mask: Bitmap?
  ) throws(QueryError) {
    var groups = take(&self.groups)
    defer { swap(&groups, &self.groups) }
    let only = table.assign(keys, rowCount: rowCount, mask: mask, into: &groups)
    grow()
    if let only {
      try addToOne(only, values, filters, rowCount, mask)
    } else {
      try addToMany(groups, values, filters)
    }
  }

  /// The rows that count for a step besides those that the batch selects.
  private func rows(_ step: AggregateStep, _ values: [Vector], _ filters: [Bitmap?]) -> Bitmap? {
    var rows = step.filter.flatMap { filters[$0] }
    switch step.function.nulls {
    case .keeps: break
    case .skipsFirst:
      if let first = step.arguments.first { rows = Bitmap.intersection(rows, values[first].rowValidity) }
    case .skipsAny:
      for place in step.arguments { rows = Bitmap.intersection(rows, values[place].rowValidity) }
    }
    return rows
  }

  private func arguments(_ step: AggregateStep, _ accumulator: Accumulator, _ values: [Vector]) -> [Vector] {
    step.arguments.map { accumulator.acceptsAnyEncoding ? values[$0] : values[$0].flattened() }
  }

  private func addToOne(
    _ group: Int, _ values: [Vector], _ filters: [Bitmap?], _ rowCount: Int, _ mask: Bitmap?
  ) throws(QueryError) {
    for index in steps.indices where !follows[index] {
      let step = steps[index]
      let rows = Bitmap.intersection(mask, self.rows(step, values, filters))
      if let distinct = distinct[index] {
        var groups = [UInt32](repeating: UInt32(group), count: rowCount)
        if let rows { Kernels.clearUnselected(&groups, rows) }
        let arguments = step.arguments.prefix(step.distinctTypes.count).map { values[$0] }
        distinct.insert(arguments, groups: groups, endGroup: table.endGroup)
        continue
      }
      let accumulator = accumulators[index]
      let arguments = arguments(step, accumulator, values)
      try accumulator.update(arguments, rowCount: rowCount, mask: rows, group: group)
    }
  }

  private func addToMany(
    _ groups: [UInt32], _ values: [Vector], _ filters: [Bitmap?]
  ) throws(QueryError) {
    // Steps over the same arguments and filter share the groups of their rows.
    var shared: [(arguments: [Int], filter: Int?, groups: [UInt32])] = []
    for index in steps.indices where !follows[index] {
      let step = steps[index]
      var own = groups
      if let rows = rows(step, values, filters) {
        if let known = shared.first(where: { $0.arguments == step.arguments && $0.filter == step.filter }) {
          own = known.groups
        } else {
          Kernels.clearUnselected(&own, rows)
          if step.function.nulls != .keeps { shared.append((step.arguments, step.filter, own)) }
        }
      }
      if let distinct = distinct[index] {
        let arguments = step.arguments.prefix(step.distinctTypes.count).map { values[$0] }
        distinct.insert(arguments, groups: own, endGroup: table.endGroup)
        continue
      }
      let accumulator = accumulators[index]
      try accumulator.update(arguments(step, accumulator, values), groups: own)
    }
  }

  /// Adds all groups of another state, but not its distinct values; returns the target of each group.
  func mergeGroups(_ other: AggregateState) throws(QueryError) -> [UInt32] {
    let mapping = mapGroups(of: other, share: nil)
    for index in steps.indices where other.distinct[index] == nil && !follows[index] {
      try accumulators[index].merge(other.accumulators[index], groups: mapping)
    }
    return mapping.table(count: other.table.endGroup)
  }

  /// Sorts groups, and what is kept of them row by row, by shares, so that each of these can be merged alone.
  func index(shareCount: Int) {
    let hashes = table.hashes
    var shareOfGroups = [UInt8](repeating: 0, count: hashes.count)
    for group in hashes.indices {
      shareOfGroups[group] = UInt8(
        truncatingIfNeeded: AggregatePartition.index(of: hashes[group], count: shareCount))
    }
    shares = PartitionedNumbers(from: 1, to: hashes.count, shareCount: shareCount) { Int(shareOfGroups[$0]) }
    placeInShare = [UInt32](repeating: 0, count: hashes.count)
    for share in 0..<shareCount {
      for (place, group) in shares[share].enumerated() { placeInShare[Int(group)] = UInt32(place) }
    }
    for values in distinct { values?.index(byGroups: shareOfGroups, count: shareCount) }
    for accumulator in accumulators { accumulator.prepareToBeMerged() }
  }

  /// Adds groups of another state.
  ///
  /// `share` tells which, by bits of the hash, of a state that was indexed; `nil` stands for all.
  func merge(_ other: AggregateState, share: Int?) throws(QueryError) {
    let mapping = mapGroups(of: other, share: share)
    let targets = share == nil ? mapping.table(count: other.table.endGroup) : []
    for index in steps.indices where !follows[index] {
      guard let values = other.distinct[index] else {
        try accumulators[index].merge(other.accumulators[index], groups: mapping)
        continue
      }
      let pairs = share.map { values.pairs(in: $0) }
      if let pairs, values.hasCommonNumbers {
        distinct[index]?.insert(pairs, of: values) { mapping.into[Int(other.placeInShare[Int($0)])] }
        continue
      }
      try values.forEachChunk(of: pairs ?? values.allPairs[...]) {
        (groups, values, hashes) throws(QueryError) in
        let into =
          share == nil
          ? groups.map { targets[Int($0)] } : groups.map { mapping.into[Int(other.placeInShare[Int($0)])] }
        distinct[index]?.insertAll(values, into, hashes: hashes)
      }
    }
  }

  /// Adds distinct values of a share's groups of another state that are not in its memory.
  func merge(
    _ other: AggregateState, share: AggregatePartition, step: Int, _ groups: [UInt32], _ values: [Vector]
  ) {
    var (rows, into): ([UInt32], [UInt32]) = ([], [])
    let mapping = targets[ObjectIdentifier(other)]
    for row in groups.indices where share.contains(other.table.hashes[Int(groups[row])]) {
      rows.append(UInt32(row))
      into.append(mapping?.into[Int(other.placeInShare[Int(groups[row])])] ?? 0)
    }
    if !rows.isEmpty { distinct[step]?.insertAll(values.map { $0.taking(rows.span) }, into) }
  }

  /// Finds or makes the groups of another state here.
  private func mapGroups(of other: AggregateState, share: Int?) -> GroupMapping {
    var from: [UInt32] = []
    var into: [UInt32] = []
    if other.table.types.isEmpty {
      (from, into) = ([1], [1])
    } else {
      from = share.map { Array(other.shares[$0]) } ?? (1..<UInt32(max(1, other.table.endGroup))).map { $0 }
      into.reserveCapacity(from.count)
      table.adoptTexts(share != nil)
      defer { table.adoptTexts(false) }
      let hashes = other.table.hashes
      var first = 0
      while first < from.count {
        let end = min(first + 8192, from.count)
        let some = Array(from[first..<end])
        var found = [UInt32](repeating: 0, count: some.count)
        table.assign(other.table.keys(some), some.map { hashes[Int($0)] }, mask: nil, &found)
        into.append(contentsOf: found)
        first = end
      }
    }
    grow()
    let mapping = GroupMapping(from: from, into: into)
    if share != nil { targets[ObjectIdentifier(other)] = mapping }
    return mapping
  }

  /// Feeds the distinct values to their accumulators, once all states are merged.
  func finishDistinct() throws(QueryError) {
    for index in steps.indices {
      guard let values = distinct[index] else { continue }
      try values.forEachChunk(wantsValues: accumulators[index].readsArguments) {
        (groups, values, _) throws(QueryError) in
        try feed(groups, values, step: index)
      }
      distinct[index] = nil
    }
  }

  /// Feeds distinct values; none are needed by an accumulator that does not read them.
  func feed(_ groups: [UInt32], _ values: [Vector], step: Int) throws(QueryError) {
    let accumulator = accumulators[step]
    try accumulator.update(
      accumulator.readsArguments ? steps[step].withOrderKeys(values) : [], groups: groups)
  }

  /// Takes the distinct values of a step out, leaving none.
  func takeDistinct(_ step: Int) -> DistinctValues? {
    guard let values = distinct[step] else { return nil }
    distinct[step] = steps[step].makeDistinctValues(isAlone: table.types.isEmpty)
    return values
  }
}

/// A share of the groups, by bits of their hashes.
struct AggregatePartition: Sendable {
  let index: Int
  let count: Int

  @inline(__always) func contains(_ hash: UInt64) -> Bool {
    AggregatePartition.index(of: hash, count: count) == index
  }

  /// The share of a hash among `count`, a power of two.
  @inline(__always) static func index(of hash: UInt64, count: Int) -> Int {
    Int(truncatingIfNeeded: hash &>> 32) & (count &- 1)
  }
}

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
  private var groups: [UInt32] = []

  init(_ keyTypes: [LogicalType], _ steps: [AggregateStep]) {
    table = GroupTable(keyTypes)
    self.steps = steps
    accumulators = steps.map { $0.function.makeAccumulator($0.binding) }
    distinct = steps.map { $0.isDistinct ? DistinctValues($0.distinctTypes, keepsNulls: $0.keepsNulls) : nil }
  }

  var byteCount: Int {
    var total = table.byteCount
    for accumulator in accumulators { total += accumulator.byteCount }
    for values in distinct { total += values?.byteCount ?? 0 }
    return total
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
    for index in steps.indices {
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
    for index in steps.indices {
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
    let mapping = mapGroups(of: other, partition: nil)
    for index in steps.indices where other.distinct[index] == nil {
      try accumulators[index].merge(other.accumulators[index], groups: mapping)
    }
    return mapping.table(count: other.table.endGroup)
  }

  /// Adds groups of another state.
  ///
  /// `partition` tells which, by bits of the hash; `nil` stands for all.
  func merge(_ other: AggregateState, partition: AggregatePartition?) throws(QueryError) {
    let mapping = mapGroups(of: other, partition: partition)
    var targets: [UInt32] = []
    for index in steps.indices {
      if let values = other.distinct[index] {
        if targets.isEmpty { targets = mapping.table(count: other.table.endGroup) }
        try values.forEachChunk { (groups, values) throws(QueryError) in
          distinct[index]?.insert(values, groups: groups.map { targets[Int($0)] }, endGroup: table.endGroup)
        }
      } else {
        try accumulators[index].merge(other.accumulators[index], groups: mapping)
      }
    }
  }

  /// Finds or makes the groups of another state here.
  private func mapGroups(of other: AggregateState, partition: AggregatePartition?) -> GroupMapping {
    var from: [UInt32] = []
    var into: [UInt32] = []
    if other.table.types.isEmpty {
      (from, into) = ([1], [1])
    } else {
      let hashes = other.table.hashes
      for group in 1..<max(1, hashes.count) where partition?.contains(hashes[group]) ?? true {
        from.append(UInt32(group))
      }
      into = [UInt32](repeating: 0, count: from.count)
      var first = 0
      while first < from.count {
        let end = min(first + 8192, from.count)
        let some = Array(from[first..<end])
        let keys = other.table.keys(some)
        var found = [UInt32](repeating: 0, count: some.count)
        table.assign(keys, some.map { hashes[Int($0)] }, mask: nil, &found)
        for index in found.indices { into[first + index] = found[index] }
        first = end
      }
    }
    grow()
    return GroupMapping(from: from, into: into)
  }

  /// Feeds the distinct values to their accumulators, once all states are merged.
  func finishDistinct() throws(QueryError) {
    for index in steps.indices {
      guard let values = distinct[index] else { continue }
      let accumulator = accumulators[index]
      try values.forEachChunk { (groups, values) throws(QueryError) in
        try accumulator.update(steps[index].withOrderKeys(values), groups: groups)
      }
      distinct[index] = nil
    }
  }

  /// Feeds distinct values that were merged elsewhere.
  func feed(_ groups: [UInt32], _ values: [Vector], step: Int) throws(QueryError) {
    try accumulators[step].update(steps[step].withOrderKeys(values), groups: groups)
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

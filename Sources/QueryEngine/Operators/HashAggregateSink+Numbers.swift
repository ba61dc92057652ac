internal import Columnar
internal import Synchronization

/// Numbers that all workers use for the distinct values of many groups.
///
/// Where a value occurs in several groups, pairs of group and number are merged cheaper than pairs of group and value:
/// then a value is looked for once in the tables of the workers before, not once a pair.
struct CommonNumbering: Sendable {
  struct Task: Sendable {
    var place: HashAggregateSink.DistinctMerge.Place
    var worker: Int
    var numbers: Range<Int>
    /// What the numbers of each worker begin with.
    var offsets: [Int]
  }
  var tasks: [Task] = []
  /// By task, the common numbers.
  var found: [[UInt32]] = []
}

extension HashAggregateSink {
  /// Makes tasks for what shall be numbered; `nil` if nothing shall be.
  func prepareNumbering(_ locals: [Handover]) -> Int? {
    // Values that come from disk have no number.
    guard
      locals.allSatisfy({
        $0.unmerged == nil && $0.spilledValues.isEmpty && $0.spilled.allSatisfy { $0 == nil }
      })
    else { return nil }
    var tasks: [CommonNumbering.Task] = []
    for set in plan.sets.indices {
      for step in plan.steps.indices {
        let distinct = locals.compactMap { $0.sets[set].distinct[step] }
        guard distinct.count == locals.count, !locals[0].sets[set].accumulators[step].readsArguments,
          distinct.allSatisfy({ $0.valuesAreNumbered })
        else { continue }
        var offsets = [0]
        for values in distinct { offsets.append(offsets[offsets.count - 1] + values.valueCount) }
        let pairCount = distinct.reduce(0) { $0 + $1.count }
        guard offsets[locals.count] < UInt32.max, pairCount >= 2 * offsets[locals.count] else { continue }
        for worker in locals.indices {
          var first = 1
          while first <= distinct[worker].valueCount {
            let end = min(first + 65_536, distinct[worker].valueCount + 1)
            tasks.append(
              .init(
                place: DistinctMerge.Place(set: set, step: step), worker: worker, numbers: first..<end,
                offsets: offsets))
            first = end
          }
        }
      }
    }
    if tasks.isEmpty { return nil }
    let made = tasks
    state.withLock { $0.numbering = .init(tasks: made, found: Array(repeating: [], count: made.count)) }
    return made.count
  }

  /// Finds the common numbers of a task's values: those of the first worker that has them.
  func number(_ index: Int, _ locals: [Handover]) {
    let task = state.withLock { $0.numbering.tasks[index] }
    let distinct = locals.map { $0.sets[task.place.set].distinct[task.place.step] }
    var common = task.numbers.map { UInt32(truncatingIfNeeded: task.offsets[task.worker] + $0) }
    for other in (0..<task.worker).reversed() {
      let offset = UInt32(truncatingIfNeeded: task.offsets[other])
      let known = distinct[task.worker]?.numbers(of: task.numbers, in: distinct[other]) ?? []
      for row in known.indices where known[row] != 0 { common[row] = offset + known[row] }
    }
    let found = common
    state.withLock { $0.numbering.found[index] = found }
  }

  /// Hands the numbers to the workers' values.
  func finishNumbering(_ locals: [Handover]) -> Int? {
    let numbering = state.withLock { state in
      defer { state.numbering = CommonNumbering() }
      return state.numbering
    }
    for (task, found) in zip(numbering.tasks, numbering.found) {
      locals[task.worker].sets[task.place.set].distinct[task.place.step]?.commonNumbers.append(
        contentsOf: found)
    }
    return nil
  }
}

extension DistinctValues {
  /// Whether pairs name values by numbers.
  var valuesAreNumbered: Bool { if case .numbered = packing { true } else { false } }
  var hasCommonNumbers: Bool { !commonNumbers.isEmpty }

  /// How many values have numbers.
  var valueCount: Int { if case .numbered(let values) = packing { values.endGroup - 1 } else { 0 } }

  /// Returns the numbers that other values, which several workers may ask at once, have for values of this; 0 for none.
  func numbers(of numbers: Range<Int>, in other: DistinctValues?) -> [UInt32] {
    guard case .numbered(let own) = packing, case .numbered(let table)? = other?.packing else { return [] }
    let some = numbers.map { UInt32(truncatingIfNeeded: $0) }
    return table.find(own.keys(some), numbers.map { own.hashes[$0] })
  }

  /// Adds pairs of other values by their common numbers, to the groups that `target` tells.
  func insert(_ numbers: ArraySlice<UInt32>, of other: DistinctValues, target: (UInt32) -> UInt32) {
    var rest = numbers
    while !rest.isEmpty {
      let some = Array(rest.prefix(DistinctValues.chunkLength))
      rest = rest.dropFirst(some.count)
      let packed = other.pairs.keys(some)[0]
      let source = packed.int64s
      var buffer = WritableBuffer(byteCount: some.count * 8)
      var room = buffer.elements(as: Int64.self, count: some.count)
      for row in some.indices {
        let group = target(UInt32(truncatingIfNeeded: source[row] &>> 32))
        let number = other.commonNumbers[Int(UInt32(truncatingIfNeeded: source[row])) &- 1]
        room[row] = Int64(group) &<< 32 | Int64(number)
      }
      var found = [UInt32](repeating: 0, count: some.count)
      pairs.assignByHash(
        [.flat(buffer.freeze(), of: Int64.self, count: some.count)], rowCount: some.count, mask: nil, &found)
    }
  }
}

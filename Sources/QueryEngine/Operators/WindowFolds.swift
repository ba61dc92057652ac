/// Sums of all values before a row, for sums of frames by subtraction.
///
/// Values are added up once; besides the sums before each block only those within a few blocks are kept.
final class RunningTotals<Value: FixedWidthInteger> {
  private let shift: Int
  private let lastBlock: Int
  private let blocks: WindowBlocks<[Value]>
  /// The sums before each block, as far as they are known.
  private var before: [Value] = [0]

  /// Makes the totals of what `values` returns for a block.
  init(_ input: any WindowInput, values: @escaping (Int) throws(QueryError) -> [Value]) {
    (shift, lastBlock) = (input.blockShift, max(0, input.blockCount - 1))
    blocks = WindowBlocks(input) { (block) throws(QueryError) in
      let values = try values(block)
      var running = [Value](repeating: 0, count: values.count + 1)
      for row in values.indices { running[row + 1] = running[row] &+ values[row] }
      return running
    }
  }

  /// The sum of all values before a row.
  private func total(before row: Int) throws(QueryError) -> Value {
    // The end of the rows may be the end of their last block.
    let block = min(row >> shift, lastBlock)
    while before.count <= block {
      let last = before.count - 1
      before.append(before[last] &+ (try blocks.part(last).last ?? 0))
    }
    return before[block] &+ (try blocks.part(block)[row - block << shift])
  }

  /// The sums of the values of a block's frames.
  func sums(_ frames: WindowFrames) throws(QueryError) -> [Value] {
    var sums = [Value](repeating: 0, count: frames.starts.count)
    if lastBlock == 0 && !frames.hasExclusion {
      let running = try blocks.part(0)
      for row in sums.indices where frames.starts[row] < frames.ends[row] {
        sums[row] = running[frames.ends[row]] &- running[frames.starts[row]]
      }
      return sums
    }
    for row in sums.indices {
      for range in frames.ranges(row) {
        sums[row] =
          sums[row] &+ (try total(before: range.upperBound)) &- (try total(before: range.lowerBound))
      }
    }
    return sums
  }
}

/// Combined values of the rows of frames, by an associative operation.
///
/// Frames that begin with their partition carry the value on from row to row. Others combine what segment
/// trees know of the blocks that a frame covers in part, and a tree over blocks of those between.
final class WindowFold<Value> {
  private let input: any WindowInput
  private let shift: Int
  private let start: Value
  private let combine: (Value, Value) -> Value
  private let values: WindowBlocks<[Value]>
  private let trees: WindowBlocks<SegmentTree<Value>>
  private var treeOfBlocks: SegmentTree<Value>?
  /// The value of the rows before `next` in the partition that the rows at hand are of.
  private var running: Value
  private var next = 0

  /// Folds what `values` returns for a block; `start` changes nothing that it is combined with.
  init(
    _ input: any WindowInput, start: Value, combine: @escaping (Value, Value) -> Value,
    values: @escaping (Int) throws(QueryError) -> [Value]
  ) {
    (self.input, self.start, self.combine, running) = (input, start, combine, start)
    shift = input.blockShift
    let blocks = WindowBlocks(input, make: values)
    self.values = blocks
    trees = WindowBlocks(input) { (block) throws(QueryError) in
      SegmentTree(try blocks.part(block), start: start, combine)
    }
  }

  /// The combined values of the frames of a block's rows; blocks come one after the other.
  func results(_ frames: WindowFrames, _ shape: WindowPartitions) throws(QueryError) -> [Value] {
    var results = [Value](repeating: start, count: shape.rowCount)
    if frames.isRunning {
      for row in results.indices {
        if shape.partitionStart[row] == shape.first + row { (running, next) = (start, shape.first + row) }
        if next < frames.ends[row] { try advance(to: frames.ends[row]) }
        // An end before what was taken already can only be with `n PRECEDING`, and there ends ascend too.
        if frames.ends[row] > frames.starts[row] { results[row] = running }
      }
    } else if frames.hasExclusion {
      for row in results.indices {
        for range in frames.ranges(row) { results[row] = combine(results[row], try fold(range)) }
      }
    } else {
      for row in results.indices where frames.starts[row] < frames.ends[row] {
        results[row] = try fold(frames.starts[row]..<frames.ends[row])
      }
    }
    return results
  }

  private func advance(to end: Int) throws(QueryError) {
    while next < end {
      let block = next >> shift
      let first = block << shift
      let part = try values.part(block)
      for place in next - first..<min(end - first, part.count) { running = combine(running, part[place]) }
      next = min(end, first + part.count)
    }
  }

  private func fold(_ range: Range<Int>) throws(QueryError) -> Value {
    let (first, last) = (range.lowerBound >> shift, (range.upperBound - 1) >> shift)
    let (firstRow, lastRow) = (first << shift, last << shift)
    if first == last {
      return try trees.part(first).fold(range.lowerBound - firstRow..<range.upperBound - firstRow, combine)
    }
    var result = try trees.part(first).fold(
      range.lowerBound - firstRow..<input.rows(first).count, combine)
    if first + 1 < last { result = combine(result, try tree().fold(first + 1..<last, combine)) }
    return combine(result, try trees.part(last).fold(0..<range.upperBound - lastRow, combine))
  }

  /// The tree over all blocks; each is read once for it.
  private func tree() throws(QueryError) -> SegmentTree<Value> {
    if let treeOfBlocks { return treeOfBlocks }
    var totals: [Value] = []
    for block in 0..<input.blockCount { totals.append(try values.part(block).reduce(start, combine)) }
    let tree = SegmentTree(totals, start: start, combine)
    treeOfBlocks = tree
    return tree
  }
}

/// Combined values of ranges of rows, in O(log *n*) each.
struct SegmentTree<Value> {
  private let nodes: [Value]
  private let count: Int
  private let start: Value

  init(_ values: [Value], start: Value, _ combine: (Value, Value) -> Value) {
    count = values.count
    self.start = start
    var nodes = [Value](repeating: start, count: 2 * values.count)
    for row in values.indices { nodes[count + row] = values[row] }
    for node in stride(from: values.count - 1, to: 0, by: -1) {
      nodes[node] = combine(nodes[2 * node], nodes[2 * node + 1])
    }
    self.nodes = nodes
  }

  /// Combines the values of the rows from left to right.
  func fold(_ range: Range<Int>, _ combine: (Value, Value) -> Value) -> Value {
    var (low, high) = (range.lowerBound + count, range.upperBound + count)
    var (left, right) = (start, start)
    while low < high {
      if low & 1 == 1 {
        left = combine(left, nodes[low])
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        right = combine(nodes[high], right)
      }
      low /= 2
      high /= 2
    }
    return combine(left, right)
  }
}

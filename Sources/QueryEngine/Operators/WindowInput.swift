internal import Columnar

/// Rows of whole partitions in the order of a window, in blocks of equal length.
///
/// Rows in memory are one block. What is on disk is many, of which a few are in memory at a time: window
/// functions are computed block by block, and look into others where a frame reaches there.
protocol WindowInput: AnyObject {
  /// Rows in all.
  var rowCount: Int { get }
  /// Rows of a block are two to the power of this; the last may have fewer.
  var blockShift: Int { get }
  /// Where partitions and peers of a block's rows begin and end.
  func shape(_ block: Int) throws(QueryError) -> WindowPartitions
  /// The values of an expression of a block's rows, flat.
  func values(_ expression: BoundExpression, _ block: Int) throws(QueryError) -> Vector
  /// Asks for memory that what is computed of a partition or frame takes.
  func require(_ byteCount: Int, for what: String) throws(QueryError)
}

extension WindowInput {
  var blockCount: Int { blockShift >= 62 ? 1 : (rowCount + (1 << blockShift) - 1) >> blockShift }

  /// The numbers of a block's rows.
  func rows(_ block: Int) -> Range<Int> {
    if blockCount == 1 { return 0..<rowCount }
    return block << blockShift..<min(rowCount, (block + 1) << blockShift)
  }

  /// Calls `body` with the parts of a range that lie in one block each, as numbers within that block.
  func forEachPart(
    of range: Range<Int>, _ body: (_ block: Int, _ rows: Range<Int>) throws(QueryError) -> Void
  ) throws(QueryError) {
    var first = range.lowerBound
    while first < range.upperBound {
      let block = blockCount == 1 ? 0 : first >> blockShift
      let rows = rows(block)
      let end = min(range.upperBound, rows.upperBound)
      try body(block, first - rows.lowerBound..<end - rows.lowerBound)
      first = end
    }
  }

  /// Returns the values of rows of any block, null where there is none.
  func taking(
    _ expression: BoundExpression, _ rows: [Int], isThere: [Bool], _ type: LogicalType
  ) throws(QueryError) -> Vector {
    if blockCount == 1 {
      return Kernels.taking(try values(expression, 0), rows.map { UInt32($0) }, isThere: isThere, type)
    }
    var wanted: [Int: [UInt32]] = [:]
    let mask = (1 << blockShift) - 1
    for row in rows.indices where isThere[row] {
      wanted[rows[row] >> blockShift, default: []].append(UInt32(rows[row] & mask))
    }
    if wanted.isEmpty { return .nulls(type, count: rows.count) }
    var parts: [Vector] = []
    var next: [Int: UInt32] = [:]
    var count: UInt32 = 0
    for (block, numbers) in wanted.sorted(by: { $0.key < $1.key }) {
      parts.append(try values(expression, block).taking(numbers.span))
      next[block] = count
      count += UInt32(numbers.count)
    }
    var places = [UInt32](repeating: 0, count: rows.count)
    for row in rows.indices where isThere[row] {
      let block = rows[row] >> blockShift
      places[row] = next[block] ?? 0
      next[block, default: 0] += 1
    }
    return Kernels.taking(Kernels.concatenated(parts, of: type), places, isThere: isThere, type)
  }
}

/// Rows in memory.
final class WindowRowsInMemory: WindowInput {
  private let shape: WindowPartitions
  private let makeValues: (BoundExpression) -> Vector
  private var known: [BoundExpression: Vector] = [:]

  /// Makes the input of rows whose values `values` returns, flat and in order.
  init(_ shape: WindowPartitions, values: @escaping (BoundExpression) -> Vector) {
    (self.shape, makeValues) = (shape, values)
  }

  var rowCount: Int { shape.rowCount }
  var blockShift: Int { 62 }
  func shape(_ block: Int) -> WindowPartitions { shape }
  func require(_ byteCount: Int, for what: String) {}

  func values(_ expression: BoundExpression, _ block: Int) -> Vector {
    if let vector = known[expression] { return vector }
    let vector = makeValues(expression)
    known[expression] = vector
    return vector
  }
}

/// What is made of each block of an input, for the few blocks looked at last.
final class WindowBlocks<Part> {
  private let shift: Int
  private let make: (Int) throws(QueryError) -> Part
  private var parts: [(block: Int, part: Part)] = []
  /// Blocks that are looked at in turn: where frames begin, where they end, and the rows' own.
  private static var most: Int { 3 }

  init(_ input: any WindowInput, make: @escaping (Int) throws(QueryError) -> Part) {
    (shift, self.make) = (input.blockShift, make)
  }

  /// What was made of a block.
  func part(_ block: Int) throws(QueryError) -> Part {
    if let last = parts.last, last.block == block { return last.part }
    if let place = parts.firstIndex(where: { $0.block == block }) {
      let found = parts.remove(at: place)
      parts.append(found)
      return found.part
    }
    let made = try make(block)
    if parts.count == Self.most { parts.removeFirst() }
    parts.append((block, made))
    return made
  }

  /// What was made of the block of a row, and the row's place in it.
  func place(of row: Int) throws(QueryError) -> (part: Part, row: Int) {
    let block = row >> shift
    return (try part(block), row - block << shift)
  }
}

extension WindowBlocks<Vector> {
  func isNull(_ row: Int) throws(QueryError) -> Bool {
    let (vector, place) = try place(of: row)
    return vector.isNull(at: place)
  }
}

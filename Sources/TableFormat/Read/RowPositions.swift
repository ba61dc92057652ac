package import Columnar
package import FileFormats

/// Positions of rows in one data file, ascending and without repeats.
package struct RowPositions: Sendable {
  /// The positions, 0 being the file's first row.
  package let sorted: [Int64]

  /// Makes a set of positions given in any order.
  package init(_ positions: [Int64]) {
    var isAscending = true
    for index in 1..<max(positions.count, 1) where positions[index - 1] >= positions[index] {
      isAscending = false
      break
    }
    if isAscending {
      sorted = positions
      return
    }
    var unique: [Int64] = []
    unique.reserveCapacity(positions.count)
    for position in positions.sorted() where position != unique.last { unique.append(position) }
    sorted = unique
  }

  /// How many rows are named.
  package var count: Int { sorted.count }

  /// Returns the rows named in either.
  package func union(_ other: RowPositions) -> RowPositions {
    if other.count == 0 { return self }
    return count == 0 ? other : RowPositions(sorted + other.sorted)
  }

  /// Returns one bit per row of `rows`, set for those named; `nil` if there are none.
  package func bitmap(of rows: Range<Int>) -> Bitmap? {
    var index = firstIndex(notBefore: Int64(rows.lowerBound))
    guard index < sorted.count, sorted[index] < rows.upperBound else { return nil }
    var bits = BitmapBuilder(count: rows.count)
    while index < sorted.count, sorted[index] < rows.upperBound {
      bits.insert(Int(sorted[index]) - rows.lowerBound)
      index += 1
    }
    return bits.freeze()
  }

  private func firstIndex(notBefore position: Int64) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The rows that position deletes, or a deletion vector, remove from one data file.
package enum DeletedPositions: Sendable {
  case rows(RowPositions)
  case vector(RoaringBitmap64)

  /// How many rows go.
  package var count: Int {
    switch self {
    case .rows(let rows): rows.count
    case .vector(let vector): vector.cardinality
    }
  }

  /// Returns one bit per row of `rows`, set for those that go; `nil` if there are none.
  package func bitmap(of rows: Range<Int>) -> Bitmap? {
    switch self {
    case .rows(let positions): positions.bitmap(of: rows)
    case .vector(let vector): vector.bitmap(of: rows)
    }
  }

  /// The positions as a bitmap that a deletion vector is made of.
  package var vector: RoaringBitmap64 {
    switch self {
    case .rows(let rows): RoaringBitmap64(rows.sorted.lazy.filter { $0 >= 0 }.map { UInt64($0) })
    case .vector(let vector): vector
    }
  }
}

extension Bitmap {
  /// Returns the bits set in either; `nil` stands for a bitmap without a set bit.
  package static func union(_ left: Bitmap?, _ right: Bitmap?) -> Bitmap? {
    guard let left else { return right }
    guard let right else { return left }
    precondition(left.count == right.count)
    var bits = BitmapBuilder(count: left.count)
    var room = bits.words
    let leftWords = left.words
    let rightWords = right.words
    for word in 0..<room.count { room[word] = leftWords[word] | rightWords[word] }
    if left.count & 63 != 0, room.count > 0 {
      room[room.count - 1] &= (1 &<< UInt64(left.count & 63)) &- 1
    }
    return bits.freeze()
  }
}

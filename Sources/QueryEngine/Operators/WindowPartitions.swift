internal import Columnar

/// Where the partitions and the groups of peers of a block of sorted rows begin and end, by the numbers of rows
/// in all blocks.
struct WindowPartitions {
  /// The number of the first row.
  let first: Int
  let rowCount: Int
  /// By row, the rows of its partition.
  private(set) var partitionStart: [Int]
  private(set) var partitionEnd: [Int]
  /// By row, the rows that are equal to it in order.
  private(set) var peerStart: [Int]
  private(set) var peerEnd: [Int]
  /// By row, how many groups of peers are before its own in the partition.
  private(set) var peerGroup: [Int]

  /// Finds the partitions of all rows.
  init(_ rows: [UInt32], partition: [SortKeyColumn], order: [SortKeyColumn]) {
    var newPartition = [Bool](repeating: false, count: rows.count)
    for column in partition { column.markChanges(rows, &newPartition) }
    var newPeers = newPartition
    for column in order { column.markChanges(rows, &newPeers) }
    self.init(
      0..<rows.count, newPartition, newPeers, before: (0, 0, 0), behind: (rows.count, rows.count))
  }

  /// Finds the partitions of a block.
  ///
  /// - Parameters:
  ///   - rows: The block's rows.
  ///   - newPartition: By row behind the first, whether it begins a partition.
  ///   - newPeers: The same of peers.
  ///   - before: Where partition and peers of the first row begin, and how many groups of peers come before.
  ///   - behind: Where partition and peers of the last row end.
  init(
    _ rows: Range<Int>, _ newPartition: [Bool], _ newPeers: [Bool],
    before: (partitionStart: Int, peerStart: Int, peerGroup: Int), behind: (partitionEnd: Int, peerEnd: Int)
  ) {
    (first, rowCount) = (rows.lowerBound, rows.count)
    partitionStart = [Int](repeating: 0, count: rows.count)
    (partitionEnd, peerStart, peerEnd, peerGroup) = (
      partitionStart, partitionStart, partitionStart, partitionStart
    )
    var (start, peers, group) = before
    var (open, openPeers) = (0, 0)
    for row in 0..<rowCount {
      if row > 0 && newPartition[row] {
        for before in open..<row { partitionEnd[before] = first + row }
        for before in openPeers..<row { peerEnd[before] = first + row }
        (start, peers, group) = (first + row, first + row, 0)
        (open, openPeers) = (row, row)
      } else if row > 0 && newPeers[row] {
        for before in openPeers..<row { peerEnd[before] = first + row }
        (peers, group, openPeers) = (first + row, group + 1, row)
      }
      (partitionStart[row], peerStart[row], peerGroup[row]) = (start, peers, group)
    }
    for before in open..<rowCount { partitionEnd[before] = behind.partitionEnd }
    for before in openPeers..<rowCount { peerEnd[before] = behind.peerEnd }
  }
}

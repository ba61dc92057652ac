import Columnar
import Testing

@testable import QueryEngine

@Suite("PartitionedRows") struct PartitionedRowsTests {
  /// Chunks are 65,536 rows: less than one, several, and a last one that is not full.
  @Test(arguments: [0, 1, 2000, 65_536, 140_000]) func eachRowIsInThePartitionOfItsHash(count: Int) throws {
    let rows = PartitionedRows([.bigint, .varchar, .boolean], count: 64)
    var hashes: [UInt64] = []
    var first = 0
    while first < count {
      let length = min(2048, count - first)
      let numbers = Vector.flat((first..<first + length).map(Int64.init))
      var (texts, flags) = (VectorBuilder(.varchar), VectorBuilder(.boolean))
      for row in first..<first + length {
        texts.append(row % 5 == 0 ? .null : .text("a text of row \(row)"))
        flags.append(row % 7 == 0 ? .null : .boolean(row % 3 == 0))
      }
      var own: [UInt64] = []
      GroupTable.hash([numbers], into: &own)
      rows.add(Batch(columns: [numbers, texts.finish(), flags.finish()], rowCount: length), hashes: own)
      hashes += own
      first += length
    }
    rows.finish()

    var seen = [Bool](repeating: false, count: count)
    var wrong: [Int] = []
    for partition in 0..<64 {
      var last = -1
      try rows.forEachBatch(partition) { (batch) throws(QueryError) in
        for row in 0..<batch.rowCount {
          guard case .integer(let number) = batch.columns[0].scalar(at: row, as: .bigint) else { continue }
          let place = Int(number)
          let text: ScalarValue = place % 5 == 0 ? .null : .text("a text of row \(place)")
          let flag: ScalarValue = place % 7 == 0 ? .null : .boolean(place % 3 == 0)
          // Within a partition rows are in the order of the input.
          let isRight =
            place > last && AggregatePartition.index(of: hashes[place], count: 64) == partition
            && batch.columns[1].scalar(at: row, as: .varchar) == text
            && batch.columns[2].scalar(at: row, as: .boolean) == flag
          if !isRight { wrong.append(place) }
          last = place
          seen[place] = true
        }
      }
    }
    #expect(!seen.contains(false))
    #expect(wrong == [])
  }

  /// Nearly every row is a group of its own, so that workers stop to look for groups; some rows fall into earlier groups.
  @Test(arguments: [1, 2, 7]) func groupsOfNearlyEveryRowAreMerged(workers: Int) throws {
    let settings = SessionSettings(threads: workers, memoryLimit: 1 << 30, tempDirectory: "/tmp")
    let session = Session(catalog: nil, settings: settings)
    let inner = """
      SELECT k, t, count(*) AS n, sum(x) AS s, count(DISTINCT x) AS d, min(x) FILTER (WHERE x % 2 = 0) AS m
      FROM (SELECT i % 290001 AS k, 'text of ' || (i % 290001) AS t, i % 1000 AS x FROM range(300000) AS r(i))
      GROUP BY k, t
      """
    let result = try session.run(
      single: "SELECT count(*), sum(n), sum(s), sum(d), count(m), max(n), min(length(t)) FROM (\(inner))")
    let batch = try #require(result.batches.first)
    let found = result.columns.indices.map { batch.columns[$0].scalar(at: 0, as: result.columns[$0].type) }
    // 9,999 groups have two rows, 290,001 apart: their x differ by one.
    let sum = Int64(300) * 499_500
    let even = (0..<290_001).filter { $0 % 2 == 0 || $0 + 290_001 < 300_000 }.count
    #expect(
      found.map { "\($0)" }
        == [
          ScalarValue.integer(290_001), .integer(300_000), .integer(sum), .integer(300_000),
          .integer(Int64(even)), .integer(2), .integer(9),
        ].map { "\($0)" })
  }
}

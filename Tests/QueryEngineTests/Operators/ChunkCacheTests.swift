import Columnar
import TableFormat
import Testing

@testable import QueryEngine

@Suite("Chunk cache") struct ChunkCacheTests {
  private func key(_ path: String) -> ChunkCache.Key {
    .init(path: path, fileByteCount: 1, rowGroup: 0, fieldID: 1, type: .long, firstRow: 0)
  }

  /// How many reads of some of 32,768 rows come before the one that takes all.
  private func partialReads(of rows: StrideTo<Int>, in cache: ChunkCache, _ path: String) -> Int? {
    var wanted = BitmapBuilder(count: 32_768)
    for row in rows { wanted.insert(row) }
    let mask = wanted.freeze()
    return (0..<20).firstIndex { _ in cache.isWorthWhole(key(path), mask) }
  }

  @Test func partsAreReadUntilTheyCostAsMuchAsTheWhole() {
    let cache = ChunkCache(MemoryBudget(limit: 1 << 20))
    #expect(partialReads(of: stride(from: 5000, to: 5010, by: 1), in: cache, "one stretch") == 8)
    #expect(partialReads(of: stride(from: 0, to: 32_768, by: 5000), in: cache, "seven stretches") == 2)
    #expect(partialReads(of: stride(from: 0, to: 32_768, by: 4000), in: cache, "here and there") == 1)
  }

  /// Reads so many chunks as a scan does; returns how many were in the cache.
  private func scan(_ names: [String], _ cache: ChunkCache) -> Int {
    cache.beginStatement()
    var hits = 0
    for name in names {
      if cache.chunk(key(name)) != nil {
        hits += 1
      } else {
        cache.insert(.flat([Int64](repeating: 1, count: 12_800)), key(name))
      }
    }
    return hits
  }

  @Test func chunksArePackedOnceThereAreMany() throws {
    let cache = ChunkCache(MemoryBudget(limit: 30_000_000), plainByteCount: 100_000)
    _ = scan(["first", "second"], cache)
    let (first, second) = (try #require(cache.chunk(key("first"))), try #require(cache.chunk(key("second"))))
    #expect(first.storageByteCount == 102_400)
    #expect(second.storageByteCount == 12_800)
    #expect(cache.byteCount == 115_200)
    var pool = BufferPool()
    let rows = second.slice(from: 64, count: 100, &pool)
    #expect(rows.int64s.indices.allSatisfy { rows.int64s[$0] == 1 })
  }

  @Test func ofAScanThatIsTooLargeAPartStays() {
    // Ten chunks of 100 kB have room.
    let cache = ChunkCache(MemoryBudget(limit: 3_100_000))
    let (large, small) = ((0..<25).map { "large \($0)" }, (0..<5).map { "small \($0)" })
    #expect(scan(large, cache) == 0)
    #expect(scan(large, cache) == 10 && scan(large, cache) == 10)
    // What was used just before stays; what another statement did not use makes room.
    #expect(scan(small, cache) == 0 && scan(small, cache) == 0 && scan(small, cache) == 5)
    #expect(scan(small, cache) == 5 && scan(large, cache) < 10)
    #expect(cache.byteCount <= 1_033_333)
  }
}

import Testing

@testable import QueryEngine

@Suite("Chunk cache") struct ChunkCacheTests {
  private func key(_ path: String) -> ChunkCache.Key {
    .init(path: path, fileByteCount: 1, rowGroup: 0, fieldID: 1, type: .long, firstRow: 0)
  }

  /// How many reads of some rows come before the one that takes all.
  private func partialReads(_ wanted: [Int], of rowCount: Int, in cache: ChunkCache, _ path: String) -> Int? {
    wanted.firstIndex { cache.isWorthWhole(key(path), wantedCount: $0, of: rowCount) }
  }

  @Test func partsAreReadUntilTheyCostAsMuchAsTheWhole() {
    let cache = ChunkCache(MemoryBudget(limit: 1 << 20))
    #expect(partialReads(.init(repeating: 1, count: 20), of: 8000, in: cache, "few rows") == 8)
    #expect(partialReads(.init(repeating: 4000, count: 20), of: 8000, in: cache, "half of them") == 2)
    #expect(partialReads([7999, 1, 1], of: 8000, in: cache, "nearly all") == 2)
    // What was read of one chunk says nothing of another.
    #expect(partialReads([1, 1], of: 8000, in: cache, "another") == nil)
  }
}

internal import Columnar

/// What `SET` changes and `SHOW` shows.
package struct SessionSettings: Sendable {
  /// Whether `/` between integers truncates.
  package var integerDivision = true
  var defaultNullOrder = NullOrder.last
  /// An IANA name.
  package var timezone = "UTC"
  /// The clock, microseconds since 1970-01-01 UTC; `nil` is the machine's.
  package var currentTimestamp: Int64?
  package var threads: Int
  /// Bytes.
  package var memoryLimit: Int
  package var tempDirectory: String
  package var cacheMetadata = true
  /// The user's folder for what is kept between processes and has no place beside the catalog; `nil` for none.
  package var cacheDirectory: String?
  package var cacheChunks = true
  package var cacheAggregates = true
  /// Bytes of column chunks that are kept as they were decoded; further ones are packed.
  package var plainChunkByteCount = ChunkCache.defaultPlainByteCount
  /// Which partial aggregates are worth keeping.
  package var aggregatePolicy = AggregateCache.Policy()
  /// Tells programs apart that share a cache, as functions may differ.
  package var build = ""
  /// Names of optimizer rules that are left out.
  package var disabledOptimizerRules: Set<String> = []
  /// Rows of files that are worth an aggregation or a sort of their own.
  package var clusterRowCount = ExecutionSettings().clusterRowCount
  package var batchSize = Batch.capacity
  package var readBareDeletionVectors = false
  /// Microseconds; `nil` is no limit.
  package var statementTimeout: Int64?
  package var catalog: String
  package var namespace: String

  package init(
    threads: Int, memoryLimit: Int, tempDirectory: String, catalog: String = "s3_tables",
    namespace: String = "analytics"
  ) {
    (self.threads, self.memoryLimit, self.tempDirectory) = (max(1, threads), memoryLimit, tempDirectory)
    (self.catalog, self.namespace) = (catalog, namespace)
  }
}

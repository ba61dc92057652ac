/// A table's settings with the defaults of the reference implementation.
///
/// A value that cannot be read counts as not set, as a setting must never make a table unreadable.
public struct TableProperties: Hashable, Sendable {
  /// The settings as text.
  public var values: [String: String]

  /// Wraps settings.
  public init(_ values: [String: String]) { self.values = values }

  /// A setting's text.
  public subscript(name: String) -> String? { values[name] }

  /// A setting as a number.
  public func number(_ name: String, default value: Int64) -> Int64 {
    values[name].flatMap { Int64($0) } ?? value
  }

  /// A setting as a truth value.
  public func flag(_ name: String, default value: Bool) -> Bool {
    switch values[name]?.lowercased() {
    case "true": true
    case "false": false
    default: value
    }
  }

  /// The setting of a column: `prefix` + the column's name.
  public func column(_ prefix: String, _ column: String) -> String? { values[prefix + column] }
}

extension TableProperties {
  /// `write.format.default`.
  public var fileFormat: DataFile.Format { DataFile.Format(values["write.format.default"] ?? "parquet") }
  /// `write.parquet.compression-codec`.
  public var parquetCompressionCodec: String { values["write.parquet.compression-codec"] ?? "zstd" }
  /// `write.parquet.compression-level`.
  public var parquetCompressionLevel: Int? { values["write.parquet.compression-level"].flatMap { Int($0) } }
  /// `write.parquet.row-group-size-bytes`.
  public var parquetRowGroupBytes: Int64 {
    number("write.parquet.row-group-size-bytes", default: 134_217_728)
  }
  /// `write.parquet.page-size-bytes`.
  public var parquetPageBytes: Int64 { number("write.parquet.page-size-bytes", default: 1_048_576) }
  /// `write.parquet.page-row-limit`.
  public var parquetPageRowLimit: Int64 { number("write.parquet.page-row-limit", default: 20_000) }
  /// `write.parquet.dict-size-bytes`.
  public var parquetDictionaryBytes: Int64 { number("write.parquet.dict-size-bytes", default: 2_097_152) }
  /// `write.parquet.bloom-filter-enabled.column.…`.
  public func isBloomFilterEnabled(column: String) -> Bool {
    flag("write.parquet.bloom-filter-enabled.column." + column, default: false)
  }
  /// `write.parquet.bloom-filter-fpp.column.…`.
  public func bloomFilterFalsePositiveRate(column: String) -> Double {
    values["write.parquet.bloom-filter-fpp.column." + column].flatMap { Double($0) } ?? 0.01
  }
  /// `write.parquet.bloom-filter-max-bytes`.
  public var bloomFilterMaxBytes: Int64 { number("write.parquet.bloom-filter-max-bytes", default: 1_048_576) }
  /// `write.target-file-size-bytes`.
  public var targetFileBytes: Int64 { number("write.target-file-size-bytes", default: 536_870_912) }
  /// `write.delete.target-file-size-bytes`.
  public var deleteTargetFileBytes: Int64 {
    number("write.delete.target-file-size-bytes", default: 67_108_864)
  }
  /// Whether metadata files are compressed: `write.metadata.compression-codec`, by default `none`.
  ///
  /// - Throws: ``TableFormatError`` for codecs but `gzip` and `none`, which are those of the reference implementation.
  public var compressesMetadata: Bool {
    get throws(TableFormatError) {
      let name = "write.metadata.compression-codec"
      switch values[name]?.lowercased() {
      case nil, "none": return false
      case "gzip": return true
      case let codec?:
        throw TableFormatError(
          .unsupported, "metadata is not written with the compression codec \(codec)",
          hint: "set \(name) to gzip or none", field: name)
      }
    }
  }
  /// `write.metadata.previous-versions-max`, at least 1.
  public var previousVersionsMax: Int {
    Int(clamping: max(1, number("write.metadata.previous-versions-max", default: 100)))
  }
  /// `write.metadata.delete-after-commit.enabled`.
  public var deletesMetadataAfterCommit: Bool {
    flag("write.metadata.delete-after-commit.enabled", default: false)
  }
  /// `commit.retry.num-retries`.
  public var commitRetries: Int { Int(clamping: max(0, number("commit.retry.num-retries", default: 4))) }
  /// `commit.retry.min-wait-ms`.
  public var commitMinWaitMillis: Int64 { max(0, number("commit.retry.min-wait-ms", default: 100)) }
  /// `commit.retry.max-wait-ms`.
  public var commitMaxWaitMillis: Int64 { max(0, number("commit.retry.max-wait-ms", default: 60_000)) }
  /// `commit.retry.total-timeout-ms`.
  public var commitTimeoutMillis: Int64 {
    max(0, number("commit.retry.total-timeout-ms", default: 1_800_000))
  }
  /// `commit.status-check.num-retries`.
  public var commitStatusChecks: Int {
    Int(clamping: max(0, number("commit.status-check.num-retries", default: 3)))
  }
  /// `commit.manifest.target-size-bytes`.
  public var manifestTargetBytes: Int64 { number("commit.manifest.target-size-bytes", default: 8_388_608) }
  /// `commit.manifest.min-count-to-merge`.
  public var manifestMinCountToMerge: Int {
    Int(clamping: max(2, number("commit.manifest.min-count-to-merge", default: 100)))
  }
  /// `commit.manifest-merge.enabled`.
  public var mergesManifests: Bool { flag("commit.manifest-merge.enabled", default: true) }
  /// `history.expire.max-snapshot-age-ms`.
  public var maxSnapshotAgeMillis: Int64 {
    number("history.expire.max-snapshot-age-ms", default: 432_000_000)
  }
  /// `history.expire.min-snapshots-to-keep`.
  public var minSnapshotsToKeep: Int {
    Int(clamping: max(1, number("history.expire.min-snapshots-to-keep", default: 1)))
  }
  /// `history.expire.max-ref-age-ms`.
  public var maxRefAgeMillis: Int64 { number("history.expire.max-ref-age-ms", default: .max) }
  /// `gc.enabled` (rule 73).
  public var isGarbageCollectionEnabled: Bool { flag("gc.enabled", default: true) }
  /// `write.summary.partition-limit`.
  public var summaryPartitionLimit: Int { Int(clamping: number("write.summary.partition-limit", default: 0)) }
  /// `write.delete.mode`, `write.update.mode` or `write.merge.mode` is `merge-on-read`.
  ///
  /// - Parameter operation: `delete`, `update` or `merge`.
  /// - Returns: `false` for copy-on-write, the default.
  public func mergesOnRead(_ operation: String) -> Bool {
    values["write.\(operation).mode"]?.lowercased() == "merge-on-read"
  }
  /// `write.delete.isolation-level` and its siblings are `serializable`, the default, rather than `snapshot`.
  ///
  /// - Parameter operation: `delete`, `update` or `merge`.
  /// - Returns: Whether reads of the statement must not be overtaken by other commits.
  public func isSerializable(_ operation: String) -> Bool {
    values["write.\(operation).isolation-level"]?.lowercased() != "snapshot"
  }
}

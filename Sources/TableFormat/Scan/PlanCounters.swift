/// What planning looked at and what it left out, for `EXPLAIN ANALYZE`.
public struct PlanCounters: Hashable, Sendable {
  /// Data manifests in the snapshot.
  public var manifestCount = 0
  /// Data manifests that were not opened, as no partition in them can match.
  public var manifestsPruned = 0
  /// Delete manifests in the snapshot.
  public var deleteManifestCount = 0
  /// Delete manifests that were not opened.
  public var deleteManifestsPruned = 0
  /// Manifests that came out of the cache.
  public var manifestsFromCache = 0
  /// Live data files in the manifests that were opened.
  public var fileCount = 0
  /// Live data files in the manifests that were not opened, as far as the manifest list counts them.
  public var filesPrunedByManifest = 0
  /// Data files left out because of their partition.
  public var filesPrunedByPartition = 0
  /// Data files left out because of their counts and bounds.
  public var filesPrunedByBounds = 0
  /// Data files of which every row matches, so that the predicate is not evaluated.
  public var filesMatchedWholly = 0
  /// Bytes of the live data files in the manifests that were opened.
  public var byteCount: Int64 = 0
  /// Bytes of the data files to read.
  public var plannedByteCount: Int64 = 0
  /// Delete files that the manifests name.
  public var deleteFileCount = 0
  /// Data files that deletes apply to.
  public var filesWithDeletes = 0

  /// Makes counters at zero.
  public init() {}

  /// Adds what was counted of some manifests apart from the others.
  mutating func add(_ other: PlanCounters) {
    manifestsFromCache += other.manifestsFromCache
    fileCount += other.fileCount
    filesPrunedByPartition += other.filesPrunedByPartition
    filesPrunedByBounds += other.filesPrunedByBounds
    filesMatchedWholly += other.filesMatchedWholly
    byteCount &+= other.byteCount
    plannedByteCount &+= other.plannedByteCount
    filesWithDeletes += other.filesWithDeletes
  }

  /// Data files to read.
  public var plannedFileCount: Int { fileCount - filesPrunedByPartition - filesPrunedByBounds }
}

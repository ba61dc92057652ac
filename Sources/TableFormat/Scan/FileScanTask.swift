public import Columnar

/// One data file to read, and all that reading it right needs.
public struct FileScanTask: Sendable {
  /// The file.
  public let file: DataFile
  /// The partition spec of the file's partition tuple.
  public let spec: PartitionSpec
  /// The file's data sequence number, which decides which deletes apply (rule 34).
  public let dataSequenceNumber: Int64
  /// The snapshot that added the file.
  public let snapshotID: SnapshotID?
  /// What is left of the predicate, given the file's partition and bounds.
  ///
  /// `alwaysTrue` means that every row passes, so that the predicate need not be evaluated. Otherwise the
  /// rows that pass it are those that pass the whole predicate.
  public let residual: Predicate
  /// The deletes that apply.
  public let deletes: FileDeletes
  /// Whether deleted rows are rows like others, which the column `_deleted` tells apart.
  public var showsDeletedRows = false

  /// Makes a task.
  public init(
    file: DataFile, spec: PartitionSpec, dataSequenceNumber: Int64, snapshotID: SnapshotID? = nil,
    residual: Predicate = .alwaysTrue, deletes: FileDeletes = .none
  ) {
    (self.file, self.spec, self.dataSequenceNumber) = (file, spec, dataSequenceNumber)
    (self.snapshotID, self.residual, self.deletes) = (snapshotID, residual, deletes)
  }

  /// Rows, less those that a deletion vector removes; an upper limit if other deletes apply.
  public var estimatedRowCount: Int64 {
    max(0, file.recordCount - (deletes.deletionVector?.recordCount ?? 0))
  }

  /// The values of the columns that are partitioned by identity, in every row.
  public var identityValues: [FieldID: ScalarValue] {
    var values: [FieldID: ScalarValue] = [:]
    for (field, value) in zip(spec.fields, file.partition) where field.transform == .identity {
      values[field.sourceID] = value
    }
    return values
  }
}

extension ScalarValue {
  /// Whether this partition value of a DOUBLE column may stand for another number.
  ///
  /// pyiceberg 0.12 narrows such values to FLOAT when it copies a manifest: 0.1 comes back as
  /// 0.10000000149011612, 1e300 as infinity. Only a value that no FLOAT equals is surely the written one.
  func mayBeNarrowed(of type: LogicalType) -> Bool {
    guard type == .double else { return false }
    switch self {
    case .real: return true
    case .double(let number): return Double(Float(number)) == number
    default: return false
    }
  }
}

/// The deletes that apply to one data file.
public struct FileDeletes: Sendable {
  /// The deletion vector; with it, position deletes are already left out (rule 38).
  public var deletionVector: DataFile?
  /// Position delete files, which may name rows of other files too.
  public var positionDeletes: [DataFile]
  /// Groups of equality delete files of which one or more apply.
  public var equalityDeletes: [EqualityDeleteGroup]

  /// Makes a set of deletes.
  public init(
    deletionVector: DataFile? = nil, positionDeletes: [DataFile] = [],
    equalityDeletes: [EqualityDeleteGroup] = []
  ) {
    self.deletionVector = deletionVector
    self.positionDeletes = positionDeletes
    self.equalityDeletes = equalityDeletes
  }

  /// No deletes.
  public static let none = FileDeletes()

  /// Whether no row is deleted.
  public var isEmpty: Bool { deletionVector == nil && positionDeletes.isEmpty && equalityDeletes.isEmpty }

  /// How many delete files apply, a deletion vector being one.
  public var count: Int {
    (deletionVector == nil ? 0 : 1) + positionDeletes.count
      + equalityDeletes.reduce(0) { $0 + $1.files.count }
  }
}

/// Equality delete files that compare the same columns in the same partition.
///
/// They are read together, once: each key keeps the newest sequence number that it was deleted at, so that a
/// row costs one probe however many files there are.
public final class EqualityDeleteGroup: Sendable {
  /// A delete file and its data sequence number.
  public struct File: Sendable {
    /// The delete file.
    public let file: DataFile
    /// Its data sequence number: rows of older data files are deleted.
    public let sequenceNumber: Int64
  }

  /// The columns that are compared, ascending.
  public let equalityIDs: [FieldID]
  /// The files, oldest first.
  public let files: [File]

  init(equalityIDs: [FieldID], files: [File]) { (self.equalityIDs, self.files) = (equalityIDs, files) }
}

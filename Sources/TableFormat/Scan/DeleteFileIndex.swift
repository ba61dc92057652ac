internal import Columnar

/// Finds the deletes that apply to a data file (Iceberg specification, "Scan Planning"; rules 33 to 44).
struct DeleteFileIndex: Sendable {
  /// A partition of a spec; NaN equals NaN and null equals null (rule 36).
  private struct PartitionKey: Hashable {
    var specID: Int
    var values: [ScalarValue]

    init(_ file: DataFile) {
      specID = file.specID
      values = file.partition.map { value in
        switch value {
        case .real(let number): PartitionKey.normalised(Double(number))
        case .double(let number): PartitionKey.normalised(number)
        default: value
        }
      }
    }

    private static func normalised(_ value: Double) -> ScalarValue {
      // No partition value is a list.
      value.isNaN ? .list([]) : .double(value)
    }
  }

  private struct Sequenced: Sendable {
    var file: DataFile
    var sequenceNumber: Int64
  }

  /// Position deletes in the order of their sequence numbers.
  ///
  /// Of many commits with deletes each file has those that came after it: the end of one array, without a look
  /// at the rest.
  private struct PositionDeletes: Sendable {
    private var files: [DataFile] = []
    private var sequenceNumbers: [Int64] = []

    init(_ deletes: [Sequenced]) {
      // Stable, so that a plan does not depend on the order of a sort.
      let order = deletes.indices.sorted {
        (deletes[$0].sequenceNumber, $0) < (deletes[$1].sequenceNumber, $1)
      }
      for place in order {
        files.append(deletes[place].file)
        sequenceNumbers.append(deletes[place].sequenceNumber)
      }
    }

    /// Those that apply to a data file of a data sequence number.
    func applying(to dataSequenceNumber: Int64) -> ArraySlice<DataFile> {
      var (low, high) = (0, sequenceNumbers.count)
      while low < high {
        let middle = (low + high) / 2
        if sequenceNumbers[middle] < dataSequenceNumber { low = middle + 1 } else { high = middle }
      }
      return files[low...]
    }
  }

  private struct EqualityKey: Hashable {
    /// `nil` for deletes of an unpartitioned spec, which reach every partition (rule 35).
    var partition: PartitionKey?
    var equalityIDs: [FieldID]
  }

  private let paths: PathMapper
  private let schema: Schema
  /// By the data file they are limited to.
  private var vectors: [String: Sequenced] = [:]
  private var positionsByFile: [String: PositionDeletes] = [:]
  private var positionsByPartition: [PartitionKey: PositionDeletes] = [:]
  private var globalEquality: [EqualityDeleteGroup] = []
  private var equalityByPartition: [PartitionKey: [EqualityDeleteGroup]] = [:]
  /// How many delete files the index holds.
  let count: Int

  /// Makes an index of the live entries of delete manifests.
  ///
  /// - Parameters:
  ///   - entries: The entries; their sequence numbers are no longer inherited.
  ///   - specs: The table's partition specs.
  ///   - schema: Where the types of compared columns are looked up.
  ///   - paths: What paths are compared by.
  /// - Throws: ``TableFormatError`` of kind `damaged` for a delete file that does not say what it deletes.
  init(
    _ entries: [ManifestEntry], specs: [PartitionSpec], schema: Schema, paths: PathMapper
  ) throws(TableFormatError) {
    (self.paths, self.schema, count) = (paths, schema, entries.count)
    var equality: [EqualityKey: [EqualityDeleteGroup.File]] = [:]
    var byFile: [String: [Sequenced]] = [:]
    var byPartition: [PartitionKey: [Sequenced]] = [:]
    for entry in entries {
      let file = entry.file
      let sequenceNumber = entry.sequenceNumber ?? 0
      switch file.content {
      case .data: continue
      case .positionDeletes:
        let delete = Sequenced(file: file, sequenceNumber: sequenceNumber)
        if file.isDeletionVector {
          try add(vector: delete)
        } else if let referenced = DeleteFileIndex.referencedFile(of: file) {
          byFile[paths.key(of: referenced), default: []].append(delete)
        } else {
          byPartition[PartitionKey(file), default: []].append(delete)
        }
      case .equalityDeletes:
        guard let ids = file.equalityIDs, !ids.isEmpty else {
          throw TableFormatError(
            .damaged, "an equality delete file names no columns to compare", file: file.path,
            field: "equality_ids")
        }
        let isGlobal = specs.first { $0.id == file.specID }?.isUnpartitioned ?? file.partition.isEmpty
        let key = EqualityKey(
          partition: isGlobal ? nil : PartitionKey(file), equalityIDs: Set(ids).sorted())
        equality[key, default: []].append(.init(file: file, sequenceNumber: sequenceNumber))
      }
    }
    positionsByFile = byFile.mapValues { PositionDeletes($0) }
    positionsByPartition = byPartition.mapValues { PositionDeletes($0) }
    for (key, files) in equality {
      let group = EqualityDeleteGroup(
        equalityIDs: key.equalityIDs,
        files: files.sorted { ($0.sequenceNumber, $0.file.path) < ($1.sequenceNumber, $1.file.path) })
      if let partition = key.partition {
        equalityByPartition[partition, default: []].append(group)
      } else {
        globalEquality.append(group)
      }
    }
  }

  private mutating func add(vector: Sequenced) throws(TableFormatError) {
    let file = vector.file
    guard let referenced = file.referencedDataFile else {
      throw TableFormatError(
        .damaged, "a deletion vector does not say which data file it is for", file: file.path,
        field: "referenced_data_file")
    }
    let key = paths.key(of: referenced)
    if let other = vectors[key] {
      // Only one is legal (rule 38); the newer one holds what the older one held.
      if other.sequenceNumber == vector.sequenceNumber {
        throw TableFormatError(
          .damaged, "two deletion vectors of one snapshot are for the data file \(referenced)",
          file: file.path, field: "referenced_data_file")
      }
      if other.sequenceNumber > vector.sequenceNumber { return }
    }
    vectors[key] = vector
  }

  /// The one data file that position deletes are limited to: named, or both bounds of their paths.
  private static func referencedFile(of file: DataFile) -> String? {
    if let referenced = file.referencedDataFile { return referenced }
    guard let lower = file.lowerBounds.range(of: .deleteFilePath),
      let upper = file.upperBounds.range(of: .deleteFilePath),
      file.lowerBounds.bytes[lower] == file.upperBounds.bytes[upper]
    else { return nil }
    return String(decoding: file.lowerBounds.bytes[lower], as: UTF8.self)
  }

  /// Whether there are no deletes.
  var isEmpty: Bool { count == 0 }

  /// Returns the deletes that apply to a data file of the given data sequence number.
  func deletes(for file: DataFile, dataSequenceNumber: Int64) -> FileDeletes {
    guard !isEmpty else { return .none }
    var result = FileDeletes()
    let partition = PartitionKey(file)
    if !vectors.isEmpty || !positionsByFile.isEmpty {
      let key = paths.key(of: file.path)
      if let vector = vectors[key], dataSequenceNumber <= vector.sequenceNumber {
        result.deletionVector = vector.file
      } else {
        result.positionDeletes += positionsByFile[key]?.applying(to: dataSequenceNumber) ?? []
      }
    }
    if result.deletionVector == nil {
      result.positionDeletes += positionsByPartition[partition]?.applying(to: dataSequenceNumber) ?? []
    }
    for group in globalEquality + (equalityByPartition[partition] ?? []) {
      let applies = group.files.contains {
        dataSequenceNumber < $0.sequenceNumber && mayConcern($0.file, group.equalityIDs, file)
      }
      if applies { result.equalityDeletes.append(group) }
    }
    return result
  }

  /// Whether the bounds of an equality delete file leave it possible that it deletes rows of a data file
  /// (rule 43).
  private func mayConcern(_ delete: DataFile, _ ids: [FieldID], _ file: DataFile) -> Bool {
    for id in ids {
      guard let type = schema.field(id: id)?.type, let logicalType = try? type.logicalType else { continue }
      if type == .float || type == .double || type.isNested { continue }
      let deleted = MetricsEvaluator.bounds(of: id, type, logicalType, in: delete)
      let held = MetricsEvaluator.bounds(of: id, type, logicalType, in: file)
      // Null matches null, so bounds speak only where one side has none.
      if deleted.nullCount != 0 && held.nullCount != 0 { continue }
      if let high = deleted.upper, let low = held.lower, let order = ScalarOrder.compare(high, low), order < 0
      {
        return false
      }
      if let low = deleted.lower, let high = held.upper, let order = ScalarOrder.compare(low, high), order > 0
      {
        return false
      }
    }
    return true
  }
}

internal import Columnar
package import FileFormats
internal import Synchronization

/// Manifests (Iceberg spec, "Manifests").
package enum Manifest {
  enum EntrySlot: Hashable, Sendable {
    case status, snapshotID, sequenceNumber, fileSequenceNumber, file
  }

  enum FileSlot: Hashable, Sendable {
    case content, path, format, partition, recordCount, fileSize, columnSizes, valueCounts, nullCounts
    case nanCounts, lowerBounds, upperBounds, keyMetadata, splitOffsets, equalityIDs, sortOrderID, firstRowID
    case referencedDataFile, contentOffset, contentSize
  }

  private static let entryIDs: [Int: EntrySlot] = [
    0: .status, 1: .snapshotID, 3: .sequenceNumber, 4: .fileSequenceNumber, 2: .file,
  ]

  private static let entryNames: [String: EntrySlot] = [
    "status": .status, "snapshot_id": .snapshotID, "sequence_number": .sequenceNumber,
    "file_sequence_number": .fileSequenceNumber, "data_file": .file,
  ]

  private static let fileIDs: [Int: FileSlot] = [
    134: .content, 100: .path, 101: .format, 102: .partition, 103: .recordCount, 104: .fileSize,
    108: .columnSizes, 109: .valueCounts, 110: .nullCounts, 137: .nanCounts, 125: .lowerBounds,
    128: .upperBounds, 131: .keyMetadata, 132: .splitOffsets, 135: .equalityIDs, 140: .sortOrderID,
    142: .firstRowID, 143: .referencedDataFile, 144: .contentOffset, 145: .contentSize,
  ]

  private static let fileNames: [String: FileSlot] = [
    "content": .content, "file_path": .path, "file_format": .format, "partition": .partition,
    "record_count": .recordCount, "file_size_in_bytes": .fileSize, "column_sizes": .columnSizes,
    "value_counts": .valueCounts, "null_value_counts": .nullCounts, "nan_value_counts": .nanCounts,
    "lower_bounds": .lowerBounds, "upper_bounds": .upperBounds, "key_metadata": .keyMetadata,
    "split_offsets": .splitOffsets, "equality_ids": .equalityIDs, "sort_order_id": .sortOrderID,
    "first_row_id": .firstRowID, "referenced_data_file": .referencedDataFile,
    "content_offset": .contentOffset, "content_size_in_bytes": .contentSize,
  ]

  /// Reads the entries of a manifest, with everything they inherit filled in.
  package static func read(
    _ manifest: ManifestFile, of metadata: TableMetadata, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> [ManifestEntry] {
    let path = try paths.path(of: manifest.path)
    let bytes = try TableFormatError.wrapping(manifest.path) { () throws(FileFormatError) in
      try fileSystem.readAll(path)
    }
    return try read(bytes, of: manifest, metadata: metadata)
  }

  /// Reads the bytes of a manifest.
  package static func read(
    _ bytes: [UInt8], of manifest: ManifestFile, metadata: TableMetadata
  ) throws(TableFormatError) -> [ManifestEntry] {
    let file = manifest.path
    var reader = try TableFormatError.wrapping(file) { () throws(FileFormatError) in
      try AvroReader(bytes, file: file)
    }
    let partitionType = try partitionType(of: manifest, metadata, reader)
    let plan = try Plan.of(reader.metadata["avro.schema"] ?? [], partitionType: partitionType, file: file)
    var entries: [ManifestEntry] = []
    do throws(FileFormatError) {
      while var block = try reader.nextBlock() {
        for _ in 0..<block.count { entries.append(try plan.entry(&block.decoder, specID: manifest.specID)) }
        guard block.decoder.isAtEnd else { throw block.decoder.error("the block is longer than its entries") }
      }
    } catch {
      throw TableFormatError(error, file: file)
    }
    inherit(&entries, from: manifest)
    return entries
  }

  /// The partition tuple's fields: by the table's spec, or by the manifest's own header if the table has lost it.
  static func partitionType(
    of manifest: ManifestFile, _ metadata: TableMetadata, _ reader: AvroReader
  ) throws(TableFormatError) -> [NestedField] {
    if let spec = metadata.partitionSpec(id: manifest.specID) { return try metadata.partitionType(of: spec) }
    guard let specText = reader.text("partition-spec"), let schemaText = reader.text("schema") else {
      throw TableFormatError(
        .damaged, "the manifest follows the partition spec \(manifest.specID), which the table does not have",
        file: manifest.path, field: "partition_spec_id")
    }
    let (fields, schema) = try TableFormatError.wrapping(manifest.path) { () throws(FileFormatError) in
      (try JSONParser.parse(specText), try JSONParser.parse(schemaText))
    }
    let spec = PartitionSpec(
      id: manifest.specID,
      fields: try PartitionSpec.fields(
        MetadataObject(["partition-spec": fields], file: manifest.path).objects("partition-spec")))
    return try spec.partitionType(
      in: Schema(MetadataObject(schema, file: manifest.path, path: "schema")))
  }

  /// Fills in what entries inherit from their manifest (rules 33 and 81).
  private static func inherit(_ entries: inout [ManifestEntry], from manifest: ManifestFile) {
    var rowCount: Int64 = 0
    for index in entries.indices {
      let inheritsRowID = entries[index].isLive && entries[index].file.firstRowID == nil
      inherit(&entries[index], from: manifest, rowsBefore: rowCount)
      if inheritsRowID { rowCount &+= entries[index].file.recordCount }
    }
  }

  /// Fills in what one entry inherits.
  ///
  /// - Parameters:
  ///   - entry: The entry.
  ///   - manifest: Its manifest.
  ///   - rowsBefore: The rows of the live files before it that have no row ids of their own.
  static func inherit(_ entry: inout ManifestEntry, from manifest: ManifestFile, rowsBefore: Int64) {
    if entry.snapshotID == nil { entry.snapshotID = manifest.addedSnapshotID }
    // Without a number of its own, an entry that was carried over is from a time before there were any.
    let inherited = entry.status == .added ? manifest.sequenceNumber : 0
    if entry.sequenceNumber == nil { entry.sequenceNumber = inherited }
    if entry.fileSequenceNumber == nil { entry.fileSequenceNumber = inherited }
    if manifest.content == .data, let first = manifest.firstRowID, entry.isLive, entry.file.firstRowID == nil
    {
      entry.file.firstRowID = first &+ rowsBefore
    }
  }

  /// Describes a manifest that no list describes, by its header (rule 25).
  package static func describe(
    _ location: String, snapshot: Snapshot, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> ManifestFile {
    let path = try paths.path(of: location)
    let (count, header) = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      let bytes = try fileSystem.readAll(path)
      return (bytes.count, try AvroReader(bytes, file: location))
    }
    return ManifestFile(
      path: location, byteCount: Int64(count),
      specID: header.text("partition-spec-id").flatMap { Int($0) } ?? 0,
      content: header.text("content") == "deletes" ? .deletes : .data, addedSnapshotID: snapshot.id)
  }

  /// How to read the entries of one file.
  struct Plan: Sendable {
    /// Tells plans apart.
    let number: Int
    let entries: AvroRecordPlan<EntrySlot>
    let files: AvroRecordPlan<FileSlot>
    /// For each field of the file's partition record the place in the tuple, and the type there.
    let partition: AvroRecordPlan<Int>
    let partitionType: [NestedField]
    let emptyTuple: [ScalarValue]

    private struct Key: Hashable {
      let schema: [UInt8]
      let partitionType: [NestedField]
    }

    /// The plans made lately: a table's thousand manifests need two or three between them.
    private static let known = Mutex<[Key: Plan]>([:])
    private static let made = Atomic(0)
    private static let knownLimit = 32

    /// Returns the plan for files of a schema, given as its JSON.
    static func of(
      _ schema: [UInt8], partitionType: [NestedField], file: String
    ) throws(TableFormatError) -> Plan {
      let key = Key(schema: schema, partitionType: partitionType)
      if let plan = known.withLock({ $0[key] }) { return plan }
      let parsed = try TableFormatError.wrapping(file) { () throws(FileFormatError) in
        try AvroSchema(json: schema)
      }
      let plan = try Plan(parsed, partitionType: partitionType, file: file)
      known.withLock { known in
        if known.count >= knownLimit { known.removeAll() }
        known[key] = plan
      }
      return plan
    }

    private init(_ schema: AvroSchema, partitionType: [NestedField], file: String) throws(TableFormatError) {
      number = Self.made.add(1, ordering: .relaxed).newValue
      entries = AvroRecordPlan(schema, ids: entryIDs, names: entryNames)
      try entries.require([(.status, "status"), (.file, "data_file")], file)
      guard let data = entries.steps.first(where: { $0.slot == .file })?.type.schema else {
        throw TableFormatError(.damaged, "the manifest has no data_file", file: file)
      }
      files = AvroRecordPlan(data, ids: fileIDs, names: fileNames)
      try files.require(
        [(.path, "file_path"), (.format, "file_format"), (.recordCount, "record_count")], file)
      var (ids, names): ([Int: Int], [String: Int]) = ([:], [:])
      for (place, field) in partitionType.enumerated() {
        ids[Int(field.id.rawValue)] = place
        names[AvroName.sanitized(field.name)] = place
        names[field.name] = place
      }
      let record = files.steps.first { $0.slot == .partition }?.type.schema ?? AvroSchema(.null)
      partition = AvroRecordPlan(record, ids: ids, names: names)
      self.partitionType = partitionType
      emptyTuple = [ScalarValue](repeating: .null, count: partitionType.count)
    }

    func entry(_ decoder: inout AvroDecoder, specID: Int) throws(FileFormatError) -> ManifestEntry {
      var entry = ManifestEntry(
        status: .existing,
        file: DataFile(path: "", specID: specID, partition: emptyTuple, recordCount: 0, fileSizeInBytes: 0))
      for step in entries.steps {
        guard let slot = step.slot else {
          try decoder.skip(step.type.whole)
          continue
        }
        guard try decoder.hasValue(step.type) else { continue }
        switch slot {
        case .status:
          guard let status = ManifestEntry.Status(rawValue: Int(try decoder.readNumber(step.type))) else {
            throw decoder.error("an entry has an unknown status")
          }
          entry.status = status
        case .snapshotID: entry.snapshotID = SnapshotID(try decoder.readNumber(step.type))
        case .sequenceNumber: entry.sequenceNumber = try decoder.readNumber(step.type)
        case .fileSequenceNumber: entry.fileSequenceNumber = try decoder.readNumber(step.type)
        case .file: try read(&decoder, into: &entry.file)
        }
      }
      return entry
    }

    private func read(_ decoder: inout AvroDecoder, into file: inout DataFile) throws(FileFormatError) {
      for step in files.steps {
        guard let slot = step.slot else {
          try decoder.skip(step.type.whole)
          continue
        }
        guard try decoder.hasValue(step.type) else { continue }
        switch slot {
        case .content:
          guard let content = DataFile.Content(rawValue: Int(try decoder.readNumber(step.type))) else {
            throw decoder.error("a file has an unknown content")
          }
          file.content = content
        case .path: file.path = try decoder.readText(step.type)
        case .format: file.format = DataFile.Format(try decoder.readText(step.type))
        case .partition: try readPartition(&decoder, into: &file.partition)
        case .recordCount: file.recordCount = try decoder.readNumber(step.type)
        case .fileSize: file.fileSizeInBytes = try decoder.readNumber(step.type)
        case .columnSizes: file.columnSizes = try counts(&decoder, step.type)
        case .valueCounts: file.valueCounts = try counts(&decoder, step.type)
        case .nullCounts: file.nullValueCounts = try counts(&decoder, step.type)
        case .nanCounts: file.nanValueCounts = try counts(&decoder, step.type)
        case .lowerBounds: file.lowerBounds = try bounds(&decoder, step.type)
        case .upperBounds: file.upperBounds = try bounds(&decoder, step.type)
        case .keyMetadata: file.keyMetadata = try decoder.readBlob(step.type)
        case .splitOffsets: file.splitOffsets = try numbers(&decoder, step.type)
        case .equalityIDs:
          file.equalityIDs = try numbers(&decoder, step.type).map { FieldID(Int32(truncatingIfNeeded: $0)) }
        case .sortOrderID: file.sortOrderID = Int(try decoder.readNumber(step.type))
        case .firstRowID: file.firstRowID = try decoder.readNumber(step.type)
        case .referencedDataFile: file.referencedDataFile = try decoder.readText(step.type)
        case .contentOffset: file.contentOffset = try decoder.readNumber(step.type)
        case .contentSize: file.contentSizeInBytes = try decoder.readNumber(step.type)
        }
      }
      guard file.recordCount >= 0, file.fileSizeInBytes >= 0 else {
        throw decoder.error("the file \(file.path) has a negative size")
      }
    }

    func readPartition(
      _ decoder: inout AvroDecoder, into tuple: inout [ScalarValue]
    ) throws(FileFormatError) {
      for step in partition.steps {
        guard let place = step.slot else {
          try decoder.skip(step.type.whole)
          continue
        }
        guard try decoder.hasValue(step.type) else { continue }
        tuple[place] = try value(&decoder, step.type, partitionType[place].type)
      }
    }

    private func value(
      _ decoder: inout AvroDecoder, _ field: AvroFieldType, _ type: IcebergType
    ) throws(FileFormatError) -> ScalarValue {
      switch field.encoding {
      case .null: return .null
      case .boolean: return .boolean(try decoder.readBoolean())
      case .number:
        let number = try decoder.readLong()
        return field.isMillis ? .integer(number &* 1000) : .integer(number)
      case .float:
        let number = try decoder.readFloat()
        return type == .double ? .double(Double(number)) : .real(number)
      case .double: return .double(try decoder.readDouble())
      case .string, .bytes, .fixed:
        let bytes = try decoder.readBlob(field)
        switch type {
        case .decimal:
          guard bytes.count <= 16 else { throw decoder.error("a decimal of \(bytes.count) bytes") }
          return .decimal(SingleValue.decimal(bytes))
        case .uuid where bytes.count == 36:
          let digits = String(decoding: bytes, as: UTF8.self).filter { $0 != "-" }
          return .bytes(SingleValue.bytes(hexadecimal: digits) ?? bytes)
        default: return .bytes(bytes)
        }
      case .other: throw decoder.error("a partition value has a type that no transform yields")
      }
    }

    /// Reads a map from field ids, in either of its forms: records of key and value, or an Avro map (rule 13).
    private func counts(
      _ decoder: inout AvroDecoder, _ type: AvroFieldType
    ) throws(FileFormatError) -> FieldCounts {
      var pairs: [Int64] = []
      guard let form = type.map, form.value == .number else {
        throw decoder.error("a map of counts is declared as another type")
      }
      while case let count = try decoder.readBlockCount(), count > 0 {
        pairs.reserveCapacity(pairs.count + 2 * count)
        for _ in 0..<count {
          guard let id = try form.key(&decoder) else { continue }
          if try form.hasValue(&decoder) {
            pairs.append(Int64(id))
            pairs.append(try decoder.readLong())
          }
        }
      }
      return FieldCounts(pairs: pairs)
    }

    private func bounds(
      _ decoder: inout AvroDecoder, _ type: AvroFieldType
    ) throws(FileFormatError) -> FieldBounds {
      var (entries, bytes): ([Int32], [UInt8]) = ([], [])
      guard let form = type.map, form.value == .bytes else {
        throw decoder.error("a map of bounds is declared as another type")
      }
      while case let count = try decoder.readBlockCount(), count > 0 {
        entries.reserveCapacity(entries.count + 2 * count)
        bytes.reserveCapacity(bytes.count + min(16 * count, decoder.end - decoder.position))
        for _ in 0..<count {
          guard let id = try form.key(&decoder) else { continue }
          if try form.hasValue(&decoder) {
            let range = try decoder.readRange()
            bytes += decoder.bytes[range]
            entries.append(id)
            entries.append(Int32(truncatingIfNeeded: bytes.count))
          }
        }
      }
      return FieldBounds(entries: entries, bytes: bytes)
    }

    private func numbers(
      _ decoder: inout AvroDecoder, _ type: AvroFieldType
    ) throws(FileFormatError) -> [Int64] {
      guard let nullBranch = type.numberListNullBranch else {
        throw decoder.error("a list of numbers is declared as another type")
      }
      var result: [Int64] = []
      while case let count = try decoder.readBlockCount(), count > 0 {
        for _ in 0..<count {
          if nullBranch >= 0, try decoder.readBranch(of: 2) == nullBranch { continue }
          result.append(try decoder.readLong())
        }
      }
      return result
    }
  }
}

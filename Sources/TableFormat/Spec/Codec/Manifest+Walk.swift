internal import FileFormats

extension Manifest {
  private static let tooLong = "the block is longer than its entries"

  /// What is asked of an entry before it is known whether anybody wants it.
  struct EntryHead {
    var isLive = true
    var recordCount: Int64 = 0
    var byteCount: Int64 = 0
    /// Where the partition tuple is in the block.
    var partition = 0..<0
    var hasRowID = false
  }

  /// Reads the entries of a manifest whose partitions are wanted, and passes over the others without building them.
  ///
  /// - Parameters:
  ///   - bytes: The manifest.
  ///   - manifest: What its list says of it.
  ///   - metadata: The table's metadata.
  ///   - isWanted: Is asked once for each partition tuple, given as it is encoded.
  /// - Returns: The live entries that are wanted, by their place among the live ones, and where all are.
  /// - Throws: ``TableFormatError`` if the manifest is damaged.
  static func walk(
    _ bytes: [UInt8], of manifest: ManifestFile, metadata: TableMetadata,
    isWanted: (_ plan: Plan, _ tuple: [UInt8]) throws(FileFormatError) -> Bool
  ) throws(TableFormatError) -> (wanted: [(place: Int, entry: ManifestEntry)], index: ManifestIndex) {
    let file = manifest.path
    var reader = try TableFormatError.wrapping(file) { () throws(FileFormatError) in
      try AvroReader(bytes, file: file)
    }
    let schema = reader.metadata["avro.schema"] ?? []
    let plan = try Plan.of(
      schema, partitionType: partitionType(of: manifest, metadata, reader), file: file)
    var index = ManifestIndex(schema: schema, codec: reader.codec, marker: reader.marker)
    var places: [[UInt8]: Int] = [:]
    var tuples: [[UInt8]] = []
    var verdicts: [Bool] = []
    var wanted: [(place: Int, entry: ManifestEntry)] = []
    var rowCount: Int64 = 0
    // Row ids are given out in order, which needs to know of every entry whether it has one of its own.
    let countsRows = manifest.firstRowID != nil
    do throws(FileFormatError) {
      while var block = try reader.nextBlock() {
        let number = UInt32(index.blocks.count / 2)
        var isNoted = false
        for ordinal in 0..<block.count {
          var start = block.decoder
          let head = try plan.head(&block.decoder, isEnough: block.count == 1 && !countsRows)
          guard head.isLive else { continue }
          let tuple = Array(start.bytes[head.partition])
          let place: Int
          if let known = places[tuple] {
            place = known
          } else {
            place = tuples.count
            verdicts.append(try isWanted(plan, tuple))
            places[tuple] = place
            tuples.append(tuple)
          }
          if !isNoted {
            index.blocks += [
              UInt32(truncatingIfNeeded: block.range.lowerBound),
              UInt32(truncatingIfNeeded: block.range.upperBound),
            ]
            isNoted = true
          }
          if verdicts[place] {
            var entry = try plan.entry(&start, specID: manifest.specID)
            guard ordinal < block.count - 1 || start.isAtEnd else { throw start.error(tooLong) }
            inherit(&entry, from: manifest, rowsBefore: rowCount)
            wanted.append((index.entries.count, entry))
          }
          index.entries.append(
            .init(tuple: UInt32(place), block: number, ordinal: UInt32(ordinal), rowsBefore: rowCount))
          index.liveByteCount &+= head.byteCount
          if countsRows, !head.hasRowID { rowCount &+= head.recordCount }
        }
        guard block.decoder.isAtEnd || (block.count == 1 && !countsRows) else {
          throw block.decoder.error(tooLong)
        }
      }
    } catch {
      throw TableFormatError(error, file: file)
    }
    index.tuples = PartitionTuples(tuples)
    return (wanted, index)
  }

  /// Reads some entries of a manifest by its index.
  ///
  /// - Parameters:
  ///   - places: Which of the live entries, ascending.
  ///   - index: The manifest's index.
  ///   - plan: How its entries are read.
  ///   - file: The manifest's file.
  ///   - manifest: What its list says of it.
  /// - Returns: The entries.
  /// - Throws: ``TableFormatError`` if the index is not this file's.
  static func read(
    _ places: [Int], by index: ManifestIndex, _ plan: Plan, from file: any RandomAccessFile,
    of manifest: ManifestFile
  ) throws(TableFormatError) -> [ManifestEntry] {
    var result: [ManifestEntry] = []
    var current: (block: UInt32, decoder: AvroDecoder, next: UInt32, count: Int)?
    do throws(FileFormatError) {
      for place in places {
        let known = index.entries[place]
        if current == nil || current?.block != known.block {
          guard let range = index.range(ofBlock: known.block) else {
            throw .damaged("there is no such block")
          }
          let block = try AvroReader.block(of: file, at: range, codec: index.codec, marker: index.marker)
          current = (known.block, block.decoder, 0, block.count)
        }
        guard let (block, before, first, count) = current, known.ordinal >= first, known.ordinal < count
        else {
          throw .damaged("there is no such entry")
        }
        var (decoder, next) = (before, first)
        while next < known.ordinal {
          _ = try plan.head(&decoder, isEnough: false)
          next += 1
        }
        var entry = try plan.entry(&decoder, specID: manifest.specID)
        guard entry.isLive, known.ordinal < count - 1 || decoder.isAtEnd else { throw decoder.error(tooLong) }
        inherit(&entry, from: manifest, rowsBefore: known.rowsBefore)
        result.append(entry)
        current = (block, decoder, next + 1, count)
      }
    } catch {
      throw TableFormatError(error, file: manifest.path)
    }
    return result
  }

  /// How the entries of an indexed manifest are read; its spec must be one of the table's.
  static func plan(
    of index: ManifestIndex, _ manifest: ManifestFile, _ metadata: TableMetadata
  ) throws(TableFormatError) -> Plan {
    guard let spec = metadata.partitionSpec(id: manifest.specID) else {
      throw TableFormatError(
        .damaged, "the table has no partition spec \(manifest.specID)", file: manifest.path,
        field: "partition_spec_id")
    }
    return try Plan.of(index.schema, partitionType: metadata.partitionType(of: spec), file: manifest.path)
  }
}

extension Manifest.Plan {
  /// Passes an entry and tells the little that decides whether it is wanted.
  ///
  /// - Parameters:
  ///   - decoder: Stands before the entry, afterwards behind it.
  ///   - isEnough: Whether the decoder may be left where everything is known.
  /// - Returns: What was passed.
  /// - Throws: If the entry is damaged.
  func head(_ decoder: inout AvroDecoder, isEnough: Bool) throws(FileFormatError) -> Manifest.EntryHead {
    var head = Manifest.EntryHead()
    var hasStatus = false
    for step in entries.steps {
      switch step.slot {
      case .status:
        guard try decoder.hasValue(step.type) else { continue }
        guard let status = ManifestEntry.Status(rawValue: Int(try decoder.readNumber(step.type))) else {
          throw decoder.error("an entry has an unknown status")
        }
        (head.isLive, hasStatus) = (status != .deleted, true)
      case .file:
        guard try decoder.hasValue(step.type) else { continue }
        if try fileHead(&decoder, &head, isEnough: isEnough && hasStatus) { return head }
      default: try decoder.skip(step.type)
      }
    }
    return head
  }

  /// Passes a file; `true` when it was left early.
  private func fileHead(
    _ decoder: inout AvroDecoder, _ head: inout Manifest.EntryHead, isEnough: Bool
  ) throws(FileFormatError) -> Bool {
    var found = 0
    for step in files.steps {
      switch step.slot {
      case .partition:
        found += 1
        guard try decoder.hasValue(step.type) else { continue }
        let start = decoder.position
        for part in partition.steps { try decoder.skip(part.type) }
        head.partition = start..<decoder.position
      case .recordCount:
        found += 1
        guard try decoder.hasValue(step.type) else { continue }
        head.recordCount = try decoder.readNumber(step.type)
      case .fileSize:
        found += 1
        guard try decoder.hasValue(step.type) else { continue }
        head.byteCount = try decoder.readNumber(step.type)
      case .firstRowID:
        guard try decoder.hasValue(step.type) else { continue }
        _ = try decoder.readNumber(step.type)
        head.hasRowID = true
      default: try decoder.skip(step.type)
      }
      if isEnough && found == 3 { return true }
    }
    return false
  }
}

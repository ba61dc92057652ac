internal import FileFormats

/// The bytes of a file that keeps the indexes of a table's manifests between processes.
///
/// ```
///  | "WQMI" version | table | schemas, each with its partition tuples | manifests: key, index | XXH64 of all before |
/// ```
/// Numbers are little-endian. A file of another version, of another table, or with a byte that differs from what was
/// written is no file: what it held is found anew.
enum ManifestIndexFile {
  /// Names a manifest together with what it was when it was indexed.
  struct Key: Hashable, Sendable {
    var path: String
    var byteCount: Int64
    var snapshotID: SnapshotID
    var sequenceNumber: Int64
    var firstRowID: Int64?

    init(path: String, byteCount: Int64, snapshotID: SnapshotID, sequenceNumber: Int64, firstRowID: Int64?) {
      (self.path, self.byteCount, self.snapshotID) = (path, byteCount, snapshotID)
      (self.sequenceNumber, self.firstRowID) = (sequenceNumber, firstRowID)
    }

    init(_ manifest: ManifestFile) {
      self.init(
        path: manifest.path, byteCount: manifest.byteCount, snapshotID: manifest.addedSnapshotID,
        sequenceNumber: manifest.sequenceNumber, firstRowID: manifest.firstRowID)
    }
  }

  private static let mark = Array("WQMI\u{2}".utf8)

  /// Returns the bytes for a table's indexes.
  static func encode(_ indexes: [Key: ManifestIndex], table: String) -> [UInt8] {
    var schemas = SchemaTuples()
    let places = indexes.mapValues { schemas.insert($0) }
    var writer = Writer(bytes: mark)
    writer.append(Array(table.utf8))
    writer.append(schemas.all.count)
    for (schema, tuples) in schemas.all {
      writer.append(schema)
      writer.append(tuples.count)
      for tuple in tuples { writer.append(tuple) }
    }
    writer.append(indexes.count)
    for (key, index) in indexes {
      guard let (schema, tuples) = places[key] else { continue }
      writer.append(Array(key.path.utf8))
      for number in [key.byteCount, key.snapshotID.rawValue, key.sequenceNumber] { writer.append(number) }
      writer.append(key.firstRowID.map { [1, $0] } ?? [0])
      writer.append(schema)
      writer.append(Array(index.codec.rawValue.utf8))
      writer.append(index.marker)
      writer.append(index.liveByteCount)
      writer.append(index.blocks)
      writer.append(tuples)
      writer.append(index.entries.map(\.block))
      writer.append(index.entries.map(\.ordinal))
      if key.firstRowID != nil { writer.append(index.entries.map(\.rowsBefore)) }
    }
    writer.append(Int64(bitPattern: XxHash64.hash(writer.bytes.span)))
    return writer.bytes
  }

  /// The schemas of indexes, and of each the tuples that entries have.
  private struct SchemaTuples {
    var all: [(schema: [UInt8], tuples: [[UInt8]])] = []
    private var places: [[UInt8]: Int] = [:]
    private var known: [[[UInt8]: UInt32]] = []

    /// Adds what an index has; returns the place of its schema, and of each entry's tuple.
    mutating func insert(_ index: ManifestIndex) -> (schema: Int, tuples: [UInt32]) {
      let schema = places[index.schema] ?? all.count
      if schema == all.count {
        places[index.schema] = schema
        all.append((index.schema, []))
        known.append([:])
      }
      var moved = [UInt32?](repeating: nil, count: index.tuples.all.count)
      var tuples: [UInt32] = []
      for entry in index.entries {
        let old = Int(entry.tuple)
        let tuple = index.tuples.all[old]
        let new = moved[old] ?? known[schema][tuple] ?? UInt32(all[schema].tuples.count)
        if moved[old] == nil {
          moved[old] = new
          if new == all[schema].tuples.count {
            all[schema].tuples.append(tuple)
            known[schema][tuple] = new
          }
        }
        tuples.append(new)
      }
      return (schema, tuples)
    }
  }

  /// Reads a table's indexes; `nil` for bytes that are damaged or another table's.
  static func decode(_ bytes: [UInt8], table: String) -> [Key: ManifestIndex]? {
    guard bytes.count > mark.count + 8, bytes.starts(with: mark) else { return nil }
    var end = Reader(bytes: bytes, position: bytes.count - 8, end: bytes.count)
    let sum = XxHash64.hash(bytes.span.extracting(0..<bytes.count - 8))
    guard end.number() == Int64(bitPattern: sum) else { return nil }
    var reader = Reader(bytes: bytes, position: mark.count, end: bytes.count - 8)
    guard reader.text() == table, let schemaCount = reader.count() else { return nil }
    var schemas: [(schema: [UInt8], tuples: PartitionTuples)] = []
    for _ in 0..<schemaCount {
      guard let schema = reader.blob(), let count = reader.count() else { return nil }
      var tuples: [[UInt8]] = []
      for _ in 0..<count {
        guard let tuple = reader.blob() else { return nil }
        tuples.append(tuple)
      }
      schemas.append((schema, PartitionTuples(tuples)))
    }
    guard let count = reader.count() else { return nil }
    var indexes: [Key: ManifestIndex] = [:]
    for _ in 0..<count {
      guard let (key, index) = manifest(&reader, schemas) else { return nil }
      indexes[key] = index
    }
    return reader.position == reader.end ? indexes : nil
  }

  private static func manifest(
    _ reader: inout Reader, _ schemas: [(schema: [UInt8], tuples: PartitionTuples)]
  ) -> (Key, ManifestIndex)? {
    guard let path = reader.text(), let byteCount = reader.number(), let snapshot = reader.number(),
      let sequence = reader.number(), let first = reader.numbers(), first.count <= 2,
      let schema = reader.number(), schema >= 0, schema < schemas.count,
      let codec = reader.text().flatMap({ AvroCodec(rawValue: $0) }), let marker = reader.blob(),
      marker.count == 16, let liveByteCount = reader.number()
    else { return nil }
    let key = Key(
      path: path, byteCount: byteCount, snapshotID: SnapshotID(snapshot), sequenceNumber: sequence,
      firstRowID: first.count == 2 ? first[1] : nil)
    let (json, shared) = schemas[Int(schema)]
    var index = ManifestIndex(schema: json, codec: codec, marker: marker, liveByteCount: liveByteCount)
    index.tuples = shared
    guard let blocks = reader.halves(), let tuples = reader.halves(), let places = reader.halves(),
      let ordinals = reader.halves(), tuples.count == places.count, tuples.count == ordinals.count
    else { return nil }
    index.blocks = blocks
    var rows = [Int64](repeating: 0, count: key.firstRowID == nil ? 0 : tuples.count)
    if key.firstRowID != nil {
      guard let read = reader.numbers(), read.count == tuples.count else { return nil }
      rows = read
    }
    index.entries.reserveCapacity(tuples.count)
    for place in tuples.indices {
      guard tuples[place] < shared.all.count else { return nil }
      index.entries.append(
        .init(
          tuple: tuples[place], block: places[place], ordinal: ordinals[place],
          rowsBefore: rows.isEmpty ? 0 : rows[place]))
    }
    return (key, index)
  }

  private struct Writer {
    var bytes: [UInt8]

    mutating func append(_ number: Int64) {
      for shift in stride(from: Int64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: number &>> shift))
      }
    }

    mutating func append(_ number: Int) { append(Int64(number)) }

    mutating func append(_ blob: [UInt8]) {
      append(blob.count)
      bytes += blob
    }

    mutating func append(_ numbers: [Int64]) {
      append(numbers.count)
      for number in numbers { append(number) }
    }

    mutating func append(_ halves: [UInt32]) {
      append(halves.count)
      bytes.reserveCapacity(bytes.count + 4 * halves.count)
      for half in halves {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
          bytes.append(UInt8(truncatingIfNeeded: half &>> shift))
        }
      }
    }
  }

  /// Every read says `nil` where the bytes end too soon.
  private struct Reader {
    let bytes: [UInt8]
    var position: Int
    let end: Int

    mutating func number() -> Int64? {
      guard end - position >= 8 else { return nil }
      var value: UInt64 = 0
      for index in 0..<8 { value |= UInt64(bytes[position &+ index]) &<< UInt64(8 &* index) }
      position += 8
      return Int64(bitPattern: value)
    }

    /// A number of things of which each takes at least a byte.
    mutating func count(bytesEach size: Int = 1) -> Int? {
      guard let count = number(), count >= 0, count <= Int64((end - position) / size) else { return nil }
      return Int(count)
    }

    mutating func blob() -> [UInt8]? {
      guard let count = count() else { return nil }
      position += count
      return Array(bytes[position - count..<position])
    }

    mutating func text() -> String? { blob().flatMap { String(validating: $0, as: UTF8.self) } }

    mutating func numbers() -> [Int64]? {
      guard let count = count(bytesEach: 8) else { return nil }
      return (0..<count).map { _ in number() ?? 0 }
    }

    mutating func halves() -> [UInt32]? {
      guard let count = count(bytesEach: 4) else { return nil }
      var halves: [UInt32] = []
      halves.reserveCapacity(count)
      var at = position
      for _ in 0..<count {
        let low = UInt32(bytes[at]) | UInt32(bytes[at &+ 1]) &<< 8
        halves.append(low | UInt32(bytes[at &+ 2]) &<< 16 | UInt32(bytes[at &+ 3]) &<< 24)
        at &+= 4
      }
      position = at
      return halves
    }
  }
}

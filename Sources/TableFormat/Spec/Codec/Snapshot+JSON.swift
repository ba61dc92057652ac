internal import FileFormats

/// Checks the entries of `snapshots` without building anything, as there may be thousands.
struct SnapshotReader {
  private var picker = SnapshotReader.fields
  /// The entry checked last, and what of it is looked at in others that look like it.
  private var shape = JSONShape()
  private var idSlot = 0
  private var integerSlots: [Int] = []
  private let file: String?
  private static let fields = JSONFieldPicker(keys: [
    "snapshot-id", "parent-snapshot-id", "sequence-number", "timestamp-ms", "manifest-list", "manifests",
    "summary", "schema-id", "first-row-id", "added-rows",
  ])
  private static let integers = [
    (2, "sequence-number"), (3, "timestamp-ms"), (7, "schema-id"), (8, "first-row-id"), (9, "added-rows"),
  ]

  static let codec = HistoryCodec<Snapshot>(member: "snapshots", label: 1, places: places, decode: snapshot)

  private init(file: String?) { self.file = file }

  /// Finds the entries of `snapshots`, and checks that they can be read.
  @Sendable private static func places(
    _ text: Span<UInt8>, _ scanner: inout JSONScanner, file: String?
  ) throws(TableFormatError) -> [EncodedPlace] {
    func scanning<Value>(
      _ body: (inout JSONScanner) throws(FileFormatError) -> Value
    ) throws(TableFormatError) -> Value {
      do throws(FileFormatError) { return try body(&scanner) } catch {
        throw TableFormatError(error, file: file)
      }
    }
    guard try scanning({ (scanner) throws(FileFormatError) in try scanner.beginArray(text) }) else {
      return []
    }
    var (reader, places) = (SnapshotReader(file: file), [EncodedPlace]())
    repeat {
      places.append(try reader.check(text, &scanner))
    } while try scanning({ (scanner) throws(FileFormatError) in try scanner.continueArray(text) })
    return places
  }

  /// The snapshot id in a slot; `nil` if it is none.
  static func id(_ text: Span<UInt8>, _ slot: JSONSlot) -> SnapshotID? {
    guard slot.kind == .integer else { return nil }
    return JSONScanner.integer(text, slot).map { SnapshotID($0) }
      ?? SnapshotID(JSONScanner.string(text, slot))
  }

  /// Passes the entry at the scanner's position when ``snapshot(_:_:)`` can read it.
  ///
  /// - Parameters:
  ///   - text: The metadata file.
  ///   - scanner: Stands before the entry, afterwards behind it.
  /// - Returns: Where the entry is.
  /// - Throws: ``TableFormatError`` that says what is missing or damaged.
  private mutating func check(
    _ text: Span<UInt8>, _ scanner: inout JSONScanner
  ) throws(TableFormatError) -> EncodedPlace {
    _ = scanner.peek(text)
    let start = scanner.position
    if let end = shape.match(text, at: start), let id = Self.id(text, shape.slots[idSlot]),
      integerSlots.allSatisfy({ shape.slots[$0].range.count < 19 })
    {
      scanner.position = end
      return .init(start: UInt32(start), end: UInt32(end), id: id)
    }
    do throws(FileFormatError) {
      try picker.pick(text, &scanner)
    } catch {
      throw TableFormatError(error, file: file)
    }
    for (place, name) in Self.integers {
      let slot = picker.slots[place]
      // Nearly all numbers are short enough to be seen to fit.
      if slot.kind == .missing || slot.kind == .null || slot.kind == .integer && slot.range.count < 19 {
        continue
      }
      guard JSONScanner.integer(text, slot) != nil else {
        throw TableFormatError(
          .damaged, "\(name) of a snapshot is not a 64-bit integer", file: file, offset: slot.start,
          field: "snapshots.\(name)")
      }
    }
    guard let id = Self.id(text, picker.slots[0]) else { throw missing("snapshot-id", start) }
    guard picker.slots[3].kind == .integer else { throw missing("timestamp-ms", start) }
    let list = picker.slots[4].kind
    guard list == .string || list == .escapedString || picker.slots[5].kind == .array else {
      throw missing("manifest-list", start)
    }
    learn(text, start..<scanner.position)
    return .init(start: UInt32(start), end: UInt32(scanner.position), id: id)
  }

  /// Makes the entry that was checked the one that others are compared with.
  private mutating func learn(_ text: Span<UInt8>, _ range: Range<Int>) {
    shape = JSONShape(text, range)
    let isWhole = shape.match(text, at: range.lowerBound) == range.upperBound
    func slot(_ place: Int) -> Int? {
      shape.slots.firstIndex { $0.start == picker.slots[place].start && $0.kind == .integer }
    }
    guard isWhole, let id = slot(0) else {
      shape = JSONShape()
      return
    }
    idSlot = id
    integerSlots = Self.integers.compactMap { slot($0.0) }
  }

  private func missing(_ name: String, _ start: Int) -> TableFormatError {
    TableFormatError(
      .damaged, "a snapshot has no \(name)", file: file, offset: start, field: "snapshots.\(name)")
  }

  /// Reads an entry that was checked; its summary stays text until somebody asks for it.
  @Sendable private static func snapshot(_ text: [UInt8], _ range: Range<Int>) -> Snapshot {
    let span = text.span
    var (scanner, picker) = (JSONScanner(at: range.lowerBound), fields)
    // What was checked cannot fail; a field that could not be read would be absent.
    _ = try? picker.pick(span, &scanner)
    let slots = picker.slots
    let hasList = slots[4].kind == .string || slots[4].kind == .escapedString
    var manifests: [String] = []
    if slots[5].kind == .array {
      var inner = JSONScanner(at: slots[5].start)
      manifests = ((try? JSONParser.value(span, &inner))?.arrayValue ?? []).compactMap(\.stringValue)
    }
    return Snapshot(
      id: id(span, slots[0]) ?? 0, parentID: id(span, slots[1]),
      sequenceNumber: JSONScanner.integer(span, slots[2]) ?? 0,
      timestampMillis: JSONScanner.integer(span, slots[3]) ?? 0,
      manifestList: hasList ? JSONScanner.string(span, slots[4]) : nil, manifests: manifests,
      summary: slots[6].kind == .object
        ? SnapshotSummary(encoded: text[slots[6].range]) : SnapshotSummary(operation: nil),
      schemaID: JSONScanner.integer(span, slots[7]).flatMap { Int32(exactly: $0) }.map { Int($0) },
      firstRowID: JSONScanner.integer(span, slots[8]), addedRows: JSONScanner.integer(span, slots[9]))
  }
}

extension Snapshot {
  /// The snapshot's JSON.
  func json(formatVersion: Int) -> [UInt8] {
    var object: JSONObject = ["snapshot-id": .number(id.description)]
    if let parentID { object["parent-snapshot-id"] = .number(parentID.description) }
    if formatVersion >= 2 { object["sequence-number"] = .integer(sequenceNumber) }
    object["timestamp-ms"] = .integer(timestampMillis)
    if let manifestList { object["manifest-list"] = .string(manifestList) }
    if manifestList == nil { object["manifests"] = .array(manifests.map { .string($0) }) }
    if let operation = summary.operation {
      var values: JSONObject = ["operation": .string(operation.rawValue)]
      for (key, value) in summary.values.sorted(by: { $0.key < $1.key }) { values[key] = .string(value) }
      object["summary"] = .object(values)
    }
    if let schemaID { object["schema-id"] = .integer(Int64(schemaID)) }
    if formatVersion >= 3 {
      if let firstRowID { object["first-row-id"] = .integer(firstRowID) }
      if let addedRows { object["added-rows"] = .integer(addedRows) }
    }
    return JSONWriter.write(.object(object))
  }
}

package import FileFormats

/// Reads the entries of `snapshots` without building a tree, as there may be thousands.
package struct SnapshotReader {
  private var picker = JSONFieldPicker(keys: [
    "snapshot-id", "parent-snapshot-id", "sequence-number", "timestamp-ms", "manifest-list", "manifests",
    "summary", "schema-id", "first-row-id", "added-rows",
  ])
  private let file: String?

  package init(file: String?) { self.file = file }

  /// The snapshot id in a slot; `nil` if it is none.
  static func id(_ text: Span<UInt8>, _ slot: JSONSlot) -> SnapshotID? {
    guard slot.kind == .integer else { return nil }
    return JSONScanner.integer(text, slot).map { SnapshotID($0) }
      ?? SnapshotID(JSONScanner.string(text, slot))
  }

  /// Reads the entry at the scanner's position.
  ///
  /// The summary stays text until somebody asks for it.
  package mutating func read(
    _ text: [UInt8], _ scanner: inout JSONScanner
  ) throws(TableFormatError) -> Snapshot {
    let span = text.span
    _ = scanner.peek(span)
    let start = scanner.position
    do throws(FileFormatError) {
      try picker.pick(span, &scanner)
    } catch {
      throw TableFormatError(error, file: file)
    }
    let slots = picker.slots
    func integer(_ slot: JSONSlot, _ name: String) throws(TableFormatError) -> Int64? {
      if slot.kind == .missing || slot.kind == .null { return nil }
      guard let number = JSONScanner.integer(span, slot) else {
        throw TableFormatError(
          .damaged, "\(name) of a snapshot is not a 64-bit integer", file: file, offset: slot.start,
          field: "snapshots.\(name)")
      }
      return number
    }
    func missing(_ name: String) -> TableFormatError {
      TableFormatError(
        .damaged, "a snapshot has no \(name)", file: file, offset: start, field: "snapshots.\(name)")
    }
    guard let id = Self.id(span, slots[0]) else { throw missing("snapshot-id") }
    guard let timestamp = try integer(slots[3], "timestamp-ms") else { throw missing("timestamp-ms") }
    let hasList = slots[4].kind == .string || slots[4].kind == .escapedString
    var manifests: [String] = []
    if slots[5].kind == .array {
      var inner = JSONScanner(at: slots[5].start)
      do throws(FileFormatError) {
        manifests = (try JSONParser.value(span, &inner).arrayValue ?? []).compactMap(\.stringValue)
      } catch {
        throw TableFormatError(error, file: file)
      }
    }
    guard hasList || slots[5].kind == .array else { throw missing("manifest-list") }
    let summary =
      slots[6].kind == .object
      ? SnapshotSummary(encoded: text[slots[6].range]) : SnapshotSummary(operation: nil)
    let schemaID = try integer(slots[7], "schema-id").flatMap { Int32(exactly: $0) }.map { Int($0) }
    return Snapshot(
      id: id, parentID: Self.id(span, slots[1]),
      sequenceNumber: try integer(slots[2], "sequence-number") ?? 0, timestampMillis: timestamp,
      manifestList: hasList ? JSONScanner.string(span, slots[4]) : nil, manifests: manifests,
      summary: summary, schemaID: schemaID, firstRowID: try integer(slots[8], "first-row-id"),
      addedRows: try integer(slots[9], "added-rows"), encoded: text[start..<scanner.position])
  }
}

extension Snapshot {
  /// Returns the snapshot with its JSON at hand, which later commits then copy.
  package func encoding(formatVersion: Int) -> Snapshot {
    var text: [UInt8] = []
    append(to: &text, formatVersion: formatVersion)
    return Snapshot(
      id: id, parentID: parentID, sequenceNumber: sequenceNumber, timestampMillis: timestampMillis,
      manifestList: manifestList, manifests: manifests, summary: summary, schemaID: schemaID,
      firstRowID: firstRowID, addedRows: addedRows, encoded: text[...])
  }

  /// Appends the snapshot's JSON, as it was read if it was.
  package func append(to text: inout [UInt8], formatVersion: Int) {
    if let encoded {
      text += encoded
      return
    }
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
    JSONWriter.append(.object(object), to: &text)
  }
}

internal import FileFormats

extension TableMetadata {
  /// The JSON of a metadata file.
  ///
  /// - Throws: ``TableFormatError`` if a part of its history is read for it and is damaged.
  package func jsonText() throws(TableFormatError) -> [UInt8] {
    let (parts, end) = jsonParts
    var text: [UInt8] = []
    for part in parts { text += try part.text() }
    return text + end
  }

  /// The JSON of a metadata file, in parts, of which the last closes the object.
  ///
  /// Snapshots and their log are parts as they were read: what grows with the history is neither built nor copied.
  var jsonParts: (parts: [MetadataPart], end: [UInt8]) {
    var text: [UInt8] = []
    var members: JSONObject = [
      "format-version": .integer(Int64(formatVersion)), "table-uuid": .string(uuid),
      "location": .string(location),
    ]
    if formatVersion >= 2 { members["last-sequence-number"] = .integer(lastSequenceNumber) }
    members["last-updated-ms"] = .integer(lastUpdatedMillis)
    members["last-column-id"] = .integer(Int64(lastColumnID.rawValue))
    if formatVersion == 1 { members["schema"] = schema.json }
    members["current-schema-id"] = .integer(Int64(currentSchemaID))
    members["schemas"] = .array(schemas.map(\.json))
    if formatVersion == 1 { members["partition-spec"] = partitionSpec.fieldsJSON }
    members["default-spec-id"] = .integer(Int64(defaultSpecID))
    members["partition-specs"] = .array(partitionSpecs.map(\.json))
    members["last-partition-id"] = .integer(Int64(lastPartitionID.rawValue))
    members["default-sort-order-id"] = .integer(Int64(defaultSortOrderID))
    members["sort-orders"] = .array(sortOrders.map(\.json))
    members["properties"] = Self.json(properties)
    if let currentSnapshotID {
      members["current-snapshot-id"] = .number(currentSnapshotID.description)
    } else if formatVersion < 3 {
      members["current-snapshot-id"] = .integer(-1)
    }
    if formatVersion >= 3 { members["next-row-id"] = .integer(nextRowID ?? 0) }
    members["refs"] = referencesJSON
    members["statistics"] = statisticsJSON
    members["partition-statistics"] = .array(
      partitionStatistics.map { file in
        [
          "snapshot-id": .number(file.snapshotID.description), "statistics-path": .string(file.path),
          "file-size-in-bytes": .integer(file.fileSizeInBytes),
        ]
      })
    members["metadata-log"] = .array(
      metadataLog.map { entry in
        ["timestamp-ms": .integer(entry.timestampMillis), "metadata-file": .string(entry.metadataFile)]
      })
    JSONWriter.append(.object(members), to: &text)
    text.removeLast()
    text += #","snapshots":["#.utf8
    var end = Array("]".utf8)
    for (key, value) in unknownFields.sorted(by: { $0.key < $1.key }) {
      end.append(UInt8(ascii: ","))
      JSONWriter.appendQuoted(key, to: &end)
      end.append(UInt8(ascii: ":"))
      end += value
    }
    end.append(UInt8(ascii: "}"))
    let middle = MetadataPart(Array(#"],"snapshot-log":["#.utf8))
    return ([MetadataPart(text)] + snapshots.parts + [middle] + snapshotLog.parts, end)
  }

  private static func json(_ values: [String: String]) -> JSONValue {
    var object = JSONObject()
    for (key, value) in values.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
    return .object(object)
  }

  private var referencesJSON: JSONValue {
    var object = JSONObject()
    for (name, reference) in references.sorted(by: { $0.key < $1.key }) {
      var entry: JSONObject = [
        "snapshot-id": .number(reference.snapshotID.description), "type": .string(reference.kind.rawValue),
      ]
      if let count = reference.minSnapshotsToKeep { entry["min-snapshots-to-keep"] = .integer(Int64(count)) }
      if let age = reference.maxSnapshotAgeMillis { entry["max-snapshot-age-ms"] = .integer(age) }
      if let age = reference.maxRefAgeMillis { entry["max-ref-age-ms"] = .integer(age) }
      object[name] = .object(entry)
    }
    return .object(object)
  }

  private var statisticsJSON: JSONValue {
    .array(
      statistics.map { file in
        var entry: JSONObject = [
          "snapshot-id": .number(file.snapshotID.description), "statistics-path": .string(file.path),
          "file-size-in-bytes": .integer(file.fileSizeInBytes),
          "file-footer-size-in-bytes": .integer(file.fileFooterSizeInBytes),
        ]
        if let key = file.keyMetadata { entry["key-metadata"] = .string(key) }
        entry["blob-metadata"] = .array(
          file.blobs.map { blob in
            [
              "type": .string(blob.type), "snapshot-id": .number(blob.snapshotID.description),
              "sequence-number": .integer(blob.sequenceNumber),
              "fields": .array(blob.fields.map { .integer(Int64($0.rawValue)) }),
              "properties": Self.json(blob.properties),
            ]
          })
        return .object(entry)
      })
  }
}

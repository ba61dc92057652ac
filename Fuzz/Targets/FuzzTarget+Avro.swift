internal import FileFormats
internal import TableFormat

extension FuzzTarget {
  static let avro = [
    FuzzTarget("avro") { bytes in
      complaint { () throws(FileFormatError) in
        var reader = try AvroReader(bytes, file: "fuzz.avro")
        _ = try reader.readAll()
      }
    },
    FuzzTarget("manifest-list") { bytes in
      complaint { () throws(TableFormatError) in _ = try ManifestList.read(bytes, file: "fuzz.avro") }
    },
    FuzzTarget("manifest") { bytes in
      complaint { () throws(TableFormatError) in
        let metadata = try TableMetadata(json: table, file: nil)
        var manifest = ManifestFile(
          path: "fuzz.avro", byteCount: Int64(bytes.count), specID: 0, addedSnapshotID: 1)
        // A spec that the table knows, then one that only the manifest's own header can know.
        _ = try Manifest.read(bytes, of: manifest, metadata: metadata)
        manifest.specID = 77
        _ = try Manifest.read(bytes, of: manifest, metadata: metadata)
      }
    },
  ]

  /// A table whose partition has one field of each width.
  private static let table = Array(
    """
    {"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"file:///t",\
    "last-sequence-number":1,"last-updated-ms":1,"last-column-id":4,"current-schema-id":0,"schemas":[\
    {"type":"struct","schema-id":0,"fields":[{"id":1,"name":"a","required":false,"type":"long"},\
    {"id":2,"name":"b","required":false,"type":"string"},{"id":3,"name":"c","required":false,"type":"date"},\
    {"id":4,"name":"d","required":false,"type":"decimal(20, 2)"}]}],"default-spec-id":0,"partition-specs":[\
    {"spec-id":0,"fields":[{"name":"event_date","transform":"identity","source-id":3,"field-id":1000}]}],\
    "last-partition-id":1000,"default-sort-order-id":0,"sort-orders":[{"order-id":0,"fields":[]}],\
    "properties":{},"current-snapshot-id":-1,"refs":{},"snapshots":[]}
    """.utf8)

  /// Returns a complaint if an error says that we have a bug.
  static func complaint(_ body: () throws(TableFormatError) -> Void) -> String? {
    do throws(TableFormatError) {
      try body()
      return nil
    } catch {
      return error.kind == .internal ? "an internal error: \(error)" : nil
    }
  }
}

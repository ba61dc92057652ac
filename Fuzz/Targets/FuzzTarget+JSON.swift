internal import FileFormats
internal import TableFormat

extension FuzzTarget {
  static let json = [
    FuzzTarget("json") { bytes in
      var text: [UInt8] = []
      let problem = complaint { () throws(FileFormatError) in
        text = JSONWriter.write(try JSONParser.parse(bytes))
      }
      guard problem == nil, !text.isEmpty else { return problem }
      // What is written must be read again.
      do throws(FileFormatError) {
        _ = try JSONParser.parse(text)
        return nil
      } catch {
        return "the writer's JSON is refused: \(error)"
      }
    },
    FuzzTarget("json-scanner") { bytes in
      complaint { () throws(FileFormatError) in
        var picker = JSONFieldPicker(keys: ["id", "eventData", "size", "a\"b"])
        var scanner = JSONScanner()
        let text = bytes.span
        try picker.pick(text, &scanner)
        for slot in picker.slots {
          _ = JSONScanner.integer(text, slot)
          _ = JSONScanner.double(text, slot)
          if slot.kind != .missing { _ = JSONScanner.string(text, slot) }
        }
      }
    },
    FuzzTarget("table-metadata") { bytes in
      complaint { () throws(TableFormatError) in
        let metadata = try TableMetadata(json: bytes, file: "fuzz.metadata.json")
        // What is written leaves out what its format version does not know; from then on nothing changes.
        let written: TableMetadata
        do throws(TableFormatError) {
          written = try TableMetadata(json: metadata.jsonText(), file: nil)
        } catch {
          throw TableFormatError(.internal, "metadata that we wrote is refused: \(error)")
        }
        guard try TableMetadata(json: written.jsonText(), file: nil) == written else {
          throw TableFormatError(.internal, "metadata differs after a round trip")
        }
      }
    },
    FuzzTarget("metadata-file") { bytes in
      complaint { () throws(TableFormatError) in
        let files = InMemoryFileSystem()
        try TableFormatError.wrapping("f") { () throws(FileFormatError) in
          try files.writeNew("/t/metadata/v1.gz.metadata.json", bytes.span)
        }
        _ = try MetadataFile.read(
          "/t/metadata/v1.gz.metadata.json", fileSystem: files, paths: PathMapper())
      }
    },
    FuzzTarget("name-mapping") { bytes in
      complaint { () throws(TableFormatError) in
        _ = try NameMapping(json: String(decoding: bytes, as: UTF8.self))
      }
    },
  ]
}

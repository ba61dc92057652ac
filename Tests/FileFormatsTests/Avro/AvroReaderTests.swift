import FileFormats
import Testing

@Suite("Avro: container files") struct AvroReaderTests {
  static let fixtures =
    FilePath.parent(of: FilePath.parent(of: FilePath.parent(of: #filePath))) + "/Fixtures/avro"
  static let shared =
    FilePath.parent(of: FilePath.parent(of: FilePath.parent(of: FilePath.parent(of: #filePath))))
    + "/../shared/fixtures/duckdb-iceberg"

  @Test(arguments: ["null", "deflate", "snappy", "zstandard"])
  func readsWhatFastavroWrote(codec: String) throws {
    let bytes = try LocalFileSystem().readAll("\(Self.fixtures)/\(codec).avro")
    var reader = try AvroReader(bytes)
    #expect(reader.codec.rawValue == codec && reader.text("who") == "fastavro")
    #expect(reader.schema.fields.map(\.fieldID) == [1, 2, 3, 4, 6, 9, 12, 13, 14, 15])
    #expect(reader.schema.fields[1].schema.nonNull.adjustToUTC == true)
    #expect(reader.schema.fields[2].schema.precision == 9 && reader.schema.fields[3].schema.elementID == 5)
    #expect(reader.schema.fields[6].schema.nonNull.index(ofFieldID: 11) == 1)
    let rows = try reader.readAll()
    #expect(rows.count == 50)
    guard case .record(let row) = rows[7] else { return #expect(Bool(false)) }
    #expect(
      row == [
        .long(6_999_999_999_995), .long(1_577_836_800_000_000), .bytes([0xFF, 0xFF, 0xFF, 0xA3]),
        .array([.null, .string("é7"), .null, .string("é7"), .null, .string("é7")]),
        .map([AvroEntry("k0", .double(0))]),
        .record([.bytes([7, 7, 7, 7, 7, 7, 7]), .enumeration(1)]), .null, .float(3.5), .boolean(false),
        .int(-7),
      ])
  }

  @Test(arguments: [AvroCodec.null, .deflate, .snappy, .zstandard])
  func writesWhatItReads(codec: AvroCodec) throws {
    var reader = try AvroReader(try LocalFileSystem().readAll("\(Self.fixtures)/null.avro"))
    let rows = try reader.readAll()
    var writer = AvroWriter(
      schema: reader.schema, metadata: [("content", "data")], codec: codec, blockByteCount: 500)
    for row in rows { try writer.write(row) }
    let bytes = try writer.finish()
    var again = try AvroReader(bytes)
    #expect(again.schema == reader.schema && again.text("content") == "data")
    #expect(try again.readAll() == rows)
  }

  @Test func cursorSkipsFieldsBySchema() throws {
    var reader = try AvroReader(try LocalFileSystem().readAll("\(Self.fixtures)/deflate.avro"))
    let fields = reader.schema.fields
    var total: Int64 = 0
    while var block = try reader.nextBlock() {
      for _ in 0..<block.count {
        for field in fields {
          if field.fieldID == 15 {
            total += try block.decoder.readLong()
          } else {
            try block.decoder.skip(field.schema)
          }
        }
      }
      #expect(block.decoder.isAtEnd)
    }
    #expect(total == -1225)
  }

  @Test(arguments: ["null", "deflate", "snappy", "zstandard"])
  func damageNeverTraps(codec: String) throws {
    let bytes = try LocalFileSystem().readAll("\(Self.fixtures)/\(codec).avro")
    var random = SystemRandomNumberGenerator()
    for length in stride(from: 0, to: bytes.count, by: 37) { read(Array(bytes[..<length])) }
    for _ in 0..<300 {
      var damaged = bytes
      for _ in 0..<3 { damaged[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255) }
      read(damaged)
    }
  }

  private func read(_ bytes: [UInt8]) {
    do {
      var reader = try AvroReader(bytes)
      _ = try reader.readAll()
    } catch {
      #expect(error.kind != .internal)
    }
  }

  @Test func refusesSchemasThatGrowWithoutEnd() {
    var text = #"{"type":"record","name":"a0","fields":[]}"#
    for level in 1..<40 {
      text =
        #"{"type":"record","name":"a\#(level)","fields":[{"name":"x","type":\#(text)},{"name":"y","type":"a\#(level - 1)"}]}"#
    }
    #expect(throws: FileFormatError.self) { try AvroSchema(json: Array(text.utf8)) }
    let recursive = #"{"type":"record","name":"a","fields":[{"name":"x","type":["null","a"]}]}"#
    #expect(throws: FileFormatError.self) { try AvroSchema(json: Array(recursive.utf8)) }
  }

  @Test func lengthsAreNotTakenOnTrust() throws {
    var huge = AvroEncoder()
    huge.writeLong(1 << 60)
    var decoder = AvroDecoder(huge.bytes)
    #expect(throws: FileFormatError.self) { try decoder.readBytes() }
    decoder = AvroDecoder(huge.bytes)
    #expect(throws: FileFormatError.self) { try decoder.read(.array(.null)) }
    decoder = AvroDecoder([UInt8](repeating: 0xFF, count: 11))
    #expect(throws: FileFormatError.self) { try decoder.readLong() }
    decoder = AvroDecoder([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01])
    #expect(try decoder.readLong() == .min)
  }

  @Test(.enabled(if: (try? LocalFileSystem().status(AvroReaderTests.shared)) != nil))
  func readsEveryManifestOfTheFixtures() throws {
    var count = 0
    for status in try LocalFileSystem().list(Self.shared, recursively: true)
    where status.path.hasSuffix(".avro") {
      let bytes = try LocalFileSystem().readAll(status.path)
      do {
        var reader = try AvroReader(bytes, file: status.path)
        #expect(try AvroSchema(json: reader.schema.json) == reader.schema)
        _ = try reader.readAll()
        count += 1
      } catch {
        Issue.record("\(error)")
      }
    }
    #expect(count > 50)
  }
}

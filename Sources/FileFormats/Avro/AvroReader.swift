internal import Columnar

/// Reads an Avro object container file (Avro 1.12 specification, "Object Container Files").
///
/// ```
///  | "Obj" 1 | metadata: map of bytes | sync: 16 bytes | block | block …
///  block:  | objects: long | byte count: long | data (compressed) | sync: 16 bytes |
/// ```
public struct AvroReader: Sendable {
  /// One block's objects, ready to be decoded.
  public struct Block: Sendable {
    /// How many objects there are.
    public let count: Int
    /// Stands before the first of them.
    public var decoder: AvroDecoder
  }

  /// The schema that the file was written with.
  public let schema: AvroSchema
  /// The metadata, Avro's own included.
  public let metadata: [String: [UInt8]]
  /// How blocks are compressed.
  public let codec: AvroCodec
  private var header: AvroDecoder
  private let sync: Range<Int>
  private var bytes: [UInt8] { header.bytes }

  /// Reads the header of a file.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - file: Its path, for messages.
  /// - Throws: If it is no container file or its codec is unknown.
  public init(_ bytes: [UInt8], file: String? = nil) throws(FileFormatError) {
    guard bytes.count >= 4, bytes[0] == 0x4F, bytes[1] == 0x62, bytes[2] == 0x6A, bytes[3] == 1 else {
      throw .damaged("the file does not begin as an Avro container", file: file, offset: 0)
    }
    var header = AvroDecoder(bytes, range: 4..<bytes.count, file: file)
    var metadata: [String: [UInt8]] = [:]
    while case let count = try header.readBlockCount(), count > 0 {
      for _ in 0..<count {
        let key = try header.readString()
        metadata[key] = try header.readBytes()
      }
    }
    sync = try header.readFixedRange(byteCount: 16)
    guard let text = metadata["avro.schema"] else {
      throw .damaged("the Avro file has no schema", file: file, offset: 0)
    }
    do {
      schema = try AvroSchema(json: text)
    } catch {
      throw FileFormatError(
        error.kind, "the file's Avro schema: \(error.message)", file: file, offset: 0, cause: error)
    }
    let name = metadata["avro.codec"].map { String(decoding: $0, as: UTF8.self) } ?? "null"
    guard let codec = AvroCodec(rawValue: name) else {
      throw .unsupported("the Avro codec \"\(name)\" is not supported", file: file, offset: 0)
    }
    (self.metadata, self.codec, self.header) = (metadata, codec, header)
  }

  /// Returns a text of the metadata.
  public func text(_ key: String) -> String? { metadata[key].map { String(decoding: $0, as: UTF8.self) } }

  /// Reads the next block; `nil` at the end of the file.
  public mutating func nextBlock() throws(FileFormatError) -> Block? {
    if header.isAtEnd { return nil }
    let start = header.position
    let count = try header.readLong()
    let range = try header.readRange()
    let marker = try header.readFixedRange(byteCount: 16)
    for index in 0..<16 where bytes[marker.lowerBound + index] != bytes[sync.lowerBound + index] {
      throw .damaged("an Avro block does not end as it should", file: header.file, offset: marker.lowerBound)
    }
    let decoder: AvroDecoder
    do {
      if codec == .null {
        decoder = AvroDecoder(bytes, range: range, file: header.file, fileOffset: start)
      } else {
        let contents = try codec.decompress(bytes.span.extracting(range))
        decoder = AvroDecoder(contents, file: header.file, fileOffset: start)
      }
    } catch {
      throw error.inFile(header.file ?? "<memory>", at: range.lowerBound)
    }
    // An object without bytes exists in theory; a count that no byte earns is damage.
    guard count >= 0, count <= Int64(decoder.end - decoder.position) else {
      throw .damaged("an Avro block of \(count) objects is too short", file: header.file, offset: start)
    }
    return Block(count: Int(count), decoder: decoder)
  }

  /// Reads all objects that are left.
  public mutating func readAll() throws(FileFormatError) -> [AvroValue] {
    var values: [AvroValue] = []
    while var block = try nextBlock() {
      for _ in 0..<block.count { values.append(try block.decoder.read(schema)) }
      guard block.decoder.isAtEnd else {
        throw block.decoder.error("an Avro block is longer than its objects")
      }
    }
    return values
  }
}

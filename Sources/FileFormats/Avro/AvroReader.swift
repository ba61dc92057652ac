internal import Columnar
internal import Synchronization

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
    /// Where the block is in its file, both markers around it left out.
    public let range: Range<Int>
  }

  /// The schema that the file was written with.
  public let schema: AvroSchema
  /// The metadata, Avro's own included.
  public let metadata: [String: [UInt8]]
  /// How blocks are compressed.
  public let codec: AvroCodec
  private var header: AvroDecoder
  /// What stands behind every block, another in every file.
  public let marker: [UInt8]

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
    marker = try header.readFixed(byteCount: 16)
    guard let text = metadata["avro.schema"] else {
      throw .damaged("the Avro file has no schema", file: file, offset: 0)
    }
    do {
      schema = try Self.schema(text)
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

  /// The schema that was read last: a table's thousand manifests have the same.
  private static let last = Mutex<(text: [UInt8], schema: AvroSchema)?>(nil)

  private static func schema(_ text: [UInt8]) throws(FileFormatError) -> AvroSchema {
    if let last = last.withLock({ $0 }), last.text == text { return last.schema }
    let schema = try AvroSchema(json: text)
    last.withLock { $0 = (text, schema) }
    return schema
  }

  /// Returns a text of the metadata.
  public func text(_ key: String) -> String? { metadata[key].map { String(decoding: $0, as: UTF8.self) } }

  /// Reads the next block; `nil` at the end of the file.
  public mutating func nextBlock() throws(FileFormatError) -> Block? {
    try header.isAtEnd ? nil : Self.block(&header, codec, marker, at: 0)
  }

  /// Reads one block of a file whose header is known.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - range: Where the block is, as ``Block/range`` of an earlier reading said.
  ///   - codec: How the file's blocks are compressed.
  ///   - marker: The file's marker.
  /// - Returns: The block.
  /// - Throws: If there is no such block: the file is another one then.
  public static func block(
    of file: any RandomAccessFile, at range: Range<Int>, codec: AvroCodec, marker: [UInt8]
  ) throws(FileFormatError) -> Block {
    try file.check(offset: range.lowerBound, count: range.count &+ 16)
    var bytes = [UInt8](repeating: 0, count: range.count + 16)
    var room = bytes.mutableSpan
    try file.read(at: range.lowerBound, into: &room)
    var cursor = AvroDecoder(bytes, file: file.path, fileOffset: range.lowerBound)
    let block = try block(&cursor, codec, marker, at: range.lowerBound)
    guard cursor.isAtEnd else { throw cursor.error("an Avro block ends elsewhere") }
    return block
  }

  /// Reads the block at the cursor, whose bytes begin at a place of their file.
  private static func block(
    _ cursor: inout AvroDecoder, _ codec: AvroCodec, _ marker: [UInt8], at base: Int
  ) throws(FileFormatError) -> Block {
    let start = cursor.position
    let count = try cursor.readLong()
    let range = try cursor.readRange()
    let found = try cursor.readFixedRange(byteCount: 16)
    guard cursor.bytes[found].elementsEqual(marker) else {
      throw .damaged(
        "an Avro block does not end as it should", file: cursor.file, offset: base + found.lowerBound)
    }
    let decoder: AvroDecoder
    do {
      if codec == .null {
        decoder = AvroDecoder(cursor.bytes, range: range, file: cursor.file, fileOffset: base + start)
      } else {
        let contents = try codec.decompress(cursor.bytes.span.extracting(range))
        decoder = AvroDecoder(contents, file: cursor.file, fileOffset: base + start)
      }
    } catch {
      throw error.inFile(cursor.file ?? "<memory>", at: base + range.lowerBound)
    }
    // An object without bytes exists in theory; a count that no byte earns is damage.
    guard count >= 0, count <= Int64(decoder.end - decoder.position) else {
      throw .damaged(
        "an Avro block of \(count) objects is too short", file: cursor.file, offset: base + start)
    }
    return Block(count: Int(count), decoder: decoder, range: base + start..<base + found.lowerBound)
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

/// Builds an Avro object container file.
///
/// ```swift
/// writer.encoder.writeLong(7)
/// try writer.endObject()
/// ```
public struct AvroWriter: Sendable {
  /// Where the next object goes.
  public var encoder = AvroEncoder()
  /// Objects that ended.
  public private(set) var objectCount = 0
  private let schema: AvroSchema
  private let codec: AvroCodec
  private let sync: [UInt8]
  private var file = AvroEncoder()
  private var objectsInBlock = 0
  private let blockByteCount: Int

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - schema: What the objects are.
  ///   - metadata: Pairs for the header, besides Avro's own.
  ///   - codec: How blocks are compressed.
  ///   - blockByteCount: The uncompressed length at which a block ends.
  public init(
    schema: AvroSchema, metadata: [(key: String, value: String)] = [], codec: AvroCodec = .deflate,
    blockByteCount: Int = 256 * 1024
  ) {
    (self.schema, self.codec, self.blockByteCount) = (schema, codec, blockByteCount)
    sync = (0..<16).map { _ in UInt8.random(in: 0...255) }
    file.writeFixed([0x4F, 0x62, 0x6A, 1])
    file.writeBlockCount(metadata.count + 2)
    file.writeString("avro.schema")
    file.writeBytes(JSONWriter.write(schema.json))
    file.writeString("avro.codec")
    file.writeString(codec.rawValue)
    for (key, value) in metadata {
      file.writeString(key)
      file.writeString(value)
    }
    file.writeBlockCount(0)
    file.writeFixed(sync)
  }

  /// Bytes of the file so far, those of the unfinished block as they are.
  public var byteCount: Int { file.bytes.count + encoder.bytes.count }

  /// Ends the object that was encoded.
  public mutating func endObject() throws(FileFormatError) {
    objectCount += 1
    objectsInBlock += 1
    if encoder.bytes.count >= blockByteCount { try endBlock() }
  }

  /// Writes an object.
  public mutating func write(_ value: AvroValue) throws(FileFormatError) {
    try encoder.write(value, schema)
    try endObject()
  }

  private mutating func endBlock() throws(FileFormatError) {
    guard objectsInBlock > 0 else { return }
    file.writeLong(Int64(objectsInBlock))
    file.writeBytes(try codec.compress(encoder.bytes.span))
    file.writeFixed(sync)
    encoder.reset()
    objectsInBlock = 0
  }

  /// Ends the file and returns it.
  public consuming func finish() throws(FileFormatError) -> [UInt8] {
    try endBlock()
    return file.bytes
  }
}

/// What a Puffin file's footer says about a blob (Puffin specification, "BlobMetadata").
public struct PuffinBlob: Hashable, Sendable {
  /// What the blob is, such as `apache-datasketches-theta-v1`.
  public var type: String
  /// The ids of the fields it was computed for.
  public var fields: [Int]
  /// The snapshot it was computed from, -1 for none.
  public var snapshotID: Int64
  /// That snapshot's sequence number, -1 for none.
  public var sequenceNumber: Int64
  /// The first byte in the file.
  public var offset: Int
  /// The bytes in the file, compressed.
  public var byteCount: Int
  /// How they are compressed.
  public var codec: PuffinCodec?
  /// More about the blob.
  public var properties: [String: String]

  /// Makes the description of a blob.
  public init(
    type: String, fields: [Int], snapshotID: Int64, sequenceNumber: Int64, offset: Int = 0,
    byteCount: Int = 0,
    codec: PuffinCodec? = nil, properties: [String: String] = [:]
  ) {
    (self.type, self.fields, self.snapshotID) = (type, fields, snapshotID)
    (self.sequenceNumber, self.offset, self.byteCount) = (sequenceNumber, offset, byteCount)
    (self.codec, self.properties) = (codec, properties)
  }

  init(json: JSONValue) throws(FileFormatError) {
    func integer(_ key: String) throws(FileFormatError) -> Int64 {
      guard let value = json[key]?.integerValue else { throw .damaged("a blob without \"\(key)\"") }
      return value
    }
    guard let type = json["type"]?.stringValue else { throw .damaged("a blob without \"type\"") }
    self.type = type
    fields = (json["fields"]?.arrayValue ?? []).compactMap(\.integerValue).map { Int($0) }
    snapshotID = try integer("snapshot-id")
    sequenceNumber = try integer("sequence-number")
    offset = Int(try integer("offset"))
    byteCount = Int(try integer("length"))
    properties = PuffinBlob.properties(json["properties"])
    if let name = json["compression-codec"]?.stringValue {
      guard let codec = PuffinCodec(rawValue: name) else {
        throw .unsupported("the Puffin codec \"\(name)\" is not supported")
      }
      self.codec = codec
    }
  }

  static func properties(_ json: JSONValue?) -> [String: String] {
    var properties: [String: String] = [:]
    for member in json?.objectValue ?? JSONObject() { properties[member.key] = member.value.stringValue }
    return properties
  }

  static func json(_ properties: [String: String]) -> JSONValue {
    let sorted = properties.sorted { $0.key < $1.key }
    return .object(JSONObject(sorted.map { JSONObject.Member($0.key, .string($0.value)) }))
  }

  var json: JSONValue {
    var object: JSONObject = [
      "type": .string(type), "fields": .array(fields.map { .integer(Int64($0)) }),
      "snapshot-id": .integer(snapshotID), "sequence-number": .integer(sequenceNumber),
      "offset": .integer(Int64(offset)), "length": .integer(Int64(byteCount)),
    ]
    object["compression-codec"] = codec.map { .string($0.rawValue) }
    if !properties.isEmpty { object["properties"] = PuffinBlob.json(properties) }
    return .object(object)
  }
}

/// How a Puffin blob is compressed (Puffin specification, "Compression codecs").
public enum PuffinCodec: String, Hashable, Sendable {
  /// One LZ4 frame with its content size.
  case lz4
  /// One Zstandard frame with its content size.
  case zstd
}

/// Builds a Puffin file in memory.
public struct PuffinWriter: Sendable {
  /// The blobs so far, with their places.
  public private(set) var blobs: [PuffinBlob] = []
  private var bytes = PuffinReader.magic
  private let properties: [String: String]

  /// Begins a file.
  public init(properties: [String: String] = ["created-by": "wequery"]) { self.properties = properties }

  /// Appends a blob.
  ///
  /// - Parameters:
  ///   - contents: Its bytes, not compressed.
  ///   - blob: What it is; offset and length are filled in, and `codec` is applied.
  /// - Returns: The blob with its place.
  /// - Throws: If it cannot be compressed.
  @discardableResult
  public mutating func add(_ contents: [UInt8], _ blob: PuffinBlob) throws(FileFormatError) -> PuffinBlob {
    var blob = blob
    let stored =
      switch blob.codec {
      case nil: contents
      case .lz4: try Lz4.compressFrame(contents.span)
      case .zstd: try CompressionCodec.zstd.compress(contents.span)
      }
    (blob.offset, blob.byteCount) = (bytes.count, stored.count)
    bytes.append(contentsOf: stored)
    blobs.append(blob)
    return blob
  }

  /// Ends the file.
  ///
  /// - Returns: Its bytes, and the length of its footer as a table's `statistics` states it.
  /// - Throws: If the footer is larger than the format allows.
  public consuming func finish() throws(FileFormatError) -> (bytes: [UInt8], footerByteCount: Int) {
    let start = bytes.count
    var object: JSONObject = ["blobs": .array(blobs.map(\.json))]
    if !properties.isEmpty { object["properties"] = PuffinBlob.json(properties) }
    let payload = JSONWriter.write(.object(object))
    guard let size = Int32(exactly: payload.count) else {
      throw FileFormatError(.tooLarge, "a Puffin footer of \(payload.count) bytes")
    }
    bytes.append(contentsOf: PuffinReader.magic)
    bytes.append(contentsOf: payload)
    for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: size &>> Int32(8 * index))) }
    bytes.append(contentsOf: [0, 0, 0, 0])
    bytes.append(contentsOf: PuffinReader.magic)
    return (bytes, bytes.count - start)
  }
}

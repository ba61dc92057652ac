internal import Columnar
internal import FileFormats

extension TableMetadata.SnapshotLogEntry {
  private static let fields = JSONFieldPicker(keys: ["timestamp-ms", "snapshot-id"])

  static let codec = HistoryCodec<Self>(member: "snapshot-log", label: 2, places: places, decode: entry)

  /// Finds the entries of a `snapshot-log`, and checks that they can be read.
  ///
  /// - Throws: For an entry without time or snapshot, and for damaged JSON.
  @Sendable private static func places(
    _ text: Span<UInt8>, _ scanner: inout JSONScanner, file: String?
  ) throws(TableFormatError) -> [EncodedPlace] {
    do throws(FileFormatError) { return try places(text, &scanner) } catch {
      throw TableFormatError(error, file: file)
    }
  }

  private static func places(
    _ text: Span<UInt8>, _ scanner: inout JSONScanner
  ) throws(FileFormatError) -> [EncodedPlace] {
    var (picker, result) = (fields, [EncodedPlace]())
    guard try scanner.beginArray(text) else { return [] }
    repeat {
      _ = scanner.peek(text)
      let start = scanner.position
      try picker.pick(text, &scanner)
      guard JSONScanner.integer(text, picker.slots[0]) != nil,
        let id = SnapshotReader.id(text, picker.slots[1])
      else {
        throw FileFormatError.damaged("an entry of snapshot-log has no time or no snapshot", offset: start)
      }
      result.append(.init(start: UInt32(start), end: UInt32(scanner.position), id: id))
    } while try scanner.continueArray(text)
    return result
  }

  /// Reads an entry that was checked.
  @Sendable private static func entry(_ text: [UInt8], _ range: Range<Int>) -> Self {
    let span = text.span
    var (scanner, picker) = (JSONScanner(at: range.lowerBound), fields)
    // What was checked cannot fail.
    _ = try? picker.pick(span, &scanner)
    return Self(
      timestampMillis: JSONScanner.integer(span, picker.slots[0]) ?? 0,
      snapshotID: SnapshotReader.id(span, picker.slots[1]) ?? 0)
  }

  /// The entry's JSON.
  var json: [UInt8] {
    var text = Array(#"{"timestamp-ms":"#.utf8)
    IntegerText.append(timestampMillis, to: &text)
    text += #","snapshot-id":"#.utf8
    text += snapshotID.description.utf8
    text.append(UInt8(ascii: "}"))
    return text
  }
}

internal import FileFormats

/// A part of a metadata file's text.
struct MetadataPart: Sendable {
  private enum Content: Sendable {
    case text(ArraySlice<UInt8>, PackedText)
    case unread(UnreadRun, HistoryPlaces)
  }

  private let content: Content
  private let label: UInt32
  private let count: Int

  /// Makes a part that is no history.
  init(_ text: [UInt8]) { (content, label, count) = (.text(text[...], PackedText()), 0, 0) }

  /// Makes a part of a history.
  init<Element>(_ run: EncodedRun, _ codec: HistoryCodec<Element>) {
    (content, label, count) = (.text(run.part, run.packed), codec.label, run.places.count)
  }

  /// Makes a part of a history that is still compressed.
  init<Element>(_ run: UnreadRun, _ codec: HistoryCodec<Element>) {
    (content, label, count) = (.unread(run, codec.places), codec.label, run.count)
  }

  /// The text.
  ///
  /// - Throws: ``TableFormatError`` for a history that must be decompressed for it and is damaged.
  func text() throws(TableFormatError) -> ArraySlice<UInt8> {
    switch content {
    case .text(let text, _): text
    case .unread(let run, let places): try run.read(places).part
    }
  }

  /// The part of a compressed file.
  func packed() throws(FileFormatError) -> SegmentedGzip.Part {
    let segment =
      switch content {
      case .text(let text, let packed): try packed.segment(of: text)
      case .unread(let run, _): run.segment
      }
    return SegmentedGzip.Part(segment, label: label, itemCount: UInt32(count))
  }
}

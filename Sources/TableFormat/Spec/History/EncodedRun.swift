internal import FileFormats
internal import Synchronization

/// How the objects of a history are read.
struct HistoryCodec<Element: Sendable>: Sendable {
  /// The member of a metadata file that is their array.
  let member: String
  /// How a compressed metadata file labels segments of them; not 0.
  let label: UInt32
  /// Finds the objects of an array, and checks that they can be decoded.
  ///
  /// The scanner stands before the array, and afterwards behind it.
  let places: HistoryPlaces
  /// Reads an object that was checked.
  let decode: @Sendable (_ text: [UInt8], _ range: Range<Int>) -> Element
}

typealias HistoryPlaces =
  @Sendable (_ text: Span<UInt8>, _ scanner: inout JSONScanner, _ file: String?) throws(TableFormatError)
  -> [EncodedPlace]

/// Where one object lies in its run's text.
struct EncodedPlace: Hashable, Sendable {
  var start: UInt32
  var end: UInt32
  /// The snapshot that the object is about.
  var id: SnapshotID

  var range: Range<Int> { Int(start)..<Int(end) }
}

/// Objects side by side in one text, with nothing but a comma and white space between them.
struct EncodedRun: Sendable {
  var text: [UInt8]
  /// Where the run begins in its text: the comma behind the run before is this run's.
  var start: Int
  var places: [EncodedPlace]
  var packed = PackedText()

  /// The run's part of the text.
  var part: ArraySlice<UInt8> { text[start..<(places.last.map { Int($0.end) } ?? start)] }
}

/// The compressed form of a text that does not change, made when it is first asked for.
final class PackedText: Sendable {
  private let made: Mutex<SegmentedGzip.Segment?>

  init(_ segment: SegmentedGzip.Segment? = nil) { made = Mutex(segment) }

  /// Returns the form, which `text` is made into unless it is known.
  func segment(of text: ArraySlice<UInt8>) throws(FileFormatError) -> SegmentedGzip.Segment {
    if let known = made.withLock({ $0 }) { return known }
    let segment = try SegmentedGzip.pack(text.span)
    made.withLock { $0 = segment }
    return segment
  }
}

/// A run that is still compressed, as it was in a metadata file; it is read once somebody asks for it.
final class UnreadRun: Sendable {
  let segment: SegmentedGzip.Segment
  /// How many objects the file says are in it.
  let count: Int
  private let file: String?
  private let run = Mutex<EncodedRun?>(nil)

  init(_ part: SegmentedGzip.Part, file: String?) {
    (segment, count, self.file) = (part.segment, Int(part.itemCount), file)
  }

  /// The run, if somebody asked before.
  var known: EncodedRun? { run.withLock { $0 } }

  /// Decompresses and checks the run.
  func read(_ places: HistoryPlaces) throws(TableFormatError) -> EncodedRun {
    if let known { return known }
    let packed = segment
    var text = try TableFormatError.wrapping(file ?? "") { () throws(FileFormatError) in try packed.text() }
    // The comma before the first object makes room for the bracket of an array.
    let start = text.first == UInt8(ascii: ",") ? 0 : 1
    if start == 0 { text[0] = UInt8(ascii: "[") } else { text.insert(UInt8(ascii: "["), at: 0) }
    text.append(UInt8(ascii: "]"))
    var scanner = JSONScanner()
    let found = try places(text.span, &scanner, file)
    guard scanner.position == text.count, found.count == count,
      found.last.map({ Int($0.end) }) == text.count - 1
    else {
      throw TableFormatError(.damaged, "a segment of the metadata's history is damaged", file: file)
    }
    text[0] = UInt8(ascii: ",")
    let read = EncodedRun(text: text, start: start, places: found, packed: PackedText(packed))
    run.withLock { $0 = read }
    return read
  }
}

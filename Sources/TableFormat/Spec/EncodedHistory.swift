internal import FileFormats
internal import Synchronization

/// The objects of a JSON array that grows with a table's history, most of them still as their text.
///
/// They are decoded when somebody asks for them, and written as they were read: a commit pays for what it adds, and
/// copies the rest as bytes. Unknown members survive that, too. The grammar of all the text was checked when it was read.
public struct EncodedHistory<Element: Sendable>: Sendable {
  /// Where one object lies in its segment's text.
  struct Place: Hashable, Sendable {
    var start: UInt32
    var end: UInt32
    /// The snapshot that the object is about.
    var id: SnapshotID
  }

  /// Objects side by side in one text, with nothing but a comma and white space between them.
  private struct Segment: Sendable {
    var text: [UInt8]
    /// Where the segment begins in its text: the comma behind the segment before is the segment's.
    var start: Int
    var places: [Place]
    /// How many objects are in the segments before this one.
    var first: Int
    var packed = PackedText()

    var part: EncodedText {
      EncodedText(text: text[start..<(places.last.map { Int($0.end) } ?? start)], packed: packed)
    }
  }

  private var segments: [Segment] = []
  private let decode: @Sendable (_ text: [UInt8], _ range: Range<Int>) -> Element
  /// A segment takes no more objects once its text is as long.
  ///
  /// Appending copies the text where it is shared, and a compressed file holds it as one.
  private static var segmentLimit: Int { SegmentedGzip.segmentLimit * 3 / 4 }

  /// Makes a history without objects.
  ///
  /// - Parameter decode: Makes the element of an object whose text was checked.
  init(decode: @escaping @Sendable (_ text: [UInt8], _ range: Range<Int>) -> Element) { self.decode = decode }

  /// Adds all objects of an array that was read to a history without objects.
  ///
  /// - Parameters:
  ///   - places: The objects in order.
  ///   - text: The text that holds them.
  ///   - packed: The segments of the compressed file that the text is from: those that are long enough are kept.
  mutating func append(_ places: [Place], of text: [UInt8], packed: [SegmentedGzip.Segment] = []) {
    var (begun, start) = (0, places.first.map { Int($0.start) } ?? 0)
    var parts = packed[...]
    for (index, place) in places.enumerated() where Int(place.end) - start >= Self.segmentLimit / 2 {
      while let part = parts.first, part.text.lowerBound < start { parts.removeFirst() }
      let isPacked = parts.first?.text == start..<Int(place.end)
      guard isPacked || Int(place.end) - start >= Self.segmentLimit else { continue }
      var segment = Segment(text: text, start: start, places: Array(places[begun...index]), first: count)
      if isPacked, let part = parts.first { segment.packed = PackedText(part.packed) }
      segments.append(segment)
      (begun, start) = (index + 1, Int(place.end))
    }
    // The rest is shorter than a segment, so that more is put to it.
    for place in places[begun...] { append(Array(text[Int(place.start)..<Int(place.end)]), id: place.id) }
  }

  /// Adds an object that is about a snapshot.
  mutating func append(_ object: [UInt8], id: SnapshotID) {
    if let last = segments.last, last.text.count < Self.segmentLimit,
      last.places.last.map({ Int($0.end) }) == last.text.count
    {
      segments[segments.count - 1].packed = PackedText()
    } else {
      segments.append(Segment(text: [], start: 0, places: [], first: count))
    }
    let last = segments.count - 1
    if segments[last].first + segments[last].places.count > 0 {
      segments[last].text.append(UInt8(ascii: ","))
    }
    let start = segments[last].text.count
    segments[last].text += object
    segments[last].places.append(Place(start: UInt32(start), end: UInt32(start + object.count), id: id))
  }

  /// Removes the objects whose places in the history are not wanted.
  mutating func keep(where isWanted: (Int) -> Bool) {
    var kept = Self(decode: decode)
    for segment in segments {
      for (offset, place) in segment.places.enumerated() where isWanted(segment.first + offset) {
        kept.append(Array(segment.text[Int(place.start)..<Int(place.end)]), id: place.id)
      }
    }
    self = kept
  }

  /// The snapshots that the objects are about, in order.
  var ids: [SnapshotID] {
    var ids: [SnapshotID] = []
    ids.reserveCapacity(count)
    for segment in segments { for place in segment.places { ids.append(place.id) } }
    return ids
  }

  /// The newest object about a snapshot.
  func lastIndex(of id: SnapshotID) -> Int? {
    // The wanted one is nearly always among the newest.
    for segment in segments.reversed() {
      if let offset = segment.places.lastIndex(where: { $0.id == id }) { return segment.first + offset }
    }
    return nil
  }

  /// Whether both are about the same snapshots in the same order.
  func hasSameIDs(as other: Self) -> Bool { count == other.count && ids == other.ids }

  /// Whether both hold the very same text; `false` says nothing.
  private func isSame(as other: Self) -> Bool {
    segments.count == other.segments.count
      && zip(segments, other.segments).allSatisfy {
        $0.text.span.isIdentical(to: $1.text.span) && $0.places.count == $1.places.count
      }
  }

  /// The text of the objects with the commas between them, in parts.
  var parts: [EncodedText] { segments.map(\.part) }
}

/// A part of a metadata file's text.
struct EncodedText: Sendable {
  var text: ArraySlice<UInt8>
  var packed = PackedText()
}

/// The compressed form of a text that does not change, made when it is first asked for.
final class PackedText: Sendable {
  private let bytes: Mutex<ArraySlice<UInt8>?>

  init(_ bytes: ArraySlice<UInt8>? = nil) { self.bytes = Mutex(bytes) }

  /// Whether nothing is left to compress.
  var isKnown: Bool { bytes.withLock { $0 != nil } }

  /// Returns the form, which `text` is made into unless it is known.
  func bytes(of text: ArraySlice<UInt8>) throws(FileFormatError) -> ArraySlice<UInt8> {
    if let known = bytes.withLock({ $0 }) { return known }
    let made = try SegmentedGzip.pack(text.span)[...]
    bytes.withLock { $0 = made }
    return made
  }
}

extension EncodedHistory: RandomAccessCollection {
  /// The first index.
  public var startIndex: Int { 0 }
  /// The number of objects.
  public var endIndex: Int { segments.last.map { $0.first + $0.places.count } ?? 0 }

  /// The object at a place, decoded.
  public subscript(position: Int) -> Element {
    let segment = segment(of: position)
    let place = segment.places[position - segment.first]
    return decode(segment.text, Int(place.start)..<Int(place.end))
  }

  /// The snapshot that the object at a place is about.
  func id(at position: Int) -> SnapshotID {
    let segment = segment(of: position)
    return segment.places[position - segment.first].id
  }

  private func segment(of position: Int) -> Segment {
    var (low, high) = (0, segments.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if segments[middle].first <= position { low = middle } else { high = middle - 1 }
    }
    return segments[low]
  }
}

extension EncodedHistory: Equatable where Element: Equatable {
  /// Compares what the objects say, not how they are written.
  public static func == (left: Self, right: Self) -> Bool {
    left.isSame(as: right) || (left.hasSameIDs(as: right) && left.elementsEqual(right))
  }
}

extension EncodedHistory: Hashable where Element: Hashable {
  /// Hashes the ids.
  public func hash(into hasher: inout Hasher) { hasher.combine(ids) }
}

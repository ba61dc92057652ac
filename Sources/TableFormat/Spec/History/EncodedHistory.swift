internal import FileFormats

/// The objects of a JSON array that grows with a table's history, most of them still as their text.
///
/// They are decoded when somebody asks for them, and written as they were read: a commit pays for what it adds, and
/// copies the rest as bytes. Unknown members survive that, too. The older ones of a compressed file are not even
/// decompressed before ``entries()`` or ``entry(id:)`` wants them; that is when damage in them shows.
public struct EncodedHistory<Element: Sendable>: Sendable {
  private enum Run: Sendable {
    case read(EncodedRun)
    case unread(UnreadRun)

    var count: Int {
      switch self {
      case .read(let run): run.places.count
      case .unread(let run): run.count
      }
    }

    var known: EncodedRun? {
      switch self {
      case .read(let run): run
      case .unread(let run): run.known
      }
    }

    func isSame(as other: Run) -> Bool {
      switch (self, other) {
      case (.read(let left), .read(let right)):
        left.places.count == right.places.count
          && (left.text.span.isIdentical(to: right.text.span)
            || left.places.map(\.id) == right.places.map(\.id))
      case (.unread(let left), .unread(let right)):
        left === right || left.segment.packed == right.segment.packed
      default: false
      }
    }
  }

  private let codec: HistoryCodec<Element>
  private var runs: [Run] = []
  /// The number of objects.
  public private(set) var count = 0
  /// A run takes no more objects once its text is as long.
  ///
  /// Appending copies the text where it is shared, and a compressed file holds it as one segment.
  private static var runLimit: Int { SegmentedGzip.blockLimit * 3 / 4 }

  /// Makes a history without objects.
  init(_ codec: HistoryCodec<Element>) { self.codec = codec }

  /// Adds runs that stay compressed.
  mutating func append(_ unread: [UnreadRun]) {
    for run in unread {
      runs.append(.unread(run))
      count += run.count
    }
  }

  /// Adds all objects of an array that was read.
  ///
  /// - Parameters:
  ///   - places: The objects in order.
  ///   - text: The text that holds them.
  mutating func append(_ places: [EncodedPlace], of text: [UInt8]) {
    var (begun, start) = (0, places.first.map { Int($0.start) } ?? 0)
    for (index, place) in places.enumerated() where Int(place.end) - start >= Self.runLimit {
      // A run that others stand before begins with a comma, which an object behind unread ones has lost.
      guard begun > 0 || count == 0 else { break }
      runs.append(.read(EncodedRun(text: text, start: start, places: Array(places[begun...index]))))
      count += index + 1 - begun
      (begun, start) = (index + 1, Int(place.end))
    }
    // The rest is shorter than a run, so that more is put to it.
    for place in places[begun...] { append(Array(text[place.range]), id: place.id) }
  }

  /// Adds an object that is about a snapshot.
  mutating func append(_ object: [UInt8], id: SnapshotID) {
    var run = EncodedRun(text: [], start: 0, places: [])
    if case .read(let last) = runs.last, last.text.count < Self.runLimit,
      last.places.last.map({ Int($0.end) }) == last.text.count
    {
      run = last
      // Or the text would be copied.
      runs.removeLast()
      run.packed = PackedText()
    }
    if count > 0 { run.text.append(UInt8(ascii: ",")) }
    let start = run.text.count
    run.text += object
    run.places.append(EncodedPlace(start: UInt32(start), end: UInt32(start + object.count), id: id))
    runs.append(.read(run))
    count += 1
  }

  /// Removes the objects whose places in the history are not wanted.
  mutating func keep(where isWanted: (Int) -> Bool) throws(TableFormatError) {
    var (kept, place) = (Self(codec), 0)
    for run in runs {
      let run = try read(run)
      for entry in run.places {
        if isWanted(place) { kept.append(Array(run.text[entry.range]), id: entry.id) }
        place += 1
      }
    }
    self = kept
  }

  /// The object that was added last.
  var last: Element? {
    // What was never read has others behind it.
    guard let run = runs.last?.known, let place = run.places.last else { return nil }
    return codec.decode(run.text, place.range)
  }

  /// The newest object about a snapshot, if it is among those that were read.
  func known(id: SnapshotID) -> Element? {
    for run in runs.reversed() {
      if let run = run.known, let found = find(id, in: run) { return found }
    }
    return nil
  }

  /// The newest object about a snapshot.
  ///
  /// - Throws: ``TableFormatError`` if a part of the history that is read for it is damaged.
  func entry(id: SnapshotID) throws(TableFormatError) -> Element? {
    if let known = known(id: id) { return known }
    for case .unread(let run) in runs.reversed() where run.known == nil {
      if let found = find(id, in: try read(.unread(run))) { return found }
    }
    return nil
  }

  private func find(_ id: SnapshotID, in run: EncodedRun) -> Element? {
    run.places.last { $0.id == id }.map { codec.decode(run.text, $0.range) }
  }

  private func read(_ run: Run) throws(TableFormatError) -> EncodedRun {
    switch run {
    case .read(let run): return run
    case .unread(let run): return try run.read(codec.places)
    }
  }

  /// All objects.
  ///
  /// - Throws: ``TableFormatError`` if a part of the history that was not read yet is damaged.
  public func entries() throws(TableFormatError) -> HistoryEntries<Element> {
    var known: [EncodedRun] = []
    known.reserveCapacity(runs.count)
    for run in runs { known.append(try read(run)) }
    return HistoryEntries(known, codec)
  }

  /// Whether both are about the same snapshots in the same order; `false` also where it takes reading to say so.
  func hasSameIDs(as other: Self) -> Bool {
    count == other.count && runs.count == other.runs.count
      && zip(runs, other.runs).allSatisfy { $0.isSame(as: $1) }
  }

  /// The text of the objects with the commas between them, in parts.
  var parts: [MetadataPart] {
    runs.map { run in
      switch run {
      case .read(let run): MetadataPart(run, codec)
      case .unread(let run): MetadataPart(run, codec)
      }
    }
  }
}

extension EncodedHistory: Equatable where Element: Equatable {
  /// Compares what the objects say, not how they are written; what cannot be read is not equal.
  public static func == (left: Self, right: Self) -> Bool {
    guard left.count == right.count else { return false }
    guard let old = try? left.entries(), let new = try? right.entries() else { return false }
    return old.elementsEqual(new)
  }
}

extension EncodedHistory: Hashable where Element: Hashable {
  /// Hashes the number of objects.
  public func hash(into hasher: inout Hasher) { hasher.combine(count) }
}

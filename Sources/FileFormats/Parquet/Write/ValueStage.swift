internal import Columnar

/// Collects the values of one leaf, nulls left out, until they are encoded as a page.
///
/// A stage is a struct whose methods work on whole vectors, so that its loops are specialised and touch no
/// class. It begins each column chunk with a dictionary, and goes on without when that does not pay.
protocol ValueStage {
  /// Values since the last page.
  var valueCount: Int { get }
  /// Bytes, about, of the page that they would make.
  var pageByteCount: Int { get }
  /// Bytes, about, of the dictionary.
  var dictionaryByteCount: Int { get }
  /// Whether the page must end before more values come, because the encoding changes.
  var isPageComplete: Bool { get }

  /// Returns the bytes, about, that the rows of a vector add to a plain page.
  func byteCount(of vector: Vector, _ rows: Range<Int>) -> Int

  /// Appends rows, none of them null; a dictionary vector's entries are looked up once each.
  mutating func append(_ vector: Vector, _ rows: Range<Int>) throws(FileFormatError)

  /// Appends the page's values to `bytes`, notes their bounds and begins the next page.
  mutating func encodePage(to bytes: inout [UInt8]) -> ParquetEncoding

  /// Ends a column chunk and begins the next.
  mutating func finishChunk() -> StagedChunk

  /// Bounds of all values since the stage was made, NaN left out.
  func bounds(as type: LogicalType) -> (min: ScalarValue, max: ScalarValue)?

  /// NaNs since the stage was made; `nil` when values cannot be that.
  var nanCount: Int? { get }
}

/// What a stage knows at the end of a column chunk.
struct StagedChunk {
  /// Bounds in the plain encoding, without length.
  struct Bounds: Equatable {
    var min: [UInt8]
    var max: [UInt8]
    var isMinExact = true
    var isMaxExact = true
  }

  /// The plain-encoded entries; `nil` when no page has codes.
  var dictionary: (bytes: [UInt8], count: Int)?
  /// Bounds of each page; `nil` where there are none.
  var pageBounds: [Bounds?] = []
  /// How the bounds of the pages are ordered.
  var boundaryOrder = ParquetColumnIndex.BoundaryOrder.unordered
  /// Bounds of all pages.
  var bounds: Bounds?
  /// Distinct values, when the dictionary has them all.
  var distinctCount: Int?
  /// Hashes of all values, some of them more than once, when a bloom filter is wanted.
  var hashes: [UInt64] = []
  /// Bytes of byte-array values without their lengths.
  var byteArrayByteCount: Int?
}

/// The dictionary codes of the entries of a vector's base, found as rows name them.
struct CodeMap {
  /// Stands for entries that no row named yet.
  static let unknown = UInt32.max

  private var base: Vector?
  /// By entry of the base, its code.
  var codes: [UInt32] = []

  /// Makes the map that of `base`; what is known of the same base stays.
  mutating func select(_ base: Vector) {
    if let known = self.base, known.storageIdentity == base.storageIdentity, known.firstRow == base.firstRow,
      known.count == base.count
    {
      return
    }
    self.base = base
    codes = [UInt32](repeating: CodeMap.unknown, count: base.count)
  }

  /// Forgets everything, because the dictionary is new.
  mutating func removeAll() {
    base = nil
    codes = []
  }
}

/// The page that an entry of a dictionary was last seen in, so that bounds look at each entry once a page.
struct PageStamps {
  private var stamps: [UInt32] = []
  private var page: UInt32 = 0

  /// Begins a page with a dictionary of `count` entries.
  mutating func beginPage(entryCount count: Int) {
    page &+= 1
    if stamps.count < count { stamps.append(contentsOf: repeatElement(0, count: count - stamps.count)) }
  }

  /// Returns the codes that occur, each once.
  mutating func distinct(_ codes: Span<UInt32>) -> [UInt32] {
    var found: [UInt32] = []
    // Taken out meanwhile: a span of a property keeps all of `self` borrowed.
    var taken: [UInt32] = []
    swap(&taken, &stamps)
    var seen = taken.mutableSpan
    for row in codes.indices {
      let code = codes[row]
      if seen[Int(code)] != page {
        seen[Int(code)] = page
        found.append(code)
      }
    }
    swap(&taken, &stamps)
    return found
  }

  mutating func removeAll() {
    stamps = []
    page = 0
  }
}

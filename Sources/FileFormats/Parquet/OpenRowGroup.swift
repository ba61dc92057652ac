internal import Columnar
internal import Synchronization

/// What readings of parts of one row group share, so that none repeats what another has done.
///
/// Several threads may read with one at a time. It holds dictionaries and few pages; whoever reads a row group
/// part by part keeps it as long as parts are left.
public final class OpenRowGroup: Sendable {
  private let chunks = Mutex<[Int: OpenColumnChunk]>([:])

  /// Makes one of which nothing has been read.
  public init() {}

  /// The chunk of a leaf.
  func chunk(ofLeaf index: Int) -> OpenColumnChunk {
    chunks.withLock { chunks in
      if let chunk = chunks[index] { return chunk }
      let chunk = OpenColumnChunk()
      chunks[index] = chunk
      return chunk
    }
  }
}

/// One column chunk of an ``OpenRowGroup``.
final class OpenColumnChunk: Sendable {
  /// A page on the border of two parts.
  private struct SharedPage {
    let page: DataPage
    /// Rows that were taken from it.
    var takenRowCount = 0
  }

  // Whoever comes second waits for the first: both need the result, and making it twice takes as long.
  private let knownDirectory = Mutex<PageDirectory?>(nil)
  private let knownDictionary = Mutex<LeafDictionary?>(nil)
  private let pages = Mutex<[Int: SharedPage]>([:])

  /// The places of the pages, found now if nobody asked before.
  func directory(
    _ find: () throws(FileFormatError) -> PageDirectory
  ) throws(FileFormatError) -> PageDirectory {
    try knownDirectory.withLock { (known) throws(FileFormatError) in
      if let known { return known }
      let found = try find()
      known = found
      return found
    }
  }

  /// The dictionary, decoded now if nobody asked before; `nil` if there is none.
  func dictionary(
    _ decode: () throws(FileFormatError) -> LeafDictionary?
  ) throws(FileFormatError) -> LeafDictionary? {
    try knownDictionary.withLock { (known) throws(FileFormatError) in
      if let known { return known }
      let decoded = try decode()
      known = decoded
      return decoded
    }
  }

  /// Returns a page on the border of two parts that the other part decompressed.
  func page(at offset: Int) -> DataPage? { pages.withLock { $0[offset]?.page } }

  /// Keeps a page until all its rows are taken.
  ///
  /// - Parameters:
  ///   - page: The page, in a buffer that is not lent again.
  ///   - offset: Where it begins in the file.
  ///   - rowCount: Its rows.
  ///   - takenRowCount: Those that the part takes that hands it over.
  func keep(_ page: DataPage, at offset: Int, rowCount: Int, taking takenRowCount: Int) {
    pages.withLock { pages in
      let taken = takenRowCount + (pages[offset]?.takenRowCount ?? 0)
      pages[offset] = taken < rowCount ? SharedPage(page: page, takenRowCount: taken) : nil
    }
  }
}

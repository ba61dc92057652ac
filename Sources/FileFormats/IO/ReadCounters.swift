internal import Synchronization

/// What was read of files, by all threads together.
public final class ReadCounters: Sendable {
  private let bytes = Atomic(0)
  private let pages = Atomic(0)
  private let skipped = Atomic(0)

  /// Begins at zero.
  public init() {}

  /// Bytes that were read, footers and indexes included.
  public var byteCount: Int { bytes.load(ordering: .relaxed) }
  /// Data pages that were decompressed.
  public var pageCount: Int { pages.load(ordering: .relaxed) }
  /// Data pages that were passed over, as no row of them was wanted.
  public var skippedPageCount: Int { skipped.load(ordering: .relaxed) }

  /// Adds what was read of a column chunk.
  func add(pages count: Int, of all: Int) {
    pages.wrappingAdd(count, ordering: .relaxed)
    skipped.wrappingAdd(all - count, ordering: .relaxed)
  }

  fileprivate func add(bytes count: Int) { bytes.wrappingAdd(count, ordering: .relaxed) }
}

/// A file that counts what is read of it.
public struct CountedFile: RandomAccessFile {
  private let file: any RandomAccessFile
  private let counters: ReadCounters

  /// Makes a file that reads from another.
  public init(_ file: any RandomAccessFile, _ counters: ReadCounters) {
    (self.file, self.counters) = (file, counters)
  }

  /// The other's path.
  public var path: String { file.path }
  /// The other's length.
  public var byteCount: Int { file.byteCount }

  /// Reads from the other; see ``RandomAccessFile``.
  public func read(at offset: Int, into room: inout MutableSpan<UInt8>) throws(FileFormatError) {
    counters.add(bytes: room.count)
    try file.read(at: offset, into: &room)
  }
}

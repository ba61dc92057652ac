public import Columnar
internal import Glibc

/// Splits a text file into lines, many at a time; memory is bounded by the longest line.
///
/// Lines end with `\n` or `\r\n`; the last need not. A file that is not compressed may be read in parts by
/// several readers: a line belongs to the part that its first byte lies in.
public final class LineReader {
  /// Some lines that follow each other.
  public struct Batch: Sendable {
    /// Holds the lines' bytes; views into it are good as long as it lives.
    public let page: Buffer
    /// Where each line lies in `page`, without its end.
    public let lines: [Range<Int>]
    /// Where byte 0 of the page lies in the file, decompressed.
    public let offset: Int
    /// The number of the first line, from 1, counted from the front of the reader's part.
    public let firstLine: Int
  }

  private let stream: ByteStream
  private let file: any RandomAccessFile
  private let pageByteCount: Int
  private let lineLimit: Int
  private let end: Int
  private var carried: [UInt8] = []
  private var carriedOffset: Int
  private var nextLine = 1
  private var isFinished = false

  /// Opens a reader.
  ///
  /// - Parameters:
  ///   - file: The file; gzip and zstd are undone.
  ///   - range: The part to read, in bytes; `nil` for all. Only files that are not compressed have parts.
  ///   - pageByteCount: How much is read at a time.
  ///   - lineLimit: The longest line that is accepted.
  /// - Throws: If the file cannot be read, or is compressed and a range was given.
  public init(
    _ file: any RandomAccessFile, range: Range<Int>? = nil, pageByteCount: Int = 1 << 20,
    lineLimit: Int = 256 << 20
  ) throws(FileFormatError) {
    self.file = file
    (self.pageByteCount, self.lineLimit) = (max(pageByteCount, 64), lineLimit)
    end = range?.upperBound ?? .max
    let start = range?.lowerBound ?? 0
    // From the byte before on, to see whether a line begins at the first one; to the end of the file, since
    // the last line may reach beyond the part.
    stream = try ByteStream(
      file, range: range.map { max($0.lowerBound - 1, 0)..<max(file.byteCount, $0.lowerBound) })
    carriedOffset = max(start - 1, 0)
    if start > 0 { try skipPartialLine(to: start) }
  }

  /// Passes the line that began in the part before.
  private func skipPartialLine(to start: Int) throws(FileFormatError) {
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      var room = piece.mutableSpan
      let count = try stream.read(into: &room, at: 0)
      if count == 0 { return isFinished = true }
      if let place = piece[..<count].firstIndex(of: 0x0A) {
        carriedOffset += place + 1
        carried = Array(piece[(place + 1)..<count])
        return
      }
      carriedOffset += count
      if carriedOffset >= end { return isFinished = true }
    }
  }

  /// Reads the next lines; `nil` at the end.
  public func next() throws(FileFormatError) -> Batch? {
    guard !isFinished, carriedOffset < end else { return nil }
    let offset = carriedOffset
    var size = max(pageByteCount, carried.count * 2)
    var page = WritableBuffer(byteCount: size)
    var filled = carried.count
    copy(carried, to: &page)
    var searched = 0
    var lines: [Range<Int>] = []
    var lineStart = 0
    var isEnd = false
    while true {
      lineStart = findLines(in: &page, from: &searched, to: filled, lineStart, offset, &lines)
      if offset + lineStart >= end {
        isFinished = true
        return batch(page.freeze(), lines, offset)
      }
      if isEnd { break }
      if filled == size {
        // A page of whole lines, or a line that is longer than the page.
        guard lines.isEmpty else { break }
        guard size < lineLimit else {
          throw FileFormatError(
            .tooLarge, "a line has more than \(lineLimit) bytes", file: file.path, offset: offset)
        }
        size = min(size * 4, max(lineLimit, size + 1))
        page = page.grown(to: size, keeping: filled)
      }
      let count = try fill(&page, from: filled, to: size)
      isEnd = count == 0
      filled += count
    }
    if isEnd {
      isFinished = true
      if lineStart < filled { lines.append(lineStart..<filled) }
      return lines.isEmpty ? nil : batch(page.freeze(), lines, offset)
    }
    let frozen = page.freeze()
    carried = frozen.bytes.extracting(lineStart..<filled).copied()
    carriedOffset = offset + lineStart
    return batch(frozen, lines, offset)
  }

  private func copy(_ bytes: [UInt8], to page: inout WritableBuffer) {
    var room = page.elements(as: UInt8.self, count: bytes.count)
    for index in bytes.indices { room[index] = bytes[index] }
  }

  private func fill(
    _ page: inout WritableBuffer, from start: Int, to end: Int
  ) throws(FileFormatError) -> Int {
    var room = page.elements(as: UInt8.self, count: end)
    return try stream.read(into: &room, at: start)
  }

  /// Appends the lines that end below `filled`, up to the end of the part; returns where the next begins.
  private func findLines(
    in page: inout WritableBuffer, from searched: inout Int, to filled: Int, _ start: Int, _ offset: Int,
    _ lines: inout [Range<Int>]
  ) -> Int {
    let bytes = page.elements(as: UInt8.self, count: filled)
    var lineStart = start
    while let at = Self.newline(in: bytes, from: searched) {
      var last = at
      if at > lineStart { if bytes[at &- 1] == 0x0D { last = at &- 1 } }
      lines.append(lineStart..<last)
      (lineStart, searched) = (at &+ 1, at &+ 1)
      if offset &+ lineStart >= end { return lineStart }
    }
    searched = filled
    return lineStart
  }

  private static func newline(in bytes: borrowing MutableSpan<UInt8>, from start: Int) -> Int? {
    unsafe bytes.withUnsafeBytes { (raw) -> Int? in
      // SAFETY: the bytes from `start` on are within the buffer, which is live for the call.
      guard start < raw.count, let base = raw.baseAddress,
        let found = unsafe memchr(base + start, 0x0A, raw.count - start)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }

  private func batch(_ page: Buffer, _ lines: [Range<Int>], _ offset: Int) -> Batch {
    defer { nextLine += lines.count }
    return Batch(page: page, lines: lines, offset: offset, firstLine: nextLine)
  }
}

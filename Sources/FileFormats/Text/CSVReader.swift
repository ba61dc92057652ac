public import Columnar

/// Reads the records of a CSV file (RFC 4180), many at a time; memory is bounded by the longest record.
///
/// Lines end with `\n`, `\r\n` or `\r`; fields in quotes may hold them. What the fields mean is the caller's
/// business.
public final class CSVReader {
  /// The characters of a dialect.
  public struct Dialect: Sendable {
    /// Between fields.
    public var delimiter = UInt8(ascii: ",")
    /// Around fields that hold a delimiter; `nil` if there is no such thing.
    public var quote: UInt8? = UInt8(ascii: "\"")
    /// Before a quote within quotes; the same as the quote where quotes are doubled.
    public var escape: UInt8? = UInt8(ascii: "\"")
    /// Whether lines without a byte are passed over.
    public var skipsBlankLines = true

    /// Makes the dialect of RFC 4180.
    public init() {}
  }

  /// Some records that follow each other.
  public struct Batch: Sendable {
    /// The fields of all records.
    public fileprivate(set) var fields: [StringView] = []
    /// For each field whether it was in quotes, so that an empty text can be told from nothing.
    public fileprivate(set) var isQuoted: [Bool] = []
    /// Where each record's fields begin, and at last where the fields end.
    public fileprivate(set) var starts: [Int] = [0]
    /// Where each record begins in the file, decompressed.
    public fileprivate(set) var offsets: [Int] = []
    /// The line that each record begins in, from 1.
    public fileprivate(set) var lineNumbers: [Int] = []
    /// What the fields point into.
    public fileprivate(set) var pages: [Buffer] = []

    /// The number of records.
    public var recordCount: Int { offsets.count }

    /// Returns the places of a record's fields.
    public func fieldRange(of record: Int) -> Range<Int> { starts[record]..<starts[record + 1] }
  }

  private let stream: ByteStream
  private let file: any RandomAccessFile
  private let dialect: Dialect
  private let pageByteCount: Int
  private let recordLimit: Int
  private var carried: [UInt8] = []
  private var offset = 0
  private var line = 1
  private var isFinished = false

  /// Opens a reader.
  ///
  /// - Parameters:
  ///   - file: The file; gzip and zstd are undone, a byte order mark is passed over.
  ///   - dialect: Its characters.
  ///   - pageByteCount: How much is read at a time.
  ///   - recordLimit: The longest record that is accepted.
  /// - Throws: If the file cannot be read.
  public init(
    _ file: any RandomAccessFile, dialect: Dialect = Dialect(), pageByteCount: Int = 1 << 20,
    recordLimit: Int = 64 << 20
  ) throws(FileFormatError) {
    (self.file, self.dialect) = (file, dialect)
    (self.pageByteCount, self.recordLimit) = (max(pageByteCount, 64), recordLimit)
    stream = try ByteStream(file)
  }

  /// Reads the next records; `nil` at the end.
  public func next() throws(FileFormatError) -> Batch? {
    if isFinished { return nil }
    var size = max(pageByteCount, carried.count * 2)
    while true {
      var page = WritableBuffer(byteCount: size)
      var room = page.elements(as: UInt8.self, count: size)
      for index in carried.indices { room[index] = carried[index] }
      var filled = carried.count
      var isEnd = false
      while filled < size, !isEnd {
        let count = try stream.read(into: &room, at: filled)
        filled += count
        isEnd = count == 0
      }
      let buffer = page.freeze()
      let hasMark = offset == 0 && filled >= 3 && buffer.bytes[0] == 0xEF && buffer.bytes[1] == 0xBB
      var parsing = Parsing(
        dialect: dialect, file: file.path, base: offset, line: line, position: hasMark ? 3 : 0, count: filled,
        isEnd: isEnd)
      try parsing.run(buffer)
      carried = buffer.bytes.extracting(parsing.position..<filled).copied()
      offset += parsing.position
      line = parsing.line
      isFinished = isEnd
      if parsing.batch.recordCount > 0 || isEnd {
        return parsing.batch.recordCount > 0 ? parsing.finished(buffer) : nil
      }
      guard size < recordLimit else {
        throw FileFormatError(
          .tooLarge, "the record in line \(line) has more than \(recordLimit) bytes", file: file.path,
          offset: offset)
      }
      size = min(size * 4, max(recordLimit, size + 1))
    }
  }
}

/// The records of one page.
private struct Parsing {
  let dialect: CSVReader.Dialect
  let file: String
  let base: Int
  var line: Int
  /// Behind the last whole record.
  var position: Int
  let count: Int
  let isEnd: Bool
  var batch = CSVReader.Batch()
  private let arena = StringArena()

  init(
    dialect: CSVReader.Dialect, file: String, base: Int, line: Int, position: Int, count: Int, isEnd: Bool
  ) {
    (self.dialect, self.file, self.base, self.line) = (dialect, file, base, line)
    (self.position, self.count, self.isEnd) = (position, count, isEnd)
  }

  func finished(_ page: Buffer) -> CSVReader.Batch {
    var batch = batch
    batch.pages = [page] + arena.pages
    return batch
  }

  mutating func run(_ page: Buffer) throws(FileFormatError) {
    while position < count {
      let fieldCount = batch.fields.count
      let (recordStart, recordLine) = (position, line)
      guard try record(page) else {
        batch.fields.removeLast(batch.fields.count - fieldCount)
        batch.isQuoted.removeLast(batch.isQuoted.count - fieldCount)
        (position, line) = (recordStart, recordLine)
        return
      }
      let isBlank =
        batch.fields.count == fieldCount + 1 && batch.fields[fieldCount].byteCount == 0
        && !batch.isQuoted[fieldCount]
      if isBlank && dialect.skipsBlankLines {
        batch.fields.removeLast()
        batch.isQuoted.removeLast()
        continue
      }
      batch.starts.append(batch.fields.count)
      batch.offsets.append(base + recordStart)
      batch.lineNumbers.append(recordLine)
    }
  }

  /// Reads a record; returns false if the page ends within it.
  private mutating func record(_ page: Buffer) throws(FileFormatError) -> Bool {
    let bytes = page.bytes
    while true {
      let isWhole =
        if position < count, let quote = dialect.quote, bytes[position] == quote {
          try quotedField(page, quote)
        } else {
          plainField(page)
        }
      guard isWhole else { return false }
      guard position < count else { return true }
      let byte = bytes[position]
      if byte == dialect.delimiter {
        position += 1
        // A delimiter at the very end is followed by an empty field.
        if position == count && !isEnd { return false }
        continue
      }
      // Else plainField and quotedField stop at line ends only.
      if byte == 0x0D {
        if position + 1 == count && !isEnd { return false }
        if position + 1 < count && bytes[position + 1] == 0x0A { position += 1 }
      }
      position += 1
      line += 1
      return true
    }
  }

  private mutating func append(_ page: Buffer, _ range: Range<Int>, isQuoted: Bool) {
    let part = page.bytes.extracting(range)
    // SAFETY: the page goes into the batch beside the view and is no longer written.
    let view = unsafe part.withUnsafeBytes { unsafe StringView(unsafePointingAt: $0) }
    batch.fields.append(view)
    batch.isQuoted.append(isQuoted)
  }

  private mutating func plainField(_ page: Buffer) -> Bool {
    let bytes = page.bytes
    let delimiter = dialect.delimiter
    let start = position
    var at = start
    while at < count {
      let byte = bytes[at]
      if byte == delimiter || byte == 0x0A || byte == 0x0D { break }
      at &+= 1
    }
    if at == count && !isEnd { return false }
    append(page, start..<at, isQuoted: false)
    position = at
    return true
  }

  private mutating func quotedField(_ page: Buffer, _ quote: UInt8) throws(FileFormatError) -> Bool {
    let bytes = page.bytes
    let (start, startLine) = (position + 1, line)
    var at = start
    var unescaped: [UInt8]?
    var copied = start
    while at < count {
      let byte = bytes[at]
      if byte == dialect.escape, at + 1 < count,
        bytes[at + 1] == quote || (byte != quote && bytes[at + 1] == byte)
      {
        var text = unescaped ?? []
        unescaped = nil
        for index in copied..<at { text.append(bytes[index]) }
        text.append(bytes[at + 1])
        unescaped = text
        at += 2
        copied = at
        continue
      }
      if byte == quote {
        // The next byte tells whether the quote is doubled.
        if at + 1 == count && !isEnd { return false }
        if var text = unescaped {
          for index in copied..<at { text.append(bytes[index]) }
          batch.fields.append(arena.copy(text.span))
          batch.isQuoted.append(true)
        } else {
          append(page, start..<at, isQuoted: true)
        }
        position = at + 1
        if position < count {
          let next = bytes[position]
          guard next == dialect.delimiter || next == 0x0A || next == 0x0D else {
            throw .damaged(
              "line \(line): there is text behind a quoted field", file: file, offset: base + position)
          }
        }
        return true
      }
      if byte == 0x0A { line += 1 }
      at += 1
    }
    guard isEnd else { return false }
    throw .damaged("line \(startLine): a quoted field has no end", file: file, offset: base + start - 1)
  }
}

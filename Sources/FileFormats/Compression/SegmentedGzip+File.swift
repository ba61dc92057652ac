extension SegmentedGzip {
  /// A segment in a file, and what the file's maker says of it.
  public struct Part: Sendable {
    /// The segment.
    public var segment: Segment
    /// What kind of text it is.
    public var label: UInt32
    /// How many things are in it.
    public var itemCount: UInt32

    /// Makes a part.
    public init(_ segment: Segment, label: UInt32 = 0, itemCount: UInt32 = 0) {
      (self.segment, self.label, self.itemCount) = (segment, label, itemCount)
    }
  }

  /// The member of the JSON object in a file whose value is the index of its segments.
  public static let indexMember = "wequery.segments"

  /// Magic numbers, deflate, no flags, no time, no hints, an unknown system (RFC 1952, §2.3).
  private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
  /// Length and checksum of the text.
  private static let trailerSize = 8
  private static let memberStart = Array(",\"\(indexMember)\":\"".utf8)
  private static let memberEnd = Array("\"}".utf8)
  /// Six 32-bit numbers: length and checksum, packed and not, label and items.
  private static let entrySize = 6 * 4

  /// Makes a file whose text is a JSON object.
  ///
  /// - Parameters:
  ///   - parts: All of the text but its end.
  ///   - end: The end of the text, which closes the object. The index is put into it, as its last member.
  /// - Returns: All bytes of the file.
  /// - Throws: If there is no memory to compress in.
  public static func file(_ parts: [Part], end: [UInt8]) throws(FileFormatError) -> [UInt8] {
    let text = end.dropLast() + memberStart + index(parts) + memberEnd
    let last = try pack(text.span)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      parts.reduce(header.count + last.packed.count + lastBlock.count + trailerSize) {
        $0 + $1.segment.packed.count
      })
    bytes += header
    var (checksum, count) = (UInt32(0), 0)
    for segment in parts.lazy.map(\.segment) + [last] {
      bytes += segment.packed
      checksum = CRC32.combined(checksum, segment.textChecksum, count: segment.textCount)
      count += segment.textCount
    }
    bytes += lastBlock
    append(checksum, to: &bytes)
    append(UInt32(truncatingIfNeeded: count), to: &bytes)
    return bytes
  }

  /// The entries and their checksum, in hexadecimal digits.
  private static func index(_ parts: [Part]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parts.count * entrySize + 4)
    for part in parts {
      append(UInt32(part.segment.packed.count), to: &bytes)
      append(part.segment.packedChecksum, to: &bytes)
      append(UInt32(part.segment.textCount), to: &bytes)
      append(part.segment.textChecksum, to: &bytes)
      append(part.label, to: &bytes)
      append(part.itemCount, to: &bytes)
    }
    let checksum = Deflate.crc32(bytes.span)
    append(checksum, to: &bytes)
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      for half in [byte >> 4, byte & 15] { digits.append(half < 10 ? half + 0x30 : half + 0x57) }
    }
    return digits
  }

  private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  private static func number(_ bytes: Span<UInt8>, at place: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in (0..<4).reversed() { value = value << 8 | UInt32(bytes[place + index]) }
    return value
  }

  private static func isThere(_ wanted: [UInt8], _ bytes: Span<UInt8>, at place: Int) -> Bool {
    JSONScanner.isSame(bytes, at: place, as: wanted.span, wanted.indices)
  }

  /// Reads the index of a file that ``file(_:end:)`` made.
  ///
  /// All checksums agree then, of the compressed bytes and of the text they are said to hold; whether they hold
  /// it shows when a segment is decompressed.
  ///
  /// - Parameters:
  ///   - file: All bytes of the file.
  ///   - limit: The most bytes of text.
  /// - Returns: The parts in order, and the end of the text; `nil` for any other file, which may be whole all the same.
  public static func read(_ file: [UInt8], limit: Int) -> (parts: [Part], end: [UInt8])? {
    let bytes = file.span
    let end = file.count - trailerSize - lastBlock.count
    guard end >= header.count + emptyBlock.count, isThere(header, bytes, at: 0),
      isThere(lastBlock, bytes, at: end)
    else { return nil }
    // The end of a segment may also stand within one, by chance, but then nothing else fits.
    var (tries, begin) = (0, end - 1)
    while begin > header.count, tries < 8 {
      begin -= 1
      guard begin == header.count || isThere(emptyBlock, bytes, at: begin - emptyBlock.count) else {
        continue
      }
      tries += 1
      guard let text = lastText(file[begin..<end], limit), let parts = parts(file, upTo: begin, text) else {
        continue
      }
      var (checksum, total) = (UInt32(0), 0)
      for part in parts {
        checksum = CRC32.combined(checksum, part.segment.textChecksum, count: part.segment.textCount)
        total += part.segment.textCount
      }
      checksum = CRC32.combined(checksum, Deflate.crc32(text.span), count: text.count)
      total += text.count
      // Metadata shrinks to a seventh; a file that says much more of itself is read by the way that believes none.
      guard total <= limit, total <= max(1 << 20, 16 * file.count),
        number(bytes, at: end + lastBlock.count) == checksum,
        number(bytes, at: end + lastBlock.count + 4) == UInt32(truncatingIfNeeded: total)
      else { return nil }
      return (parts, text)
    }
    return nil
  }

  private static func lastText(_ packed: ArraySlice<UInt8>, _ limit: Int) -> [UInt8]? {
    var text = [UInt8](repeating: 0, count: min(limit, max(blockLimit, 16 * packed.count)))
    var room = text.mutableSpan
    let stream = packed + lastBlock
    guard let size = try? Deflate.Decompressor().fill(&room, from: stream.span) else { return nil }
    text.removeLast(text.count - size)
    return text
  }

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }

  /// The segments that the index at the end of a text says are before `end`.
  private static func parts(_ file: [UInt8], upTo end: Int, _ text: [UInt8]) -> [Part]? {
    guard text.count >= memberEnd.count, isThere(memberEnd, text.span, at: text.count - memberEnd.count)
    else {
      return nil
    }
    var index: [UInt8] = []
    let digits = text.dropLast(memberEnd.count)
    let start = digits.lastIndex(of: UInt8(ascii: "\"")).map { $0 + 1 } ?? 0
    guard start >= memberStart.count, isThere(memberStart, text.span, at: start - memberStart.count),
      (digits.endIndex - start) % (2 * entrySize) == 8
    else { return nil }
    index.reserveCapacity((digits.endIndex - start) / 2)
    for place in stride(from: start, to: digits.endIndex, by: 2) {
      guard let high = value(ofDigit: digits[place]), let low = value(ofDigit: digits[place + 1]) else {
        return nil
      }
      index.append(high << 4 | low)
    }
    let (numbers, entries) = (index.span, index.count / entrySize)
    guard
      number(numbers, at: entries * entrySize)
        == Deflate.crc32(numbers.extracting(first: entries * entrySize))
    else { return nil }
    var (parts, place) = ([Part](), header.count)
    for entry in 0..<entries {
      let values = (0..<6).map { number(numbers, at: entry * entrySize + 4 * $0) }
      let next = place + Int(values[0])
      guard next <= end, Deflate.crc32(file.span.extracting(place..<next)) == values[1] else { return nil }
      let segment = Segment(
        packed: file[place..<next], packedChecksum: values[1], textCount: Int(values[2]),
        textChecksum: values[3])
      parts.append(Part(segment, label: values[4], itemCount: values[5]))
      place = next
    }
    return place == end ? parts : nil
  }
}

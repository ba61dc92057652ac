internal import Columnar

/// Reads byte strings whose lengths stand in front of them all (Parquet, "Encodings",
/// DELTA_LENGTH_BYTE_ARRAY = 6).
struct DeltaLengthByteArrayDecoder {
  private let lengths: [Int32]
  private var index = 0
  private var position: Int
  private let end: Int

  /// Reads the lengths of at most `count` strings at `position`.
  init(_ bytes: Span<UInt8>, position: Int, end: Int, count: Int) throws(FileFormatError) {
    var decoder = try DeltaBinaryPackedDecoder(bytes, position: position, end: end)
    lengths = try decoder.lengths(bytes, count: count)
    (self.position, self.end) = (decoder.position, end)
  }

  /// Makes views of the next `count` strings, which point into `bytes`.
  mutating func decode(
    _ bytes: Span<UInt8>, count: Int, into views: inout MutableSpan<StringView>, at first: Int
  ) throws(FileFormatError) {
    try check(count)
    precondition(end <= bytes.count && first >= 0 && first + count <= views.count)
    let (lengths, start) = (lengths, index)
    var next = position
    unsafe views.withUnsafeMutableBufferPointer { room in
      unsafe bytes.withUnsafeBytes { source in
        guard let room = room.baseAddress, let source = source.baseAddress else { return }
        // A view of a short string is made from 12 bytes, whatever its length.
        let fastEnd = bytes.count - 12
        // SAFETY: `check` added the lengths up: they end at `end`, which the precondition compared.
        for row in 0..<count {
          let length = Int(lengths[start &+ row])
          if next <= fastEnd {
            unsafe room[first &+ row] = StringView(unsafePaddedAt: source + next, count: length)
          } else {
            let string = unsafe UnsafeRawBufferPointer(start: source + next, count: length)
            unsafe room[first &+ row] = StringView(unsafePointingAt: string)
          }
          next &+= length
        }
      }
    }
    position = next
    index += count
  }

  /// Passes over the next `count` strings.
  mutating func skip(count: Int) throws(FileFormatError) {
    try check(count)
    for row in index..<index + count { position += Int(lengths[row]) }
    index += count
  }

  private func check(_ count: Int) throws(FileFormatError) {
    guard count <= lengths.count - index else {
      throw .damagedEncoding("\(lengths.count) string lengths, \(index + count) needed")
    }
    var total = 0
    for row in index..<index + count { total += Int(lengths[row]) }
    guard total <= end - position else {
      throw .damagedEncoding("\(count) strings of \(total) bytes in \(end - position)")
    }
  }
}

/// Reads byte strings that share a prefix with the one before (Parquet, "Encodings",
/// DELTA_BYTE_ARRAY = 7).
struct DeltaByteArrayDecoder {
  private let prefixes: [Int32]
  private let suffixes: [Int32]
  private let dataStart: Int
  private let end: Int

  /// Strings of one page never take more when written plainly.
  private static let largestPage = 1 << 30

  /// Reads the prefix and suffix lengths of at most `count` strings at `position`.
  init(_ bytes: Span<UInt8>, position: Int, end: Int, count: Int) throws(FileFormatError) {
    var first = try DeltaBinaryPackedDecoder(bytes, position: position, end: end)
    prefixes = try first.lengths(bytes, count: count)
    var second = try DeltaBinaryPackedDecoder(bytes, position: first.position, end: end)
    suffixes = try second.lengths(bytes, count: count)
    (dataStart, self.end) = (second.position, end)
  }

  /// Puts strings `skipped ..< skipped + count` together and makes views of them.
  ///
  /// - Parameters:
  ///   - bytes: The page.
  ///   - skipped: How many strings to leave out.
  ///   - count: How many to make.
  ///   - views: Receives the views from `first` on.
  ///   - first: See `views`.
  /// - Returns: What the views point into.
  /// - Throws: ``FileFormatError`` if lengths do not fit each other or the page.
  func decode(
    _ bytes: Span<UInt8>, skipping skipped: Int, count: Int, into views: inout MutableSpan<StringView>,
    at first: Int
  ) throws(FileFormatError) -> Buffer {
    let total = skipped + count
    guard total <= prefixes.count && total <= suffixes.count else {
      throw .damagedEncoding("\(min(prefixes.count, suffixes.count)) string lengths, \(total) needed")
    }
    // A string without suffix is a prefix of the one before and shares its bytes.
    var (previous, data, size) = (0, dataStart, 0)
    for index in 0..<total {
      let (prefix, suffix) = (Int(prefixes[index]), Int(suffixes[index]))
      guard prefix <= previous && suffix <= end - data else {
        throw .damagedEncoding("string \(index) of \(total) is cut short")
      }
      previous = prefix + suffix
      data += suffix
      if suffix > 0 { size += previous }
      guard size <= DeltaByteArrayDecoder.largestPage else {
        throw .damagedEncoding("the strings of a page take more than 1 GiB")
      }
    }
    var buffer = WritableBuffer(byteCount: size + 16)
    var room = buffer.elements(as: UInt8.self, count: size + 16)
    precondition(first >= 0 && first + count <= views.count)
    unsafe room.withUnsafeMutableBytes { room in
      unsafe bytes.withUnsafeBytes { source in
        guard let room = room.baseAddress, let source = source.baseAddress else { return }
        var (last, next, data) = (0, 0, dataStart)
        for index in 0..<total {
          let (prefix, suffix) = (Int(prefixes[index]), Int(suffixes[index]))
          // SAFETY: the loop above added up all lengths and compared them with both ends.
          if suffix > 0 {
            unsafe (room + next).copyMemory(from: room + last, byteCount: prefix)
            unsafe (room + next + prefix).copyMemory(from: source + data, byteCount: suffix)
            last = next
            next += prefix + suffix
            data += suffix
          }
          guard index >= skipped else { continue }
          let string = unsafe UnsafeRawBufferPointer(start: room + last, count: prefix + suffix)
          views[first + index - skipped] = unsafe StringView(unsafePointingAt: string)
        }
      }
    }
    return buffer.freeze()
  }
}

extension DeltaBinaryPackedDecoder {
  /// Decodes all values as lengths, of which at most `count` are expected.
  fileprivate mutating func lengths(_ bytes: Span<UInt8>, count: Int) throws(FileFormatError) -> [Int32] {
    guard totalCount <= count else {
      throw .damagedEncoding("\(totalCount) string lengths for \(count) values")
    }
    var lengths = [Int32](repeating: 0, count: totalCount)
    var room = lengths.mutableSpan
    try decode(bytes, count: room.count, into: &room, at: 0)
    var all: Int32 = 0
    for index in lengths.indices { all |= lengths[index] }
    guard all >= 0 else { throw .damagedEncoding("a string of negative length") }
    try skipToEnd(bytes)
    return lengths
  }
}

internal import Columnar

/// Reads values as they are in memory (Parquet, "Encodings", PLAIN = 0).
enum PlainDecoder {
  /// Copies `count` little-endian values that begin at byte `position`.
  static func fixedWidth<Value: BitwiseCopyable>(
    _ bytes: Span<UInt8>, at position: Int, end: Int, count: Int, into values: inout MutableSpan<Value>,
    at first: Int
  ) throws(FileFormatError) {
    let width = MemoryLayout<Value>.stride
    guard count <= (end - position) / width else {
      throw .damagedEncoding("\(end - position) bytes for \(count) values of \(width)")
    }
    precondition(end <= bytes.count && position >= 0 && first >= 0 && first + count <= values.count)
    unsafe values.withUnsafeMutableBufferPointer { room in
      unsafe bytes.withUnsafeBytes { source in
        guard let room = room.baseAddress, let source = source.baseAddress else { return }
        // SAFETY: both ends were checked above.
        unsafe UnsafeMutableRawPointer(room + first).copyMemory(
          from: source + position, byteCount: count * width)
      }
    }
  }

  /// Makes views of `count` byte strings, each behind its length in four bytes.
  ///
  /// - Parameters:
  ///   - bytes: The whole page buffer, which the views point into.
  ///   - position: Where the first length is; afterwards, where the next is.
  ///   - end: Where the page's values end.
  ///   - count: How many.
  ///   - views: Receives the views from `first` on.
  ///   - first: See `views`.
  /// - Returns: Whether a view is longer than fits in itself, so that the page must be kept.
  /// - Throws: ``FileFormatError`` if a length reaches past `end`.
  static func strings(
    _ bytes: Span<UInt8>, at position: inout Int, end: Int, count: Int,
    into views: inout MutableSpan<StringView>, at first: Int
  ) throws(FileFormatError) -> Bool {
    precondition(end <= bytes.count && position >= 0 && first >= 0 && first + count <= views.count)
    var next = position
    var longest = 0
    var done = 0
    unsafe views.withUnsafeMutableBufferPointer { room in
      unsafe bytes.withUnsafeBytes { source in
        guard let room = room.baseAddress, let source = source.baseAddress else { return }
        // A view of a short string is made from 12 bytes, whatever its length.
        let fastEnd = min(end, bytes.count - 16)
        // SAFETY: each length is read while four bytes are left and compared with what is left behind it.
        while done < count && next &+ 4 <= fastEnd {
          let length = Int(unsafe source.loadUnaligned(fromByteOffset: next, as: UInt32.self))
          guard length <= end &- next &- 4 else { return }
          unsafe room[first &+ done] = StringView(unsafePaddedAt: source + (next &+ 4), count: length)
          longest = max(longest, length)
          next &+= 4 &+ length
          done &+= 1
        }
        while done < count && next &+ 4 <= end {
          let length = Int(unsafe source.loadUnaligned(fromByteOffset: next, as: UInt32.self))
          guard length <= end &- next &- 4 else { return }
          let string = unsafe UnsafeRawBufferPointer(start: source + (next &+ 4), count: length)
          unsafe room[first &+ done] = StringView(unsafePointingAt: string)
          longest = max(longest, length)
          next &+= 4 &+ length
          done &+= 1
        }
      }
    }
    position = next
    guard done == count else { throw .damagedEncoding("string \(done) of \(count) is cut short") }
    return longest > 12
  }

  /// Passes over `count` byte strings.
  static func skipStrings(
    _ bytes: Span<UInt8>, at position: inout Int, end: Int, count: Int
  ) throws(FileFormatError) {
    for index in 0..<count {
      guard position + 4 <= end else { throw .damagedEncoding("string \(index) of \(count) is cut short") }
      let length = Int(bytes.half(at: position))
      guard length <= end - position - 4 else {
        throw .damagedEncoding("string \(index) of \(count) is cut short")
      }
      position += 4 + length
    }
  }

  /// Makes views of `count` strings of `width` bytes each.
  static func fixedStrings(
    _ bytes: Span<UInt8>, at position: Int, end: Int, width: Int, count: Int,
    into views: inout MutableSpan<StringView>, at first: Int
  ) throws(FileFormatError) {
    guard width >= 0 && (width == 0 || count <= (end - position) / width) else {
      throw .damagedEncoding("\(end - position) bytes for \(count) values of \(width)")
    }
    precondition(end <= bytes.count && position >= 0 && first >= 0 && first + count <= views.count)
    unsafe bytes.withUnsafeBytes { source in
      // SAFETY: in bounds by the lines above; the caller keeps the page with the views.
      guard let base = source.baseAddress else { return }
      // A view of a short string is made from 12 bytes, whatever its length.
      let padded = width == 0 ? 0 : max(0, min(count, (bytes.count &- 12 &- position) / width))
      for index in 0..<padded {
        views[first &+ index] = unsafe StringView(
          unsafePaddedAt: base + (position &+ index &* width), count: width)
      }
      for index in padded..<count {
        let start = position &+ index &* width
        views[first &+ index] = unsafe StringView(
          unsafePointingAt: UnsafeRawBufferPointer(rebasing: source[start..<start &+ width]))
      }
    }
  }
}

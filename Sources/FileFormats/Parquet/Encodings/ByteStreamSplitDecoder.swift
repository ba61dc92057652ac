internal import Columnar

/// Reads values whose first bytes stand together, then their second bytes, and so on (Parquet,
/// "Encodings", BYTE_STREAM_SPLIT = 9).
enum ByteStreamSplitDecoder {
  /// Joins values `skipped ..< skipped + count` of those in `position ..< end`.
  static func fixedWidth<Value: BitwiseCopyable>(
    _ bytes: Span<UInt8>, at position: Int, end: Int, skipping skipped: Int, count: Int,
    into values: inout MutableSpan<Value>, at first: Int
  ) throws(FileFormatError) {
    let width = MemoryLayout<Value>.stride
    let stream = try streamLength(position, end, width: width, needed: skipped + count)
    precondition(end <= bytes.count && first >= 0 && first + count <= values.count)
    unsafe values.withUnsafeMutableBufferPointer { room in
      unsafe bytes.withUnsafeBytes { source in
        guard let room = room.baseAddress, let source = source.baseAddress else { return }
        // SAFETY: `streamLength` and the precondition checked both ends.
        let start = unsafe (source + position + skipped).assumingMemoryBound(to: UInt8.self)
        let target = UnsafeMutableRawPointer(unsafe room + first)
        if width == 4 {
          for index in 0..<count {
            var value: UInt32 = 0
            for byte in 0..<4 {
              value |= UInt32(unsafe start[byte &* stream &+ index]) &<< UInt32(byte &* 8)
            }
            unsafe target.storeBytes(of: value, toByteOffset: index &* 4, as: UInt32.self)
          }
        } else {
          precondition(width == 8)
          for index in 0..<count {
            var value: UInt64 = 0
            for byte in 0..<8 {
              value |= UInt64(unsafe start[byte &* stream &+ index]) &<< UInt64(byte &* 8)
            }
            unsafe target.storeBytes(of: value, toByteOffset: index &* 8, as: UInt64.self)
          }
        }
      }
    }
  }

  /// Joins strings of `width` bytes and makes views of them, which point into the buffer returned.
  static func fixedStrings(
    _ bytes: Span<UInt8>, at position: Int, end: Int, width: Int, skipping skipped: Int, count: Int,
    into views: inout MutableSpan<StringView>, at first: Int
  ) throws(FileFormatError) -> Buffer {
    let stream = try streamLength(position, end, width: width, needed: skipped + count)
    precondition(end <= bytes.count)
    var buffer = WritableBuffer(byteCount: count * width)
    var room = buffer.elements(as: UInt8.self, count: count * width)
    for byte in 0..<width {
      let start = position + byte * stream + skipped
      for index in 0..<count { room[index &* width &+ byte] = bytes[start &+ index] }
    }
    let frozen = buffer.freeze()
    let joined = frozen.bytes
    try PlainDecoder.fixedStrings(
      joined, at: 0, end: count * width, width: width, count: count, into: &views, at: first)
    return frozen
  }

  private static func streamLength(
    _ position: Int, _ end: Int, width: Int, needed: Int
  ) throws(FileFormatError) -> Int {
    guard width > 0 && (end - position) % width == 0 && needed <= (end - position) / width else {
      throw .damagedEncoding("\(end - position) bytes of split streams for \(needed) values of \(width)")
    }
    return (end - position) / width
  }
}

internal import CSnappy

/// Raw Snappy, without framing.
public enum Snappy {
  /// Returns the length that the block's preamble states.
  public static func contentSize(of block: Span<UInt8>) throws(FileFormatError) -> Int {
    var size = 0
    // SAFETY: reads at most `block.count` bytes.
    let status = unsafe block.withUnsafeBytes { source in
      let start = unsafe source.assumingMemoryBound(to: CChar.self)
      return unsafe snappy_uncompressed_length(start.baseAddress, start.count, &size)
    }
    guard status == SNAPPY_OK else { throw .damaged("not a snappy block", offset: 0) }
    return size
  }

  /// Decompresses a block that holds exactly `room.count` bytes.
  static func decompress(
    _ block: Span<UInt8>, into room: inout MutableSpan<UInt8>
  ) throws(FileFormatError) {
    let stated = try contentSize(of: block)
    guard stated == room.count else {
      throw .damaged("a snappy block states \(stated) bytes where \(room.count) should be", offset: 0)
    }
    var size = stated
    // SAFETY: both are live for the call, and snappy writes exactly the stated length or fails.
    let status = unsafe room.withUnsafeMutableBytes { target in
      unsafe block.withUnsafeBytes { source in
        let start = unsafe source.assumingMemoryBound(to: CChar.self)
        let room = unsafe target.assumingMemoryBound(to: CChar.self)
        // An empty block has no place to go, yet the library wants one.
        var byte = CChar(0)
        guard let place = room.baseAddress else {
          return unsafe snappy_uncompress(start.baseAddress, start.count, &byte, &size)
        }
        return unsafe snappy_uncompress(start.baseAddress, start.count, place, &size)
      }
    }
    guard status == SNAPPY_OK else { throw .damaged("damaged snappy block") }
  }

  static func compress(_ bytes: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
    guard bytes.count < 1 << 32 else { throw FileFormatError(.tooLarge, "snappy takes 4 GiB at most") }
    var status = SNAPPY_OK
    let bound = snappy_max_compressed_length(bytes.count)
    let block = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, initializedCount in
      // SAFETY: both are live for the call; the library writes at most `bound` bytes.
      status = unsafe bytes.withUnsafeBytes { source in
        var size = bound
        let room = unsafe UnsafeMutableRawBufferPointer(target).assumingMemoryBound(to: CChar.self)
        let start = unsafe source.assumingMemoryBound(to: CChar.self)
        var none = CChar(0)
        let result =
          if let first = start.baseAddress {
            unsafe snappy_compress(first, start.count, room.baseAddress, &size)
          } else {
            unsafe snappy_compress(&none, 0, room.baseAddress, &size)
          }
        initializedCount = result == SNAPPY_OK ? size : 0
        return result
      }
    }
    guard status == SNAPPY_OK else { throw FileFormatError(.internal, "snappy cannot compress") }
    return block
  }
}

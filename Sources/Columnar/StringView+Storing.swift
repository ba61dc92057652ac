internal import Glibc

extension StringView {
  /// Copies the bytes to `room`, from `offset` on, where 12 bytes must be, however short the string is.
  ///
  /// Short strings are stored as two words, without a loop; what follows them in `room` is overwritten.
  @inlinable public func store(in room: inout MutableSpan<UInt8>, at offset: Int) {
    if byteCount > 12 {
      storeLong(in: &room, at: offset)
      return
    }
    precondition(offset >= 0 && offset <= room.count &- 12)
    // SAFETY: any bits are bytes, and `storeBytes` checks the bounds.
    var bytes = unsafe room.mutableBytes
    bytes.storeBytes(of: (tail &<< 32 | head &>> 32).littleEndian, toByteOffset: offset, as: UInt64.self)
    let last = UInt32(truncatingIfNeeded: tail &>> 32).littleEndian
    bytes.storeBytes(of: last, toByteOffset: offset &+ 8, as: UInt32.self)
  }

  @usableFromInline func storeLong(in room: inout MutableSpan<UInt8>, at offset: Int) {
    precondition(offset >= 0 && byteCount <= room.count - offset)
    withBytes { source in
      // SAFETY: in bounds by the precondition; `source` is live for the call, and the two do not overlap.
      unsafe room.withUnsafeMutableBytes { target in
        unsafe source.withUnsafeBytes { source in
          if let place = target.baseAddress, let start = source.baseAddress {
            unsafe memcpy(place + offset, start, source.count)
          }
        }
      }
    }
  }
}

internal import CLz4

/// The LZ4 frame format, as Puffin has it.
extension Lz4 {
  /// Returns whether `bytes` begin like an LZ4 frame.
  static func isFrame(_ bytes: Span<UInt8>) -> Bool {
    bytes.count >= 4 && bytes[0] == 0x04 && bytes[1] == 0x22 && bytes[2] == 0x4D && bytes[3] == 0x18
  }

  /// Decompresses frames that hold exactly `room.count` bytes.
  static func decompressFrame(
    _ frame: Span<UInt8>, into room: inout MutableSpan<UInt8>
  ) throws(FileFormatError) {
    let size = try decompress(frame, into: &room)
    guard size == room.count else {
      throw .damaged("an LZ4 frame holds \(size) bytes where \(room.count) should be")
    }
  }

  /// Decompresses frames of unknown length, with memory that grows as the data earns it.
  ///
  /// - Parameters:
  ///   - frame: The compressed bytes.
  ///   - limit: The most bytes that are returned; more is a `.tooLarge` error.
  /// - Returns: The bytes.
  /// - Throws: If the frame is damaged or too large.
  public static func decompressFrame(
    _ frame: Span<UInt8>, limit: Int
  ) throws(FileFormatError) -> [UInt8] {
    // The format expands 255 times at most, so no more than that is ever taken.
    var capacity = min(limit, max(1024, frame.count &* 4))
    while true {
      var result = [UInt8](repeating: 0, count: capacity)
      var room = result.mutableSpan
      do {
        let size = try decompress(frame, into: &room)
        result.removeLast(capacity - size)
        return result
      } catch  where error.kind == .tooLarge && capacity < limit {
        capacity = min(limit, capacity &* 4)
      }
    }
  }

  /// Decompresses into the front of `room`; `.tooLarge` if it is too small.
  private static func decompress(
    _ frame: Span<UInt8>, into room: inout MutableSpan<UInt8>
  ) throws(FileFormatError) -> Int {
    var context: OpaquePointer?
    // SAFETY: the context is freed below and used by this call alone.
    guard unsafe LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0 else {
      throw FileFormatError(.tooLarge, "no memory for an LZ4 context")
    }
    defer { unsafe LZ4F_freeDecompressionContext(context) }
    var (used, written) = (0, 0)
    var status = 0
    // SAFETY: both are live for the call; reads and writes stay in the parts not used up yet.
    unsafe room.withUnsafeMutableBytes { target in
      unsafe frame.withUnsafeBytes { source in
        repeat {
          let from = unsafe UnsafeRawBufferPointer(rebasing: source[used...])
          let to = unsafe UnsafeMutableRawBufferPointer(rebasing: target[written...])
          var (consumed, produced) = (from.count, to.count)
          status = unsafe LZ4F_decompress(
            context, to.baseAddress, &produced, from.baseAddress, &consumed, nil)
          used += consumed
          written += produced
          if LZ4F_isError(status) != 0 || (consumed == 0 && produced == 0) { return }
        } while used < source.count || status != 0
      }
    }
    guard LZ4F_isError(status) == 0 else {
      // SAFETY: the library's names are static texts.
      throw .damaged("damaged LZ4 frame: \(unsafe String(cString: LZ4F_getErrorName(status)))", offset: used)
    }
    if status != 0 || used < frame.count {
      if written == room.count {
        throw FileFormatError(.tooLarge, "an LZ4 frame holds more than \(written) bytes")
      }
      throw .damaged("an LZ4 frame is cut off", offset: used)
    }
    return written
  }

  /// Compresses to one frame that states its content size, as the Puffin specification wants it.
  public static func compressFrame(_ bytes: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.contentSize = UInt64(bytes.count)
    var status = 0
    let bound = unsafe LZ4F_compressFrameBound(bytes.count, &preferences)
    let frame = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, initializedCount in
      // SAFETY: both are live for the call; the library writes at most `target.count` bytes.
      status = unsafe bytes.withUnsafeBytes { source in
        unsafe LZ4F_compressFrame(
          target.baseAddress, target.count, source.baseAddress, source.count, &preferences)
      }
      initializedCount = LZ4F_isError(status) == 0 ? status : 0
    }
    guard LZ4F_isError(status) == 0 else { throw FileFormatError(.internal, "LZ4 cannot compress") }
    return frame
  }
}

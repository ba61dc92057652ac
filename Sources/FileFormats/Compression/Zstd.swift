internal import CZstd
internal import Columnar

/// Zstandard frames (RFC 8878).
public enum Zstd {
  /// The level used where none is given.
  public static let defaultLevel = 3

  /// Returns the length that the first frame's header states.
  ///
  /// - Parameter frame: At least the header of a frame.
  /// - Returns: The length, `nil` when the header does not say.
  /// - Throws: If the bytes are no zstd frame.
  public static func contentSize(of frame: Span<UInt8>) throws(FileFormatError) -> Int? {
    // SAFETY: reads at most `frame.count` bytes.
    let size = unsafe frame.withUnsafeBytes {
      unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count)
    }
    // ZSTD_CONTENTSIZE_ERROR and ZSTD_CONTENTSIZE_UNKNOWN, macros that Swift does not see.
    if size == UInt64.max &- 1 { throw .damaged("not a zstd frame", offset: 0) }
    if size == UInt64.max { return nil }
    return Int(clamping: size)
  }

  /// Returns what error `status` means.
  static func message(_ status: Int) -> String {
    // SAFETY: the library's names are static texts.
    unsafe String(cString: ZSTD_getErrorName(status))
  }

  /// A decompression context, for one thread at a time.
  @safe final class Decompressor {
    private let context: OpaquePointer

    init() throws(FileFormatError) {
      guard let context = unsafe ZSTD_createDCtx() else {
        throw FileFormatError(.tooLarge, "no memory for a zstd context")
      }
      unsafe self.context = context
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// Decompresses frames that hold exactly `room.count` bytes.
    func decompress(_ frames: Span<UInt8>, into room: inout MutableSpan<UInt8>) throws(FileFormatError) {
      if let stated = try Zstd.contentSize(of: frames), stated > room.count {
        throw .damaged("a zstd frame states \(stated) bytes where \(room.count) should be", offset: 0)
      }
      // SAFETY: both are live for the call, and zstd writes at most `target.count` bytes.
      let status = unsafe room.withUnsafeMutableBytes { target in
        unsafe frames.withUnsafeBytes { source in
          unsafe ZSTD_decompressDCtx(
            context, target.baseAddress, target.count, source.baseAddress, source.count)
        }
      }
      guard ZSTD_isError(status) == 0 else { throw .damaged("damaged zstd frame: \(Zstd.message(status))") }
      guard status == room.count else {
        throw .damaged("a zstd frame holds \(status) bytes where \(room.count) should be")
      }
    }
  }

  /// A compression context with a level, for one thread at a time.
  @safe final class Compressor {
    private let context: OpaquePointer
    private let level: Int32

    init(level: Int) throws(FileFormatError) {
      guard level >= -7, level <= Int(ZSTD_maxCLevel()) else {
        throw .unsupported("zstd has no compression level \(level)")
      }
      guard let context = unsafe ZSTD_createCCtx() else {
        throw FileFormatError(.tooLarge, "no memory for a zstd context")
      }
      unsafe self.context = context
      self.level = Int32(level)
    }

    deinit { unsafe ZSTD_freeCCtx(context) }

    /// Compresses `bytes` to one frame, which states its content size.
    func compress(_ bytes: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
      var status = 0
      let bound = ZSTD_compressBound(bytes.count)
      let frame = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, initializedCount in
        // SAFETY: both are live for the call, and zstd writes at most `target.count` bytes.
        status = unsafe bytes.withUnsafeBytes { source in
          unsafe ZSTD_compressCCtx(
            context, target.baseAddress, target.count, source.baseAddress, source.count, level)
        }
        initializedCount = ZSTD_isError(status) == 0 ? status : 0
      }
      guard ZSTD_isError(status) == 0 else { throw FileFormatError(.internal, "zstd: \(message(status))") }
      return frame
    }
  }
}

internal import CDeflate

/// Deflate (RFC 1951), bare or in the wrappings of gzip (RFC 1952) and zlib (RFC 1950).
public enum Deflate {
  /// What is around the deflate stream.
  public enum Wrapping: Sendable {
    case raw
    case zlib
    /// One gzip member or several in a row.
    case gzip
    /// Gzip or zlib, told apart by their first bytes.
    case detect
  }

  /// The level used where none is given.
  public static let defaultLevel = 6

  /// Returns the CRC-32 (ISO 3309, as in gzip) of `bytes`, going on from `initial`.
  public static func crc32(_ bytes: Span<UInt8>, initial: UInt32 = 0) -> UInt32 {
    // SAFETY: reads `bytes.count` bytes.
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return initial }
      return unsafe libdeflate_crc32(initial, start, source.count)
    }
  }

  /// Compresses bytes.
  ///
  /// - Parameters:
  ///   - bytes: What to compress.
  ///   - wrapping: What to put around it; `.detect` is gzip.
  ///   - level: 0 to 12.
  /// - Returns: The compressed bytes.
  /// - Throws: If there is no such level.
  public static func compress(
    _ bytes: Span<UInt8>, _ wrapping: Wrapping, level: Int = defaultLevel
  ) throws(FileFormatError) -> [UInt8] {
    try Compressor(level: level).compress(bytes, wrapping)
  }

  /// Decompresses bytes whose length nobody states, with memory that grows as the data earns it.
  ///
  /// - Parameters:
  ///   - bytes: A whole stream.
  ///   - wrapping: What is around it.
  ///   - limit: The most bytes that are returned; more is a `.tooLarge` error.
  /// - Returns: The bytes.
  /// - Throws: If the stream is damaged or too large.
  public static func decompress(
    _ bytes: Span<UInt8>, _ wrapping: Wrapping, limit: Int = 1 << 31
  ) throws(FileFormatError) -> [UInt8] {
    try Decompressor().decompress(bytes, wrapping, limit: limit)
  }

  /// Tables for decompression, for one thread at a time.
  @safe public final class Decompressor {
    private let context: OpaquePointer

    /// Makes the tables.
    public init() throws(FileFormatError) {
      guard let context = unsafe libdeflate_alloc_decompressor() else {
        throw FileFormatError(.tooLarge, "no memory for a deflate context")
      }
      unsafe self.context = context
    }

    deinit { unsafe libdeflate_free_decompressor(context) }

    /// Decompresses a stream that holds exactly `room.count` bytes.
    public func decompress(
      _ bytes: Span<UInt8>, _ wrapping: Wrapping, into room: inout MutableSpan<UInt8>
    ) throws(FileFormatError) {
      let (_, size, status) = step(bytes, wrapping, into: &room)
      guard status == LIBDEFLATE_SUCCESS else { throw Self.error(status, size: room.count) }
      guard size == room.count else {
        throw .damaged("a deflate stream holds \(size) bytes where \(room.count) should be")
      }
    }

    /// Decompresses a stream of unknown length; see ``Deflate/decompress(_:_:limit:)``.
    public func decompress(
      _ bytes: Span<UInt8>, _ wrapping: Wrapping, limit: Int
    ) throws(FileFormatError) -> [UInt8] {
      var capacity = min(max(1024, bytes.count &* 4), max(limit, 0))
      while true {
        var result = [UInt8](repeating: 0, count: capacity)
        var room = result.mutableSpan
        let (_, size, status) = step(bytes, wrapping, into: &room)
        if status == LIBDEFLATE_SUCCESS {
          result.removeLast(capacity - size)
          return result
        }
        guard status == LIBDEFLATE_INSUFFICIENT_SPACE else { throw Self.error(status, size: capacity) }
        // That much was written, so it is earned; the format's own limit stops the doubling.
        guard capacity < limit else {
          throw FileFormatError(.tooLarge, "a deflate stream holds more than \(limit) bytes")
        }
        capacity = min(limit, capacity * 4)
      }
    }

    private static func error(_ status: libdeflate_result, size: Int) -> FileFormatError {
      status == LIBDEFLATE_INSUFFICIENT_SPACE
        ? .damaged("a deflate stream holds more than the \(size) bytes that should be there")
        : .damaged("damaged deflate stream")
    }

    /// Decompresses a bare stream that ends where `bytes` do; returns how much of `room` it filled.
    ///
    /// `nil` if it is damaged, ends elsewhere or has no room.
    func fill(_ room: inout MutableSpan<UInt8>, from bytes: Span<UInt8>) -> Int? {
      let (used, size, status) = step(bytes, .raw, into: &room)
      return status == LIBDEFLATE_SUCCESS && used == bytes.count ? size : nil
    }

    /// Decompresses all members; returns the bytes read and written.
    private func step(
      _ bytes: Span<UInt8>, _ wrapping: Wrapping, into room: inout MutableSpan<UInt8>
    ) -> (used: Int, size: Int, status: libdeflate_result) {
      var wrapping = wrapping
      if case .detect = wrapping {
        wrapping = bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B ? .gzip : .zlib
      }
      var (used, written) = (0, 0)
      // SAFETY: both are live for the call; reads and writes stay in the parts not used up yet.
      let status = unsafe room.withUnsafeMutableBytes { target in
        unsafe bytes.withUnsafeBytes { source in
          repeat {
            let from = unsafe UnsafeRawBufferPointer(rebasing: source[used...])
            let to = unsafe UnsafeMutableRawBufferPointer(rebasing: target[written...])
            var (consumed, produced) = (0, 0)
            // The library wants places even for no bytes.
            var (nothing, nowhere) = (UInt8(0), UInt8(0))
            let status = unsafe withUnsafeMutablePointer(to: &nowhere) { nowhere in
              unsafe withUnsafePointer(to: &nothing) { nothing in
                let start = unsafe from.baseAddress ?? UnsafeRawPointer(nothing)
                let place = unsafe to.baseAddress ?? UnsafeMutableRawPointer(nowhere)
                switch wrapping {
                case .raw:
                  return unsafe libdeflate_deflate_decompress_ex(
                    context, start, from.count, place, to.count, &consumed, &produced)
                case .zlib:
                  return unsafe libdeflate_zlib_decompress_ex(
                    context, start, from.count, place, to.count, &consumed, &produced)
                case .gzip, .detect:
                  return unsafe libdeflate_gzip_decompress_ex(
                    context, start, from.count, place, to.count, &consumed, &produced)
                }
              }
            }
            guard status == LIBDEFLATE_SUCCESS else { return status }
            used += consumed
            written += produced
            guard case .gzip = wrapping else { break }
            // Padding of zeros may follow the last member (RFC 1952 leaves it to tape drives).
            while unsafe used < source.count && source[used] == 0 { used += 1 }
          } while used < source.count
          return LIBDEFLATE_SUCCESS
        }
      }
      return (used, written, status)
    }
  }

  /// Tables for compression at one level, for one thread at a time.
  @safe final class Compressor {
    private let context: OpaquePointer

    init(level: Int) throws(FileFormatError) {
      guard level >= 0, level <= 12 else { throw .unsupported("gzip has no compression level \(level)") }
      guard let context = unsafe libdeflate_alloc_compressor(Int32(level)) else {
        throw FileFormatError(.tooLarge, "no memory for a deflate context")
      }
      unsafe self.context = context
    }

    deinit { unsafe libdeflate_free_compressor(context) }

    func compress(_ bytes: Span<UInt8>, _ wrapping: Wrapping) throws(FileFormatError) -> [UInt8] {
      let bound = unsafe libdeflate_gzip_compress_bound(context, bytes.count) + 64
      let result = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, initializedCount in
        // SAFETY: both are live for the call; the library writes at most `target.count` bytes.
        initializedCount = unsafe bytes.withUnsafeBytes { source in
          guard let place = target.baseAddress else { return 0 }
          // The library wants a place even for no bytes.
          let start = unsafe source.baseAddress ?? UnsafeRawPointer(place)
          switch wrapping {
          case .raw:
            return unsafe libdeflate_deflate_compress(context, start, source.count, place, target.count)
          case .zlib:
            return unsafe libdeflate_zlib_compress(context, start, source.count, place, target.count)
          case .gzip, .detect:
            return unsafe libdeflate_gzip_compress(context, start, source.count, place, target.count)
          }
        }
      }
      guard !result.isEmpty else { throw FileFormatError(.internal, "deflate cannot compress") }
      return result
    }
  }
}

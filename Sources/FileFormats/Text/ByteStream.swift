internal import Columnar

/// The bytes of a file from front to back, gzip and zstd undone.
///
/// What the file is shows in its first bytes, not in its name. Memory is bounded, whatever the file
/// expands to.
public final class ByteStream {
  private enum Source {
    case plain(end: Int)
    case gzip(Inflater)
    case zstd(Zstd.StreamReader)
  }

  /// The file.
  public let file: any RandomAccessFile
  private var source: Source
  /// How many bytes were read, decompressed.
  public private(set) var position: Int

  /// Whether the file is compressed, so that it can only be read from its front.
  public var isCompressed: Bool {
    if case .plain = source { return false }
    return true
  }

  /// Opens a stream.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - range: The bytes to read of a file that is not compressed; `nil` for all.
  /// - Throws: If the file cannot be read, or is compressed and a range was given.
  public init(_ file: any RandomAccessFile, range: Range<Int>? = nil) throws(FileFormatError) {
    self.file = file
    position = range?.lowerBound ?? 0
    let head = try file.read(at: 0, count: min(4, file.byteCount))
    let bytes = head.bytes
    if file.byteCount >= 2, bytes[0] == 0x1F, bytes[1] == 0x8B {
      source = .gzip(Inflater(file))
    } else if file.byteCount >= 4, bytes[0] == 0x28, bytes[1] == 0xB5, bytes[2] == 0x2F, bytes[3] == 0xFD {
      source = .zstd(try Zstd.StreamReader(file))
    } else {
      source = .plain(end: min(range?.upperBound ?? file.byteCount, file.byteCount))
    }
    if range != nil && isCompressed {
      throw .unsupported("a compressed file cannot be read in parts", file: file.path)
    }
  }

  /// Writes the next bytes to `room` from `start` on.
  ///
  /// - Parameters:
  ///   - room: Where the bytes go; there is place behind `start`.
  ///   - start: The first place that is free.
  /// - Returns: How many bytes were written, 0 only at the end.
  /// - Throws: If the file cannot be read or is damaged.
  public func read(into room: inout MutableSpan<UInt8>, at start: Int) throws(FileFormatError) -> Int {
    let count: Int
    switch source {
    case .plain(let end):
      count = max(0, min(room.count - start, end - position, 1 << 20))
      guard count > 0 else { return 0 }
      let buffer = try file.read(at: position, count: count)
      let bytes = buffer.bytes.extracting(0..<count)
      // SAFETY: `start + count` is at most `room.count`, and both live for the call.
      unsafe room.withUnsafeMutableBytes { target in
        unsafe bytes.withUnsafeBytes { source in
          let part = unsafe UnsafeMutableRawBufferPointer(rebasing: target[start..<start + count])
          unsafe part.copyMemory(from: source)
        }
      }
    case .gzip(var inflater):
      // Taken out while it works, so that its arrays are not copied.
      source = .plain(end: 0)
      defer { source = .gzip(inflater) }
      count = try inflater.read(into: &room, at: start)
    case .zstd(let reader): count = try reader.read(into: &room, at: start)
    }
    position += count
    return count
  }
}

extension Zstd {
  /// Decompresses the frames of a file piece by piece.
  final class StreamReader {
    private let file: any RandomAccessFile
    private let context: Decompressor
    private var input: [UInt8] = []
    private var used = 0
    private var fileOffset = 0
    private var isFrameOpen = false
    private static let inputPiece = 128 * 1024

    init(_ file: any RandomAccessFile) throws(FileFormatError) {
      self.file = file
      context = try Decompressor()
    }

    /// Writes decompressed bytes to `room` from `start` on; returns how many, 0 at the end.
    func read(into room: inout MutableSpan<UInt8>, at start: Int) throws(FileFormatError) -> Int {
      while true {
        if used == input.count {
          let count = min(Self.inputPiece, file.byteCount - fileOffset)
          if count == 0 && !isFrameOpen { return 0 }
          var piece = [UInt8](repeating: 0, count: count)
          var space = piece.mutableSpan
          try file.read(at: fileOffset, into: &space)
          input = piece
          fileOffset += count
          used = 0
        }
        let bytes = input
        let (status, written) = context.step(bytes.span, from: &used, into: &room, at: start)
        let place = fileOffset - (bytes.count - used)
        if let problem = Zstd.problem(status) {
          throw .damaged("damaged zstd frame: \(problem)", file: file.path, offset: place)
        }
        isFrameOpen = status != 0
        if written > 0 { return written }
        if bytes.isEmpty { throw .damaged("a zstd file is cut off", file: file.path, offset: place) }
      }
    }
  }
}

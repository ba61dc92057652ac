internal import Glibc

/// Raw memory, 64-byte aligned, no longer written.
///
/// Column data is reached through spans; its pointers stay inside `Columnar`.
@safe public final class Buffer {
  @usableFromInline let start: UnsafeMutableRawPointer
  /// Bytes that may be used, a multiple of 64.
  public let byteCount: Int

  /// Makes room; `zeroed` memory costs nothing until it is touched when it is large.
  fileprivate init(byteCount: Int, zeroed: Bool = false) {
    self.byteCount = max(64, (byteCount + 63) & ~63)
    unsafe start = .allocate(byteCount: self.byteCount, alignment: 64)
    // SAFETY: exactly the bytes allocated above.
    if zeroed { unsafe memset(start, 0, self.byteCount) }
  }

  deinit { unsafe start.deallocate() }

  /// The bytes.
  @inlinable public var bytes: Span<UInt8> {
    // SAFETY: `start` is live as long as `self`, and freezing made the bytes immutable.
    let span = unsafe Span(
      _unsafeStart: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: byteCount)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The first `count` elements from byte `offset` on, which must be aligned for them.
  @inlinable @_lifetime(borrow self)
  public func elements<Element: BitwiseCopyable>(
    as type: Element.Type, at offset: Int = 0, count: Int
  ) -> Span<Element> {
    let size = MemoryLayout<Element>.stride
    precondition(offset >= 0 && count >= 0 && count <= (byteCount - offset) / size)
    precondition(offset % MemoryLayout<Element>.alignment == 0)
    // SAFETY: in bounds and aligned by the lines above; lives as long as `self`.
    let first = unsafe UnsafeRawPointer(start + offset).assumingMemoryBound(to: type)
    let span = unsafe Span(_unsafeStart: first, count: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}

// SAFETY: written only through the one `WritableBuffer` it came from, which `freeze()` consumes.
extension Buffer: @unchecked Sendable {}

/// A buffer that is still being written; it cannot be copied, so nobody reads it meanwhile.
public struct WritableBuffer: ~Copyable {
  @usableFromInline let buffer: Buffer

  /// Makes room for at least `byteCount` bytes, not initialised.
  public init(byteCount: Int) { buffer = Buffer(byteCount: byteCount) }

  /// Makes room for at least `byteCount` zero bytes.
  public init(zeroedByteCount byteCount: Int) { buffer = Buffer(byteCount: byteCount, zeroed: true) }

  init(reusing buffer: Buffer) { self.buffer = buffer }

  /// Bytes that may be used, a multiple of 64.
  @inlinable public var byteCount: Int { buffer.byteCount }

  /// Lends the first `count` elements for writing.
  @inlinable @_lifetime(&self)
  public mutating func elements<Element: BitwiseCopyable>(
    as type: Element.Type, count: Int
  ) -> MutableSpan<Element> {
    precondition(count >= 0 && count <= buffer.byteCount / MemoryLayout<Element>.stride)
    // SAFETY: in bounds by the line above; `self` is borrowed exclusively while the span lives.
    let first = unsafe buffer.start.assumingMemoryBound(to: type)
    let span = unsafe MutableSpan(_unsafeStart: first, count: count)
    return unsafe _overrideLifetime(span, mutating: &self)
  }

  /// Ends the writing.
  @inlinable public consuming func freeze() -> Buffer { buffer }

  /// Returns a buffer of at least `byteCount` bytes that begins with the first `used` bytes of this one.
  public consuming func grown(to byteCount: Int, keeping used: Int) -> WritableBuffer {
    precondition(used <= buffer.byteCount && used <= byteCount)
    let larger = WritableBuffer(byteCount: byteCount)
    // SAFETY: both hold at least `used` bytes and do not overlap.
    unsafe memcpy(larger.buffer.start, buffer.start, used)
    return larger
  }
}

/// One worker's buffers, lent out and lent again once nobody else refers to them.
public struct BufferPool {
  private var buffers: [Buffer] = []
  private var next = 0

  /// Makes a pool without buffers.
  public init() {}

  /// Returns a buffer that nobody else refers to, a free one of this pool or a new one.
  public mutating func take(byteCount: Int) -> WritableBuffer {
    for _ in 0..<min(buffers.count, 4) {
      next = next + 1 < buffers.count ? next + 1 : 0
      if isKnownUniquelyReferenced(&buffers[next]), buffers[next].byteCount >= byteCount {
        return WritableBuffer(reusing: buffers[next])
      }
    }
    let buffer = Buffer(byteCount: byteCount)
    // A sink that keeps every batch would make the list grow for ever: then let the oldest go.
    if buffers.count < 64 { buffers.append(buffer) } else { buffers[next] = buffer }
    return WritableBuffer(reusing: buffer)
  }
}

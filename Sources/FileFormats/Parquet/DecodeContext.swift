internal import Columnar
internal import Synchronization

/// What one thread keeps from page to page: decompression tables and buffers that are lent again.
///
/// A context is taken for one column chunk and given back; there are as many as threads decode at once.
final class DecodeContext: @unchecked Sendable {
  // SAFETY: only the thread that took the context touches it, until it gives it back under the lock.
  let decompressor = Decompressor()
  /// Buffers of pages that no vector points into.
  var pages = BufferPool()

  private static let idle = Mutex<[DecodeContext]>([])

  /// Returns a context nobody else uses.
  static func take() -> DecodeContext { idle.withLock { $0.popLast() } ?? DecodeContext() }

  /// Lends the context to others.
  func giveBack() {
    DecodeContext.idle.withLock { idle in
      if idle.count < 64 { idle.append(self) }
    }
  }
}

internal import Glibc

/// Pages that take copies of strings which must outlive the vector they came from.
///
/// Bytes once copied stay where they are; the arena's pages keep them alive, and go into the vectors
/// made of its views. It has one writer; views are read by others only after it is done.
@safe public final class StringArena {
  /// The full pages and the current one.
  public private(set) var pages: [Buffer] = []
  /// Bytes taken from the system.
  public private(set) var byteCount = 0
  private var next: UnsafeMutableRawPointer?
  private var room = 0
  private let pageSize: Int

  /// Makes an arena without pages; they grow from 4 KiB to `pageSize`.
  public init(pageSize: Int = 256 * 1024) { self.pageSize = pageSize }

  /// Returns a view of the same bytes that lives as long as the arena's pages.
  @inlinable public func copy(_ view: StringView) -> StringView { view.isInline ? view : copyLong(view) }

  @usableFromInline func copyLong(_ view: StringView) -> StringView { view.withBytes { copy($0) } }

  /// Returns a view of a copy of `bytes`.
  public func copy(_ bytes: Span<UInt8>) -> StringView {
    if let view = StringView(inline: bytes) { return view }
    let count = bytes.count
    if count > room { addPage(for: count) }
    guard let place = unsafe next else { return StringView() }
    // SAFETY: `addPage` made `room` at least `count`.
    unsafe bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { unsafe memcpy(place, base, count) }
    }
    unsafe next = place + count
    room -= count
    return unsafe StringView(unsafePointingAt: UnsafeRawBufferPointer(start: place, count: count))
  }

  private func addPage(for count: Int) {
    let size = max(count, min(pageSize, max(4096, byteCount)))
    let page = WritableBuffer(byteCount: size).freeze()
    pages.append(page)
    byteCount += page.byteCount
    room = page.byteCount
    // Only this arena writes the page, and only behind the bytes that views already cover.
    unsafe next = page.start
  }
}

// SAFETY: one writer at a time, as the comment of the type demands.
extension StringArena: @unchecked Sendable {}

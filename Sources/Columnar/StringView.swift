internal import Glibc

/// A string of a vector in 16 bytes: length, then 12 bytes inline or 4 bytes of prefix and a pointer.
///
/// ```
///  0      4        8                16
///  | length | prefix | bytes 4 to 11  |   length <= 12, unused bytes zero
///  | length | prefix | pointer        |   length > 12
/// ```
/// A view is only as good as the pages it points into: kernels compare and hash it; who keeps it beyond
/// its vector copies it into a ``StringArena`` or keeps the vector.
@frozen public struct StringView: BitwiseCopyable, Sendable {
  /// Length in the low half, the first four bytes in the high half.
  @usableFromInline let head: UInt64
  /// Bytes 4 to 11, or the address of byte 0.
  @usableFromInline let tail: UInt64

  @usableFromInline init(head: UInt64, tail: UInt64) { (self.head, self.tail) = (head, tail) }

  /// The empty string.
  @inlinable public init() { (head, tail) = (0, 0) }

  /// The length in bytes.
  @inlinable public var byteCount: Int { Int(truncatingIfNeeded: head & 0xFFFF_FFFF) }

  /// Whether the bytes lie in the view itself, so that it outlives every page.
  @inlinable public var isInline: Bool { byteCount <= 12 }

  /// Makes a view of `bytes`, which stay where they are and must outlive it unless they are 12 or fewer.
  @inlinable @unsafe public init(unsafePointingAt bytes: UnsafeRawBufferPointer) {
    let count = bytes.count
    guard count > 12, let base = bytes.baseAddress else {
      var words: (UInt64, UInt64) = (UInt64(count), 0)
      unsafe withUnsafeMutableBytes(of: &words) { room in
        // SAFETY: 4 + 12 bytes are the size of `words`.
        for index in 0..<count { unsafe room[4 + index] = bytes[index] }
      }
      (head, tail) = words
      return
    }
    // SAFETY: more than 12 bytes are there.
    let prefix = unsafe base.loadUnaligned(as: UInt32.self)
    head = UInt64(prefix) &<< 32 | UInt64(count)
    tail = UInt64(UInt(bitPattern: base))
  }

  /// Makes a view of the `count` bytes at `start`, behind which 12 bytes from `start` on may be read.
  ///
  /// There is no branch on the length, which in a page of short strings nobody can predict.
  @inlinable @inline(__always) @unsafe
  public init(unsafePaddedAt start: UnsafeRawPointer, count: Int) {
    // SAFETY: 12 bytes may be read, says the caller.
    let prefix = UInt64(unsafe start.loadUnaligned(as: UInt32.self))
    let rest = unsafe start.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
    let inPrefix = min(count, 4)
    let inRest = min(max(count &- 4, 0), 8)
    // Two shifts, since one by 64 would be one by 0.
    let prefixMask = (1 &<< UInt64(truncatingIfNeeded: inPrefix &* 8)) &- 1
    let restMask =
      ~((UInt64.max &<< UInt64(truncatingIfNeeded: inRest &* 4)) &<< UInt64(truncatingIfNeeded: inRest &* 4))
    head = UInt64(truncatingIfNeeded: count) | (prefix & prefixMask) &<< 32
    tail = count > 12 ? UInt64(UInt(bitPattern: start)) : rest & restMask
  }

  /// Makes a view of at most 12 bytes, which it holds itself.
  public init?(inline bytes: Span<UInt8>) {
    guard bytes.count <= 12 else { return nil }
    // SAFETY: `bytes` is live for the call, and a view of 12 bytes or fewer copies them.
    self = unsafe bytes.withUnsafeBytes { unsafe StringView(unsafePointingAt: $0) }
  }

  /// Returns a view of `count` bytes from `offset` on; it needs the pages that this one needs.
  @inlinable public func slice(from offset: Int, count: Int) -> StringView {
    precondition(offset >= 0 && count >= 0 && offset + count <= byteCount)
    return withBytes { bytes in
      let part = bytes.extracting(offset..<offset + count)
      // SAFETY: a part of 13 bytes or more can only lie in the page of a long view, which its owner keeps;
      // a shorter one is copied into the new view.
      return unsafe part.withUnsafeBytes { unsafe StringView(unsafePointingAt: $0) }
    }
  }

  /// Calls `body` with the bytes.
  @inlinable public func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let count = byteCount
    if count > 12, let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(tail)) {
      // SAFETY: the owner of the view keeps the page alive during the call.
      let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
      return try unsafe body(bytes.span)
    }
    let words = (tail &<< 32 | head &>> 32, tail &>> 32)
    // The twelve bytes after the length, moved to the front.
    return try unsafe Swift.withUnsafeBytes(of: words) { (room) throws(Failure) -> Result in
      let bytes = unsafe UnsafeBufferPointer(rebasing: room.assumingMemoryBound(to: UInt8.self)[0..<count])
      return try unsafe body(bytes.span)
    }
  }

  /// The byte at `index`.
  @inlinable public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < byteCount)
    if byteCount > 12, let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(tail)) {
      // SAFETY: in bounds by the precondition; the owner of the view keeps the page alive.
      return unsafe start[index]
    }
    if index < 4 { return UInt8(truncatingIfNeeded: head &>> UInt64(32 &+ index &* 8)) }
    return UInt8(truncatingIfNeeded: tail &>> UInt64((index &- 4) &* 8))
  }

  /// A copy of the bytes.
  public var bytes: [UInt8] { withBytes { span in span.copied() } }

  /// The text, with damaged UTF-8 repaired; for messages and output, never for comparing.
  public var string: String { String(decoding: bytes, as: UTF8.self) }
}

extension Span<UInt8> {
  /// A copy of the bytes.
  public func copied() -> [UInt8] {
    // SAFETY: the span is live for the call, and the array copies it.
    unsafe withUnsafeBufferPointer { unsafe [UInt8]($0) }
  }
}

extension Array<UInt8> {
  /// Appends a copy of bytes in one go.
  @inlinable public mutating func append(bytes: Span<UInt8>) {
    // SAFETY: the span is live for the call, and the array copies it.
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

extension StringView: Equatable {
  /// Returns whether both hold the same bytes.
  @inlinable public static func == (left: StringView, right: StringView) -> Bool {
    guard left.head == right.head else { return false }
    return left.tail == right.tail || (left.byteCount > 12 && left.equalsBehindPrefix(right))
  }

  @usableFromInline func equalsBehindPrefix(_ other: StringView) -> Bool {
    guard let left = unsafe UnsafeRawPointer(bitPattern: UInt(tail)),
      let right = unsafe UnsafeRawPointer(bitPattern: UInt(other.tail))
    else { return false }
    // SAFETY: both lengths are equal and above 12, and the owners keep their pages alive.
    return unsafe memcmp(left, right, byteCount) == 0
  }
}

extension StringView: Comparable {
  /// Returns whether `left` comes first in the order of unsigned bytes.
  @inlinable public static func < (left: StringView, right: StringView) -> Bool {
    let (a, b) = (left.prefix, right.prefix)
    if a != b { return a < b }
    return left.compareBehindPrefix(right) < 0
  }

  /// The first four bytes as a number that orders as they do.
  @inlinable public var prefix: UInt32 { UInt32(truncatingIfNeeded: head &>> 32).byteSwapped }

  @usableFromInline func compareBehindPrefix(_ other: StringView) -> Int {
    withBytes { left in
      other.withBytes { right in
        let shared = min(left.count, right.count)
        let order = unsafe left.withUnsafeBytes { left in
          unsafe right.withUnsafeBytes { right in
            guard let left = left.baseAddress, let right = right.baseAddress else { return Int32(0) }
            // SAFETY: both hold at least `shared` bytes.
            return unsafe memcmp(left, right, shared)
          }
        }
        return order != 0 ? Int(order) : left.count - right.count
      }
    }
  }
}

extension StringView {
  /// Returns a 64-bit hash of the bytes: equal bytes hash alike wherever they lie.
  @inlinable public func hash(seed: UInt64 = 0) -> UInt64 {
    if isInline { return StringView.mix(head ^ seed, tail) }
    return hashLong(seed: seed)
  }

  /// Multiplies to 128 bits and folds: the mixing step of wyhash (Wang Yi, 2019).
  @inlinable static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = (a ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: b ^ 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }

  @usableFromInline func hashLong(seed: UInt64) -> UInt64 {
    guard let start = unsafe UnsafeRawPointer(bitPattern: UInt(tail)) else { return 0 }
    let count = byteCount
    var state = seed ^ UInt64(count)
    var offset = 0
    while offset &+ 16 < count {
      // SAFETY: 16 bytes remain by the condition.
      let a = unsafe start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let b = unsafe start.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
      state = StringView.mix(a ^ state, b)
      offset &+= 16
    }
    // SAFETY: a long view has 13 bytes or more; the two loads cover its last 16 (or 13 to 15) bytes.
    let last = max(0, count &- 16)
    let a = unsafe start.loadUnaligned(fromByteOffset: last, as: UInt64.self)
    let b = unsafe start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    return StringView.mix(a ^ state, b)
  }
}

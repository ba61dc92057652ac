extension MutableSpan where Element == UInt8 {
  /// Stores a value at a byte offset, aligned or not.
  @inline(__always) mutating func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
    // SAFETY: every pattern of bits is a byte; `storeBytes` checks the bounds.
    var bytes = unsafe mutableBytes
    bytes.storeBytes(of: value, toByteOffset: offset, as: Value.self)
  }
}

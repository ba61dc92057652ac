/// Passes values that nobody wants, which is most of a footer: nothing is kept, and damage is told at the end only.
struct ThriftSkipping {
  /// Where the bytes end that may be read.
  let end: Int

  /// Returns where a value ends that begins at `start`; `nil` if it is damaged or nested too deep.
  func pass(_ bytes: Span<UInt8>, _ type: ThriftType, at start: Int, depth: Int) -> Int? {
    switch type {
    case .true, .false, .byte: advance(start, 1)
    case .int16, .int32, .int64: integer(bytes, start)?.next
    case .double: advance(start, 8)
    case .uuid: advance(start, 16)
    case .binary: integer(bytes, start).flatMap { advance($0.next, $0.value) }
    case .structure: depth < ThriftReader.depthLimit ? structure(bytes, start, depth + 1) : nil
    case .list, .set: depth < ThriftReader.depthLimit ? list(bytes, start, depth + 1) : nil
    case .map: depth < ThriftReader.depthLimit ? map(bytes, start, depth + 1) : nil
    }
  }

  private func advance(_ start: Int, _ count: UInt64) -> Int? {
    count <= UInt64(end &- start) ? start &+ Int(count) : nil
  }

  private func integer(_ bytes: Span<UInt8>, _ start: Int) -> (value: UInt64, next: Int)? {
    var (at, value, shift) = (start, UInt64(0), UInt64(0))
    while at < end, shift < 70 {
      let byte = bytes[at]
      at &+= 1
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return (value, at) }
      shift &+= 7
    }
    return nil
  }

  private func structure(_ bytes: Span<UInt8>, _ start: Int, _ depth: Int) -> Int? {
    var at = start
    while at < end {
      let head = bytes[at]
      at &+= 1
      if head == 0 { return at }
      guard let type = ThriftType(rawValue: head & 15) else { return nil }
      if head &>> 4 == 0 {
        guard let number = integer(bytes, at) else { return nil }
        at = number.next
      }
      if type == .true || type == .false { continue }
      guard let next = pass(bytes, type, at: at, depth: depth) else { return nil }
      at = next
    }
    return nil
  }

  private func list(_ bytes: Span<UInt8>, _ start: Int, _ depth: Int) -> Int? {
    guard start < end, let type = ThriftType(rawValue: bytes[start] & 15) else { return nil }
    var (at, count) = (start &+ 1, UInt64(bytes[start] &>> 4))
    if count == 15 {
      guard let long = integer(bytes, at) else { return nil }
      (count, at) = (long.value, long.next)
    }
    // Each element takes a byte or more.
    guard count <= UInt64(end &- at) else { return nil }
    for _ in 0..<count {
      guard let next = pass(bytes, type, at: at, depth: depth) else { return nil }
      at = next
    }
    return at
  }

  private func map(_ bytes: Span<UInt8>, _ start: Int, _ depth: Int) -> Int? {
    guard let count = integer(bytes, start) else { return nil }
    guard count.value > 0 else { return count.next }
    guard count.value <= UInt64(end &- count.next), let key = ThriftType(rawValue: bytes[count.next] &>> 4),
      let value = ThriftType(rawValue: bytes[count.next] & 15)
    else { return nil }
    var at = count.next &+ 1
    for _ in 0..<count.value {
      guard let behind = pass(bytes, key, at: at, depth: depth),
        let next = pass(bytes, value, at: behind, depth: depth)
      else { return nil }
      at = next
    }
    return at
  }
}

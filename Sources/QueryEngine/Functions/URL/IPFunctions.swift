internal import Columnar

/// Functions of internet addresses, of version 4 and 6, written as text.
enum IPFunctions {
  static let all: [ScalarFunction] = [prefix, inNetwork]

  static let prefix = ScalarFunction(
    "ip_prefix", "The network of so many bits that an address is in; NULL if the text is no address.",
    examples: [
      .init("ip_prefix('192.168.57.3', 24)", gives: "192.168.57.0/24"),
      .init("ip_prefix('2001:db8::1', 32)", gives: "2001:db8::/32"),
    ],
    [
      ScalarOverload(
        [.init("address", .varchar), .init("bits", .bigint)], returns: .varchar,
        RowFunction.binary(StringView.self, Int64.self, StringView.self) {
          (text, bits, sink) throws(QueryError) in
          guard let address = IPAddress(text.string) else { return nil }
          guard bits >= 0, bits <= Int64(address.bytes.count * 8) else {
            throw QueryError(
              .invalidParameter,
              "a network of an address of \(address.bytes.count * 8) bits cannot have \(bits)")
          }
          return sink.text(address.masked(Int(bits)).description + "/\(bits)")
        })
    ])

  static let inNetwork = ScalarFunction(
    "ip_in_cidr", "Whether an address is in a network such as `10.0.0.0/8`; NULL if a text is neither.",
    examples: [
      .init("ip_in_cidr('10.1.2.3', '10.0.0.0/8')", gives: "true"),
      .init("ip_in_cidr('::1', '10.0.0.0/8')", gives: "false"),
    ],
    [
      ScalarOverload(
        [.init("address", .varchar), .init("network", .varchar)], returns: .boolean,
        RowFunction.binary(StringView.self, StringView.self, Bool.self) {
          (text, network, _) throws(QueryError) in
          let parts = network.string.split(separator: "/", omittingEmptySubsequences: false)
          guard let address = IPAddress(text.string), parts.count <= 2,
            let base = parts.first.flatMap({ IPAddress(String($0)) })
          else {
            return nil
          }
          let all = base.bytes.count * 8
          guard let bits = parts.count == 2 ? Int(parts[1]) : all, bits >= 0, bits <= all else { return nil }
          return address.bytes.count == base.bytes.count && address.masked(bits) == base.masked(bits)
        })
    ])
}

/// An internet address: 4 bytes, or 16.
struct IPAddress: Equatable, CustomStringConvertible {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads `192.168.0.1`, `2001:db8::1` or `::ffff:192.168.0.1`.
  init?(_ text: String) {
    if !text.contains(":") {
      guard let bytes = IPAddress.dotted(text) else { return nil }
      self.bytes = bytes
      return
    }
    let halves = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    var before: [UInt8] = []
    var after: [UInt8]?
    var index = 0
    while index < halves.count {
      let part = halves[index]
      if part.isEmpty {
        // `::` at the beginning or the end shows as two empty parts.
        let isEdge = index == 0 || index == halves.count - 1
        if isEdge && !(index == 0 ? halves.count > 1 && halves[1].isEmpty : after != nil) { return nil }
        if !isEdge {
          guard after == nil else { return nil }
          after = []
        }
      } else if part.contains(".") {
        guard index == halves.count - 1, let tail = IPAddress.dotted(part) else { return nil }
        if after != nil { after?.append(contentsOf: tail) } else { before += tail }
      } else {
        guard part.utf8.count <= 4, let value = UInt16(part, radix: 16) else { return nil }
        let pair = [UInt8(value >> 8), UInt8(value & 255)]
        if after != nil { after?.append(contentsOf: pair) } else { before += pair }
      }
      index += 1
    }
    if let after {
      guard before.count + after.count <= 14 else { return nil }
      bytes = before + [UInt8](repeating: 0, count: 16 - before.count - after.count) + after
    } else {
      guard before.count == 16 else { return nil }
      bytes = before
    }
  }

  private static func dotted(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ $0 &- 0x30 < 10 }),
        let byte = UInt8(part)
      else {
        return nil
      }
      bytes.append(byte)
    }
    return bytes
  }

  /// The address with all but the first `bits` bits cleared.
  func masked(_ bits: Int) -> IPAddress {
    IPAddress(
      bytes: bytes.enumerated().map { index, byte in
        let kept = max(0, min(8, bits - index * 8))
        return byte & UInt8(truncatingIfNeeded: 0xFF00 >> kept)
      })
  }

  /// The address as text; of version 6 with the longest run of zeros left out (RFC 5952).
  var description: String {
    if bytes.count == 4 { return bytes.map { "\($0)" }.joined(separator: ".") }
    let words = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8 && words[end] == 0 { end += 1 }
      if end - start > max(1, best.count) { best = start..<end }
      start = max(end, start + 1)
    }
    func join(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if best.isEmpty { return join(words[...]) }
    return join(words[..<best.lowerBound]) + "::" + join(words[best.upperBound...])
  }
}

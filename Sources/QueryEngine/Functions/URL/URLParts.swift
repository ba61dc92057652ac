/// Where the parts of a URL lie in its text (RFC 3986, §3).
struct URLParts {
  var scheme: Range<Int>?
  var host: Range<Int>?
  var port: Range<Int>?
  var path: Range<Int>
  var query: Range<Int>?
  var fragment: Range<Int>?

  init(_ text: Span<UInt8>) {
    var end = text.count
    if let mark = Self.first(UInt8(ascii: "#"), text, 0..<end) {
      fragment = mark + 1..<end
      end = mark
    }
    if let mark = Self.first(UInt8(ascii: "?"), text, 0..<end) {
      query = mark + 1..<end
      end = mark
    }
    var place = 0
    // A scheme is letters, digits, `+`, `-` and `.` before the first colon.
    var colon = 0
    while colon < end, Self.isScheme(text[colon]) { colon += 1 }
    if colon > 0, colon < end, text[colon] == UInt8(ascii: ":"), !(text[0] &- 0x30 < 10) {
      let isAuthority =
        colon + 2 < end + 0 && text[colon + 1] == UInt8(ascii: "/") && text[colon + 2] == UInt8(ascii: "/")
      if isAuthority || colon + 1 == end || !(text[colon + 1] &- 0x30 < 10) {
        scheme = 0..<colon
        place = colon + 1
      }
    }
    if place + 1 < end, text[place] == UInt8(ascii: "/"), text[place + 1] == UInt8(ascii: "/") {
      place += 2
      let stop = Self.first(UInt8(ascii: "/"), text, place..<end) ?? end
      var start = place
      var index = place
      while index < stop {
        if text[index] == UInt8(ascii: "@") { start = index + 1 }
        index += 1
      }
      var hostEnd = stop
      let isBracketed = start < stop && text[start] == UInt8(ascii: "[")
      let from = isBracketed ? Self.first(UInt8(ascii: "]"), text, start..<stop) ?? start : start
      if let mark = Self.first(UInt8(ascii: ":"), text, from..<stop) {
        hostEnd = mark
        if mark + 1 < stop { port = mark + 1..<stop }
      }
      host = start..<hostEnd
      place = stop
    }
    path = place..<end
  }

  private static func first(_ byte: UInt8, _ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while index < range.upperBound {
      if text[index] == byte { return index }
      index += 1
    }
    return nil
  }

  private static func isScheme(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: ".")
  }

  /// The value of a parameter of the query, still encoded; `nil` if it is not there.
  func parameter(_ name: [UInt8], _ text: Span<UInt8>) -> Range<Int>? {
    guard let query else { return nil }
    var start = query.lowerBound
    while start <= query.upperBound {
      let end = Self.first(UInt8(ascii: "&"), text, start..<query.upperBound) ?? query.upperBound
      let sign = Self.first(UInt8(ascii: "="), text, start..<end)
      if (sign ?? end) - start == name.count, text.hasBytes(name, at: start) {
        return sign.map { $0 + 1..<end } ?? end..<end
      }
      start = end + 1
    }
    return nil
  }

  /// Appends bytes with `%41` and, in queries, `+` decoded; damaged escapes stay.
  static func decode(_ text: Span<UInt8>, _ range: Range<Int>, plusIsSpace: Bool, to bytes: inout [UInt8]) {
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = text[index]
      if byte == UInt8(ascii: "%"), index + 2 < range.upperBound,
        let high = TextReading.hexDigit(text[index + 1]),
        let low = TextReading.hexDigit(text[index + 2])
      {
        bytes.append(high &<< 4 | low)
        index += 3
        continue
      }
      bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
      index += 1
    }
  }
}

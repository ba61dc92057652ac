internal import Columnar

/// Characters at the ends of a text, taken off or added.
enum TextPadding {
  static let all: [ScalarFunction] = [trim, ltrim, rtrim, lpad, rpad]

  static let trim = ScalarFunction(
    "trim", aliases: ["btrim"], "The text without spaces, or without any of `characters`, at both ends.",
    examples: [.init("trim('  x ')", gives: "x"), .init("btrim('xxaxx', 'x')", gives: "a")],
    overloads(left: true, right: true))

  static let ltrim = ScalarFunction(
    "ltrim", "The text without spaces, or without any of `characters`, at its beginning.",
    examples: [.init("ltrim('xxaxx', 'x')", gives: "axx")], overloads(left: true, right: false))

  static let rtrim = ScalarFunction(
    "rtrim", "The text without spaces, or without any of `characters`, at its end.",
    examples: [.init("rtrim('xxaxx', 'x')", gives: "xxa")], overloads(left: false, right: true))

  private static func overloads(left: Bool, right: Bool) -> [ScalarOverload] {
    [
      TextFunctions.unary(.varchar, StringView.self) { (text, _) in
        let range = text.withBytes { bytes in
          var (start, end) = (0, bytes.count)
          if left { while start < end && bytes[start] == 0x20 { start += 1 } }
          if right { while start < end && bytes[end - 1] == 0x20 { end -= 1 } }
          return start..<end
        }
        return text.slice(from: range.lowerBound, count: range.count)
      },
      ScalarOverload(
        [.init("text", .varchar), .init("characters", .varchar)], returns: .varchar,
        RowFunction.binary(StringView.self, StringView.self, StringView.self) {
          (text, characters, _) throws(QueryError) in
          let set = codePoints(characters)
          let points = codePoints(text)
          var (start, end) = (0, points.count)
          if left {
            while start < end && set.contains(where: { $0.value == points[start].value }) { start += 1 }
          }
          if right {
            while start < end && set.contains(where: { $0.value == points[end - 1].value }) { end -= 1 }
          }
          guard start < end else { return StringView() }
          let first = points[start].place
          let last = end < points.count ? points[end].place : text.byteCount
          return text.slice(from: first, count: last - first)
        }),
    ]
  }

  /// The code points as the bytes that encode them, with their places.
  private static func codePoints(_ text: StringView) -> [(place: Int, value: UInt32)] {
    text.withBytes { bytes in
      var points: [(place: Int, value: UInt32)] = []
      points.reserveCapacity(bytes.count)
      for place in bytes.indices {
        if bytes[place] & 0xC0 == 0x80, !points.isEmpty {
          points[points.count - 1].value = points[points.count - 1].value &<< 8 | UInt32(bytes[place])
        } else {
          points.append((place, UInt32(bytes[place])))
        }
      }
      return points
    }
  }

  static let lpad = ScalarFunction(
    "lpad",
    "The text brought to `count` code points by `filling`, a space by default, in front of it, or cut.",
    examples: [.init("lpad('7', 3, '0')", gives: "007"), .init("lpad('hello', 2)", gives: "he")],
    padding(inFront: true))

  static let rpad = ScalarFunction(
    "rpad", "The text brought to `count` code points by `filling`, a space by default, behind it, or cut.",
    examples: [.init("rpad('7', 3, '0')", gives: "700")], padding(inFront: false))

  /// A result of more bytes than this is refused rather than made.
  static let byteLimit = 16 << 20

  private static func padding(inFront: Bool) -> [ScalarOverload] {
    [
      ScalarOverload(
        [.init("text", .varchar), .init("count", .bigint)], returns: .varchar,
        RowFunction.binary(StringView.self, Int64.self, StringView.self) {
          (text, count, sink) throws(QueryError) in
          try pad(text, count, [0x20], inFront, sink)
        }),
      ScalarOverload(
        [.init("text", .varchar), .init("count", .bigint), .init("filling", .varchar)], returns: .varchar,
        RowFunction.ternary(StringView.self, Int64.self, StringView.self, StringView.self) {
          (text, count, filling, sink) throws(QueryError) in
          try pad(text, count, filling.bytes, inFront, sink)
        }),
    ]
  }

  private static func pad(
    _ text: StringView, _ count: Int64, _ filling: [UInt8], _ inFront: Bool, _ sink: TextSink
  ) throws(QueryError) -> StringView {
    let length = text.withBytes { Int64($0.codePointCount) }
    if count <= length || filling.isEmpty { return TextParts.slice(text, from: 1, count: max(0, count)) }
    guard count <= Int64(byteLimit) else {
      throw QueryError(.numericOutOfRange, "a text of \(count) characters is too long", value: "\(count)")
    }
    let fillingSpan = filling.span
    let fillingLength = fillingSpan.codePointCount
    func fill() {
      var left = Int(count - length)
      while left >= fillingLength {
        sink.bytes.append(contentsOf: filling)
        left -= fillingLength
      }
      sink.bytes.append(contentsOf: filling[..<filling.span.advance(0, codePoints: left)])
    }
    if inFront { fill() }
    sink.append(text)
    if !inFront { fill() }
    return sink.take()
  }
}

extension TextSink {
  /// Appends a text's bytes to those of the row.
  func append(_ text: StringView) {
    text.withBytes { self.bytes.append(bytes: $0) }
  }
}

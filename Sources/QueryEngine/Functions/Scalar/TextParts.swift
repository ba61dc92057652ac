internal import Columnar

/// Parts of a text by position; the answers point into it.
enum TextParts {
  static let all: [ScalarFunction] = [substring, left, right, splitPart]

  static let substring = ScalarFunction(
    "substring", aliases: ["substr", "mid"],
    "The part from code point `from` (1 is the first) on, at most `count` long.",
    examples: [
      .init("substring('straße', 5, 2)", gives: "ße"), .init("substr('hello', 2)", gives: "ello"),
      .init("substring('hello', 0, 3)", gives: "he"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("from", .bigint)], returns: .varchar,
        RowFunction.binary(StringView.self, Int64.self, StringView.self) {
          (text, from, _) throws(QueryError) in
          slice(text, from: from, count: .max)
        }),
      ScalarOverload(
        [.init("text", .varchar), .init("from", .bigint), .init("count", .bigint)], returns: .varchar,
        RowFunction.ternary(StringView.self, Int64.self, Int64.self, StringView.self) {
          (text, from, count, _) throws(QueryError) in
          if count < 0 {
            throw QueryError(.invalidParameter, "the length \(count) of a substring is negative")
          }
          return slice(text, from: from, count: count)
        }),
    ])

  /// The code points `from ..< from + count`, counted from 1; what is outside the text is left out.
  static func slice(_ text: StringView, from: Int64, count: Int64) -> StringView {
    let (sum, overflow) = from.addingReportingOverflow(count)
    let end = overflow ? Int64.max : sum
    let start = max(from, 1)
    guard end > start else { return StringView() }
    let skipped = Int(start - 1)
    let wanted = Int(end - start)
    if skipped >= text.byteCount { return StringView() }
    let range = text.withBytes { bytes in
      let first = bytes.advance(0, codePoints: skipped)
      return (first, bytes.advance(first, codePoints: wanted))
    }
    return text.slice(from: range.0, count: range.1 - range.0)
  }

  static let left = ScalarFunction(
    "left", "The first `count` code points; of a negative count all but the last ones.",
    examples: [.init("left('hello', 2)", gives: "he"), .init("left('hello', -2)", gives: "hel")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("count", .bigint)], returns: .varchar,
        RowFunction.binary(StringView.self, Int64.self, StringView.self) {
          (text, count, _) throws(QueryError) in
          if count >= 0 { return slice(text, from: 1, count: count) }
          let length = text.withBytes { Int64($0.codePointCount) }
          return slice(text, from: 1, count: max(0, length &+ max(count, -length)))
        })
    ])

  static let right = ScalarFunction(
    "right", "The last `count` code points; of a negative count all but the first ones.",
    examples: [.init("right('hello', 2)", gives: "lo"), .init("right('hello', -2)", gives: "llo")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("count", .bigint)], returns: .varchar,
        RowFunction.binary(StringView.self, Int64.self, StringView.self) {
          (text, count, _) throws(QueryError) in
          let length = text.withBytes { Int64($0.codePointCount) }
          let skipped =
            count >= 0 ? max(0, length &- min(count, length)) : min(length, 0 &- max(count, -length))
          return slice(text, from: skipped + 1, count: length)
        })
    ])

  static let splitPart = ScalarFunction(
    "split_part", "Part `index` of the text between separators; a negative index counts from the end.",
    examples: [
      .init("split_part('a,b,c', ',', 2)", gives: "b"), .init("split_part('a,b,c', ',', -1)", gives: "c"),
      .init("split_part('a,b,c', ',', 9)", gives: ""),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("separator", .varchar), .init("index", .bigint)], returns: .varchar,
        RowFunction.ternary(StringView.self, StringView.self, Int64.self, StringView.self) {
          (text, separator, index, _) throws(QueryError) in
          if index == 0 {
            throw QueryError(
              .invalidParameter, "part 0 of split_part does not exist", hint: "parts are counted from 1")
          }
          let parts = ranges(of: text, separator)
          let place = index > 0 ? index - 1 : Int64(parts.count) &+ index
          guard place >= 0, place < Int64(parts.count) else { return StringView() }
          let part = parts[Int(place)]
          return text.slice(from: part.lowerBound, count: part.count)
        })
    ])

  /// The stretches between separators; an empty separator leaves the text whole.
  static func ranges(of text: StringView, _ separator: StringView) -> [Range<Int>] {
    if separator.byteCount == 0 { return [0..<text.byteCount] }
    let search = SubstringSearch(separator.bytes)
    return text.withBytes { bytes in
      var ranges: [Range<Int>] = []
      var start = 0
      while let place = search.find(in: bytes, from: start) {
        ranges.append(start..<place)
        start = place + search.needle.count
      }
      ranges.append(start..<bytes.count)
      return ranges
    }
  }
}

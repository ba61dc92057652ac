internal import Columnar

/// Texts made of a text by changing its characters.
enum TextChanges {
  static let all: [ScalarFunction] = [replace, translate, overlay, reverse, repeated]

  static let replace = ScalarFunction(
    "replace", "The text with every occurrence of `part` replaced by `with`.",
    examples: [.init("replace('a.b.c', '.', '-')", gives: "a-b-c")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("part", .varchar), .init("with", .varchar)], returns: .varchar,
        RowFunction.ternary(StringView.self, StringView.self, StringView.self, StringView.self) {
          (text, part, with, sink) throws(QueryError) in
          if part.byteCount == 0 { return text }
          let search = SubstringSearch(part.bytes)
          let isChanged = text.withBytes { bytes in
            guard var place = search.find(in: bytes) else { return false }
            var start = 0
            while true {
              sink.bytes.append(bytes: bytes.extracting(start..<place))
              sink.append(with)
              start = place + search.needle.count
              guard let next = search.find(in: bytes, from: start) else { break }
              place = next
            }
            sink.bytes.append(bytes: bytes.extracting(start..<bytes.count))
            return true
          }
          return isChanged ? sink.take() : text
        })
    ])

  static let translate = ScalarFunction(
    "translate", "The text with each character of `from` replaced by the one at the same place of `to`.",
    examples: [.init("translate('12345', '143', 'ax')", gives: "a2x5")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("from", .varchar), .init("to", .varchar)], returns: .varchar,
        RowFunction.ternary(StringView.self, StringView.self, StringView.self, StringView.self) {
          (text, from, to, sink) throws(QueryError) in
          let source = Array(from.string.unicodeScalars)
          let target = Array(to.string.unicodeScalars)
          for scalar in text.string.unicodeScalars {
            guard let place = source.firstIndex(of: scalar) else {
              UTF8Text.append(scalar.value, to: &sink.bytes)
              continue
            }
            if place < target.count { UTF8Text.append(target[place].value, to: &sink.bytes) }
          }
          return sink.take()
        })
    ])

  static let overlay = ScalarFunction(
    "overlay", "The text with `count` code points from `from` on replaced by `with`.",
    examples: [
      .init("overlay('Txxxxas', 'hom', 2, 4)", gives: "Thomas"),
      .init("overlay('abcdef', 'XY', 3)", gives: "abXYef"),
    ],
    [
      overlayOverload([.init("text", .varchar), .init("with", .varchar), .init("from", .bigint)]),
      overlayOverload([
        .init("text", .varchar), .init("with", .varchar), .init("from", .bigint), .init("count", .bigint),
      ]),
    ])

  private static func overlayOverload(_ parameters: [Parameter]) -> ScalarOverload {
    ScalarOverload(
      parameters, returns: .varchar,
      make: { (_) throws(QueryError) in
        { (arguments, frame) throws(QueryError) in
          let texts = RowOperand(arguments[0])
          let parts = RowOperand(arguments[1])
          let starts = RowOperand(arguments[2])
          let counts = arguments.count > 3 ? RowOperand(arguments[3]) : nil
          let (a, b) = (texts.vector.strings, parts.vector.strings)
          let from = starts.vector.int64s
          return try RowFunction.fill(StringView.self, arguments, frame) { (row, sink) throws(QueryError) in
            let text = a[row & texts.mask]
            let part = b[row & parts.mask]
            let start = from[row & starts.mask]
            guard start > 0 else {
              throw QueryError(.invalidParameter, "the start \(start) of overlay is not above zero")
            }
            var count = part.withBytes { Int64($0.codePointCount) }
            if let counts {
              let given = counts.vector.int64s
              count = given[row & counts.mask]
            }
            sink.append(TextParts.slice(text, from: 1, count: start - 1))
            sink.append(part)
            let (next, overflow) = start.addingReportingOverflow(count)
            if !overflow { sink.append(TextParts.slice(text, from: next, count: .max)) }
            return sink.take()
          }
        }
      })
  }

  static let reverse = ScalarFunction(
    "reverse", "The code points in reverse order.", examples: [.init("reverse('añb')", gives: "bña")],
    [
      TextFunctions.unary(.varchar, StringView.self) { (text, sink) in
        text.withBytes { bytes in
          var end = bytes.count
          while end > 0 {
            var start = end - 1
            while start > 0 && bytes[start] & 0xC0 == 0x80 { start -= 1 }
            sink.bytes.append(bytes: bytes.extracting(start..<end))
            end = start
          }
        }
        return sink.take()
      }
    ] + ListFunctions.reverseOverloads)

  static let repeated = ScalarFunction(
    "repeat", "The text so many times.", examples: [.init("repeat('ab', 3)", gives: "ababab")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("count", .bigint)], returns: .varchar,
        RowFunction.binary(StringView.self, Int64.self, StringView.self) {
          (text, count, sink) throws(QueryError) in
          guard count > 0, text.byteCount > 0 else { return StringView() }
          guard count <= Int64(TextPadding.byteLimit / text.byteCount) else {
            throw QueryError(
              .numericOutOfRange, "a text of \(text.byteCount) bytes repeated \(count) times is too long")
          }
          let bytes = text.bytes
          for _ in 0..<count { sink.bytes.append(contentsOf: bytes) }
          return sink.take()
        })
    ])
}

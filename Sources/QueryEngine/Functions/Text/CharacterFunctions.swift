internal import Columnar

/// Single characters, and texts compared by them.
enum CharacterFunctions {
  static let all: [ScalarFunction] = [
    ascii, chr, normalize, stripAccents, uuid, levenshtein, hamming, jaroWinkler, soundless, format,
  ]

  static let ascii = ScalarFunction(
    "ascii", aliases: ["unicode", "codepoint", "ord"],
    "The number of the first code point, 0 for an empty text.",
    examples: [.init("ascii('A')", gives: "65"), .init("unicode('é')", gives: "233")],
    [
      TextFunctions.unary(.integer, Int32.self) { (text, _) in
        text.string.unicodeScalars.first.map { Int32($0.value) } ?? 0
      }
    ])

  static let chr = ScalarFunction(
    "chr", aliases: ["char"], "The code point of a number.", examples: [.init("chr(65)", gives: "A")],
    [
      ScalarOverload(
        [.init("number", .bigint)], returns: .varchar,
        RowFunction.unary(Int64.self, StringView.self) { (number, sink) throws(QueryError) in
          guard number > 0, let value = UInt32(exactly: number), let scalar = Unicode.Scalar(value) else {
            throw QueryError(.invalidParameter, "there is no code point \(number)")
          }
          return sink.text(String(scalar))
        })
    ])

  static let normalize = ScalarFunction(
    "normalize", aliases: ["nfc_normalize"], "The text with letters and their accents put together (NFC).",
    examples: [.init("length(normalize('e' || chr(769)))", gives: "1")],
    [
      TextFunctions.unary(.varchar, StringView.self) { (text, sink) in
        if text.withBytes({ $0.isASCII }) { return text }
        return sink.text(TextComposition.composed(text.string))
      }
    ])

  static let stripAccents = ScalarFunction(
    "strip_accents", aliases: ["unaccent"], "The text without accents.",
    examples: [.init("strip_accents('Crème Brûlée')", gives: "Creme Brulee")],
    [
      TextFunctions.unary(.varchar, StringView.self) { (text, sink) in
        if text.withBytes({ $0.isASCII }) { return text }
        var result = ""
        for scalar in TextComposition.decomposed(text.string)
        where !(scalar.properties.generalCategory == .nonspacingMark) {
          result.unicodeScalars.append(scalar)
        }
        return sink.text(result)
      }
    ])

  static let uuid = ScalarFunction(
    "uuid", aliases: ["gen_random_uuid", "random_uuid", "uuidv4"],
    "A new random UUID in each row (RFC 9562, version 4).",
    volatility: .volatile,
    [
      ScalarOverload(
        [], returns: .uuid,
        make: { (_) throws(QueryError) in
          var generator = SystemRandomNumberGenerator()
          return { (_, frame) throws(QueryError) in
            try RowFunction.fill(StringView.self, [], frame) { (_, sink) throws(QueryError) in
              let (high, low) = (generator.next(), generator.next())
              for word in [high & ~0xF000 | 0x4000, low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000] {
                for index in 0..<8 {
                  sink.bytes.append(UInt8(truncatingIfNeeded: word &>> UInt64(56 - index * 8)))
                }
              }
              return sink.take()
            }
          }
        })
    ])

  private static func pair<R: RowValue>(
    _ result: LogicalType, _: R.Type,
    _ function: @escaping @Sendable ([Unicode.Scalar], [Unicode.Scalar]) throws(QueryError) -> R
  ) -> ScalarOverload {
    ScalarOverload(
      [.init("a", .varchar), .init("b", .varchar)], returns: result,
      RowFunction.binary(StringView.self, StringView.self, R.self) { (a, b, _) throws(QueryError) in
        try function(Array(a.string.unicodeScalars), Array(b.string.unicodeScalars))
      })
  }

  static let levenshtein = ScalarFunction(
    "levenshtein", aliases: ["levenshtein_distance", "editdist3"],
    "How many code points must be inserted, removed or changed to make one text of the other.",
    examples: [.init("levenshtein('kitten', 'sitting')", gives: "3")],
    [
      pair(.bigint, Int64.self) { (a, b) in
        if a.isEmpty || b.isEmpty { return Int64(max(a.count, b.count)) }
        var previous = Array(0...b.count)
        for row in 1...a.count {
          var current = [row]
          for column in 1...b.count {
            let change = previous[column - 1] + (a[row - 1] == b[column - 1] ? 0 : 1)
            current.append(min(change, previous[column] + 1, current[column - 1] + 1))
          }
          previous = current
        }
        return Int64(previous[b.count])
      }
    ])

  static let hamming = ScalarFunction(
    "hamming", aliases: ["hamming_distance", "mismatches"],
    "At how many places two texts of one length differ.",
    examples: [.init("hamming('karolin', 'kathrin')", gives: "3")],
    [
      pair(.bigint, Int64.self) { (a, b) throws(QueryError) in
        guard a.count == b.count else {
          throw QueryError(
            .invalidParameter, "hamming wants texts of one length, not of \(a.count) and \(b.count)")
        }
        return Int64(zip(a, b).filter { $0 != $1 }.count)
      }
    ])

  static let jaroWinkler = ScalarFunction(
    "jaro_winkler_similarity", "How alike two texts are by Jaro and Winkler, from 0 to 1.",
    examples: [.init("round(jaro_winkler_similarity('martha', 'marhta'), 4)", gives: "0.9611")],
    [
      pair(.double, Double.self) { (a, b) in
        let jaro = jaro(a, b)
        let prefix = zip(a, b).prefix(4).prefix { $0 == $1 }.count
        return jaro > 0.7 ? jaro + Double(prefix) * 0.1 * (1 - jaro) : jaro
      }
    ])

  static let soundless = ScalarFunction(
    "jaro_similarity", "How alike two texts are by Jaro, from 0 to 1.",
    examples: [.init("round(jaro_similarity('martha', 'marhta'), 4)", gives: "0.9444")],
    [pair(.double, Double.self) { (a, b) in jaro(a, b) }])

  private static func jaro(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Double {
    if a.isEmpty && b.isEmpty { return 1 }
    let reach = max(0, max(a.count, b.count) / 2 - 1)
    var taken = [Bool](repeating: false, count: b.count)
    var matched: [Unicode.Scalar] = []
    for (place, scalar) in a.enumerated() {
      let low = max(0, place - reach)
      let high = min(b.count, place + reach + 1)
      guard low < high, let found = (low..<high).first(where: { !taken[$0] && b[$0] == scalar }) else {
        continue
      }
      taken[found] = true
      matched.append(scalar)
    }
    if matched.isEmpty { return 0 }
    let others = b.indices.filter { taken[$0] }.map { b[$0] }
    let turned = zip(matched, others).filter { $0 != $1 }.count / 2
    let count = Double(matched.count)
    return (count / Double(a.count) + count / Double(b.count) + (count - Double(turned)) / count) / 3
  }

  static let format = ScalarFunction(
    "printf", aliases: ["format", "format_string"],
    "The text with `%s`, `%d`, `%.2f`, `%x`, `%e`, `%%` replaced by the arguments.",
    examples: [
      .init("printf('%s: %05.1f%%', 'load', 7.25)", gives: "load: 007.2%"),
      .init("format('%d-%s', 5, 'a')", gives: "5-a"),
      .init("format('%,d', 1234567)", gives: "1,234,567"),
    ],
    [
      ScalarOverload(
        "(format VARCHAR, x ANY, …) -> VARCHAR", nulls: .body,
        rule: { arguments in
          guard let first = arguments.types.first, first == .varchar || first == .null else { return nil }
          return SignatureTypes([.varchar] + arguments.types.dropFirst(), returns: .varchar)
        },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
              guard case .bytes(let pattern) = arguments[0].scalar(at: row, as: .varchar) else { return nil }
              let values = arguments.indices.dropFirst().map { index in
                (
                  value: arguments[index].scalar(at: row, as: site.argumentTypes[index]),
                  type: site.argumentTypes[index]
                )
              }
              try TextFormat.append(String(decoding: pattern, as: UTF8.self), values, to: &sink.bytes)
              return sink.take()
            }
          }
        })
    ])
}

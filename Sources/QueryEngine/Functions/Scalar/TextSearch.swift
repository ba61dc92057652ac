internal import Columnar

/// Whether and where a text holds another.
enum TextSearch {
  static let all: [ScalarFunction] = [strpos, locate, startsWith, endsWith, contains]

  static let strpos = ScalarFunction(
    "strpos", aliases: ["instr", "position"],
    "The place of `part` in code points from 1, 0 if it is not there.",
    examples: [.init("strpos('straße', 'ße')", gives: "5"), .init("strpos('a', 'b')", gives: "0")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("part", .varchar)], returns: .bigint,
        make: { (site) throws(QueryError) in
          search(site, part: 1, Int64.self) { (text, search) in place(of: search, in: text) }
        })
    ])

  static let locate = ScalarFunction(
    "locate", "The place of `part` in code points from 1, 0 if it is not there; the part comes first.",
    examples: [.init("locate('l', 'hello')", gives: "3"), .init("locate('l', 'hello', 4)", gives: "4")],
    [
      ScalarOverload(
        [.init("part", .varchar), .init("text", .varchar)], returns: .bigint,
        make: { (site) throws(QueryError) in
          search(site, part: 0, Int64.self) { (text, search) in place(of: search, in: text) }
        }),
      ScalarOverload(
        [.init("part", .varchar), .init("text", .varchar), .init("from", .bigint)], returns: .bigint,
        RowFunction.ternary(StringView.self, StringView.self, Int64.self, Int64.self) {
          (part, text, from, _) throws(QueryError) in
          guard from >= 1 else { return 0 }
          let search = SubstringSearch(part.bytes)
          return text.withBytes { bytes in
            let start = bytes.advance(0, codePoints: Int(from - 1))
            guard let found = search.find(in: bytes, from: start) else { return 0 }
            return Int64(bytes.extracting(0..<found).codePointCount) + 1
          }
        }),
    ])

  private static func place(of search: SubstringSearch, in text: Span<UInt8>) -> Int64 {
    guard let found = search.find(in: text) else { return 0 }
    return Int64(text.extracting(0..<found).codePointCount) + 1
  }

  static let startsWith = ScalarFunction(
    "starts_with", aliases: ["startswith", "prefix"],
    "Whether the text begins with `prefix`; always true for an empty prefix.",
    examples: [
      .init("starts_with('/cart/add', '/cart')", gives: "true"),
      .init("starts_with(NULL, '/cart')", gives: "NULL"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("prefix", .varchar)], returns: .boolean,
        RowFunction.binary(StringView.self, StringView.self, Bool.self) {
          (text, prefix, _) throws(QueryError) in
          text.withBytes { bytes in prefix.withBytes { bytes.hasBytes($0, at: 0) } }
        })
    ])

  static let endsWith = ScalarFunction(
    "ends_with", aliases: ["endswith", "suffix"],
    "Whether the text ends with `suffix`; always true for an empty suffix.",
    examples: [.init("ends_with('photo.jpg', '.jpg')", gives: "true")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("suffix", .varchar)], returns: .boolean,
        RowFunction.binary(StringView.self, StringView.self, Bool.self) {
          (text, suffix, _) throws(QueryError) in
          text.withBytes { bytes in suffix.withBytes { bytes.hasBytes($0, at: bytes.count - $0.count) } }
        })
    ])

  static let contains = ScalarFunction(
    "contains", "Whether the text holds `part`, or the list the value.",
    examples: [.init("contains('hello', 'ell')", gives: "true")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("part", .varchar)], returns: .boolean,
        make: { (site) throws(QueryError) in
          search(site, part: 1, Bool.self) { (text, search) in search.find(in: text) != nil }
        })
    ] + ListFunctions.containsOverloads)

  /// A body that searches for argument `part` in the other; a constant part is made ready once.
  private static func search<R: RowValue>(
    _ site: CallSite, part: Int, _: R.Type,
    _ function: @escaping (Span<UInt8>, SubstringSearch) -> R
  ) -> ScalarBody {
    if case .bytes(let bytes)? = site.constants[part] {
      let search = SubstringSearch(bytes)
      return { (arguments, frame) throws(QueryError) in
        let texts = RowOperand(arguments[1 - part])
        let values = texts.vector.strings
        return try RowFunction.fill(R.self, [], frame) { (row, _) throws(QueryError) in
          values[row & texts.mask].withBytes { function($0, search) }
        }
      }
    }
    return RowFunction.binary(StringView.self, StringView.self, R.self) {
      (first, second, _) throws(QueryError) in
      let search = SubstringSearch((part == 0 ? first : second).bytes)
      return (part == 0 ? second : first).withBytes { function($0, search) }
    }
  }
}

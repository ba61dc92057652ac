internal import Columnar

/// LIKE and its kin.
enum LikeFunctions {
  static let all: [ScalarFunction] = [like, ilike, glob, similarTo]

  static let like = ScalarFunction(
    "like", "Whether the text fits the pattern: `%` any text, `_` one code point, `\\` or `escape` quotes.",
    examples: [
      .init("'hello' LIKE 'h_ll%'", gives: "true"), .init("'50%' LIKE '50!%' ESCAPE '!'", gives: "true"),
    ], overloads(folds: false))

  static let ilike = ScalarFunction(
    "ilike", "As `like`, case aside.", examples: [.init("'Hello' ILIKE 'hE%'", gives: "true")],
    overloads(folds: true))

  private static func overloads(folds: Bool) -> [ScalarOverload] {
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar)], returns: .boolean,
        make: { (site) throws(QueryError) in try body(site, folds) }),
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar), .init("escape", .varchar)], returns: .boolean,
        make: { (site) throws(QueryError) in try body(site, folds) }),
    ]
  }

  private static func body(_ site: CallSite, _ folds: Bool) throws(QueryError) -> ScalarBody {
    let constants = site.constants.dropFirst().compactMap { value -> [UInt8]? in
      if case .bytes(let bytes)? = value { return bytes }
      return nil
    }
    if constants.count == site.constants.count - 1 {
      let escape = constants.count > 1 ? constants[1] : [0x5C]
      let pattern = try LikePattern(constants[0], escape: escape, folds: folds)
      return { (arguments, frame) throws(QueryError) in
        let texts = RowOperand(arguments[0])
        let values = texts.vector.strings
        return try RowFunction.fill(Bool.self, [], frame) { (row, _) throws(QueryError) in
          pattern.matches(values[row & texts.mask])
        }
      }
    }
    if site.constants.count == 2 {
      return RowFunction.binary(StringView.self, StringView.self, Bool.self) {
        (text, pattern, _) throws(QueryError) in
        try LikePattern(pattern.bytes, folds: folds).matches(text)
      }
    }
    return RowFunction.ternary(StringView.self, StringView.self, StringView.self, Bool.self) {
      (text, pattern, escape, _) throws(QueryError) in
      try LikePattern(pattern.bytes, escape: escape.bytes, folds: folds).matches(text)
    }
  }

  static let glob = ScalarFunction(
    "glob", "Whether the text fits a shell pattern: `*`, `?`, `[a-z]`, `[!a]`.",
    examples: [.init("'file7.txt' GLOB '*[0-9].txt'", gives: "true")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar)], returns: .boolean,
        make: { (site) throws(QueryError) in
          RegexBody.matching(site) { (pattern) throws(QueryError) in translate(glob: pattern) }
        })
    ])

  static let similarTo = ScalarFunction(
    "similar_to", "Whether the text fits a pattern of SQL's SIMILAR TO: `%`, `_` and `| * + ? {} () []`.",
    examples: [
      .init("'abc' SIMILAR TO '%(b|d)%'", gives: "true"), .init("'abc' SIMILAR TO 'b'", gives: "false"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar)], returns: .boolean,
        make: { (site) throws(QueryError) in
          RegexBody.matching(site) { (pattern) throws(QueryError) in translate(similar: pattern, escape: 0x5C)
          }
        }),
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar), .init("escape", .varchar)], returns: .boolean,
        make: { (site) throws(QueryError) in
          let escape = ArgumentTypes(site.argumentTypes, constants: site.constants).text(2)?.utf8.first ?? 0
          return RegexBody.matching(site) { (pattern) throws(QueryError) in
            translate(similar: pattern, escape: escape)
          }
        }),
    ])

  /// Characters that mean something to a regular expression.
  private static func isSpecial(_ byte: UInt8) -> Bool { "\\^$.|?*+()[]{}".utf8.contains(byte) }

  private static func translate(glob pattern: [UInt8]) -> [UInt8] {
    var result = Array("\\A(?s:".utf8)
    var isInSet = false
    for (index, byte) in pattern.enumerated() {
      if isInSet {
        if byte == UInt8(ascii: "!"), pattern[index - 1] == UInt8(ascii: "[") {
          result.append(UInt8(ascii: "^"))
        } else {
          if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "[") { result.append(UInt8(ascii: "\\")) }
          result.append(byte)
        }
        if byte == UInt8(ascii: "]") { isInSet = false }
        continue
      }
      switch byte {
      case UInt8(ascii: "*"): result.append(contentsOf: ".*".utf8)
      case UInt8(ascii: "?"): result.append(UInt8(ascii: "."))
      case UInt8(ascii: "[") where pattern[index...].contains(UInt8(ascii: "]")):
        isInSet = true
        result.append(byte)
      default:
        if isSpecial(byte) { result.append(UInt8(ascii: "\\")) }
        result.append(byte)
      }
    }
    return result + Array(")\\z".utf8)
  }

  private static func translate(similar pattern: [UInt8], escape: UInt8) -> [UInt8] {
    var result = Array("\\A(?s:".utf8)
    var isInSet = false
    var isQuoted = false
    for byte in pattern {
      if isQuoted {
        if isSpecial(byte) { result.append(UInt8(ascii: "\\")) }
        result.append(byte)
        isQuoted = false
      } else if byte == escape && escape != 0 {
        isQuoted = true
      } else if isInSet {
        result.append(byte)
        if byte == UInt8(ascii: "]") { isInSet = false }
      } else {
        switch byte {
        case UInt8(ascii: "%"): result.append(contentsOf: ".*".utf8)
        case UInt8(ascii: "_"): result.append(UInt8(ascii: "."))
        case UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "\\"):
          result.append(UInt8(ascii: "\\"))
          result.append(byte)
        case UInt8(ascii: "("): result.append(contentsOf: "(?:".utf8)
        default:
          isInSet = byte == UInt8(ascii: "[")
          result.append(byte)
        }
      }
    }
    return result + Array(")\\z".utf8)
  }
}

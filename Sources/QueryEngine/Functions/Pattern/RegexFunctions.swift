internal import Columnar

/// Functions of regular expressions (PCRE2).
enum RegexFunctions {
  static let all: [ScalarFunction] = [matches, extract, count, replace]

  static let matches = ScalarFunction(
    "regexp_matches", aliases: ["regexp_like", "rlike", "regexp"],
    "Whether the pattern matches somewhere in the text (operators `~`, and `~*` with flag `i`).",
    examples: [
      .init("regexp_matches('hello', 'l+o$')", gives: "true"),
      .init("regexp_like('Hello', '^h', 'i')", gives: "true"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar)], returns: .boolean,
        make: { (site) throws(QueryError) in RegexBody.matching(site) { $0 } }),
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar), .init("flags", .varchar)], returns: .boolean,
        make: { (site) throws(QueryError) in RegexBody.matching(site) { $0 } }),
    ])

  static let extract = ScalarFunction(
    "regexp_extract", aliases: ["regexp_substr"],
    "The first match, or the part of it in parentheses `group`; NULL if there is none.",
    examples: [
      .init("regexp_extract('order 1234', '[0-9]+')", gives: "1234"),
      .init("regexp_extract('a=1', '(.)=(.)', 2)", gives: "1"),
      .init("regexp_extract('a', 'b')", gives: "NULL"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar)], returns: .varchar,
        make: { (site) throws(QueryError) in
          RegexBody.make(site, StringView.self) { (text, regex, _, _, _) throws(QueryError) in
            try group(0, of: regex, in: text)
          }
        }),
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar), .init("group", .bigint)], returns: .varchar,
        make: { (site) throws(QueryError) in
          let cache = RegexCache()
          return { (arguments, frame) throws(QueryError) in
            let (texts, patterns, groups) = (
              RowOperand(arguments[0]), RowOperand(arguments[1]), RowOperand(arguments[2])
            )
            let (values, sources) = (texts.vector.strings, patterns.vector.strings)
            let numbers = groups.vector.int64s
            let constant =
              patterns.mask == 0 ? try cache.regex(sources[0].bytes, Regex.Options()) : nil
            return try RowFunction.fill(StringView.self, arguments, frame) { (row, _) throws(QueryError) in
              let regex: Regex
              if let constant {
                regex = constant
              } else {
                regex = try cache.regex(sources[row & patterns.mask].bytes, Regex.Options())
              }
              let number = numbers[row & groups.mask]
              guard number >= 0, number <= Int64(regex.groupCount) else {
                throw QueryError(
                  .invalidParameter, "the regular expression has \(regex.groupCount) groups, not \(number)")
              }
              return try group(Int(number), of: regex, in: values[row & texts.mask])
            }
          }
        }),
    ])

  private static func group(
    _ number: Int, of regex: Regex, in text: StringView
  ) throws(QueryError) -> StringView? {
    let isFound = try text.withBytes { (bytes) throws(QueryError) in
      try regex.find(in: bytes, from: 0, isASCII: bytes.isASCII)
    }
    guard isFound, regex.groups[number * 2] >= 0 else { return nil }
    let start = regex.groups[number * 2]
    return text.slice(from: start, count: max(0, regex.groups[number * 2 + 1] - start))
  }

  static let count = ScalarFunction(
    "regexp_count", "How many matches that do not overlap the text has.",
    examples: [.init("regexp_count('banana', 'an')", gives: "2")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar)], returns: .bigint,
        make: { (site) throws(QueryError) in
          RegexBody.make(site, Int64.self) { (text, regex, _, _, _) throws(QueryError) in
            var total: Int64 = 0
            try forEachMatch(of: regex, in: text) { total += 1 }
            return total
          }
        })
    ])

  /// Calls `body` for each match; `regex.groups` says where.
  static func forEachMatch(
    of regex: Regex, in text: StringView, _ body: () throws(QueryError) -> Void
  ) throws(QueryError) {
    try text.withBytes { (bytes) throws(QueryError) in
      let isASCII = bytes.isASCII
      var start = 0
      while start <= bytes.count, try regex.find(in: bytes, from: start, isASCII: isASCII) {
        let (first, end) = (regex.groups[0], regex.groups[1])
        try body()
        // An empty match must not be found for ever.
        start = end > first ? end : end >= bytes.count ? bytes.count + 1 : bytes.advance(end, codePoints: 1)
      }
    }
  }

  static let replace = ScalarFunction(
    "regexp_replace",
    "The text with the first match, or with flag `g` all, replaced; `\\1` stands for a group, `\\&` for all.",
    examples: [
      .init("regexp_replace('foobarbaz', 'b..', 'X')", gives: "fooXbaz"),
      .init("regexp_replace('foobarbaz', 'b(..)', 'X\\1Y', 'g')", gives: "fooXarYXazY"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar), .init("with", .varchar)], returns: .varchar,
        make: { (site) throws(QueryError) in replacing(site) }),
      ScalarOverload(
        [
          .init("text", .varchar), .init("pattern", .varchar), .init("with", .varchar),
          .init("flags", .varchar),
        ], returns: .varchar, make: { (site) throws(QueryError) in replacing(site) }),
    ])

  private static func replacing(_ site: CallSite) -> ScalarBody {
    // One body for all batches, so that a pattern is compiled once.
    var replacements: RowOperand?
    var last: (source: [UInt8], groupCount: Int, parsed: RegexReplacement)?
    let body = RegexBody.make(site, flags: 3, StringView.self) {
      (text, regex, options, row, sink) throws(QueryError) in
      guard let replacements else { throw .internalError("regexp_replace has no replacement") }
      let view = replacements.vector.strings[row & replacements.mask]
      // A pattern from a column may have other groups than the one before.
      if let last, last.groupCount == regex.groupCount,
        replacements.mask == 0
          || view.byteCount == last.source.count && view.withBytes({ $0.hasBytes(last.source, at: 0) })
      {
        return try last.parsed.apply(to: text, regex, all: options.isGlobal, sink)
      }
      let parsed = try RegexReplacement(view.bytes, groupCount: regex.groupCount)
      last = (view.bytes, regex.groupCount, parsed)
      return try parsed.apply(to: text, regex, all: options.isGlobal, sink)
    }
    return { (arguments, frame) throws(QueryError) in
      replacements = RowOperand(arguments[2])
      last = nil
      return try body(arguments, frame)
    }
  }
}

/// What a match is replaced by: texts and groups.
struct RegexReplacement {
  private enum Part {
    case text([UInt8])
    case group(Int)
  }
  private let parts: [Part]

  /// Parses `\1` to `\9`, `\0` and `\&` for the whole match, `\\` for a backslash.
  init(_ text: [UInt8], groupCount: Int) throws(QueryError) {
    var parts: [Part] = []
    var literal: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == 0x5C, index + 1 < text.count else {
        literal.append(text[index])
        index += 1
        continue
      }
      let next = text[index + 1]
      index += 2
      if next == UInt8(ascii: "&") || (next >= 0x30 && next <= 0x39) {
        let group = next == UInt8(ascii: "&") ? 0 : Int(next - 0x30)
        guard group <= groupCount else {
          throw QueryError(
            .invalidParameter, "the replacement names group \(group), but the pattern has \(groupCount)")
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        literal = []
        parts.append(.group(group))
      } else {
        if next != 0x5C { literal.append(0x5C) }
        literal.append(next)
      }
    }
    if !literal.isEmpty { parts.append(.text(literal)) }
    self.parts = parts
  }

  /// Returns the text with matches replaced; the text itself where nothing matches.
  func apply(
    to text: StringView, _ regex: Regex, all: Bool, _ sink: TextSink
  ) throws(QueryError) -> StringView {
    // A replacement that is one group of a match over the whole text needs no copy.
    if !all, parts.count == 1, case .group(let group) = parts[0] {
      let isFound = try text.withBytes { (bytes) throws(QueryError) in
        try regex.find(in: bytes, from: 0, isASCII: bytes.isASCII)
      }
      guard isFound else { return text }
      if regex.groups[0] == 0 && regex.groups[1] == text.byteCount {
        let start = regex.groups[group * 2]
        return start < 0 ? StringView() : text.slice(from: start, count: regex.groups[group * 2 + 1] - start)
      }
    }
    let isChanged = try text.withBytes { (bytes) throws(QueryError) in
      let isASCII = bytes.isASCII
      var (start, copied) = (0, 0)
      var isChanged = false
      while start <= bytes.count, try regex.find(in: bytes, from: start, isASCII: isASCII) {
        isChanged = true
        let (first, end) = (regex.groups[0], regex.groups[1])
        sink.bytes.append(bytes: bytes.extracting(copied..<max(first, copied)))
        append(regex.groups, bytes, sink)
        copied = max(end, copied)
        if !all { break }
        start = end > first ? end : end >= bytes.count ? bytes.count + 1 : bytes.advance(end, codePoints: 1)
      }
      if isChanged { sink.bytes.append(bytes: bytes.extracting(copied..<bytes.count)) }
      return isChanged
    }
    return isChanged ? sink.take() : text
  }

  private func append(_ groups: [Int], _ bytes: Span<UInt8>, _ sink: TextSink) {
    for part in parts {
      switch part {
      case .text(let text): sink.bytes.append(contentsOf: text)
      case .group(let group):
        guard groups[group * 2] >= 0 else { continue }
        for index in groups[group * 2]..<max(groups[group * 2], groups[group * 2 + 1]) {
          sink.bytes.append(bytes[index])
        }
      }
    }
  }
}

/// Every function of patterns.
enum PatternFunctions {
  static let all: [ScalarFunction] = LikeFunctions.all + RegexFunctions.all + RegexLists.all
}

internal import Columnar

/// Functions of regular expressions that answer lists.
enum RegexLists {
  static let all: [ScalarFunction] = [extractAll, split]

  static let extractAll = ScalarFunction(
    "regexp_extract_all", "All matches, or the parts of them in parentheses `group`.",
    examples: [
      .init("regexp_extract_all('a1b22', '[0-9]+')", gives: "[1, 22]"),
      .init("regexp_extract_all('a=1,b=2', '(.)=(.)', 2)", gives: "[1, 2]"),
    ],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar)], returns: .list(.varchar),
        make: { (_) throws(QueryError) in extracting() }),
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar), .init("group", .bigint)],
        returns: .list(.varchar),
        make: { (_) throws(QueryError) in extracting() }),
    ])

  private static func extracting() -> ScalarBody {
    let cache = RegexCache()
    return { (arguments, frame) throws(QueryError) in
      let (texts, patterns) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
      let groups = arguments.count > 2 ? RowOperand(arguments[2]) : nil
      return try TextListColumn.make(frame) { (row, builder) throws(QueryError) in
        let text = texts.vector.strings[row & texts.mask]
        let regex = try cache.regex(patterns.vector.strings[row & patterns.mask].bytes, Regex.Options())
        let group = groups.map { $0.int64(row) } ?? 0
        guard group >= 0, group <= Int64(regex.groupCount) else {
          throw QueryError(
            .invalidParameter, "the regular expression has \(regex.groupCount) groups, not \(group)")
        }
        var found: [ScalarValue] = []
        try RegexFunctions.forEachMatch(of: regex, in: text) { () throws(QueryError) in
          let start = regex.groups[Int(group) * 2]
          let end = regex.groups[Int(group) * 2 + 1]
          found.append(start < 0 ? .null : .bytes(text.slice(from: start, count: max(0, end - start)).bytes))
        }
        for value in found { builder.append(value) }
      }
    }
  }

  static let split = ScalarFunction(
    "regexp_split_to_array", aliases: ["regexp_split", "string_split_regex"],
    "The parts of a text between matches.",
    examples: [.init("regexp_split_to_array('a1b22c', '[0-9]+')", gives: "[a, b, c]")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("pattern", .varchar)], returns: .list(.varchar),
        make: { (_) throws(QueryError) in
          let cache = RegexCache()
          return { (arguments, frame) throws(QueryError) in
            let (texts, patterns) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
            return try TextListColumn.make(frame) { (row, builder) throws(QueryError) in
              let text = texts.vector.strings[row & texts.mask]
              let regex = try cache.regex(patterns.vector.strings[row & patterns.mask].bytes, Regex.Options())
              var parts: [ScalarValue] = []
              var start = 0
              try RegexFunctions.forEachMatch(of: regex, in: text) { () throws(QueryError) in
                let (first, end) = (regex.groups[0], regex.groups[1])
                // An empty match separates characters, but not at the ends.
                if end == first && (first == 0 || first >= text.byteCount) { return }
                parts.append(.bytes(text.slice(from: start, count: first - start).bytes))
                start = end
              }
              parts.append(.bytes(text.slice(from: start, count: text.byteCount - start).bytes))
              for part in parts { builder.append(part) }
            }
          }
        })
    ])
}

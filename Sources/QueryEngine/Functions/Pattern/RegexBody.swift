internal import Columnar

/// What the bodies of functions with a regular expression share: patterns are compiled once per evaluator.
final class RegexCache {
  private struct Key: Hashable {
    let pattern: [UInt8]
    let options: Regex.Options
  }
  private var compiled: [Key: Regex] = [:]
  private let translate: ([UInt8]) throws(QueryError) -> [UInt8]

  init(_ translate: @escaping ([UInt8]) throws(QueryError) -> [UInt8] = { $0 }) { self.translate = translate }

  func regex(_ pattern: [UInt8], _ options: Regex.Options) throws(QueryError) -> Regex {
    let key = Key(pattern: pattern, options: options)
    if let regex = compiled[key] { return regex }
    let regex = try Regex(try translate(pattern), options)
    // Patterns that come from a column are as many as they like.
    if compiled.count >= 64 { compiled.removeAll() }
    compiled[key] = regex
    return regex
  }
}

/// Makes bodies of functions whose second argument is a regular expression.
enum RegexBody {
  /// A body that answers whether a text matches; the third argument, if any, holds flags.
  static func matching(
    _ site: CallSite, _ translate: @escaping ([UInt8]) throws(QueryError) -> [UInt8]
  ) -> ScalarBody {
    make(site, flags: site.function == "regexp_matches" ? 2 : nil, Bool.self, translate) {
      (text, regex, _, _, _) throws(QueryError) in
      try text.withBytes { (bytes) throws(QueryError) in try regex.matches(bytes) }
    }
  }

  /// A body that answers something of a text and a pattern.
  ///
  /// `flags` is the argument that holds flags, if it is there; `translate` turns the pattern into one of
  /// PCRE2; `function` gets text, pattern, options, row and sink.
  static func make<R: RowValue>(
    _ site: CallSite, flags: Int? = nil, _: R.Type,
    _ translate: @escaping ([UInt8]) throws(QueryError) -> [UInt8] = { $0 },
    _ function: @escaping (StringView, Regex, Regex.Options, Int, TextSink) throws(QueryError) -> R?
  ) -> ScalarBody {
    let cache = RegexCache(translate)
    return { (arguments, frame) throws(QueryError) in
      let texts = RowOperand(arguments[0])
      let values = texts.vector.strings
      let patterns = RowOperand(arguments[1])
      let sources = patterns.vector.strings
      var flagOperand: RowOperand?
      if let flags, flags < arguments.count { flagOperand = RowOperand(arguments[flags]) }
      var constant: (regex: Regex, options: Regex.Options)?
      if patterns.mask == 0, flagOperand.map({ $0.mask == 0 }) ?? true {
        let options = try options(flagOperand, 0)
        constant = (try cache.regex(sources[0].bytes, options), options)
      }
      return try RowFunction.fill(R.self, arguments, frame) { (row, sink) throws(QueryError) in
        let text = values[row & texts.mask]
        if let constant { return try function(text, constant.regex, constant.options, row, sink) }
        let options = try options(flagOperand, row)
        let regex = try cache.regex(sources[row & patterns.mask].bytes, options)
        return try function(text, regex, options, row, sink)
      }
    }
  }

  private static func options(_ operand: RowOperand?, _ row: Int) throws(QueryError) -> Regex.Options {
    guard let operand else { return Regex.Options() }
    let values = operand.vector.strings
    return try Regex.Options(flags: values[row & operand.mask].string)
  }
}

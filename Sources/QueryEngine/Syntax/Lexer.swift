/// Cuts a statement's text into tokens.
///
/// Works on bytes, so that offsets are UTF-8 offsets; every byte from 0x80 on counts as a letter.
struct Lexer {
  private let bytes: [UInt8]
  private var index = 0
  private var tokens: [Token] = []

  private init(_ text: String) {
    bytes = Array(text.utf8)
    tokens.reserveCapacity(bytes.count / 4 + 1)
  }

  /// Returns the tokens of a text, the last of which is ``Token/Kind/end``.
  static func tokens(of text: String) throws(QueryError) -> [Token] {
    var lexer = Lexer(text)
    try lexer.run()
    return lexer.tokens
  }

  private func byte(_ offset: Int = 0) -> UInt8 {
    index + offset < bytes.count ? bytes[index + offset] : 0
  }

  private func text(_ start: Int, _ end: Int) -> String {
    String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func add(_ kind: Token.Kind, _ text: String, from start: Int) {
    tokens.append(Token(kind: kind, text: text, range: SourceRange(start, index)))
  }

  private mutating func run() throws(QueryError) {
    while true {
      try skipSpace()
      guard index < bytes.count else { break }
      try next()
    }
    add(.end, "", from: index)
  }

  private mutating func skipSpace() throws(QueryError) {
    while index < bytes.count {
      let current = bytes[index]
      if current == 0x20 || (current >= 0x09 && current <= 0x0D) {
        index += 1
      } else if current == UInt8(ascii: "-"), byte(1) == UInt8(ascii: "-") {
        while index < bytes.count, bytes[index] != 0x0A { index += 1 }
      } else if current == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
        try skipBlockComment()
      } else if current == 0xEF, byte(1) == 0xBB, byte(2) == 0xBF {
        index += 3  // a byte order mark
      } else if current == 0xC2, byte(1) == 0xA0 {
        index += 2  // a no-break space, as pasted from web pages
      } else {
        return
      }
    }
  }

  private mutating func skipBlockComment() throws(QueryError) {
    let start = index
    var depth = 0
    repeat {
      if byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
        depth += 1
        index += 2
      } else if byte() == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
        depth -= 1
        index += 2
      } else {
        index += 1
      }
      guard index < bytes.count || depth == 0 else {
        throw QueryError(
          .syntaxError, "the comment that begins here has no end", hint: "close it with */",
          at: SourceRange(start, start + 2))
      }
    } while depth > 0
  }

  private mutating func next() throws(QueryError) {
    let start = index
    let current = bytes[index]
    switch current {
    case UInt8(ascii: "'"):
      add(.string, try quoted(by: current, what: "string"), from: start)
    case UInt8(ascii: "\""), UInt8(ascii: "`"):
      let name = try quoted(by: current, what: "quoted name")
      guard !name.isEmpty else {
        throw QueryError(.syntaxError, "a quoted name may not be empty", at: SourceRange(start, index))
      }
      add(.quotedName, name, from: start)
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      try number()
    case UInt8(ascii: ".") where isDigit(byte(1)):
      try number()
    case UInt8(ascii: "$"):
      try dollar()
    case UInt8(ascii: "?"):
      index += 1
      add(.parameter, "", from: start)
    case UInt8(ascii: "e"), UInt8(ascii: "E"):
      if byte(1) == UInt8(ascii: "'") {
        index += 1
        add(.string, try escapedString(start), from: start)
      } else {
        word()
      }
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      if byte(1) == UInt8(ascii: "'") {
        index += 1
        add(.binary, try quoted(by: UInt8(ascii: "'"), what: "binary literal"), from: start)
      } else {
        word()
      }
    default:
      if isWordStart(current) { word() } else { try sign() }
    }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private func isWordStart(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }

  private mutating func word() {
    let start = index
    while index < bytes.count, isWordStart(bytes[index]) || isDigit(bytes[index]) || bytes[index] == 0x24 {
      index += 1
    }
    add(.word, text(start, index).lowercased(), from: start)
  }

  /// Reads to the closing quote; a doubled quote stands for one.
  private mutating func quoted(by quote: UInt8, what: String) throws(QueryError) -> String {
    let start = index
    index += 1
    var content: [UInt8] = []
    var runStart = index
    while true {
      guard index < bytes.count else {
        throw QueryError(
          .syntaxError, "the \(what) that begins here has no end", at: SourceRange(start, start + 1))
      }
      if bytes[index] == quote {
        content.append(contentsOf: bytes[runStart..<index])
        guard byte(1) == quote else { break }
        content.append(quote)
        index += 2
        runStart = index
      } else {
        index += 1
      }
    }
    index += 1
    return String(decoding: content, as: UTF8.self)
  }

  /// Reads an `E'…'` string with C's escapes; `index` stands at the quote.
  private mutating func escapedString(_ start: Int) throws(QueryError) -> String {
    index += 1
    var content: [UInt8] = []
    while true {
      guard index < bytes.count else {
        throw QueryError(
          .syntaxError, "the string that begins here has no end", at: SourceRange(start, start + 2))
      }
      let current = bytes[index]
      if current == UInt8(ascii: "'") {
        index += 1
        guard byte() == UInt8(ascii: "'") else { break }
        content.append(current)
        index += 1
      } else if current == UInt8(ascii: "\\") {
        try escape(into: &content)
      } else {
        content.append(current)
        index += 1
      }
    }
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func escape(into content: inout [UInt8]) throws(QueryError) {
    let start = index
    let letter = byte(1)
    index += 2
    switch letter {
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      var value = UInt32(letter - 0x30)
      var digits = 1
      while digits < 3, byte() >= 0x30, byte() <= 0x37 {
        value = value * 8 + UInt32(byte() - 0x30)
        index += 1
        digits += 1
      }
      content.append(UInt8(truncatingIfNeeded: value))
    case UInt8(ascii: "x"): try codePoint(digits: 1...2, from: start, into: &content)
    case UInt8(ascii: "u"): try codePoint(digits: 4...4, from: start, into: &content)
    case UInt8(ascii: "U"): try codePoint(digits: 8...8, from: start, into: &content)
    default: content.append(letter)
    }
  }

  private mutating func codePoint(
    digits: ClosedRange<Int>, from start: Int, into content: inout [UInt8]
  ) throws(QueryError) {
    let first = index
    while index - first < digits.upperBound, index < bytes.count, hexValue(bytes[index]) != nil { index += 1 }
    guard index - first >= digits.lowerBound, let value = UInt32(text(first, index), radix: 16),
      let scalar = Unicode.Scalar(value)
    else {
      throw QueryError(.syntaxError, "this escape is no code point", at: SourceRange(start, index))
    }
    content.append(contentsOf: String(Character(scalar)).utf8)
  }

  private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// `$1`, `$name`, `$$text$$` or `$tag$text$tag$`.
  private mutating func dollar() throws(QueryError) {
    let start = index
    var end = index + 1
    while end < bytes.count, isWordStart(bytes[end]) || isDigit(bytes[end]) { end += 1 }
    if end < bytes.count, bytes[end] == UInt8(ascii: "$"), end == start + 1 || !isDigit(bytes[start + 1]) {
      let tag = bytes[start...end]
      var close = end + 1
      while close + tag.count <= bytes.count {
        if bytes[close] == UInt8(ascii: "$"), bytes[close..<close + tag.count].elementsEqual(tag) {
          index = close + tag.count
          add(.string, text(end + 1, close), from: start)
          return
        }
        close += 1
      }
      throw QueryError(
        .syntaxError, "the string that begins here has no end", hint: "close it with \(text(start, end + 1))",
        at: SourceRange(start, end + 1))
    }
    index = end
    guard end > start + 1 else {
      throw QueryError(.syntaxError, "unexpected \"$\"", at: SourceRange(start, end))
    }
    add(.parameter, text(start + 1, end), from: start)
  }

  private mutating func number() throws(QueryError) {
    let start = index
    if byte() == UInt8(ascii: "0"), byte(1) | 0x20 == UInt8(ascii: "x"), hexValue(byte(2)) != nil {
      index += 2
      while hexValue(byte()) != nil { index += 1 }
      guard let value = UInt64(text(start + 2, index), radix: 16), value <= UInt64(Int64.max) else {
        throw QueryError(.numericOutOfRange, "the number is too large", at: SourceRange(start, index))
      }
      add(.integer, String(value), from: start)
      return
    }
    var kind = Token.Kind.integer
    digits()
    // `1.` and `1.5` are decimals; in `a[1:2]` and `1..2` the sign does not belong to the number.
    if byte() == UInt8(ascii: "."), byte(1) != UInt8(ascii: ".") {
      kind = .decimal
      index += 1
      digits()
    }
    if byte() | 0x20 == UInt8(ascii: "e") {
      let signed = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
      if isDigit(byte(signed ? 2 : 1)) {
        kind = .float
        index += signed ? 2 : 1
        digits()
      }
    }
    if isWordStart(byte()), index < bytes.count {
      let numberEnd = index
      while isWordStart(byte()) || isDigit(byte()) { index += 1 }
      throw QueryError(
        .syntaxError, "unexpected \"\(text(numberEnd, index))\" after the number \(text(start, numberEnd))",
        hint: "a name that begins with a digit needs quotes: \"\(text(start, index))\"",
        at: SourceRange(start, index))
    }
    add(
      kind, String(decoding: bytes[start..<index].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self),
      from: start)
  }

  private mutating func digits() {
    while isDigit(byte())
      || (byte() == UInt8(ascii: "_") && isDigit(byte(1)) && index > 0 && isDigit(bytes[index - 1]))
    {
      index += 1
    }
  }

  /// Signs of three and two bytes; everything else is one byte.
  private static let longSigns: [[UInt8]] = [
    "->>", "!~~*", "~~*", "!~~", "!~*", "::", "<=", ">=", "<>", "!=", "==", "||", "->", "=>", ":=", "//",
    "<<",
    ">>", "~*", "!~", "~~", "^@", "**", "&&", "|>", "@>", "<@",
  ].map { Array($0.utf8) }.sorted { $0.count > $1.count }

  private mutating func sign() throws(QueryError) {
    let start = index
    for sign in Lexer.longSigns where byte() == sign[0] && index + sign.count <= bytes.count {
      if bytes[index..<index + sign.count].elementsEqual(sign) {
        index += sign.count
        add(.sign, text(start, index), from: start)
        return
      }
    }
    let known: Set<UInt8> = Set("()[]{}<>=+-*/%^&|~#!.,;:@\\".utf8)
    guard known.contains(bytes[index]) else {
      throw QueryError(
        .syntaxError, "unexpected character \"\(text(index, index + 1))\"", at: SourceRange(start, index + 1))
    }
    index += 1
    add(.sign, text(start, index), from: start)
  }
}

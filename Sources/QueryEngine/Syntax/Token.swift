/// One word, name, literal or sign of a statement.
struct Token {
  enum Kind: UInt8 {
    /// An unquoted word, perhaps a keyword; `text` is in lower case.
    case word
    /// A name in quotes; `text` is what it says.
    case quotedName
    case string
    /// `X'0aff'`; `text` holds the hexadecimal digits.
    case binary
    /// Digits; `text` has no underscores.
    case integer
    /// Digits with a point.
    case decimal
    /// Digits with an exponent.
    case float
    /// `$1`, `$name`; `text` is what follows the dollar sign.
    case parameter
    /// A sign; `text` is the sign.
    case sign
    case end
  }

  var kind: Kind
  var text: String
  var range: SourceRange

  /// Whether this is the given keyword, not in quotes.
  func isWord(_ keyword: String) -> Bool { kind == .word && text == keyword }

  /// Whether this is the given sign.
  func isSign(_ sign: String) -> Bool { kind == .sign && text == sign }
}

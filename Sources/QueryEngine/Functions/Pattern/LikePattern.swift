internal import Columnar

/// A LIKE pattern made ready: `%` stands for any text, `_` for one code point.
struct LikePattern {
  private enum Token: Equatable {
    case text([UInt8])
    case one
    case any
  }

  private enum Form {
    case exact([UInt8])
    case prefix([UInt8])
    case suffix([UInt8])
    case contains(SubstringSearch)
    /// Texts in this order between `%`s, the first at the beginning and the last at the end.
    case pieces(first: [UInt8], middle: [SubstringSearch], last: [UInt8])
    case general([Token])
  }

  private let form: Form
  private let folds: Bool

  /// Parses a pattern.
  ///
  /// - Parameters:
  ///   - pattern: The pattern.
  ///   - escape: The character that takes the meaning from the one behind it; none if empty.
  ///   - folds: Whether case is no difference; the texts compared must then be folded.
  /// - Throws: An error if the escape is more than one character, or the last of the pattern.
  init(_ pattern: [UInt8], escape: [UInt8] = [0x5C], folds: Bool = false) throws(QueryError) {
    self.folds = folds
    let escapes = String(decoding: escape, as: UTF8.self).unicodeScalars.count
    guard escapes <= 1 else {
      throw QueryError(
        .invalidParameter, "the escape \"\(String(decoding: escape, as: UTF8.self))\" is not one character")
    }
    var tokens: [Token] = []
    var text: [UInt8] = []
    var index = 0
    func flush() {
      if !text.isEmpty { tokens.append(.text(folds ? LikePattern.fold(text) : text)) }
      text = []
    }
    while index < pattern.count {
      if !escape.isEmpty, pattern[index...].starts(with: escape) {
        index += escape.count
        guard index < pattern.count else {
          throw QueryError(
            .invalidParameter,
            "the pattern \"\(String(decoding: pattern, as: UTF8.self))\" ends in its escape",
            hint: "double the escape to mean the character itself")
        }
        text.append(pattern[index])
      } else if pattern[index] == UInt8(ascii: "%") {
        flush()
        if tokens.last != .any { tokens.append(.any) }
      } else if pattern[index] == UInt8(ascii: "_") {
        flush()
        tokens.append(.one)
      } else {
        text.append(pattern[index])
      }
      index += 1
    }
    flush()
    form = LikePattern.form(of: tokens)
  }

  private static func form(of tokens: [Token]) -> Form {
    if tokens.contains(.one) { return .general(tokens) }
    let texts = tokens.compactMap { if case .text(let text) = $0 { text } else { nil } }
    switch (tokens.count, texts.count) {
    case (0, _): return .exact([])
    case (1, 1): return .exact(texts[0])
    case (1, 0): return .prefix([])
    case (2, 1): return tokens[0] == .any ? .suffix(texts[0]) : .prefix(texts[0])
    case (3, 1): return .contains(SubstringSearch(texts[0]))
    default:
      var middle = texts
      let first = tokens.first == .any ? [] : middle.removeFirst()
      let last = tokens.last == .any ? [] : middle.removeLast()
      return .pieces(first: first, middle: middle.map { SubstringSearch($0) }, last: last)
    }
  }

  /// Returns the text in lower case, for comparisons without case.
  static func fold(_ text: [UInt8]) -> [UInt8] {
    if text.span.isASCII { return text.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 } }
    return Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
  }

  /// Whether the pattern stands for the text.
  func matches(_ text: StringView) -> Bool {
    if folds {
      let folded = LikePattern.fold(text.bytes)
      return matches(bytes: folded.span)
    }
    return text.withBytes { matches(bytes: $0) }
  }

  private func matches(bytes: Span<UInt8>) -> Bool {
    switch form {
    case .exact(let text): return bytes.count == text.count && bytes.hasBytes(text, at: 0)
    case .prefix(let text): return bytes.hasBytes(text, at: 0)
    case .suffix(let text): return bytes.hasBytes(text, at: bytes.count - text.count)
    case .contains(let search): return search.find(in: bytes) != nil
    case .pieces(let first, let middle, let last):
      guard bytes.count >= first.count + last.count, bytes.hasBytes(first, at: 0),
        bytes.hasBytes(last, at: bytes.count - last.count)
      else { return false }
      var place = first.count
      let end = bytes.count - last.count
      for search in middle {
        guard let found = search.find(in: bytes, from: place), found + search.needle.count <= end else {
          return false
        }
        place = found + search.needle.count
      }
      return true
    case .general(let tokens): return matches(bytes, tokens)
    }
  }

  /// Goes back to the last `%` only: an earlier one cannot help (Kleene stars that follow one another).
  private func matches(_ bytes: Span<UInt8>, _ tokens: [Token]) -> Bool {
    var (place, token) = (0, 0)
    var retry: (place: Int, token: Int)?
    while true {
      var isStuck = false
      if token == tokens.count {
        if place == bytes.count { return true }
        isStuck = true
      } else {
        switch tokens[token] {
        case .any:
          retry = (place, token + 1)
          token += 1
        case .one:
          if place < bytes.count {
            place = bytes.advance(place, codePoints: 1)
            token += 1
          } else {
            isStuck = true
          }
        case .text(let text):
          if bytes.hasBytes(text, at: place) {
            place += text.count
            token += 1
          } else {
            isStuck = true
          }
        }
      }
      if isStuck {
        guard let last = retry, last.place < bytes.count else { return false }
        let next = bytes.advance(last.place, codePoints: 1)
        retry = (next, last.token)
        (place, token) = (next, last.token)
      }
    }
  }
}

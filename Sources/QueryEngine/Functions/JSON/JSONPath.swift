/// A path into a JSON text: `$.a.b[0]`, `$['a']`, `$."a b"`, or a bare key.
struct JSONPath {
  enum Step: Equatable {
    case key([UInt8])
    /// From 0; negative from the end.
    case index(Int)
    /// All elements or members.
    case wildcard
  }

  let steps: [Step]
  let hasWildcard: Bool

  /// Parses a path.
  ///
  /// - Parameter text: What begins with `$` is a path, anything else one key.
  /// - Throws: An error of code 22023 if a path is damaged.
  init(_ text: [UInt8]) throws(QueryError) {
    guard text.first == UInt8(ascii: "$") else {
      steps = text.isEmpty ? [] : [.key(text)]
      hasWildcard = false
      return
    }
    var steps: [Step] = []
    var index = 1
    func fail() -> QueryError {
      QueryError(
        .invalidParameter, "\"\(String(decoding: text, as: UTF8.self))\" is no JSON path",
        hint: "a path looks like $.a.b[0] or $['a']")
    }
    func quoted(_ quote: UInt8) throws(QueryError) -> [UInt8] {
      var key: [UInt8] = []
      index += 1
      while index < text.count, text[index] != quote {
        if text[index] == 0x5C, index + 1 < text.count { index += 1 }
        key.append(text[index])
        index += 1
      }
      guard index < text.count else { throw fail() }
      index += 1
      return key
    }
    while index < text.count {
      switch text[index] {
      case UInt8(ascii: "."):
        index += 1
        guard index < text.count else { throw fail() }
        if text[index] == UInt8(ascii: "\"") {
          steps.append(.key(try quoted(UInt8(ascii: "\""))))
        } else {
          let start = index
          while index < text.count, text[index] != UInt8(ascii: "."), text[index] != UInt8(ascii: "[") {
            index += 1
          }
          guard index > start else { throw fail() }
          let key = Array(text[start..<index])
          steps.append(key == [UInt8(ascii: "*")] ? .wildcard : .key(key))
        }
      case UInt8(ascii: "["):
        index += 1
        guard index < text.count else { throw fail() }
        if text[index] == UInt8(ascii: "'") || text[index] == UInt8(ascii: "\"") {
          steps.append(.key(try quoted(text[index])))
        } else {
          let start = index
          while index < text.count, text[index] != UInt8(ascii: "]") { index += 1 }
          let part = String(decoding: text[start..<index], as: UTF8.self)
          if part == "*" {
            steps.append(.wildcard)
          } else if let number = Int(part.hasPrefix("#-") ? String(part.dropFirst()) : part) {
            steps.append(.index(number))
          } else {
            throw fail()
          }
        }
        guard index < text.count, text[index] == UInt8(ascii: "]") else { throw fail() }
        index += 1
      default: throw fail()
      }
    }
    self.steps = steps
    hasWildcard = steps.contains(.wildcard)
  }
}

/// One statement of a script, and where it stands there.
package struct StatementText: Sendable, Equatable {
  /// The statement without its semicolon.
  package let text: String
  /// Lines of the script before the statement's first.
  package let linesBefore: Int
  /// Whether a semicolon ended it.
  package let isTerminated: Bool

  /// Makes a statement that stands alone.
  package init(_ text: String) { self.init(text: text, linesBefore: 0, isTerminated: true) }

  init(text: String, linesBefore: Int, isTerminated: Bool) {
    (self.text, self.linesBefore, self.isTerminated) = (text, linesBefore, isTerminated)
  }
}

/// Cuts a script at its semicolons, without understanding it: so that a statement that does not parse
/// leaves those around it alone.
package enum StatementSplitter {
  /// Returns the statements; what holds only spaces and comments is left out.
  package static func split(_ script: String) -> [StatementText] {
    let bytes = Array(script.utf8)
    var statements: [StatementText] = []
    var start = 0
    var linesBefore = 0
    var position = 0
    while true {
      let scan = scan(bytes, from: position)
      let end = scan.end
      // Leading blank lines belong to no statement: errors count from its first own line.
      while start < end && bytes[start].isSpace {
        if bytes[start] == 0x0A { linesBefore += 1 }
        start += 1
      }
      if scan.hasContent {
        statements.append(
          StatementText(
            text: String(decoding: bytes[start..<end], as: UTF8.self), linesBefore: linesBefore,
            isTerminated: end < bytes.count))
      }
      guard end < bytes.count else { return statements }
      linesBefore += bytes[start..<end].reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }
      position = end + 1
      start = position
    }
  }

  /// Whether the text ends with a statement's semicolon, or holds nothing but comments.
  package static func isComplete(_ text: String) -> Bool {
    guard let last = split(text).last else { return true }
    return last.isTerminated
  }

  /// Finds the semicolon that ends the statement at `position`, or the end of the text.
  private static func scan(_ bytes: [UInt8], from position: Int) -> (end: Int, hasContent: Bool) {
    var index = position
    var hasContent = false
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: ";"): return (index, hasContent)
      case UInt8(ascii: "-") where index + 1 < bytes.count && bytes[index + 1] == byte:
        while index < bytes.count && bytes[index] != 0x0A { index += 1 }
        continue
      case UInt8(ascii: "/") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "*"):
        index = skipComment(bytes, from: index)
        continue
      case UInt8(ascii: "'"):
        let isEscaped =
          index > 0 && bytes[index - 1] | 0x20 == UInt8(ascii: "e")
          && (index < 2 || !bytes[index - 2].isWordPart)
        index = skipQuoted(bytes, from: index, escapes: isEscaped)
        hasContent = true
        continue
      case UInt8(ascii: "\""), UInt8(ascii: "`"):
        index = skipQuoted(bytes, from: index, escapes: false)
        hasContent = true
        continue
      case UInt8(ascii: "$") where index == 0 || !bytes[index - 1].isWordPart:
        if let end = skipDollarQuoted(bytes, from: index) {
          index = end
          hasContent = true
          continue
        }
      default: break
      }
      if !byte.isSpace { hasContent = true }
      index += 1
    }
    return (bytes.count, hasContent)
  }

  private static func skipComment(_ bytes: [UInt8], from start: Int) -> Int {
    var depth = 0
    var index = start
    while index < bytes.count {
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      if bytes[index] == UInt8(ascii: "/") && next == UInt8(ascii: "*") {
        depth += 1
        index += 2
      } else if bytes[index] == UInt8(ascii: "*") && next == UInt8(ascii: "/") {
        depth -= 1
        index += 2
        if depth == 0 { return index }
      } else {
        index += 1
      }
    }
    return index
  }

  private static func skipQuoted(_ bytes: [UInt8], from start: Int, escapes: Bool) -> Int {
    let quote = bytes[start]
    var index = start + 1
    while index < bytes.count {
      if escapes && bytes[index] == 0x5C {
        index += 2
      } else if bytes[index] == quote {
        guard index + 1 < bytes.count, bytes[index + 1] == quote else { return index + 1 }
        index += 2
      } else {
        index += 1
      }
    }
    return bytes.count
  }

  /// Skips `$tag$ … $tag$`; `nil` if no such quote begins here.
  private static func skipDollarQuoted(_ bytes: [UInt8], from start: Int) -> Int? {
    var tagEnd = start + 1
    while tagEnd < bytes.count && bytes[tagEnd].isWordPart { tagEnd += 1 }
    guard tagEnd < bytes.count, bytes[tagEnd] == UInt8(ascii: "$"),
      tagEnd == start + 1 || !(0x30...0x39).contains(bytes[start + 1])
    else { return nil }
    let tag = bytes[start...tagEnd]
    var index = tagEnd + 1
    while index + tag.count <= bytes.count {
      if bytes[index] == UInt8(ascii: "$") && bytes[index..<(index + tag.count)].elementsEqual(tag) {
        return index + tag.count
      }
      index += 1
    }
    return bytes.count
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
  fileprivate var isWordPart: Bool {
    (self >= 0x30 && self <= 0x39) || (self | 0x20 >= 0x61 && self | 0x20 <= 0x7A) || self == 0x5F
      || self >= 0x80
  }
}

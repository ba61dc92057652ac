internal import Columnar

extension CastRule {
  /// Reads the text form of lists `[1, 2]`, structs `{'a': 1}` and maps `{k=v}`; `nil` if it is none.
  func parseNested(_ text: [UInt8], _ type: LogicalType) -> ScalarValue? {
    var reader = NotationReader(text: text, rule: self)
    guard let value = reader.value(type, until: []), reader.isAtEnd else { return nil }
    return value
  }
}

/// Reads values in the notation of `ValueText`.
private struct NotationReader {
  let text: [UInt8]
  let rule: CastRule
  var place = 0
  private var depth = 0

  init(text: [UInt8], rule: CastRule) { (self.text, self.rule) = (text, rule) }

  var isAtEnd: Bool {
    mutating get {
      skipSpaces()
      return place == text.count
    }
  }

  private mutating func skipSpaces() { while place < text.count, text[place] <= 0x20 { place += 1 } }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpaces()
    guard place < text.count, text[place] == byte else { return false }
    place += 1
    return true
  }

  /// Reads a value that ends before one of `ends`.
  mutating func value(_ type: LogicalType, until ends: [UInt8]) -> ScalarValue? {
    guard depth < 100 else { return nil }
    depth += 1
    defer { depth -= 1 }
    skipSpaces()
    switch type {
    case .list(let element):
      if isNull(ends) { return .null }
      guard take(UInt8(ascii: "[")) else { return nil }
      var values: [ScalarValue] = []
      if take(UInt8(ascii: "]")) { return .list([]) }
      repeat {
        guard let value = value(element, until: Array(",]".utf8)) else { return nil }
        values.append(value)
      } while take(UInt8(ascii: ","))
      return take(UInt8(ascii: "]")) ? .list(values) : nil
    case .struct(let fields):
      if isNull(ends) { return .null }
      guard take(UInt8(ascii: "{")) else { return nil }
      var values = [ScalarValue](repeating: .null, count: fields.count)
      if take(UInt8(ascii: "}")) { return .struct(values) }
      repeat {
        guard let name = word(until: Array(":".utf8))?.text, take(UInt8(ascii: ":")) else { return nil }
        let wanted = String(decoding: name, as: UTF8.self).lowercased()
        guard let index = fields.firstIndex(where: { $0.name.lowercased() == wanted }),
          let value = value(fields[index].type, until: Array(",}".utf8))
        else { return nil }
        values[index] = value
      } while take(UInt8(ascii: ","))
      return take(UInt8(ascii: "}")) ? .struct(values) : nil
    case .map(let keyType, let valueType):
      if isNull(ends) { return .null }
      guard take(UInt8(ascii: "{")) else { return nil }
      var (keys, values): ([ScalarValue], [ScalarValue]) = ([], [])
      if take(UInt8(ascii: "}")) { return .map(keys: [], values: []) }
      repeat {
        guard let key = value(keyType, until: Array("=".utf8)), take(UInt8(ascii: "=")),
          let value = value(valueType, until: Array(",}".utf8))
        else { return nil }
        keys.append(key)
        values.append(value)
      } while take(UInt8(ascii: ","))
      return take(UInt8(ascii: "}")) ? .map(keys: keys, values: values) : nil
    default:
      guard let word = word(until: ends) else { return nil }
      if !word.isQuoted, word.text == Array("NULL".utf8) || word.text == Array("null".utf8) { return .null }
      return rule.scalar(text: word.text, type)
    }
  }

  /// Passes NULL if it stands here.
  private mutating func isNull(_ ends: [UInt8]) -> Bool {
    let start = place
    if let word = word(until: ends), !word.isQuoted, word.text == Array("NULL".utf8) { return true }
    place = start
    return false
  }

  private mutating func word(until ends: [UInt8]) -> (text: [UInt8], isQuoted: Bool)? {
    skipSpaces()
    guard place < text.count else { return nil }
    if text[place] == UInt8(ascii: "'") || text[place] == UInt8(ascii: "\"") {
      let quote = text[place]
      var result: [UInt8] = []
      place += 1
      while place < text.count {
        if text[place] == quote {
          guard place + 1 < text.count, text[place + 1] == quote else { break }
          place += 1
        }
        result.append(text[place])
        place += 1
      }
      guard place < text.count else { return nil }
      place += 1
      return (result, true)
    }
    let start = place
    while place < text.count, !ends.contains(text[place]) { place += 1 }
    var end = place
    while end > start, text[end - 1] <= 0x20 { end -= 1 }
    return (Array(text[start..<end]), false)
  }
}

/// Finds the value at a path in a JSON text without building anything.
///
/// What is passed over is not checked beyond its strings and brackets: a text that is damaged there may
/// still give an answer. `JSONParser` says whether a text is well-formed.
struct JSONCursor {
  /// Where a value lies, its quotes or brackets included.
  struct Value {
    enum Kind {
      case null, boolean, number, string, array, object
    }
    let kind: Kind
    let range: Range<Int>
    /// Whether a string holds escapes.
    var hasEscape = false
  }

  /// Returns the value at a path without wildcards; `nil` if there is none or the text is damaged.
  static func find(_ path: JSONPath, in text: Span<UInt8>) -> Value? {
    var place = skipSpaces(text, 0)
    for step in path.steps {
      guard place < text.count else { return nil }
      switch step {
      case .key(let key):
        guard text[place] == UInt8(ascii: "{"), let found = member(key, text, place) else { return nil }
        place = found
      case .index(let index):
        guard text[place] == UInt8(ascii: "["), let found = element(index, text, place) else { return nil }
        place = found
      case .wildcard: return nil
      }
    }
    return value(text, place)
  }

  /// The place of a member's value in the object at `start`.
  @inline(__always) private static func member(_ key: [UInt8], _ text: Span<UInt8>, _ start: Int) -> Int? {
    var place = skipSpaces(text, start &+ 1)
    while place < text.count, text[place] == UInt8(ascii: "\"") {
      guard let name = string(text, place) else { return nil }
      let isWanted =
        name.hasEscape
        ? matches(escaped: key, text, place &+ 1..<name.end &- 1)
        : name.end &- place &- 2 == key.count && text.hasBytes(key, at: place &+ 1)
      place = skipSpaces(text, name.end)
      guard place < text.count, text[place] == UInt8(ascii: ":") else { return nil }
      place = skipSpaces(text, place &+ 1)
      if isWanted { return place }
      guard let end = skipValue(text, place) else { return nil }
      place = skipSpaces(text, end)
      guard place < text.count, text[place] == UInt8(ascii: ",") else { return nil }
      place = skipSpaces(text, place &+ 1)
    }
    return nil
  }

  private static func matches(escaped key: [UInt8], _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var bytes: [UInt8] = []
    guard unescape(text, range, into: &bytes) else { return false }
    return bytes == key
  }

  /// The place of an element in the array at `start`.
  private static func element(_ index: Int, _ text: Span<UInt8>, _ start: Int) -> Int? {
    var wanted = index
    if index < 0 {
      guard let count = elementCount(text, start) else { return nil }
      wanted = count + index
      if wanted < 0 { return nil }
    }
    var place = skipSpaces(text, start &+ 1)
    guard place < text.count, text[place] != UInt8(ascii: "]") else { return nil }
    for _ in 0..<wanted {
      guard let end = skipValue(text, place) else { return nil }
      place = skipSpaces(text, end)
      guard place < text.count, text[place] == UInt8(ascii: ",") else { return nil }
      place = skipSpaces(text, place &+ 1)
    }
    return place
  }

  /// Counts the elements of the array at `start`.
  static func elementCount(_ text: Span<UInt8>, _ start: Int) -> Int? {
    var place = skipSpaces(text, start &+ 1)
    guard place < text.count else { return nil }
    if text[place] == UInt8(ascii: "]") { return 0 }
    var count = 0
    while true {
      guard let end = skipValue(text, place) else { return nil }
      count += 1
      place = skipSpaces(text, end)
      guard place < text.count else { return nil }
      if text[place] == UInt8(ascii: "]") { return count }
      guard text[place] == UInt8(ascii: ",") else { return nil }
      place = skipSpaces(text, place &+ 1)
    }
  }

  /// Calls `body` with the place of each element of an array or each key and value of an object.
  ///
  /// - Returns: Whether the text is well-formed as far as it was read.
  static func forEach(
    _ text: Span<UInt8>, in container: Value, _ body: (_ key: Range<Int>?, _ value: Value) -> Void
  ) -> Bool {
    let isObject = container.kind == .object
    var place = skipSpaces(text, container.range.lowerBound &+ 1)
    let end = container.range.upperBound &- 1
    if place == end { return true }
    while place < end {
      var key: Range<Int>?
      if isObject {
        guard text[place] == UInt8(ascii: "\""), let name = string(text, place) else { return false }
        key = place &+ 1..<name.end &- 1
        place = skipSpaces(text, name.end)
        guard place < end, text[place] == UInt8(ascii: ":") else { return false }
        place = skipSpaces(text, place &+ 1)
      }
      guard place < end, let value = value(text, place) else { return false }
      body(key, value)
      place = skipSpaces(text, value.range.upperBound)
      if place == end { return true }
      guard text[place] == UInt8(ascii: ",") else { return false }
      place = skipSpaces(text, place &+ 1)
    }
    return false
  }

  /// The value that begins at a place.
  static func value(_ text: Span<UInt8>, _ place: Int) -> Value? {
    guard place < text.count else { return nil }
    switch text[place] {
    case UInt8(ascii: "\""):
      guard let string = string(text, place) else { return nil }
      return Value(kind: .string, range: place..<string.end, hasEscape: string.hasEscape)
    case UInt8(ascii: "{"): return skipNested(text, place).map { Value(kind: .object, range: place..<$0) }
    case UInt8(ascii: "["): return skipNested(text, place).map { Value(kind: .array, range: place..<$0) }
    default:
      let end = skipPlain(text, place)
      guard end > place else { return nil }
      switch text[place] {
      case UInt8(ascii: "n"): return end - place == 4 ? Value(kind: .null, range: place..<end) : nil
      case UInt8(ascii: "t"), UInt8(ascii: "f"): return Value(kind: .boolean, range: place..<end)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        return Value(kind: .number, range: place..<end)
      default: return nil
      }
    }
  }

  @inline(__always) static func skipSpaces(_ text: Span<UInt8>, _ start: Int) -> Int {
    var place = start
    while place < text.count, text[place] <= 0x20 { place &+= 1 }
    return place
  }

  @inline(__always) private static func skipValue(_ text: Span<UInt8>, _ place: Int) -> Int? {
    guard place < text.count else { return nil }
    switch text[place] {
    case UInt8(ascii: "\""): return string(text, place)?.end
    case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested(text, place)
    default:
      let end = skipPlain(text, place)
      return end > place ? end : nil
    }
  }

  /// Passes over a number or a word.
  private static func skipPlain(_ text: Span<UInt8>, _ start: Int) -> Int {
    var place = start
    while place < text.count {
      let byte = text[place]
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte <= 0x20
        || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "\"")
      {
        break
      }
      place &+= 1
    }
    return place
  }

  private static func skipNested(_ text: Span<UInt8>, _ start: Int) -> Int? {
    var (place, depth) = (start, 0)
    while place < text.count {
      switch text[place] {
      case UInt8(ascii: "\""):
        guard let string = string(text, place) else { return nil }
        place = string.end
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth &-= 1
        if depth == 0 { return place &+ 1 }
      default: break
      }
      place &+= 1
    }
    return nil
  }

  /// The place behind the string whose opening quote is at `start`, and whether it holds escapes.
  @inline(__always) private static func string(
    _ text: Span<UInt8>, _ start: Int
  ) -> (end: Int, hasEscape: Bool)? {
    var place = start &+ 1
    var hasEscape = false
    let raw = unsafe text.bytes
    while place < text.count {
      while place &+ 8 <= text.count {
        // SAFETY: eight bytes remain by the condition.
        let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
        let quotes = word ^ 0x2222_2222_2222_2222
        let slashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
        // A zero byte in either; bits above the lowest found may be wrong, which does not matter.
        let found =
          ((quotes &- 0x0101_0101_0101_0101) & ~quotes | (slashes &- 0x0101_0101_0101_0101) & ~slashes)
          & 0x8080_8080_8080_8080
        if found != 0 {
          place &+= found.trailingZeroBitCount &>> 3
          break
        }
        place &+= 8
      }
      guard place < text.count else { return nil }
      if text[place] == UInt8(ascii: "\"") { return (place &+ 1, hasEscape) }
      if text[place] == 0x5C {
        hasEscape = true
        place &+= 1
      }
      place &+= 1
    }
    return nil
  }

  /// Appends the text of a string's inside; false if an escape is damaged.
  static func unescape(_ text: Span<UInt8>, _ range: Range<Int>, into bytes: inout [UInt8]) -> Bool {
    var place = range.lowerBound
    while place < range.upperBound {
      let byte = text[place]
      if byte != 0x5C {
        bytes.append(byte)
        place += 1
        continue
      }
      guard place + 1 < range.upperBound else { return false }
      let escape = text[place + 1]
      place += 2
      switch escape {
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escape)
      case UInt8(ascii: "u"):
        guard var unit = hex(text, place, range.upperBound) else { return false }
        place += 4
        if unit & 0xFC00 == 0xD800, place + 1 < range.upperBound, text[place] == 0x5C,
          text[place + 1] == UInt8(ascii: "u"), let low = hex(text, place + 2, range.upperBound),
          low & 0xFC00 == 0xDC00
        {
          unit = 0x10000 + (unit & 0x3FF) &<< 10 + (low & 0x3FF)
          place += 6
        }
        // A lone half of a pair is no character.
        let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
        bytes.append(contentsOf: String(scalar).utf8)
      default: return false
      }
    }
    return true
  }

  private static func hex(_ text: Span<UInt8>, _ place: Int, _ end: Int) -> UInt32? {
    guard place + 4 <= end else { return nil }
    var value: UInt32 = 0
    for index in place..<place + 4 {
      let byte = text[index]
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: return nil
      }
      value = value &<< 4 | UInt32(digit)
    }
    return value
  }
}

internal import Columnar

/// Where a JSON value lies in its text, and what it is.
public struct JSONSlot: BitwiseCopyable, Sendable {
  /// What a value is, as far as its text shows.
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// There is no such member.
    case missing
    case null
    case `true`
    case `false`
    /// A number without point and exponent, of any length.
    case integer
    /// A number with a point or an exponent.
    case number
    /// A string whose bytes are its value.
    case string
    /// A string with escapes to be resolved.
    case escapedString
    case array
    case object
  }

  /// What it is.
  public var kind: Kind
  /// The first byte; of strings the one after the quote.
  public var start: Int
  /// One past the last byte; of strings the closing quote.
  public var end: Int

  /// Makes a slot.
  @inlinable public init(_ kind: Kind = .missing, _ start: Int = 0, _ end: Int = 0) {
    (self.kind, self.start, self.end) = (kind, start, end)
  }

  /// The bytes of the value.
  @inlinable public var range: Range<Int> { start..<end }
}

/// Walks over JSON text without building anything.
///
/// A scanner holds a position only; the text is passed to each call and must be the same. All that is
/// passed over is checked: grammar, UTF-8, escapes and depth.
/// ```swift
/// var scanner = JSONScanner()
/// if try scanner.beginObject(text) {
///   repeat {
///     let key = try scanner.key(text)
///     let value = try scanner.value(text)
///   } while try scanner.continueObject(text)
/// }
/// ```
public struct JSONScanner: Sendable {
  /// The next byte.
  public var position: Int
  /// Containers that are open.
  public private(set) var depth = 0
  /// The most containers that may be open.
  public let depthLimit: Int

  /// Makes a scanner.
  public init(at position: Int = 0, depthLimit: Int = 256) {
    (self.position, self.depthLimit) = (position, depthLimit)
  }

  /// Moves to the next byte that is no white space; returns it, 0 at the end.
  public mutating func peek(_ text: Span<UInt8>) -> UInt8 {
    var position = position
    let end = text.count
    while position < end {
      let byte = text[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
        self.position = position
        return byte
      }
      position &+= 1
    }
    self.position = position
    return 0
  }

  /// Enters an object.
  ///
  /// - Parameter text: The text.
  /// - Returns: Whether it has a member; if not, it is left again.
  /// - Throws: If there is no object here.
  public mutating func beginObject(_ text: Span<UInt8>) throws(FileFormatError) -> Bool {
    try begin(text, UInt8(ascii: "{"), UInt8(ascii: "}"), "an object")
  }

  /// Enters an array.
  ///
  /// - Parameter text: The text.
  /// - Returns: Whether it has an element; if not, it is left again.
  /// - Throws: If there is no array here.
  public mutating func beginArray(_ text: Span<UInt8>) throws(FileFormatError) -> Bool {
    try begin(text, UInt8(ascii: "["), UInt8(ascii: "]"), "an array")
  }

  private mutating func begin(
    _ text: Span<UInt8>, _ open: UInt8, _ close: UInt8, _ name: String
  ) throws(FileFormatError) -> Bool {
    guard peek(text) == open else { throw error(text, "\(name) is expected here") }
    position += 1
    depth += 1
    guard depth <= depthLimit else { throw error(text, "JSON is nested more than \(depthLimit) deep") }
    guard peek(text) == close else { return true }
    position += 1
    depth -= 1
    return false
  }

  /// Passes the comma behind a member, or leaves the object.
  ///
  /// - Parameter text: The text.
  /// - Returns: Whether another member follows.
  /// - Throws: If neither comma nor brace is here.
  public mutating func continueObject(_ text: Span<UInt8>) throws(FileFormatError) -> Bool {
    try goOn(text, UInt8(ascii: "}"), "an object")
  }

  /// Passes the comma behind an element, or leaves the array.
  ///
  /// - Parameter text: The text.
  /// - Returns: Whether another element follows.
  /// - Throws: If neither comma nor bracket is here.
  public mutating func continueArray(_ text: Span<UInt8>) throws(FileFormatError) -> Bool {
    try goOn(text, UInt8(ascii: "]"), "an array")
  }

  private mutating func goOn(
    _ text: Span<UInt8>, _ close: UInt8, _ name: String
  ) throws(FileFormatError) -> Bool {
    let byte = peek(text)
    guard byte == UInt8(ascii: ",") || byte == close else {
      throw error(text, "a comma or the end of \(name) is missing")
    }
    position += 1
    if byte == close { depth -= 1 }
    return byte != close
  }

  /// Passes a member's key and its colon.
  ///
  /// - Parameter text: The text.
  /// - Returns: The key, a string of either kind.
  /// - Throws: If there is none here.
  public mutating func key(_ text: Span<UInt8>) throws(FileFormatError) -> JSONSlot {
    guard peek(text) == UInt8(ascii: "\"") else { throw error(text, "a member's name in quotes is missing") }
    let slot = try string(text)
    guard peek(text) == UInt8(ascii: ":") else { throw error(text, "a colon is missing") }
    position += 1
    return slot
  }

  /// Passes a whole value, containers included.
  ///
  /// - Parameter text: The text.
  /// - Returns: What it is and where.
  /// - Throws: If it is damaged.
  public mutating func value(_ text: Span<UInt8>) throws(FileFormatError) -> JSONSlot {
    let byte = peek(text)
    let start = position
    switch byte {
    case UInt8(ascii: "\""): return try string(text)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(text)
    case UInt8(ascii: "t"): return try word(text, "true", .true)
    case UInt8(ascii: "f"): return try word(text, "false", .false)
    case UInt8(ascii: "n"): return try word(text, "null", .null)
    case UInt8(ascii: "{"):
      if try beginObject(text) {
        repeat {
          _ = try key(text)
          _ = try value(text)
        } while try continueObject(text)
      }
      return JSONSlot(.object, start, position)
    case UInt8(ascii: "["):
      if try beginArray(text) {
        repeat { _ = try value(text) } while try continueArray(text)
      }
      return JSONSlot(.array, start, position)
    default:
      if position >= text.count { throw error(text, "the text ends where a value should be") }
      throw error(text, "there is no JSON value here")
    }
  }

  /// Checks that only white space is left.
  public mutating func finish(_ text: Span<UInt8>) throws(FileFormatError) {
    _ = peek(text)
    guard position == text.count else { throw error(text, "there is more behind the JSON value") }
  }

  private mutating func word(
    _ text: Span<UInt8>, _ word: StaticString, _ kind: JSONSlot.Kind
  ) throws(FileFormatError) -> JSONSlot {
    let count = word.utf8CodeUnitCount
    let start = position
    guard text.count - start >= count else { throw error(text, "there is no JSON value here") }
    let isThere = word.withUTF8Buffer { letters in
      for index in 0..<count where unsafe letters[index] != text[start &+ index] { return false }
      return true
    }
    guard isThere else { throw error(text, "there is no JSON value here") }
    position = start + count
    return JSONSlot(kind, start, position)
  }

  private mutating func number(_ text: Span<UInt8>) throws(FileFormatError) -> JSONSlot {
    let start = position
    let end = text.count
    var at = start
    func digits() -> Int {
      let first = at
      while at < end, text[at] &- 0x30 < 10 { at &+= 1 }
      return at &- first
    }
    if text[at] == UInt8(ascii: "-") { at += 1 }
    let hasLeadingZero = at < end && text[at] == UInt8(ascii: "0")
    let count = digits()
    var isGood = count == 1 || (count > 1 && !hasLeadingZero)
    var kind = JSONSlot.Kind.integer
    if isGood && at < end && text[at] == UInt8(ascii: ".") {
      at += 1
      kind = .number
      isGood = digits() > 0
    }
    if isGood && at < end && text[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      kind = .number
      if at < end, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
      isGood = digits() > 0
    }
    position = at
    guard isGood else { throw error(text, "this is no JSON number", at: start) }
    return JSONSlot(kind, start, at)
  }

  /// Passes a string, which begins at the position.
  private mutating func string(_ text: Span<UInt8>) throws(FileFormatError) -> JSONSlot {
    let start = position + 1
    let end = text.count
    var at = start
    var kind = JSONSlot.Kind.string
    while true {
      at = JSONScanner.plainEnd(text, from: at)
      guard at < end else {
        position = start - 1
        throw error(text, "a string has no end")
      }
      let byte = text[at]
      if byte == UInt8(ascii: "\"") {
        position = at + 1
        return JSONSlot(kind, start, at)
      }
      if byte == UInt8(ascii: "\\") {
        kind = .escapedString
        let length = JSONScanner.escape(text, at: at)?.length ?? 0
        guard length > 0 else { throw error(text, "this escape is none of JSON's", at: at) }
        at += length
      } else if byte >= 0x80 {
        let length = UTF8Text.sequenceLength(text, at: at)
        guard length > 0 else { throw error(text, "damaged UTF-8 in a string", at: at) }
        at += length
      } else {
        throw error(text, "a control character in a string must be escaped", at: at)
      }
    }
  }

  /// Returns the first place from `start` on that is no plain ASCII of a string, eight bytes at a time.
  @inline(__always)
  static func plainEnd(_ text: Span<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let end = text.count
    let raw = unsafe text.bytes
    var at = start
    while at &+ 8 <= end {
      // Safe by the condition: eight bytes of plain data.
      let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
      // A byte's top bit is set where it is a quote, a backslash, below 0x20 or above 0x7F; the lowest
      // such bit is exact (Hacker's Delight, 2nd ed., §6-1).
      let quote = (word ^ (ones &* 0x22)) &- ones
      let backslash = (word ^ (ones &* 0x5C)) &- ones
      let control = word &- ones &* 0x20
      let found = ((quote | backslash | control) & ~word | word) & (ones &* 0x80)
      if found != 0 { return at &+ found.trailingZeroBitCount &>> 3 }
      at &+= 8
    }
    while at < end {
      let byte = text[at]
      if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C { break }
      at &+= 1
    }
    return at
  }

  /// Returns whether `text` goes on at `at` as `other` does, compared eight bytes at a time.
  @inline(__always)
  static func isSame(_ text: Span<UInt8>, at: Int, as other: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard text.count &- at >= range.count, range.upperBound <= other.count else { return false }
    let (raw, otherRaw) = unsafe (text.bytes, other.bytes)
    var offset = 0
    while offset &+ 8 <= range.count {
      // Safe by the conditions: eight bytes of plain data in both.
      let left = unsafe raw.unsafeLoadUnaligned(fromByteOffset: at &+ offset, as: UInt64.self)
      let right = unsafe otherRaw.unsafeLoadUnaligned(
        fromByteOffset: range.lowerBound &+ offset, as: UInt64.self)
      if left != right { return false }
      offset &+= 8
    }
    while offset < range.count {
      if text[at &+ offset] != other[range.lowerBound &+ offset] { return false }
      offset &+= 1
    }
    return true
  }

  /// Returns the character of the escape that begins at `at`, and its length; `nil` if it is damaged.
  static func escape(_ text: Span<UInt8>, at: Int) -> (character: UInt32, length: Int)? {
    guard at + 1 < text.count else { return nil }
    switch text[at + 1] {
    case UInt8(ascii: "\""): return (0x22, 2)
    case UInt8(ascii: "\\"): return (0x5C, 2)
    case UInt8(ascii: "/"): return (0x2F, 2)
    case UInt8(ascii: "b"): return (8, 2)
    case UInt8(ascii: "f"): return (12, 2)
    case UInt8(ascii: "n"): return (10, 2)
    case UInt8(ascii: "r"): return (13, 2)
    case UInt8(ascii: "t"): return (9, 2)
    case UInt8(ascii: "u"):
      guard let unit = hex4(text, at: at + 2), unit &>> 10 != 0x37 else { return nil }
      guard unit &>> 10 == 0x36 else { return (unit, 6) }
      guard at + 7 < text.count, text[at + 6] == UInt8(ascii: "\\"), text[at + 7] == UInt8(ascii: "u"),
        let low = hex4(text, at: at + 8), low &>> 10 == 0x37
      else { return nil }
      return (0x10000 &+ (unit & 0x3FF) &<< 10 &+ (low & 0x3FF), 12)
    default: return nil
    }
  }

  private static func hex4(_ text: Span<UInt8>, at: Int) -> UInt32? {
    guard at + 4 <= text.count else { return nil }
    var value: UInt32 = 0
    for index in at..<at + 4 {
      let byte = text[index]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte &- 0x30
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
        digit = (byte | 0x20) &- 0x57
      default: return nil
      }
      value = value &<< 4 | UInt32(digit)
    }
    return value
  }

  /// Returns an error that names line and column.
  public func error(_ text: Span<UInt8>, _ message: String, at place: Int? = nil) -> FileFormatError {
    let place = min(place ?? position, text.count)
    var (line, column) = (1, 1)
    for index in 0..<place {
      if text[index] == 0x0A {
        line += 1
        column = 1
      } else if text[index] & 0xC0 != 0x80 {
        column += 1
      }
    }
    return .damaged("line \(line), column \(column): \(message)", offset: place)
  }
}

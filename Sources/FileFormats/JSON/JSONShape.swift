/// Passes objects that look like one before them: the same members in the same order, with other strings and integers.
///
/// The history of a table has thousands of those. Only what differs is scanned; all else is compared as text.
public struct JSONShape: Sendable {
  /// A value that may differ, and the text between it and the one before.
  private struct Hole {
    var literal: Range<Int>
    var isString: Bool
  }

  private var object: [UInt8] = []
  private var holes: [Hole] = []
  private var end = 0..<0
  /// Where the strings and integers are in the object that ``match(_:at:)`` passed last, in order.
  public private(set) var slots: [JSONSlot] = []

  /// Makes a shape that no object has.
  public init() {}

  /// Makes the shape of an object that a scanner passed.
  public init(_ text: Span<UInt8>, _ range: Range<Int>) {
    object.reserveCapacity(range.count)
    for index in range { object.append(text[index]) }
    findHoles()
    slots = [JSONSlot](repeating: JSONSlot(), count: holes.count)
  }

  private mutating func findHoles() {
    var (at, literal) = (0, 0)
    while at < object.count {
      let start = at
      switch object[at] {
      case UInt8(ascii: "\""):
        let close = stringEnd(from: start + 1)
        at = close + 1
        // A key is no value, and an escape is left to the scanner.
        if isKey(before: at) || object[start + 1..<close].contains(UInt8(ascii: "\\")) { continue }
        holes.append(Hole(literal: literal..<start + 1, isString: true))
        literal = close
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        at = integerEnd(object.span, from: start)
        if at < object.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(object[at]) {
          while at < object.count, !Self.endsNumber(object[at]) { at += 1 }
          continue
        }
        holes.append(Hole(literal: literal..<start, isString: false))
        literal = at
      default: at += 1
      }
    }
    end = literal..<object.count
  }

  private static func endsNumber(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
  }

  private func stringEnd(from start: Int) -> Int {
    var at = start
    while at < object.count, object[at] != UInt8(ascii: "\"") {
      at += object[at] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(at, object.count)
  }

  private func isKey(before end: Int) -> Bool {
    object[min(end, object.count)...].first { $0 > 0x20 } == UInt8(ascii: ":")
  }

  /// Passes a sign and digits.
  private func integerEnd(_ text: Span<UInt8>, from start: Int) -> Int {
    var at = start
    if at < text.count, text[at] == UInt8(ascii: "-") { at &+= 1 }
    while at < text.count, text[at] &- 0x30 < 10 { at &+= 1 }
    return at
  }

  /// Passes an object of this shape; `nil` when the one at `start` is to be scanned.
  public mutating func match(_ text: Span<UInt8>, at start: Int) -> Int? {
    guard !holes.isEmpty else { return nil }
    var at = start
    let object = object
    for (index, hole) in holes.enumerated() {
      guard JSONScanner.isSame(text, at: at, as: object.span, hole.literal) else { return nil }
      at &+= hole.literal.count
      let first = at
      if hole.isString {
        at = JSONScanner.plainEnd(text, from: at)
        slots[index] = JSONSlot(.string, first, at)
      } else {
        at = integerEnd(text, from: at)
        let digits = at < text.count && first < at && text[first] == UInt8(ascii: "-") ? first &+ 1 : first
        guard digits < at, text[digits] != UInt8(ascii: "0") || at &- digits == 1 else { return nil }
        slots[index] = JSONSlot(.integer, first, at)
      }
    }
    // What follows a value shows that it ended there.
    guard JSONScanner.isSame(text, at: at, as: object.span, end) else { return nil }
    return at &+ end.count
  }
}

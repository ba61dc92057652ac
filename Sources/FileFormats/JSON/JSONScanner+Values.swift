internal import Columnar

extension JSONScanner {
  /// Returns the integer in a slot; `nil` if it is no integer or does not fit 64 bits.
  public static func integer(_ text: Span<UInt8>, _ slot: JSONSlot) -> Int64? {
    guard slot.kind == .integer else { return nil }
    var at = slot.start
    let isNegative = text[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    if slot.end - at <= 18 {
      var value: Int64 = 0
      while at < slot.end {
        value = value &* 10 &+ Int64(text[at] &- 0x30)
        at &+= 1
      }
      return isNegative ? 0 &- value : value
    }
    var value: Int64 = 0
    while at < slot.end {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(text[at] &- 0x30)
      let (sum, carry) = product.subtractingReportingOverflow(digit)
      if overflow || carry { return nil }
      value = sum
      at += 1
    }
    if isNegative { return value }
    return value == .min ? nil : 0 - value
  }

  /// Returns the number in a slot, rounded to a `Double`; `nil` if it is none.
  public static func double(_ text: Span<UInt8>, _ slot: JSONSlot) -> Double? {
    guard slot.kind == .integer || slot.kind == .number else { return nil }
    return DoubleText.parse(text.extracting(slot.range))
  }

  /// Appends the characters of a string's slot as UTF-8, escapes resolved.
  public static func append(_ text: Span<UInt8>, _ slot: JSONSlot, to bytes: inout [UInt8]) {
    guard slot.kind == .escapedString else {
      let part = text.extracting(slot.range)
      // SAFETY: the part lives for the call, and the array copies it.
      unsafe part.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
      return
    }
    var at = slot.start
    while at < slot.end {
      if text[at] == UInt8(ascii: "\\"), let (character, length) = escape(text, at: at) {
        UTF8Text.append(character, to: &bytes)
        at += length
      } else {
        bytes.append(text[at])
        at += 1
      }
    }
  }

  /// Returns the characters of a string's slot; the text of any other.
  public static func string(_ text: Span<UInt8>, _ slot: JSONSlot) -> String {
    if slot.kind != .escapedString {
      let part = text.extracting(slot.range)
      // SAFETY: the part lives for the call, and the string copies it.
      return unsafe part.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
    var bytes: [UInt8] = []
    append(text, slot, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Returns whether a key's slot spells `name`.
  public static func matches(_ text: Span<UInt8>, _ slot: JSONSlot, _ name: [UInt8]) -> Bool {
    if slot.kind == .escapedString {
      var bytes: [UInt8] = []
      append(text, slot, to: &bytes)
      return bytes == name
    }
    guard slot.end - slot.start == name.count else { return false }
    for index in name.indices where text[slot.start &+ index] != name[index] { return false }
    return true
  }
}

/// Picks members of objects that have much the same keys, line after line.
///
/// Keys mostly come in one order, so the key after the last one found is tried first.
public struct JSONFieldPicker: Sendable {
  /// The keys wanted.
  public let keys: [[UInt8]]
  /// Per key where its value is in the object last picked from; of equal keys the last.
  public private(set) var slots: [JSONSlot]
  /// The key of a member of that object that was not wanted, the last of them; of kind `missing` for none.
  public private(set) var unwantedKey = JSONSlot()
  /// For each place of a member in the object, the key that was found there last: -1 for none wanted.
  private var order: [Int] = []
  /// A hash table of keys, open addressing, -1 for free.
  private var table: [Int32]

  /// Makes a picker.
  public init(keys: [String]) {
    self.keys = keys.map { Array($0.utf8) }
    slots = [JSONSlot](repeating: JSONSlot(), count: keys.count)
    var size = 8
    while size < keys.count * 2 { size *= 2 }
    table = [Int32](repeating: -1, count: size)
    for (number, key) in self.keys.enumerated() {
      var place = Self.hash(key.span, 0..<key.count) & (size - 1)
      while table[place] >= 0 { place = (place + 1) & (size - 1) }
      table[place] = Int32(number)
    }
  }

  private static func hash(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { state = (state ^ UInt64(text[index])) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: state &>> 20) & Int.max
  }

  private func find(_ text: Span<UInt8>, _ slot: JSONSlot) -> Int {
    var key = slot
    var bytes: [UInt8] = []
    if slot.kind == .escapedString {
      JSONScanner.append(text, slot, to: &bytes)
      key = JSONSlot(.string, 0, bytes.count)
    }
    let hash = slot.kind == .escapedString ? Self.hash(bytes.span, key.range) : Self.hash(text, key.range)
    var place = hash & (table.count - 1)
    while table[place] >= 0 {
      if JSONScanner.matches(text, slot, keys[Int(table[place])]) { return Int(table[place]) }
      place = (place + 1) & (table.count - 1)
    }
    return -1
  }

  /// Reads the object at the scanner's position and fills ``slots``.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - scanner: Stands before the object, afterwards behind it.
  /// - Throws: If there is no object or it is damaged, members not wanted included.
  public mutating func pick(_ text: Span<UInt8>, _ scanner: inout JSONScanner) throws(FileFormatError) {
    for index in slots.indices { slots[index] = JSONSlot() }
    unwantedKey = JSONSlot()
    guard try scanner.beginObject(text) else { return }
    var member = 0
    repeat {
      let key = try scanner.key(text)
      var number = member < order.count ? order[member] : -1
      if number < 0 || !JSONScanner.matches(text, key, keys[number]) {
        number = find(text, key)
        if member < order.count { order[member] = number } else if member < 4096 { order.append(number) }
      }
      let value = try scanner.value(text)
      if number >= 0 { slots[number] = value } else { unwantedKey = key }
      member += 1
    } while try scanner.continueObject(text)
  }
}

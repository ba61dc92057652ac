/// Integers as decimal text.
public enum IntegerText {
  /// Appends an integer.
  public static func append(_ value: Int64, to text: inout [UInt8]) {
    append(magnitude: value.magnitude, isNegative: value < 0, to: &text)
  }

  /// Appends an integer.
  public static func append(_ value: Int128, to text: inout [UInt8]) {
    if let short = Int64(exactly: value) { return append(short, to: &text) }
    let billion: UInt128 = 1_000_000_000_000_000_000
    if value < 0 { text.append(UInt8(ascii: "-")) }
    let (rest, low) = value.magnitude.quotientAndRemainder(dividingBy: billion)
    let (high, middle) = rest.quotientAndRemainder(dividingBy: billion)
    var isLeading = true
    for part in [high, middle, low] {
      if isLeading && part == 0 { continue }
      let width = isLeading ? 1 : 18
      append(padded: UInt64(part), width: width, to: &text)
      isLeading = false
    }
  }

  static func append(magnitude: UInt64, isNegative: Bool, to text: inout [UInt8]) {
    if isNegative { text.append(UInt8(ascii: "-")) }
    append(padded: magnitude, width: 1, to: &text)
  }

  /// Appends digits, with zeros before them up to `width`.
  public static func append(padded value: UInt64, width: Int, to text: inout [UInt8]) {
    var digits = 1
    var limit: UInt64 = 10
    while digits < 20, value >= limit {
      digits &+= 1
      let (next, overflow) = limit.multipliedReportingOverflow(by: 10)
      if overflow { break }
      limit = next
    }
    digits = max(digits, width)
    let start = text.count
    for _ in 0..<digits { text.append(0x30) }
    var rest = value
    var place = start &+ digits &- 1
    while rest > 0 {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      text[place] = 0x30 &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
      place &-= 1
    }
  }

  /// Returns the integer that the whole text is, signs `-` and `+` allowed; `nil` if it is none of 64 bits.
  public static func parse(_ text: Span<UInt8>) -> Int64? {
    var place = 0
    guard text.count > 0 else { return nil }
    let isNegative = text[0] == UInt8(ascii: "-")
    if isNegative || text[0] == UInt8(ascii: "+") { place = 1 }
    guard place < text.count else { return nil }
    var value: Int64 = 0
    let isShort = text.count &- place <= 18
    while place < text.count {
      let digit = text[place] &- 0x30
      guard digit < 10 else { return nil }
      if isShort {
        value = value &* 10 &- Int64(digit)
      } else {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.subtractingReportingOverflow(Int64(digit))
        if overflow || carry { return nil }
        value = sum
      }
      place &+= 1
    }
    if isNegative { return value }
    return value == .min ? nil : 0 &- value
  }
}

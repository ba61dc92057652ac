/// Floating-point numbers as text: the shortest digits that read back the same.
///
/// The form is that of DuckDB and Python: `1.0`, `0.0001`, `1e-05`, `1e+16`.
public enum DoubleText {
  /// Appends a number.
  public static func append(_ value: Double, to text: inout [UInt8]) {
    if value.isNaN { return text.append(contentsOf: "nan".utf8) }
    if value.isInfinite { return text.append(contentsOf: (value < 0 ? "-inf" : "inf").utf8) }
    append(swift: value.description, to: &text)
  }

  /// Appends a number.
  public static func append(_ value: Float, to text: inout [UInt8]) {
    if value.isNaN { return text.append(contentsOf: "nan".utf8) }
    if value.isInfinite { return text.append(contentsOf: (value < 0 ? "-inf" : "inf").utf8) }
    append(swift: value.description, to: &text)
  }

  /// Lays out anew what Swift prints, whose digits are the shortest but whose exponents begin elsewhere.
  private static func append(swift description: String, to text: inout [UInt8]) {
    var digits: [UInt8] = []
    digits.reserveCapacity(24)
    // The value is 0.d1d2d3… times ten to the power of `point`.
    var point = 0
    var (exponent, hasPoint, isInExponent, isExponentNegative) = (0, false, false, false)
    for byte in description.utf8 {
      switch byte {
      case UInt8(ascii: "-"):
        if isInExponent { isExponentNegative = true } else { text.append(byte) }
      case UInt8(ascii: "+"): break
      case UInt8(ascii: "."): hasPoint = true
      case UInt8(ascii: "e"): isInExponent = true
      default:
        if isInExponent {
          exponent = exponent * 10 + Int(byte &- 0x30)
        } else {
          digits.append(byte)
          if !hasPoint { point += 1 }
        }
      }
    }
    point += isExponentNegative ? -exponent : exponent
    var first = 0
    while first + 1 < digits.count, digits[first] == 0x30 {
      first += 1
      point -= 1
    }
    while digits.count > first + 1, digits.last == 0x30 { digits.removeLast() }
    let count = digits.count - first
    if digits[first] == 0x30 { return text.append(contentsOf: "0.0".utf8) }
    if point > 16 || point < -3 {
      text.append(digits[first])
      if count > 1 {
        text.append(UInt8(ascii: "."))
        text.append(contentsOf: digits[(first + 1)...])
      }
      text.append(UInt8(ascii: "e"))
      text.append(UInt8(ascii: point > 0 ? "+" : "-"))
      return IntegerText.append(padded: (point - 1).magnitude.asUInt64, width: 2, to: &text)
    }
    if point <= 0 {
      text.append(contentsOf: "0.".utf8)
      for _ in point..<0 { text.append(0x30) }
      return text.append(contentsOf: digits[first...])
    }
    for place in 0..<max(point, count) {
      if place == point { text.append(UInt8(ascii: ".")) }
      text.append(place < count ? digits[first + place] : 0x30)
    }
    if count <= point { text.append(contentsOf: ".0".utf8) }
  }

  /// Returns the number that the whole text is, rounded to nearest; `nil` if it is none.
  ///
  /// Takes `nan`, `inf` and `infinity` in any case, signs, and numbers without digits on one side of the
  /// point.
  public static func parse(_ text: Span<UInt8>) -> Double? {
    var place = 0
    let end = text.count
    guard end > 0 else { return nil }
    let isNegative = text[0] == UInt8(ascii: "-")
    if isNegative || text[0] == UInt8(ascii: "+") { place = 1 }
    guard place < end else { return nil }
    if text[place] > UInt8(ascii: "9") { return special(text, from: place, isNegative: isNegative) }
    var mantissa: UInt64 = 0
    var (digits, exponent, isExact, hasDigits) = (0, 0, true, false)
    var hasPoint = false
    while place < end {
      let byte = text[place]
      if byte &- 0x30 < 10 {
        hasDigits = true
        if digits < 19 {
          mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
          if mantissa != 0 { digits &+= 1 }
          if hasPoint { exponent &-= 1 }
        } else {
          isExact = false
        }
      } else if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        break
      }
      place &+= 1
    }
    guard hasDigits else { return nil }
    if place < end {
      guard text[place] | 0x20 == UInt8(ascii: "e") else { return nil }
      place += 1
      var isBelow = false
      if place < end, text[place] == UInt8(ascii: "-") || text[place] == UInt8(ascii: "+") {
        isBelow = text[place] == UInt8(ascii: "-")
        place += 1
      }
      guard place < end else { return nil }
      var written = 0
      while place < end {
        guard text[place] &- 0x30 < 10 else { return nil }
        written = min(written * 10 + Int(text[place] &- 0x30), 100_000)
        place += 1
      }
      exponent += isBelow ? -written : written
    }
    // Both factors are exact, so that one rounding gives the nearest (Clinger 1990, §3).
    if isExact, mantissa <= 1 &<< 53, exponent >= -22, exponent <= 22 {
      let whole = Double(mantissa)
      let value = exponent < 0 ? whole / powersOfTen[-exponent] : whole * powersOfTen[exponent]
      return isNegative ? -value : value
    }
    // SAFETY: the text lives for the call, and the string copies it.
    let string = unsafe text.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    return Double(string)
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
  ]

  private static func special(_ text: Span<UInt8>, from place: Int, isNegative: Bool) -> Double? {
    let word = (place..<text.count).map { text[$0] | 0x20 }
    if word == Array("nan".utf8) { return .nan }
    if word == Array("inf".utf8) || word == Array("infinity".utf8) {
      return isNegative ? -.infinity : .infinity
    }
    return nil
  }
}

extension UInt {
  fileprivate var asUInt64: UInt64 { UInt64(self) }
}

/// Decimal numbers as an unscaled 128-bit integer beside a scale.
///
/// A result that does not fit is `nil`; the caller knows what to say about it.
public enum Decimal128 {
  /// The most digits of a decimal.
  public static let maxPrecision = 38

  /// Powers of ten from 10⁰ to 10³⁸.
  public static let powersOfTen: [Int128] = {
    var powers: [Int128] = [1]
    for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()

  /// Returns 10 to the power of `exponent`, 0 to 38.
  @inlinable public static func power(_ exponent: Int) -> Int128 { powersOfTen[exponent] }

  /// Returns whether a value has at most `precision` digits.
  @inlinable public static func fits(_ value: Int128, precision: Int) -> Bool {
    value.magnitude < powersOfTen[precision].magnitude
  }

  /// Returns the value at another scale, rounded half away from zero; `nil` if it exceeds 38 digits.
  @inlinable public static func rescale(_ value: Int128, from: Int, to: Int) -> Int128? {
    if from == to { return value }
    if to > from {
      guard to &- from <= maxPrecision else { return value == 0 ? 0 : nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: powersOfTen[to &- from])
      return overflow || !fits(product, precision: maxPrecision) ? nil : product
    }
    guard from &- to <= maxPrecision else { return 0 }
    return divideRounding(value, by: powersOfTen[from &- to])
  }

  /// Returns the quotient rounded half away from zero; `divisor` is above 0.
  @inlinable public static func divideRounding(_ value: Int128, by divisor: Int128) -> Int128 {
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
    // Not twice the rest, which could overflow.
    if rest.magnitude >= divisor.magnitude &- rest.magnitude {
      return value < 0 ? quotient &- 1 : quotient &+ 1
    }
    return quotient
  }

  /// Returns the sum of two values of one scale; `nil` if it exceeds 38 digits.
  @inlinable public static func add(_ left: Int128, _ right: Int128) -> Int128? {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow || !fits(sum, precision: maxPrecision) ? nil : sum
  }

  /// Returns the product, whose scale is the sum of the scales; `nil` if it exceeds 38 digits.
  @inlinable public static func multiply(_ left: Int128, _ right: Int128) -> Int128? {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow || !fits(product, precision: maxPrecision) ? nil : product
  }

  /// Appends a value, with all digits of its scale: `-0.05`.
  public static func append(_ unscaled: Int128, scale: Int, to text: inout [UInt8]) {
    guard scale > 0 else {
      IntegerText.append(unscaled, to: &text)
      // A negative scale, which Iceberg does not have but arithmetic may.
      if scale < 0 && unscaled != 0 { for _ in scale..<0 { text.append(0x30) } }
      return
    }
    if unscaled < 0 { text.append(UInt8(ascii: "-")) }
    var digits: [UInt8] = []
    IntegerText.append(Int128(truncatingIfNeeded: unscaled.magnitude), to: &digits)
    if digits.count <= scale {
      text.append(contentsOf: "0.".utf8)
      for _ in digits.count..<scale { text.append(0x30) }
      text.append(contentsOf: digits)
    } else {
      text.append(contentsOf: digits[..<(digits.count - scale)])
      text.append(UInt8(ascii: "."))
      text.append(contentsOf: digits[(digits.count - scale)...])
    }
  }

  /// Returns the unscaled value of the number that the whole text is, rounded half away from zero.
  ///
  /// - Parameters:
  ///   - text: A number, with point and exponent if it likes, and spaces around it.
  ///   - precision: The most digits of the result.
  ///   - scale: Its digits behind the point.
  /// - Returns: `nil` if the text is no number or does not fit.
  public static func parse(_ text: Span<UInt8>, precision: Int, scale: Int) -> Int128? {
    var cursor = CivilTextCursor(text)
    let isNegative = cursor.skip(UInt8(ascii: "-"), text)
    if !isNegative { _ = cursor.skip(UInt8(ascii: "+"), text) }
    var digits: [UInt8] = []
    var (point, hasPoint, hasDigits) = (0, false, false)
    while true {
      let byte = cursor.peek(text)
      if byte &- 0x30 < 10 {
        hasDigits = true
        // Zeros at the front say nothing and would count as digits.
        if byte != 0x30 || !digits.isEmpty {
          if digits.count < 100 { digits.append(byte &- 0x30) } else if !hasPoint { return nil }
          if !hasPoint { point += 1 }
        } else if hasPoint {
          point -= 1
        }
      } else if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        break
      }
      cursor.position += 1
    }
    guard hasDigits else { return nil }
    if cursor.skip(word: "e", text) {
      let isBelow = cursor.skip(UInt8(ascii: "-"), text)
      if !isBelow { _ = cursor.skip(UInt8(ascii: "+"), text) }
      guard let exponent = cursor.digits(1, 6, text) else { return nil }
      point += isBelow ? -exponent : exponent
    }
    guard cursor.isAtEnd else { return nil }
    // The value is 0.d1d2d3… times ten to the power of `point`; `point + scale` digits of it remain.
    let kept = point + scale
    guard !digits.isEmpty, kept >= 0 else { return 0 }
    guard kept <= precision else { return nil }
    var value: Int128 = 0
    for place in 0..<kept { value = value &* 10 &+ Int128(place < digits.count ? digits[place] : 0) }
    if kept < digits.count, digits[kept] >= 5 { value &+= 1 }
    guard fits(value, precision: precision) else { return nil }
    return isNegative ? 0 &- value : value
  }
}

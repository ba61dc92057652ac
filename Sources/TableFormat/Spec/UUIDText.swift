/// Random identities as text (RFC 9562, version 4).
package enum UUIDText {
  /// Returns a new one, such as `c6e6fe32-66f8-4bd0-bd23-8a6c20bd2cf7`.
  package static func random() -> String {
    var high = UInt64.random(in: .min ... .max)
    var low = UInt64.random(in: .min ... .max)
    high = high & ~0xF000 | 0x4000
    low = low & ~(0b11 &<< 62) | 0b10 &<< 62
    let digits = Array((padded(high) + padded(low)).utf8)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place == 8 || place == 12 || place == 16 || place == 20 { text += "-" }
      text.unicodeScalars.append(Unicode.Scalar(digit))
    }
    return text
  }

  private static func padded(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }
}

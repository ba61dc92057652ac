/// Returns the lowest `digits` hexadecimal digits of a number.
func hexadecimal(_ value: UInt64, digits: Int) -> String {
  var text: [UInt8] = []
  text.reserveCapacity(digits)
  for index in (0..<digits).reversed() {
    let digit = UInt8(truncatingIfNeeded: value &>> UInt64(index * 4) & 15)
    text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
  }
  return String(decoding: text, as: UTF8.self)
}

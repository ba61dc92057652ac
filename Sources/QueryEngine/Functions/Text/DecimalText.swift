internal import Glibc

/// Floating-point numbers with a given number of digits, as C writes them.
enum DecimalText {
  static func fixed(_ value: Double, _ digits: Int) -> String { shown("%.*f", value, digits) }
  static func exponential(_ value: Double, _ digits: Int) -> String { shown("%.*e", value, digits) }
  static func general(_ value: Double, _ digits: Int) -> String { shown("%.*g", value, digits) }

  private static func shown(_ format: String, _ value: Double, _ digits: Int) -> String {
    var room = [CChar](repeating: 0, count: 400 + digits)
    let count = room.count
    // SAFETY: vsnprintf writes at most `count` bytes, the last of them a zero; the format wants an int and a double.
    let written = unsafe withVaList([Int32(digits), value]) { arguments in
      unsafe room.withUnsafeMutableBufferPointer { buffer in
        unsafe vsnprintf(buffer.baseAddress, count, format, arguments)
      }
    }
    return String(
      decoding: room.prefix(max(0, min(Int(written), count - 1))).map { UInt8(bitPattern: $0) }, as: UTF8.self
    )
  }
}

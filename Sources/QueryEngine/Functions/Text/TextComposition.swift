/// Canonical composition of Latin, Greek and Cyrillic letters with their accents.
///
/// The standard library knows Unicode's decompositions only through the equality of strings; the tables
/// here are made of it once: a letter with accents equals the sequence of its base and marks.
enum TextComposition {
  /// What a composed code point consists of.
  private static let parts: [UInt32: [Unicode.Scalar]] = {
    var parts: [UInt32: [Unicode.Scalar]] = [:]
    // 0x340 to 0x344 are canonically equivalent to others of the marks.
    let marks = (0x300...0x345).filter { !(0x340...0x344).contains($0) }
      .compactMap { Unicode.Scalar(UInt32($0)) }
    var bases: [Unicode.Scalar] = []
    for range in [0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0x391...0x3C9, 0x410...0x44F, 0x1E00...0x1EFF]
      as [ClosedRange<UInt32>]
    {
      bases += range.compactMap { Unicode.Scalar($0) }
    }
    // Strings are equal when they are canonically equivalent, so a dictionary finds the composed form.
    var composed: [String: UInt32] = [:]
    for base in bases { composed[String(base)] = base.value }
    for value in [0x386...0x390, 0x3AA...0x3CE, 0x400...0x45F] as [ClosedRange<UInt32>] {
      for number in value { if let scalar = Unicode.Scalar(number) { composed[String(scalar)] = number } }
    }
    for base in bases {
      for mark in marks {
        var text = String.UnicodeScalarView()
        text.append(base)
        text.append(mark)
        if let whole = composed[String(text)], whole != base.value { parts[whole] = [base, mark] }
      }
    }
    return parts
  }()

  private static let wholes: [UInt64: Unicode.Scalar] = {
    var wholes: [UInt64: Unicode.Scalar] = [:]
    for (whole, pair) in parts {
      wholes[UInt64(pair[0].value) << 32 | UInt64(pair[1].value)] = Unicode.Scalar(whole)
    }
    return wholes
  }()

  /// The code points with composed letters taken apart.
  static func decomposed(_ text: String) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars { append(scalar, to: &result) }
    return result
  }

  private static func append(_ scalar: Unicode.Scalar, to result: inout [Unicode.Scalar]) {
    guard let pair = parts[scalar.value] else {
      result.append(scalar)
      return
    }
    append(pair[0], to: &result)
    result.append(pair[1])
  }

  /// The text with letters and the marks behind them put together.
  static func composed(_ text: String) -> String {
    var result: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      if let last = result.last, let whole = wholes[UInt64(last.value) << 32 | UInt64(scalar.value)] {
        result[result.count - 1] = whole
      } else {
        result.append(scalar)
      }
    }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: result)
    return String(view)
  }
}

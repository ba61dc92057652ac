internal import Columnar

extension CastRule {
  /// The body that writes values as text.
  func toText() -> ScalarBody {
    let (source, zone) = (source, environment.timeZone)
    let isZoned = source == .timestampTZ && !zone.isUTC
    return { (arguments, frame) throws(QueryError) in
      let values = RowOperand(arguments[0])
      return try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
        if isZoned {
          ZonedText.append(values.vector.int64s[row & values.mask], zone, to: &sink.bytes)
        } else {
          ValueText.appendRow(of: values.vector, row: row & values.mask, type: source, to: &sink.bytes)
        }
        return sink.take()
      }
    }
  }

  /// The body that reads values from text; `nil` for types that are not read by rows of plain values.
  func fromText() -> ScalarBody? {
    let rule = self
    switch target {
    case .boolean:
      return reading(Bool.self) { (text) throws(QueryError) in
        try rule.accept(TextReading.boolean(text.trimmed), rule.unreadable(text))
      }
    case .tinyint, .smallint, .integer:
      return reading(Int32.self) { (text) throws(QueryError) in
        guard let value = try rule.integer(text) else { return nil }
        return Int32(truncatingIfNeeded: value)
      }
    case .bigint: return reading(Int64.self) { (text) throws(QueryError) in try rule.integer(text) }
    case .real:
      return reading(Float.self) { (text) throws(QueryError) in
        guard let wide = text.trimmed.withBytes({ DoubleText.parse($0) }) else {
          return try rule.reject(rule.unreadable(text))
        }
        let value = Float(wide)
        if value.isInfinite && wide.isFinite { return try rule.reject(rule.outOfRange(text.string)) }
        return value
      }
    case .double:
      return reading(Double.self) { (text) throws(QueryError) in
        try rule.accept(text.trimmed.withBytes { DoubleText.parse($0) }, rule.unreadable(text))
      }
    case .decimal(let precision, let scale):
      if target.physicalType == .int64 {
        return reading(Int64.self) { (text) throws(QueryError) in
          guard let value = try rule.decimal(text, precision, scale) else { return nil }
          return Int64(truncatingIfNeeded: value)
        }
      }
      return reading(Int128.self) { (text) throws(QueryError) in try rule.decimal(text, precision, scale) }
    case .date:
      return reading(Int32.self) { (text) throws(QueryError) in
        if let days = text.withBytes({ CivilDate.parse($0) }) { return days }
        // The date of a timestamp counts, as PostgreSQL has it.
        if let parsed = text.withBytes({ Timestamp.parse($0) }) {
          return Int32(truncatingIfNeeded: CivilDate.floorDivide(parsed.seconds, 86_400))
        }
        return try rule.reject(rule.unreadable(text, .invalidDatetime))
      }
    case .time:
      return reading(Int64.self) { (text) throws(QueryError) in
        try rule.accept(text.withBytes { Timestamp.parseTime($0) }, rule.unreadable(text, .invalidDatetime))
      }
    case .timestamp, .timestampNanos, .timestampTZ, .timestampTZNanos:
      return reading(Int64.self) { (text) throws(QueryError) in
        try rule.accept(rule.timestamp(text), rule.unreadable(text, .invalidDatetime))
      }
    case .interval:
      return reading(Interval.self) { (text) throws(QueryError) in
        try rule.accept(IntervalText.parse(text.string), rule.unreadable(text, .invalidDatetime))
      }
    case .uuid:
      return RowFunction.unary(StringView.self, StringView.self) { (text, sink) throws(QueryError) in
        guard let bytes = text.trimmed.withBytes({ TextReading.uuid($0) }) else {
          return try rule.reject(rule.unreadable(text))
        }
        sink.bytes = bytes
        return sink.take()
      }
    case .binary, .fixed:
      return RowFunction.unary(StringView.self, StringView.self) { (text, sink) throws(QueryError) in
        guard text.withBytes({ TextReading.appendBinary($0, to: &sink.bytes) }),
          rule.hasRoom(sink.bytes.count)
        else {
          sink.bytes.removeAll()
          return try rule.reject(rule.unreadable(text))
        }
        return sink.take()
      }
    default: return nil
    }
  }

  private func reading<R: RowValue>(
    _: R.Type, _ read: @escaping (StringView) throws(QueryError) -> R?
  ) -> ScalarBody {
    RowFunction.unary(StringView.self, R.self) { (text, _) throws(QueryError) in try read(text) }
  }

  func hasRoom(_ byteCount: Int) -> Bool {
    if case .fixed(let length) = target { return byteCount == length }
    return true
  }

  private func integer(_ text: StringView) throws(QueryError) -> Int64? {
    let trimmed = text.trimmed
    let (low, high) = IntegerArithmetic.bounds(target)
    if let value = trimmed.withBytes({ IntegerText.parse($0) }) {
      if value >= low && value <= high { return value }
      return try reject(outOfRange(trimmed.string))
    }
    let isNumber = trimmed.withBytes { bytes in
      guard bytes.count > 1 else { return false }
      let start = bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") ? 1 : 0
      for index in start..<bytes.count where bytes[index] &- 0x30 >= 10 { return false }
      return true
    }
    return try reject(isNumber ? outOfRange(trimmed.string) : unreadable(text))
  }

  private func decimal(_ text: StringView, _ precision: Int, _ scale: Int) throws(QueryError) -> Int128? {
    if let value = text.withBytes({ Decimal128.parse($0, precision: precision, scale: scale) }) {
      return value
    }
    let isNumber = text.trimmed.withBytes { DoubleText.parse($0)?.isFinite ?? false }
    return try reject(isNumber ? outOfRange(text.trimmed.string) : unreadable(text))
  }

  /// Reads a timestamp in the target's unit; one without a zone is a time on the session's clocks.
  private func timestamp(_ text: StringView) -> Int64? {
    var zone = environment.timeZone
    var parsed = text.withBytes { Timestamp.parse($0) }
    if parsed == nil {
      // `2024-01-15 09:00:00 Europe/Berlin`
      let string = text.string
      guard let space = string.lastIndex(of: " "),
        let named = try? TimeZone.named(String(string[string.index(after: space)...]))
      else { return nil }
      zone = named
      let clock = Array(string[..<space].utf8)
      parsed = Timestamp.parse(clock.span)
      if parsed?.hasOffset != false { return nil }
    }
    guard var parsed else { return nil }
    switch target {
    case .timestampTZ, .timestampTZNanos:
      if !parsed.hasOffset { parsed.seconds = zone.utc(fromLocal: parsed.seconds) }
      return target == .timestampTZ ? parsed.micros : parsed.nanos
    case .timestamp: return parsed.micros
    default: return parsed.nanos
    }
  }
}

extension StringView {
  /// The text without white space at its ends.
  var trimmed: StringView {
    let range = withBytes { bytes in
      var (start, end) = (0, bytes.count)
      while start < end, bytes[start] == 0x20 || bytes[start] &- 9 < 5 { start += 1 }
      while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] &- 9 < 5 { end -= 1 }
      return start..<end
    }
    return range.count == byteCount ? self : slice(from: range.lowerBound, count: range.count)
  }
}

/// Text of a `timestamptz` on the clocks of a zone.
enum ZonedText {
  /// Appends `2024-07-01 11:00:00+02`.
  static func append(_ micros: Int64, _ zone: TimeZone, to text: inout [UInt8]) {
    let seconds = CivilDate.floorDivide(micros, 1_000_000)
    let offset = Int(zone.offset(atUTC: seconds))
    Timestamp.append(micros: micros &+ Int64(offset) &* 1_000_000, isUTC: false, to: &text)
    appendOffset(offset, to: &text)
  }

  /// Appends `2024-07-01 11:00:00.000000001+02`.
  static func append(nanos: Int64, _ zone: TimeZone, to text: inout [UInt8]) {
    let offset = Int(zone.offset(atUTC: CivilDate.floorDivide(nanos, 1_000_000_000)))
    Timestamp.append(nanos: nanos &+ Int64(offset) &* 1_000_000_000, isUTC: false, to: &text)
    appendOffset(offset, to: &text)
  }

  /// Appends `+02`, `-03:30`.
  static func appendOffset(_ offset: Int, to text: inout [UInt8]) {
    text.append(UInt8(ascii: offset < 0 ? "-" : "+"))
    let (hours, rest) = abs(offset).quotientAndRemainder(dividingBy: 3600)
    IntegerText.append(padded: UInt64(hours), width: 2, to: &text)
    guard rest > 0 else { return }
    text.append(UInt8(ascii: ":"))
    IntegerText.append(padded: UInt64(rest / 60), width: 2, to: &text)
    guard rest % 60 > 0 else { return }
    text.append(UInt8(ascii: ":"))
    IntegerText.append(padded: UInt64(rest % 60), width: 2, to: &text)
  }
}

/// Values read from text.
enum TextReading {
  static func boolean(_ text: StringView) -> Bool? {
    guard text.byteCount <= 5 else { return nil }
    switch text.string.lowercased() {
    case "true", "t", "yes", "y", "on", "1": return true
    case "false", "f", "no", "n", "off", "0": return false
    default: return nil
    }
  }

  /// The 16 bytes of 32 hexadecimal digits, hyphens between them and braces around them left out.
  static func uuid(_ text: Span<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for index in text.indices {
      let byte = text[index]
      if byte == UInt8(ascii: "-") && high == nil || byte == UInt8(ascii: "{") && index == 0
        || byte == UInt8(ascii: "}") && index == text.count - 1
      {
        continue
      }
      guard let digit = hexDigit(byte), bytes.count < 16 else { return nil }
      if let first = high {
        bytes.append(first &<< 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return bytes.count == 16 && high == nil ? bytes : nil
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// Appends the bytes that a text stands for: itself, with `\xAA` for single bytes or, as PostgreSQL
  /// writes it, `\x` in front of all of them.
  static func appendBinary(_ text: Span<UInt8>, to bytes: inout [UInt8]) -> Bool {
    let start = text.count >= 2 && text[0] == 0x5C && text[1] | 0x20 == UInt8(ascii: "x") ? 2 : 0
    if start == 2, text.count & 1 == 0, (2..<text.count).allSatisfy({ hexDigit(text[$0]) != nil }) {
      for index in stride(from: 2, to: text.count, by: 2) {
        guard let high = hexDigit(text[index]), let low = hexDigit(text[index + 1]) else { return false }
        bytes.append(high &<< 4 | low)
      }
      return true
    }
    var index = 0
    while index < text.count {
      if text[index] == 0x5C {
        if index + 1 < text.count, text[index + 1] == 0x5C {
          bytes.append(0x5C)
          index += 2
          continue
        }
        guard index + 3 < text.count, text[index + 1] | 0x20 == UInt8(ascii: "x"),
          let high = hexDigit(text[index + 2]), let low = hexDigit(text[index + 3])
        else { return false }
        bytes.append(high &<< 4 | low)
        index += 4
      } else {
        bytes.append(text[index])
        index += 1
      }
    }
    return true
  }
}

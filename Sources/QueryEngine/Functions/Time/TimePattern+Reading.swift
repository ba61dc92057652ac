internal import Columnar

extension TimePattern {
  /// Reads the time that the whole text tells; `nil` if the text does not fit the pattern.
  ///
  /// White space in the pattern stands for any; numbers may lack their zeros.
  func read(_ text: Span<UInt8>) -> TimeFields? {
    var reader = TimeReader()
    for (index, element) in elements.enumerated() {
      // A number directly before another has to be of its full width.
      let isTight = index + 1 < elements.count && !elements[index + 1].isText
      guard reader.read(element, text, isTight: isTight) else { return nil }
    }
    reader.skipSpaces(text)
    return reader.place == text.count ? reader.fields : nil
  }
}

extension TimeElement {
  var isText: Bool { if case .text = self { true } else { false } }
}

/// Reads the elements of a pattern from front to back.
private struct TimeReader {
  var fields = TimeFields()
  var place = 0

  mutating func skipSpaces(_ text: Span<UInt8>) {
    while place < text.count, text[place] == 0x20 || text[place] &- 9 < 5 { place += 1 }
  }

  private mutating func number(_ text: Span<UInt8>, _ width: Int, signed: Bool = false) -> Int? {
    skipSpaces(text)
    var isNegative = false
    if signed, place < text.count, text[place] == UInt8(ascii: "-") {
      isNegative = true
      place += 1
    }
    let start = place
    var value = 0
    while place < text.count, place - start < width, text[place] &- 0x30 < 10 {
      value = value * 10 + Int(text[place] &- 0x30)
      place += 1
    }
    return place > start ? (isNegative ? -value : value) : nil
  }

  /// The digits behind the point, as nanoseconds.
  private mutating func fraction(_ text: Span<UInt8>) -> Int? {
    let start = place
    var value = 0
    while place < text.count, text[place] &- 0x30 < 10 {
      if place - start < 9 { value = value * 10 + Int(text[place] &- 0x30) }
      place += 1
    }
    guard place > start else { return nil }
    for _ in min(9, place - start)..<9 { value *= 10 }
    return value
  }

  /// The number of the name that stands here, in full or its first three letters.
  private mutating func name(_ text: Span<UInt8>, _ names: [String]) -> Int? {
    for count in [Int.max, 3] {
      for (index, name) in names.enumerated() {
        let letters = Array(name.lowercased().utf8.prefix(count))
        guard text.count - place >= letters.count else { continue }
        if letters.indices.allSatisfy({ text[place + $0] | 0x20 == letters[$0] }) {
          place += letters.count
          return index + 1
        }
      }
    }
    return nil
  }

  mutating func read(_ element: TimeElement, _ text: Span<UInt8>, isTight: Bool) -> Bool {
    func set(_ path: WritableKeyPath<TimeFields, Int>, _ width: Int, _ range: ClosedRange<Int>) -> Bool {
      guard let value = number(text, width), range.contains(value) else { return false }
      fields[keyPath: path] = value
      return true
    }
    switch element {
    case .text(let bytes):
      for byte in bytes {
        if byte == 0x20 {
          skipSpaces(text)
        } else {
          guard place < text.count, text[place] == byte else { return false }
          place += 1
        }
      }
      return true
    case .year4:
      guard let year = number(text, isTight ? 4 : 6, signed: true) else { return false }
      fields.year = year
      return true
    case .year2:
      guard let year = number(text, 2) else { return false }
      // POSIX: 69 to 99 are of the twentieth century.
      fields.year = year < 69 ? 2000 + year : 1900 + year
      return true
    case .isoYear:
      guard let year = number(text, 4) else { return false }
      fields.isoYear = year
      fields.year = year
      return true
    case .month2, .monthPlain: return set(\.month, 2, 1...12)
    case .monthName, .monthShort:
      guard let month = name(text, CivilNames.months) else { return false }
      fields.month = month
      return true
    case .day2, .dayPlain, .daySpaced: return set(\.day, 2, 1...31)
    case .dayOfYear3, .dayOfYearPlain:
      guard let day = number(text, 3) else { return false }
      fields.dayOfYear = day
      return true
    case .hour24, .hour24Plain: return set(\.hour, 2, 0...23)
    case .hour12, .hour12Plain: return set(\.hour, 2, 0...12)
    case .minute2, .minutePlain: return set(\.minute, 2, 0...59)
    case .second2, .secondPlain: return set(\.second, 2, 0...59)
    case .millis3, .micros6, .nanos9, .fraction:
      guard let nanos = fraction(text) else { return false }
      fields.nanos = nanos
      return true
    case .half, .halfLower:
      guard place + 2 <= text.count else { return false }
      let letter = text[place] | 0x20
      guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p") else { return false }
      if text[place + 1] | 0x20 == UInt8(ascii: "m") {
        place += 2
      } else {
        guard place + 4 <= text.count, text[place + 1] == UInt8(ascii: "."),
          text[place + 2] | 0x20 == UInt8(ascii: "m"),
          text[place + 3] == UInt8(ascii: ".")
        else { return false }
        place += 4
      }
      fields.isAfternoon = letter == UInt8(ascii: "p")
      return true
    case .weekdayName, .weekdayShort: return name(text, CivilNames.days) != nil
    case .weekdayISO:
      guard let day = number(text, 1), (1...7).contains(day) else { return false }
      fields.isoWeekday = day
      return true
    case .weekdaySunday0, .weekdaySunday1, .quarter: return number(text, 1) != nil
    case .weekISO:
      guard let week = number(text, 2), (1...53).contains(week) else { return false }
      fields.isoWeek = week
      return true
    case .weekSunday, .weekMonday, .century: return number(text, 2) != nil
    case .offsetPlain, .offsetColon: return offset(text)
    case .zoneName:
      let start = place
      while place < text.count, text[place] > 0x20 { place += 1 }
      let zone = String(decoding: text.extracting(start..<place).copied(), as: UTF8.self)
      guard let known = try? TimeZone.named(zone) else { return false }
      fields.offset = Int(known.offset(atUTC: (fields.local ?? 0) / 1_000_000))
      return true
    case .epochSeconds:
      guard let seconds = number(text, 12, signed: true) else { return false }
      fields.epochSeconds = Int64(seconds)
      fields.offset = 0
      return true
    case .secondsOfDay:
      guard let seconds = number(text, 5), seconds < 86_400 else { return false }
      (fields.hour, fields.minute, fields.second) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
      return true
    case .julian:
      guard let day = number(text, 8) else { return false }
      let date = CivilDate(days: day - 2_440_588)
      (fields.year, fields.month, fields.day) = (date.year, date.month, date.day)
      return true
    case .era:
      guard place + 2 <= text.count else { return false }
      place += 2
      return true
    case .upper(let inner), .lower(let inner): return read(inner, text, isTight: isTight)
    }
  }

  private mutating func offset(_ text: Span<UInt8>) -> Bool {
    skipSpaces(text)
    guard place < text.count else { return false }
    if text[place] | 0x20 == UInt8(ascii: "z") {
      place += 1
      fields.offset = 0
      return true
    }
    let sign = text[place] == UInt8(ascii: "-") ? -1 : text[place] == UInt8(ascii: "+") ? 1 : 0
    guard sign != 0 else { return false }
    place += 1
    guard let hours = number(text, 2), hours < 24 else { return false }
    if place < text.count, text[place] == UInt8(ascii: ":") { place += 1 }
    let minutes = place < text.count && text[place] &- 0x30 < 10 ? number(text, 2) ?? 0 : 0
    guard minutes < 60 else { return false }
    fields.offset = sign * (hours * 3600 + minutes * 60)
    return true
  }
}

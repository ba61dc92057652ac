/// A day of the proleptic Gregorian calendar; year 0 is 1 BC.
@frozen public struct CivilDate: Hashable, Sendable, BitwiseCopyable {
  /// The astronomical year.
  public var year: Int
  /// 1 to 12.
  public var month: Int
  /// 1 to 31.
  public var day: Int

  /// Makes a date of parts that are valid.
  @inlinable public init(year: Int, month: Int, day: Int) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Makes the date of a number of days since 1970-01-01, negative before.
  ///
  /// Years are counted from March, so that the leap day is the last of its year (Hinnant,
  /// "chrono-Compatible Low-Level Date Algorithms", 2013).
  @inlinable public init(days: Int) {
    let shifted = days &+ 719_468
    let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
    let dayOfEra = shifted &- era &* 146_097
    let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
    day = dayOfYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1
    month = shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9
    year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01.
  @inlinable public var days: Int {
    let shiftedYear = month <= 2 ? year &- 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear &- 399) / 400
    let yearOfEra = shiftedYear &- era &* 400
    let shiftedMonth = month > 2 ? month &- 3 : month &+ 9
    let dayOfYear = (153 &* shiftedMonth &+ 2) / 5 &+ day &- 1
    let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
    return era &* 146_097 &+ dayOfEra &- 719_468
  }

  /// Whether `year` has a 29 February.
  @inlinable public static func isLeap(_ year: Int) -> Bool {
    year & 3 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// Returns the number of days of a month.
  @inlinable public static func dayCount(year: Int, month: Int) -> Int {
    if month == 2 { return isLeap(year) ? 29 : 28 }
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
  }

  /// Whether the month and the day exist.
  @inlinable public var isValid: Bool {
    month >= 1 && month <= 12 && day >= 1 && day <= CivilDate.dayCount(year: year, month: month)
  }

  /// The day's number in its year, from 1.
  @inlinable public var dayOfYear: Int { days &- CivilDate(year: year, month: 1, day: 1).days &+ 1 }

  /// 1 to 4.
  @inlinable public var quarter: Int { (month &+ 2) / 3 }

  /// Returns the weekday of a day, 1 for Monday to 7 for Sunday (ISO 8601).
  @inlinable public static func isoWeekday(days: Int) -> Int {
    // 1970-01-01 was a Thursday.
    CivilDate.floorModulo(days &+ 3, 7) &+ 1
  }

  /// Returns year and number of the ISO 8601 week that a day lies in: that of the week's Thursday.
  @inlinable public static func isoWeek(days: Int) -> (year: Int, week: Int) {
    let thursday = days &- isoWeekday(days: days) &+ 4
    let date = CivilDate(days: thursday)
    return (date.year, (date.dayOfYear &- 1) / 7 &+ 1)
  }

  /// Returns the date `months` later, on the month's last day if it has no such day.
  @inlinable public func adding(months: Int) -> CivilDate {
    let total = year &* 12 &+ (month &- 1) &+ months
    let newYear = CivilDate.floorDivide(total, 12)
    let newMonth = CivilDate.floorModulo(total, 12) &+ 1
    return CivilDate(
      year: newYear, month: newMonth, day: min(day, CivilDate.dayCount(year: newYear, month: newMonth)))
  }

  /// Returns the quotient rounded towards minus infinity; `divisor` is above 0.
  @inlinable public static func floorDivide<Value: FixedWidthInteger & SignedInteger>(
    _ value: Value, _ divisor: Value
  ) -> Value {
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? quotient &- 1 : quotient
  }

  /// Returns the remainder that goes with ``floorDivide(_:_:)``, never below 0.
  @inlinable public static func floorModulo<Value: FixedWidthInteger & SignedInteger>(
    _ value: Value, _ divisor: Value
  ) -> Value {
    let rest = value % divisor
    return rest < 0 ? rest &+ divisor : rest
  }
}

extension CivilDate {
  /// Appends `YYYY-MM-DD`, with ` (BC)` behind it for years before 1.
  public func append(to text: inout [UInt8]) {
    IntegerText.append(padded: UInt64((year > 0 ? year : 1 - year).magnitude), width: 4, to: &text)
    text.append(UInt8(ascii: "-"))
    IntegerText.append(padded: UInt64(month.magnitude), width: 2, to: &text)
    text.append(UInt8(ascii: "-"))
    IntegerText.append(padded: UInt64(day.magnitude), width: 2, to: &text)
    if year <= 0 { text.append(contentsOf: " (BC)".utf8) }
  }

  /// Returns the days since 1970-01-01 of the date that the whole text is; `nil` if it is none.
  ///
  /// Takes `YYYY-MM-DD` with a year of one to six digits, months and days of one or two, a sign before the
  /// year or ` (BC)` behind the day, and spaces around it.
  public static func parse(_ text: Span<UInt8>) -> Int32? {
    var cursor = CivilTextCursor(text)
    guard let date = cursor.date(text), cursor.isAtEnd else { return nil }
    return Int32(exactly: date.days)
  }
}

/// Reads the parts of dates and times from front to back; the text is passed to each call.
struct CivilTextCursor {
  var position = 0
  private let end: Int

  /// Stands behind the spaces at the front, and will stop before those at the end.
  init(_ text: Span<UInt8>) {
    var end = text.count
    while end > 0, CivilTextCursor.isSpace(text[end &- 1]) { end &-= 1 }
    self.end = end
    while position < end, CivilTextCursor.isSpace(text[position]) { position &+= 1 }
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 9 && byte <= 13) }

  var isAtEnd: Bool { position == end }

  func peek(_ text: Span<UInt8>) -> UInt8 { position < end ? text[position] : 0 }

  mutating func skip(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
    guard position < end, text[position] == byte else { return false }
    position &+= 1
    return true
  }

  /// Passes a word in any case of its letters.
  mutating func skip(word: StaticString, _ text: Span<UInt8>) -> Bool {
    let count = word.utf8CodeUnitCount
    guard end - position >= count else { return false }
    let start = position
    let isThere = word.withUTF8Buffer { letters in
      for index in 0..<count where unsafe letters[index] | 0x20 != text[start &+ index] | 0x20 {
        return false
      }
      return true
    }
    if isThere { position += count }
    return isThere
  }

  /// Reads `low` to `high` digits.
  mutating func digits(_ low: Int, _ high: Int, _ text: Span<UInt8>) -> Int? {
    let start = position
    var value = 0
    while position < end, position &- start < high, text[position] &- 0x30 < 10 {
      value = value &* 10 &+ Int(text[position] &- 0x30)
      position &+= 1
    }
    return position &- start >= low ? value : nil
  }

  mutating func date(_ text: Span<UInt8>) -> CivilDate? {
    let isNegative = skip(UInt8(ascii: "-"), text)
    guard var year = digits(1, 7, text), skip(UInt8(ascii: "-"), text), let month = digits(1, 2, text),
      skip(UInt8(ascii: "-"), text), let day = digits(1, 2, text)
    else { return nil }
    if isNegative { year = -year }
    if skip(word: " (bc)", text) {
      guard year > 0 else { return nil }
      year = 1 - year
    }
    let date = CivilDate(year: year, month: month, day: day)
    return date.isValid ? date : nil
  }

  /// Reads `HH:MM[:SS[.f…]]`; digits below the nanosecond are checked and dropped.
  mutating func time(_ text: Span<UInt8>) -> (seconds: Int, nanos: Int)? {
    guard let hour = digits(1, 2, text), hour < 24, skip(UInt8(ascii: ":"), text),
      let minute = digits(2, 2, text), minute < 60
    else { return nil }
    guard skip(UInt8(ascii: ":"), text) else { return (hour * 3600 + minute * 60, 0) }
    guard let second = digits(2, 2, text), second < 60 else { return nil }
    var nanos = 0
    if skip(UInt8(ascii: "."), text) {
      let start = position
      guard let fraction = digits(0, 9, text) else { return nil }
      nanos = fraction
      for _ in position &- start..<9 { nanos &*= 10 }
      while position < end, text[position] &- 0x30 < 10 { position &+= 1 }
    }
    return (hour * 3600 + minute * 60 + second, nanos)
  }

  /// Reads `Z`, ` UTC`, `±HH`, `±HHMM`, `±HH:MM` or `±HH:MM:SS`; returns seconds east.
  mutating func offset(_ text: Span<UInt8>) -> Int? {
    while peek(text) == 0x20 { position &+= 1 }
    if skip(word: "utc", text) || skip(word: "z", text) { return 0 }
    let isWest = skip(UInt8(ascii: "-"), text)
    guard isWest || skip(UInt8(ascii: "+"), text), let hour = digits(1, 2, text), hour < 24 else {
      return nil
    }
    var seconds = hour * 3600
    let hasColon = skip(UInt8(ascii: ":"), text)
    if hasColon || !isAtEnd {
      guard let minute = digits(2, 2, text), minute < 60 else { return nil }
      seconds += minute * 60
      if hasColon, skip(UInt8(ascii: ":"), text) {
        guard let second = digits(2, 2, text), second < 60 else { return nil }
        seconds += second
      }
    }
    return isWest ? -seconds : seconds
  }
}

internal import Columnar

extension TimePattern {
  /// Appends a time as the pattern shows it.
  func write(_ fields: TimeFields, to text: inout [UInt8]) {
    for element in elements { TimePattern.write(element, fields, &text) }
  }

  private static func write(_ element: TimeElement, _ time: TimeFields, _ text: inout [UInt8]) {
    func number(_ value: Int, _ width: Int = 1) {
      if value < 0 { text.append(UInt8(ascii: "-")) }
      IntegerText.append(padded: UInt64(value.magnitude), width: width, to: &text)
    }
    func name(_ value: String, _ count: Int = .max) { text.append(contentsOf: value.utf8.prefix(count)) }
    let weekday = CivilDate.isoWeekday(days: time.days)
    switch element {
    case .text(let bytes): text.append(contentsOf: bytes)
    case .year4: number(time.year, 4)
    case .year2: number(CivilDate.floorModulo(time.year, 100), 2)
    case .century: number(CivilDate.floorDivide(time.year, 100) + (time.year % 100 == 0 ? 0 : 1), 2)
    case .isoYear: number(CivilDate.isoWeek(days: time.days).year, 4)
    case .month2: number(time.month, 2)
    case .monthPlain: number(time.month)
    case .monthName: name(CivilNames.months[time.month - 1])
    case .monthShort: name(CivilNames.months[time.month - 1], 3)
    case .day2: number(time.day, 2)
    case .dayPlain: number(time.day)
    case .daySpaced:
      if time.day < 10 { text.append(0x20) }
      number(time.day)
    case .dayOfYear3: number(CivilDate(days: time.days).dayOfYear, 3)
    case .dayOfYearPlain: number(CivilDate(days: time.days).dayOfYear)
    case .hour24: number(time.hour, 2)
    case .hour24Plain: number(time.hour)
    case .hour12: number(time.hour12, 2)
    case .hour12Plain: number(time.hour12)
    case .minute2: number(time.minute, 2)
    case .minutePlain: number(time.minute)
    case .second2: number(time.second, 2)
    case .secondPlain: number(time.second)
    case .millis3: number(time.nanos / 1_000_000, 3)
    case .micros6: number(time.nanos / 1000, 6)
    case .nanos9: number(time.nanos, 9)
    case .fraction(let count):
      let digits = max(1, min(9, count))
      let drop = (0..<(9 - digits)).reduce(1) { total, _ in total * 10 }
      number(time.nanos / drop, digits)
    case .half: name(time.hour < 12 ? "AM" : "PM")
    case .halfLower: name(time.hour < 12 ? "am" : "pm")
    case .weekdayName: name(CivilNames.days[weekday - 1])
    case .weekdayShort: name(CivilNames.days[weekday - 1], 3)
    case .weekdayISO: number(weekday)
    case .weekdaySunday0: number(weekday % 7)
    case .weekdaySunday1: number(weekday % 7 + 1)
    case .weekISO: number(CivilDate.isoWeek(days: time.days).week, 2)
    // Week 1 begins with the year's first Sunday or Monday (C's strftime).
    case .weekSunday: number((CivilDate(days: time.days).dayOfYear + 6 - weekday % 7) / 7, 2)
    case .weekMonday: number((CivilDate(days: time.days).dayOfYear + 6 - (weekday - 1)) / 7, 2)
    case .quarter: number((time.month + 2) / 3)
    case .offsetPlain, .offsetColon:
      let offset = time.offset ?? 0
      text.append(UInt8(ascii: offset < 0 ? "-" : "+"))
      number(abs(offset) / 3600, 2)
      if element == .offsetColon { text.append(UInt8(ascii: ":")) }
      if element == .offsetColon || offset % 3600 != 0 { number(abs(offset) / 60 % 60, 2) }
    case .zoneName: name(time.zoneName)
    case .epochSeconds: number(time.epoch)
    case .secondsOfDay: number((time.hour * 60 + time.minute) * 60 + time.second)
    case .julian: number(time.days + 2_440_588)
    case .era: name(time.year > 0 ? "AD" : "BC")
    case .upper(let inner), .lower(let inner):
      var part: [UInt8] = []
      write(inner, time, &part)
      let isUpper = if case .upper = element { true } else { false }
      let first: UInt8 = isUpper ? 0x61 : 0x41
      text.append(contentsOf: part.map { $0 &- first < 26 ? $0 ^ 0x20 : $0 })
    }
  }
}

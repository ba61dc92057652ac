internal import Columnar

/// The fields of a time that format patterns name; what writing shows and reading finds.
struct TimeFields {
  var year = 1970
  var month = 1
  var day = 1
  var hour = 0
  var minute = 0
  var second = 0
  var nanos = 0
  /// Seconds east of Greenwich, if the text says so.
  var offset: Int?
  var zoneName = "UTC"
  var days = 0

  // Found by reading only.
  var isAfternoon: Bool?
  var dayOfYear: Int?
  var epochSeconds: Int64?
  var isoYear: Int?
  var isoWeek: Int?
  var isoWeekday: Int?

  init() {}

  /// The fields of a clock time in microseconds since 1970.
  init(local: Int64, nanos below: Int64 = 0) {
    days = Int(CivilDate.floorDivide(local, Timestamp.microsPerDay))
    let date = CivilDate(days: days)
    (year, month, day) = (date.year, date.month, date.day)
    let time = Int(local &- Int64(days) &* Timestamp.microsPerDay)
    (hour, minute) = (time / 3_600_000_000, time / 60_000_000 % 60)
    (second, nanos) = (time / 1_000_000 % 60, time % 1_000_000 * 1000 + Int(below))
  }

  /// Seconds since 1970 in UTC of the fields shown.
  var epoch: Int { days * 86_400 + (hour * 60 + minute) * 60 + second - (offset ?? 0) }

  var hour12: Int { hour % 12 == 0 ? 12 : hour % 12 }

  /// The clock time in microseconds that was read, and whether the text told its zone; `nil` if there is no such time.
  var local: Int64? {
    if let epochSeconds { return epochSeconds &* 1_000_000 &+ Int64(nanos / 1000) }
    var clock = hour
    if let isAfternoon {
      guard hour >= 1, hour <= 12 else { return nil }
      clock = hour % 12 + (isAfternoon ? 12 : 0)
    }
    guard clock < 24, minute < 60, second < 60 else { return nil }
    var days: Int
    if let dayOfYear {
      guard dayOfYear >= 1, dayOfYear <= (CivilDate.isLeap(year) ? 366 : 365) else { return nil }
      days = CivilDate(year: year, month: 1, day: 1).days + dayOfYear - 1
    } else if let isoWeek {
      // The week with the year's first Thursday is its first.
      let fourth = CivilDate(year: isoYear ?? year, month: 1, day: 4).days
      days = fourth - CivilDate.isoWeekday(days: fourth) + 1 + (isoWeek - 1) * 7 + (isoWeekday ?? 1) - 1
    } else {
      let date = CivilDate(year: year, month: month, day: day)
      guard date.isValid else { return nil }
      days = date.days
    }
    let seconds = (clock * 60 + minute) * 60 + second
    return Int64(days) &* Timestamp.microsPerDay &+ Int64(seconds) &* 1_000_000 &+ Int64(nanos / 1000)
  }
}

/// What a format pattern consists of.
indirect enum TimeElement: Equatable, Sendable {
  case text([UInt8])
  case year4, year2, isoYear, month2, monthName, monthShort, monthPlain
  case day2, dayPlain, daySpaced, dayOfYear3, dayOfYearPlain
  case hour24, hour24Plain, hour12, hour12Plain, minute2, minutePlain, second2, secondPlain
  case millis3, micros6, nanos9
  /// As many digits behind the point as there are.
  case fraction(Int)
  case half, halfLower
  case weekdayName, weekdayShort, weekdayISO, weekdaySunday0, weekdaySunday1
  case weekISO, weekSunday, weekMonday, quarter, century
  case offsetPlain, offsetColon, zoneName
  case epochSeconds, secondsOfDay, julian, era
  /// A name in capitals, or in small letters.
  case upper(TimeElement)
  case lower(TimeElement)
}

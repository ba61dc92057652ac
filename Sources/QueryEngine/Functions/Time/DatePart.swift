internal import Columnar

/// A part of a date or timestamp that `extract` answers.
enum DatePart: String, CaseIterable {
  case microsecond, millisecond, second, minute, hour, day, dow, isodow, doy, week, month, quarter, year,
    isoyear, yearweek, decade, century, millennium, epoch, julian, timezone
  case timezoneHour = "timezone_hour"
  case timezoneMinute = "timezone_minute"

  init?(_ name: String) {
    let lower = name.lowercased()
    switch lower {
    case "dayofweek", "weekday": self = .dow
    case "day_of_week": self = .isodow
    case "dayofyear", "day_of_year": self = .doy
    case "day_of_month": self = .day
    case "week_of_year", "isoweek": self = .week
    case "weekyear", "year_of_week", "yow": self = .isoyear
    case "epoch_second", "epoch_seconds": self = .epoch
    default:
      if let part = DatePart(rawValue: lower) {
        self = part
      } else if let unit = DateUnit(lower), let part = DatePart(rawValue: "\(unit)") {
        self = part
      } else {
        return nil
      }
    }
  }

  static func named(_ name: String) throws(QueryError) -> DatePart {
    guard let part = DatePart(name) else {
      throw QueryError(
        .invalidParameter, "a time has no part \"\(name)\"",
        hint: "parts are \(allCases.map(\.rawValue).joined(separator: ", "))", value: name)
    }
    return part
  }

  /// Whether the part is a DOUBLE rather than a BIGINT.
  var isFractional: Bool { self == .epoch || self == .julian }

  /// The part of a clock time, in microseconds since 1970.
  func value(_ local: Int64) -> Int64 {
    let day = CivilDate.floorDivide(local, Timestamp.microsPerDay)
    let time = local &- day &* Timestamp.microsPerDay
    switch self {
    case .microsecond: return time % 60_000_000
    case .millisecond: return time % 60_000_000 / 1000
    case .second: return time % 60_000_000 / 1_000_000
    case .minute: return time / 60_000_000 % 60
    case .hour: return time / 3_600_000_000
    case .dow: return Int64(CivilDate.isoWeekday(days: Int(day)) % 7)
    case .isodow: return Int64(CivilDate.isoWeekday(days: Int(day)))
    case .week: return Int64(CivilDate.isoWeek(days: Int(day)).week)
    case .isoyear: return Int64(CivilDate.isoWeek(days: Int(day)).year)
    case .yearweek:
      let week = CivilDate.isoWeek(days: Int(day))
      return Int64(week.year * 100 + week.week)
    case .timezone, .timezoneHour, .timezoneMinute: return 0
    case .epoch: return CivilDate.floorDivide(local, 1_000_000)
    case .julian: return day + 2_440_588
    default: break
    }
    let date = CivilDate(days: Int(day))
    switch self {
    case .day: return Int64(date.day)
    case .doy: return Int64(date.dayOfYear)
    case .month: return Int64(date.month)
    case .quarter: return Int64(date.quarter)
    case .decade: return Int64(CivilDate.floorDivide(date.year, 10))
    case .century: return Int64(date.year > 0 ? (date.year + 99) / 100 : -((100 - date.year) / 100))
    case .millennium: return Int64(date.year > 0 ? (date.year + 999) / 1000 : -((1000 - date.year) / 1000))
    default: return Int64(date.year)
    }
  }

  /// The part of an interval.
  func value(_ span: Interval) -> Double {
    switch self {
    case .microsecond: Double(span.micros % 60_000_000)
    case .millisecond: Double(span.micros % 60_000_000 / 1000)
    case .second: Double(span.micros % 60_000_000 / 1_000_000)
    case .minute: Double(span.micros / 60_000_000 % 60)
    case .hour: Double(span.micros / 3_600_000_000)
    case .day: Double(span.days)
    case .month: Double(span.months % 12)
    case .quarter: Double(span.months % 12 / 3 + 1)
    case .year: Double(span.months / 12)
    case .decade: Double(span.months / 120)
    case .century: Double(span.months / 1200)
    case .millennium: Double(span.months / 12_000)
    case .epoch: IntervalLength.seconds(span)
    default: .nan
    }
  }
}

/// How long an interval is, months counted as 30 days and years as 365.25.
enum IntervalLength {
  static func seconds(_ span: Interval) -> Double {
    Double(span.months / 12) * 31_557_600 + Double(span.months % 12) * 2_592_000 + Double(span.days) * 86_400
      + Double(span.micros) / 1e6
  }
}

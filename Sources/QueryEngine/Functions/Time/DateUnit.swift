/// A unit of time that dates are cut to, counted in and moved by.
package enum DateUnit: Sendable, CaseIterable {
  case microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, decade, century,
    millennium

  /// The unit of a name or abbreviation in any case, singular or plural; `nil` if there is none.
  package init?(_ name: String) {
    switch name.lowercased() {
    case "microsecond", "microseconds", "us", "usec", "usecs", "micros": self = .microsecond
    case "millisecond", "milliseconds", "ms", "msec", "msecs", "millis": self = .millisecond
    case "second", "seconds", "sec", "secs", "s", "ss": self = .second
    case "minute", "minutes", "min", "mins", "m", "mi": self = .minute
    case "hour", "hours", "hr", "hrs", "h", "hh": self = .hour
    case "day", "days", "d", "dd", "dayofmonth": self = .day
    case "week", "weeks", "w", "wk", "weekofyear": self = .week
    case "month", "months", "mon", "mons", "mm": self = .month
    case "quarter", "quarters", "qtr", "q": self = .quarter
    case "year", "years", "yr", "yrs", "y", "yy", "yyyy": self = .year
    case "decade", "decades", "dec": self = .decade
    case "century", "centuries", "c", "cent": self = .century
    case "millennium", "millennia", "millenniums", "mil": self = .millennium
    default: return nil
    }
  }

  /// Finds the unit of a name, or says which there are.
  static func named(_ name: String) throws(QueryError) -> DateUnit {
    guard let unit = DateUnit(name) else {
      throw QueryError(
        .invalidParameter, "there is no unit of time \"\(name)\"",
        hint: "units are microsecond, millisecond, second, minute, hour, day, week, month, quarter, year",
        value: name)
    }
    return unit
  }

  /// Microseconds of a unit of fixed length, a day counted as 24 hours; 0 for months and longer.
  var microCount: Int64 {
    switch self {
    case .microsecond: 1
    case .millisecond: 1000
    case .second: 1_000_000
    case .minute: 60_000_000
    case .hour: 3_600_000_000
    case .day: 86_400_000_000
    case .week: 604_800_000_000
    default: 0
    }
  }

  /// Months of a unit; 0 for weeks and shorter.
  var monthCount: Int {
    switch self {
    case .month: 1
    case .quarter: 3
    case .year: 12
    case .decade: 120
    case .century: 1200
    case .millennium: 12_000
    default: 0
    }
  }
}

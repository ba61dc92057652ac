internal import Columnar

/// Years, months, days and hours since 1970-01-01, floored for earlier times (rule 57).
enum TimeUnits {
  /// Returns what a value of `type` counts in: ticks per day; `nil` if the type is no date or timestamp.
  static func ticksPerDay(_ type: LogicalType) -> Int64? {
    switch type {
    case .date: 1
    case .timestamp, .timestampTZ: 86_400_000_000
    case .timestampNanos, .timestampTZNanos: 86_400_000_000_000
    default: nil
    }
  }

  /// Divides and rounds towards minus infinity; `divisor` is positive.
  @inline(__always) static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient &- 1 : quotient
  }

  /// Returns months since 1970-01 of a day since 1970-01-01.
  ///
  /// The civil calendar from day numbers with eras of 400 years that begin on 1 March
  /// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  static func month(ofDay day: Int64) -> Int64 {
    let shifted = day &+ 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted &- era &* 146_097
    let yearOfEra =
      (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
    return (era &* 400 &+ yearOfEra &- 1970) &* 12 &+ shiftedMonth &+ 2
  }

  /// Returns the first day of a month since 1970-01.
  static func firstDay(ofMonth month: Int64) -> Int64 {
    // March is month 0 of the shifted year.
    let shifted = month &- 2 &+ 1970 &* 12
    let year = floorDivide(shifted, 12)
    let monthOfYear = shifted &- year &* 12
    let era = floorDivide(year, 400)
    let yearOfEra = year &- era &* 400
    let dayOfYear = (153 &* monthOfYear &+ 2) / 5
    let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
    return era &* 146_097 &+ dayOfEra &- 719_468
  }
}

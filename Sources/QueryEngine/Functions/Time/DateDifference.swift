internal import Columnar

/// How far apart two times are.
enum DateDifference {
  static let all: [ScalarFunction] = [boundaries, elapsed, age, monthsBetween]

  static let boundaries = ScalarFunction(
    "date_diff", aliases: ["datediff", "timestampdiff"],
    "How many boundaries of a unit lie between `a` and `b`; with two arguments the days from the second to the first.",
    examples: [
      .init("date_diff('day', DATE '2024-01-31', DATE '2024-02-01')", gives: "1"),
      .init(
        "date_diff('second', TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-01 00:01:00')", gives: "60"),
      .init("datediff(DATE '2024-02-01', DATE '2024-01-31')", gives: "1"),
    ],
    [
      overload { unit, from, to in counted(unit, from, to) },
      ScalarOverload(
        "(end DATE, start DATE) -> BIGINT",
        rule: { arguments in
          guard arguments.types.count == 2, let types = pair(arguments, 0) else { return nil }
          return SignatureTypes([types, types], returns: .bigint)
        },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let end = TimeOperand(arguments[0], site.argumentTypes[0], frame.environment)
            let start = TimeOperand(arguments[1], site.argumentTypes[1], frame.environment)
            return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
              counted(.day, start.local(row), end.local(row))
            }
          }
        }),
    ])

  static let elapsed = ScalarFunction(
    "date_sub", aliases: ["datesub"],
    "How many full units passed from `a` to `b`; or a date some days earlier.",
    examples: [
      .init("date_sub('hour', TIMESTAMP '2024-01-01 00:59:00', TIMESTAMP '2024-01-01 01:01:00')", gives: "0"),
      .init("date_sub('month', DATE '2024-01-31', DATE '2024-02-29')", gives: "1"),
      .init("date_sub(DATE '2024-01-31', 30)", gives: "2024-01-01"),
    ],
    [
      overload { unit, from, to in full(unit, from, to) },
      ScalarOverload(
        [.init("day", .date), .init("days", .bigint)], returns: .date,
        RowFunction.binary(Int32.self, Int64.self, Int32.self) { (day, days, _) throws(QueryError) in
          try DateAddition.moved(day, days: 0 &- days)
        }),
    ] + TimeArithmetic.subtractions.filter { $0.signature.contains("span") && $0.signature.hasPrefix("(t ") })

  /// One type for both times; a string literal takes the other's.
  private static func pair(_ arguments: ArgumentTypes, _ first: Int) -> LogicalType? {
    guard let a = ScalarOverload.timeType(arguments, first),
      let b = ScalarOverload.timeType(arguments, first + 1)
    else {
      return nil
    }
    let isOpen = { (index: Int) in arguments.isUntyped[index] || arguments.types[index] == .null }
    if isOpen(first) && !isOpen(first + 1) && b != .date { return b }
    if isOpen(first + 1) && !isOpen(first) && a != .date { return a }
    return ImplicitConversion.commonType(a, b)
  }

  private static func overload(
    _ count: @escaping @Sendable (DateUnit, Int64, Int64) -> Int64
  ) -> ScalarOverload {
    ScalarOverload(
      "(unit VARCHAR, a TIMESTAMP, b TIMESTAMP) -> BIGINT",
      rule: { arguments in
        guard arguments.types.count == 3, let type = pair(arguments, 1) else { return nil }
        return SignatureTypes([.varchar, type, type], returns: .bigint)
      },
      make: { (site) throws(QueryError) in
        var constant: DateUnit?
        if let name = ArgumentTypes(site.argumentTypes, constants: site.constants).text(0) {
          constant = try DateUnit.named(name)
        }
        return { (arguments, frame) throws(QueryError) in
          let names = RowOperand(arguments[0])
          let from = TimeOperand(arguments[1], site.argumentTypes[1], frame.environment)
          let to = TimeOperand(arguments[2], site.argumentTypes[2], frame.environment)
          return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
            let unit: DateUnit
            if let constant {
              unit = constant
            } else {
              unit = try DateUnit.named(names.vector.strings[row & names.mask].string)
            }
            return count(unit, from.local(row), to.local(row))
          }
        }
      })
  }

  /// Boundaries crossed.
  static func counted(_ unit: DateUnit, _ from: Int64, _ to: Int64) -> Int64 {
    switch unit {
    case .microsecond: return to &- from
    case .millisecond, .second, .minute, .hour, .day:
      return CivilDate.floorDivide(to, unit.microCount) &- CivilDate.floorDivide(from, unit.microCount)
    case .week:
      let day = Timestamp.microsPerDay
      return (DateTruncation.start(of: .week, at: to) / day - DateTruncation.start(of: .week, at: from) / day)
        / 7
    default:
      let (a, b) = (date(from), date(to))
      let months = Int64((b.year - a.year) * 12 + b.month - a.month)
      if unit == .month { return months }
      if unit == .quarter {
        return Int64((b.year - a.year) * 4 + b.quarter - a.quarter)
      }
      let years = unit.monthCount / 12
      let shift = unit == .century || unit == .millennium ? 1 : 0
      return Int64(
        CivilDate.floorDivide(b.year - shift, years) - CivilDate.floorDivide(a.year - shift, years))
    }
  }

  private static func date(_ local: Int64) -> CivilDate {
    CivilDate(days: Int(CivilDate.floorDivide(local, Timestamp.microsPerDay)))
  }

  /// Units that have passed in full.
  static func full(_ unit: DateUnit, _ from: Int64, _ to: Int64) -> Int64 {
    if unit.monthCount == 0 { return (to &- from) / unit.microCount }
    return Int64(months(from, to) / unit.monthCount)
  }

  /// Full months from one time to another; the last day of a month is a full month from any later day.
  private static func months(_ from: Int64, _ to: Int64) -> Int {
    if to < from { return -months(to, from) }
    let (a, b) = (date(from), date(to))
    var months = (b.year - a.year) * 12 + b.month - a.month
    let timeA = CivilDate.floorModulo(from, Timestamp.microsPerDay)
    let timeB = CivilDate.floorModulo(to, Timestamp.microsPerDay)
    let isLast = b.day == CivilDate.dayCount(year: b.year, month: b.month)
    if (b.day < a.day && !isLast) || (b.day == a.day && timeB < timeA) { months -= 1 }
    return months
  }

  static let age = ScalarFunction(
    "age", "The years, months, days and time from `b`, or now, to `a`.", volatility: .stable,
    examples: [
      .init("age(TIMESTAMP '2024-03-01', TIMESTAMP '2023-01-31')", gives: "1 year 1 month 1 day")
    ],
    [
      ScalarOverload(
        [.init("a", .timestamp), .init("b", .timestamp)], returns: .interval,
        RowFunction.binary(Int64.self, Int64.self, Interval.self) { (a, b, _) throws(QueryError) in
          between(a, b)
        }),
      ScalarOverload(
        [.init("t", .timestamp)], returns: .interval,
        make: { (site) throws(QueryError) in
          let environment = site.environment
          let now = environment.timeZone.localMicros(fromUTC: environment.clockMicros)
          let today = now &- CivilDate.floorModulo(now, Timestamp.microsPerDay)
          return RowFunction.unary(Int64.self, Interval.self) { (t, _) throws(QueryError) in between(today, t)
          }
        }),
    ])

  private static func between(_ a: Int64, _ b: Int64) -> Interval {
    if a < b {
      let turned = between(b, a)
      return Interval(months: -turned.months, days: -turned.days, micros: -turned.micros)
    }
    var (later, earlier) = (date(a), date(b))
    var micros =
      CivilDate.floorModulo(a, Timestamp.microsPerDay) - CivilDate.floorModulo(b, Timestamp.microsPerDay)
    var days = later.day - earlier.day
    var months = (later.year - earlier.year) * 12 + later.month - earlier.month
    if micros < 0 {
      micros += Timestamp.microsPerDay
      days -= 1
    }
    if days < 0 {
      // The days of the month of the earlier time are borrowed, as PostgreSQL does.
      days += CivilDate.dayCount(year: earlier.year, month: earlier.month)
      months -= 1
    }
    (later, earlier) = (earlier, later)
    return Interval(
      months: Int32(truncatingIfNeeded: months), days: Int32(truncatingIfNeeded: days), micros: micros)
  }

  static let monthsBetween = ScalarFunction(
    "months_between", "The months from `b` to `a`, days counted as parts of 31.",
    examples: [.init("months_between(DATE '2024-03-31', DATE '2024-02-29')", gives: "1.0")],
    [
      ScalarOverload(
        [.init("a", .timestamp), .init("b", .timestamp)], returns: .double,
        RowFunction.binary(Int64.self, Int64.self, Double.self) { (a, b, _) throws(QueryError) in
          let (later, earlier) = (date(a), date(b))
          let months = Double((later.year - earlier.year) * 12 + later.month - earlier.month)
          let isLastA = later.day == CivilDate.dayCount(year: later.year, month: later.month)
          let isLastB = earlier.day == CivilDate.dayCount(year: earlier.year, month: earlier.month)
          if later.day == earlier.day || (isLastA && isLastB) { return months }
          let timeA = CivilDate.floorModulo(a, Timestamp.microsPerDay)
          let timeB = CivilDate.floorModulo(b, Timestamp.microsPerDay)
          let days = Double(later.day - earlier.day) + Double(timeA - timeB) / 86_400_000_000
          return ((months + days / 31) * 1e8).rounded() / 1e8
        })
    ])
}

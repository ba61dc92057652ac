internal import Columnar

/// Times moved by counts of units, and times made of parts.
enum DateAddition {
  static let all: [ScalarFunction] =
    [add, addMonths, makeDate, makeTimestamp, makeTime, makeInterval, toDays] + units

  static let add = ScalarFunction(
    "date_add", aliases: ["dateadd", "timestampadd"],
    "The time `count` units later; or a date some days, or a time an interval later.",
    examples: [
      .init("date_add('month', 1, DATE '2024-01-31')", gives: "2024-02-29"),
      .init("date_add('hour', 2, TIMESTAMP '2024-01-31 23:00:00')", gives: "2024-02-01 01:00:00"),
      .init("date_add(DATE '2024-01-31', 1)", gives: "2024-02-01"),
    ],
    [
      ScalarOverload(
        "(unit VARCHAR, count BIGINT, t TIMESTAMP) -> TIMESTAMP",
        rule: { arguments in
          guard arguments.types.count == 3, let type = ScalarOverload.timeType(arguments, 2) else {
            return nil
          }
          let unit = arguments.text(0).flatMap { DateUnit($0) }
          let staysDate = unit.map { $0.monthCount > 0 || $0 == .day || $0 == .week } ?? false
          return SignatureTypes(
            [.varchar, .bigint, type], returns: type == .date && !staysDate ? .timestamp : type)
        },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let (names, counts) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
            let times = TimeOperand(arguments[2], site.argumentTypes[2], frame.environment)
            let result = TimeResult(site.resultType, frame.environment)
            func moved(_ row: Int) throws(QueryError) -> Int64 {
              let unit = try DateUnit.named(names.vector.strings[row & names.mask].string)
              let count = counts.vector.int64s[row & counts.mask]
              guard let span = IntervalText.interval(count, unit),
                let local = CivilDate.adding(span, to: times.local(row))
              else { throw TimeResult.outOfRange(site.resultType) }
              return local
            }
            if site.resultType == .date {
              return try RowFunction.fill(Int32.self, [], frame) { (row, _) throws(QueryError) in
                result.day(local: try moved(row))
              }
            }
            return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
              try result.value(local: try moved(row), nanos: times.nanos(row))
            }
          }
        }),
      ScalarOverload(
        [.init("day", .date), .init("days", .bigint)], returns: .date,
        RowFunction.binary(Int32.self, Int64.self, Int32.self) { (day, days, _) throws(QueryError) in
          try moved(day, days: days)
        }),
    ] + TimeArithmetic.additions.filter { $0.signature.hasPrefix("(t TIMESTAMP, span") })

  static func moved(_ day: Int32, days: Int64) throws(QueryError) -> Int32 {
    let (sum, overflow) = Int64(day).addingReportingOverflow(days)
    guard !overflow, let result = Int32(exactly: sum) else { throw TimeResult.outOfRange(.date) }
    return result
  }

  static let addMonths = ScalarFunction(
    "add_months", "The date some months later, on the month's last day if it has no such day.",
    examples: [.init("add_months(DATE '2024-01-31', 1)", gives: "2024-02-29")],
    [
      ScalarOverload(
        [.init("day", .date), .init("months", .bigint)], returns: .date,
        RowFunction.binary(Int32.self, Int64.self, Int32.self) { (day, months, _) throws(QueryError) in
          guard abs(Int128(months)) < 100_000_000 else { throw TimeResult.outOfRange(.date) }
          guard let result = Int32(exactly: CivilDate(days: Int(day)).adding(months: Int(months)).days) else {
            throw TimeResult.outOfRange(.date)
          }
          return result
        })
    ])

  /// Days since 1970 of year, month and day.
  static func day(_ year: Int64, _ month: Int64, _ day: Int64) throws(QueryError) -> Int64 {
    let date = CivilDate(year: Int(clamping: year), month: Int(clamping: month), day: Int(clamping: day))
    guard abs(Int128(year)) < 1_000_000, date.isValid else {
      throw QueryError(.invalidDatetime, "there is no day \(year)-\(month)-\(day)")
    }
    return Int64(date.days)
  }

  static let makeDate = ScalarFunction(
    "make_date", "The date of year, month and day.",
    examples: [.init("make_date(2024, 2, 29)", gives: "2024-02-29")],
    [
      ScalarOverload(
        [.init("year", .bigint), .init("month", .bigint), .init("day", .bigint)], returns: .date,
        RowFunction.ternary(Int64.self, Int64.self, Int64.self, Int32.self) {
          (year, month, day, _) throws(QueryError) in
          Int32(truncatingIfNeeded: try Self.day(year, month, day))
        })
    ])

  private static func clock(_ hour: Int64, _ minute: Int64, _ second: Double) throws(QueryError) -> Int64 {
    guard (0..<24).contains(hour), (0..<60).contains(minute), second >= 0, second < 60 else {
      throw QueryError(.invalidDatetime, "there is no time \(hour):\(minute):\(second)")
    }
    return (hour * 60 + minute) * 60_000_000 + Int64((second * 1e6).rounded())
  }

  static let makeTimestamp = ScalarFunction(
    "make_timestamp",
    "The timestamp of year, month, day, hour, minute and second; or of microseconds since 1970.",
    examples: [
      .init("make_timestamp(2024, 2, 29, 12, 30, 1.5)", gives: "2024-02-29 12:30:01.5"),
      .init("make_timestamp(1500000)", gives: "1970-01-01 00:00:01.5"),
    ],
    [
      ScalarOverload(
        [
          .init("year", .bigint), .init("month", .bigint), .init("day", .bigint), .init("hour", .bigint),
          .init("minute", .bigint), .init("second", .double),
        ], returns: .timestamp,
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let operands = arguments.map { RowOperand($0) }
            return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
              func number(_ index: Int) -> Int64 { operands[index].int64(row) }
              let second = operands[5].double(row)
              return try day(number(0), number(1), number(2)) * Timestamp.microsPerDay
                + clock(number(3), number(4), second)
            }
          }
        }),
      EpochFunctions.timestamp(of: .bigint, microsPerUnit: 1),
    ])

  static let makeTime = ScalarFunction(
    "make_time", "The time of day of hour, minute and second.",
    examples: [.init("make_time(12, 30, 1.5)", gives: "12:30:01.5")],
    [
      ScalarOverload(
        [.init("hour", .bigint), .init("minute", .bigint), .init("second", .double)], returns: .time,
        RowFunction.ternary(Int64.self, Int64.self, Double.self, Int64.self) {
          (hour, minute, second, _) throws(QueryError) in
          try clock(hour, minute, second)
        })
    ])

  static let makeInterval = ScalarFunction(
    "make_interval", "The interval of years, months, weeks, days, hours, minutes and seconds.",
    examples: [.init("make_interval(1, 2, 0, 3, 4, 5, 6)", gives: "1 year 2 months 3 days 04:05:06")],
    (1...7).map { count in
      let names = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"]
      let parameters = names.prefix(count).map { Parameter($0, $0 == "seconds" ? .double : .bigint) }
      return ScalarOverload(
        parameters, returns: .interval,
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let operands = arguments.map { RowOperand($0) }
            let units: [DateUnit] = [.year, .month, .week, .day, .hour, .minute]
            return try RowFunction.fill(Interval.self, [], frame) { (row, _) throws(QueryError) in
              var sum = IntervalSum()
              for (index, operand) in operands.enumerated() {
                if index == 6 {
                  let seconds = operand.vector.doubles[row & operand.mask] * 1e6
                  guard abs(seconds) < 9e18 else { throw TimeResult.outOfRange(.interval) }
                  sum.micros += Int128(seconds.rounded())
                } else {
                  sum.add(IntervalNumber(whole: operand.vector.int64s[row & operand.mask]), units[index])
                }
              }
              guard let result = sum.interval(negated: false) else { throw TimeResult.outOfRange(.interval) }
              return result
            }
          }
        })
    })

  static let toDays = ScalarFunction(
    "date_from_unix_date", aliases: ["from_unix_date"], "The date so many days after 1970-01-01.",
    examples: [.init("date_from_unix_date(1)", gives: "1970-01-02")],
    [
      ScalarOverload(
        [.init("days", .bigint)], returns: .date,
        RowFunction.unary(Int64.self, Int32.self) { (days, _) throws(QueryError) in try moved(0, days: days) }
      )
    ])

  /// `to_days(3)` and its like: intervals of so many units.
  private static let units: [ScalarFunction] = [
    ("to_microseconds", DateUnit.microsecond, "00:00:00.000003"),
    ("to_milliseconds", .millisecond, "00:00:00.003"),
    ("to_seconds", .second, "00:00:03"), ("to_minutes", .minute, "00:03:00"), ("to_hours", .hour, "03:00:00"),
    ("to_days", .day, "3 days"), ("to_weeks", .week, "21 days"), ("to_months", .month, "3 months"),
    ("to_years", .year, "3 years"),
  ].map { name, unit, example in
    ScalarFunction(
      name, "The interval of so many \(unit)s.", examples: [.init("\(name)(3)", gives: example)],
      [
        ScalarOverload(
          [.init("count", .bigint)], returns: .interval,
          RowFunction.unary(Int64.self, Interval.self) { (count, _) throws(QueryError) in
            guard let result = IntervalText.interval(count, unit) else {
              throw TimeResult.outOfRange(.interval)
            }
            return result
          })
      ])
  }
}

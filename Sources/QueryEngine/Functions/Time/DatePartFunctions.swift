internal import Columnar

/// `date_part`, `extract`, and a function for each part.
enum DatePartFunctions {
  static let all: [ScalarFunction] =
    [datePart, epoch, millis, micros, nanos, dayName, monthName, isWeekend]
    + [
      single("year", [], .year, "2024"), single("quarter", [], .quarter, "1"),
      single("month", [], .month, "1"),
      single("week", ["weekofyear", "week_of_year"], .week, "3"),
      single("day", ["dayofmonth", "day_of_month"], .day, "15"), single("dayofweek", ["weekday"], .dow, "1"),
      single("isodow", ["day_of_week"], .isodow, "1"), single("dayofyear", ["day_of_year"], .doy, "15"),
      single("hour", [], .hour, "9"), single("minute", [], .minute, "41"),
      single("second", [], .second, "30"),
      single("millisecond", [], .millisecond, "30250"), single("microsecond", [], .microsecond, "30250000"),
      single("isoyear", ["year_of_week"], .isoyear, "2024"), single("yearweek", [], .yearweek, "202403"),
      single("decade", [], .decade, "202"), single("century", [], .century, "21"),
    ]

  static let datePart = ScalarFunction(
    "date_part", aliases: ["datepart"],
    "A part of a time, such as `year`, `hour`, `isodow` or `epoch` (EXTRACT).",
    examples: [
      .init("extract(hour FROM TIMESTAMP '2024-01-15 09:41:30')", gives: "9"),
      .init("date_part('epoch', TIMESTAMP '1970-01-01 00:01:00.5')", gives: "60.5"),
      .init("extract(isodow FROM DATE '2024-01-15')", gives: "1"),
    ],
    [
      ScalarOverload(
        "(part VARCHAR, t TIMESTAMP) -> BIGINT",
        rule: { arguments in
          guard arguments.types.count == 2 else { return nil }
          let type: LogicalType
          switch arguments.types[1] {
          case .time, .interval: type = arguments.types[1]
          default:
            guard let time = ScalarOverload.timeType(arguments, 1) else { return nil }
            type = time
          }
          let part = arguments.text(0).flatMap { DatePart($0) }
          return SignatureTypes([.varchar, type], returns: part?.isFractional ?? false ? .double : .bigint)
        },
        make: { (site) throws(QueryError) in
          guard let name = ArgumentTypes(site.argumentTypes, constants: site.constants).text(0) else {
            return { (arguments, frame) throws(QueryError) in
              let names = RowOperand(arguments[0])
              return try values(site, arguments[1], 1, frame) { (row) throws(QueryError) in
                try DatePart.named(names.vector.strings[row & names.mask].string)
              }
            }
          }
          let part = try DatePart.named(name)
          return body(site, part, argument: 1)
        })
    ])

  private static func body(_ site: CallSite, _ part: DatePart, argument: Int) -> ScalarBody {
    let type = site.argumentTypes[argument]
    let isPlain = type == .timestamp || (type == .timestampTZ && site.environment.timeZone.isUTC)
    return { (arguments, frame) throws(QueryError) in
      let values = arguments[argument]
      if isPlain, values.encoding != .constant, let fast = fast(part, values, frame) { return fast }
      return try Self.values(site, values, argument, frame) { (_) throws(QueryError) in part }
    }
  }

  /// Plain loops with constant divisors for the parts of the clock.
  private static func fast(_ part: DatePart, _ values: Vector, _ frame: CallFrame) -> Vector? {
    let count = frame.rowCount
    var buffer = frame.frame.context.pool.take(byteCount: count * 8)
    switch part {
    case .hour: map(values, count, &buffer) { CivilDate.floorModulo($0, 86_400_000_000) / 3_600_000_000 }
    case .minute: map(values, count, &buffer) { CivilDate.floorModulo($0, 3_600_000_000) / 60_000_000 }
    case .second: map(values, count, &buffer) { CivilDate.floorModulo($0, 60_000_000) / 1_000_000 }
    case .isodow:
      map(values, count, &buffer) {
        CivilDate.floorModulo(CivilDate.floorDivide($0, 86_400_000_000) &+ 3, 7) &+ 1
      }
    default: return nil
    }
    return .flat(buffer.freeze(), of: Int64.self, count: count, validity: frame.validity)
  }

  @inline(__always) private static func map(
    _ values: Vector, _ count: Int, _ buffer: inout WritableBuffer, _ function: (Int64) -> Int64
  ) {
    let flat = values.flattened()
    let source = flat.int64s
    var room = buffer.elements(as: Int64.self, count: count)
    for row in source.indices { room[row] = function(source[row]) }
  }

  private static func values(
    _ site: CallSite, _ argument: Vector, _ index: Int, _ frame: CallFrame,
    _ part: (Int) throws(QueryError) -> DatePart
  ) throws(QueryError) -> Vector {
    let type = site.argumentTypes[index]
    switch type {
    case .interval:
      let spans = RowOperand(argument)
      return try number(site, frame) { (row) throws(QueryError) in
        try part(row).value(spans.vector.intervals[row & spans.mask])
      }
    case .time:
      let times = RowOperand(argument)
      return try number(site, frame) { (row) throws(QueryError) in
        let part = try part(row)
        let micros = times.vector.int64s[row & times.mask]
        return part == .epoch ? Double(micros) / 1e6 : Double(part.value(micros))
      }
    default: break
    }
    let times = TimeOperand(argument, type, frame.environment)
    let zone = frame.environment.timeZone
    func value(_ part: DatePart, _ row: Int) -> Int64 {
      switch part {
      case .timezone, .timezoneHour, .timezoneMinute:
        guard type.isZoned else { return 0 }
        let offset = Int64(zone.offset(atUTC: CivilDate.floorDivide(times.utc(row), 1_000_000)))
        return part == .timezone ? offset : part == .timezoneHour ? offset / 3600 : offset % 3600 / 60
      default: return part.value(times.local(row))
      }
    }
    if site.resultType == .double {
      return try RowFunction.fill(Double.self, [], frame) { (row, _) throws(QueryError) in
        let part = try part(row)
        if part == .epoch { return Double(times.utc(row)) / 1e6 + Double(times.nanos(row)) / 1e9 }
        if part == .julian { return Double(times.local(row)) / 86_400_000_000 + 2_440_588 }
        return Double(value(part, row))
      }
    }
    return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
      value(try part(row), row)
    }
  }

  /// A part as the call's result type wants it.
  private static func number(
    _ site: CallSite, _ frame: CallFrame, _ value: (Int) throws(QueryError) -> Double
  ) throws(QueryError) -> Vector {
    if site.resultType == .double {
      return try RowFunction.fill(Double.self, [], frame) { (row, _) throws(QueryError) in try value(row) }
    }
    return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
      let result = try value(row)
      return result.isNaN ? nil : Int64(result)
    }
  }

  private static func single(
    _ name: String, _ aliases: [String], _ part: DatePart, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, "The part `\(part.rawValue)` of a time.",
      examples: [.init("\(name)(TIMESTAMP '2024-01-15 09:41:30.25')", gives: example)],
      [
        ScalarOverload(
          "(t TIMESTAMP) -> BIGINT",
          rule: { arguments in
            guard arguments.types.count == 1 else { return nil }
            if arguments.types[0] == .interval || arguments.types[0] == .time {
              return SignatureTypes(arguments.types, returns: .bigint)
            }
            return ScalarOverload.timeType(arguments, 0).map { SignatureTypes([$0], returns: .bigint) }
          },
          make: { (site) throws(QueryError) in body(site, part, argument: 0) })
      ])
  }

  static let epoch = ScalarFunction(
    "epoch", aliases: ["to_unixtime"], "Seconds since 1970-01-01 00:00:00 UTC.",
    examples: [.init("epoch(TIMESTAMP '1970-01-01 00:01:00.5')", gives: "60.5")],
    [
      ScalarOverload(
        "(t TIMESTAMP) -> DOUBLE",
        rule: { arguments in
          guard arguments.types.count == 1 else { return nil }
          if arguments.types[0] == .interval { return SignatureTypes(arguments.types, returns: .double) }
          return ScalarOverload.timeType(arguments, 0).map { SignatureTypes([$0], returns: .double) }
        },
        make: { (site) throws(QueryError) in body(site, .epoch, argument: 0) })
    ])

  static let millis = ScalarFunction(
    "epoch_ms", aliases: ["unix_millis"],
    "Milliseconds since 1970-01-01 00:00:00 UTC; of a number, the timestamp so many milliseconds after it.",
    examples: [
      .init("epoch_ms(TIMESTAMP '1970-01-01 00:00:01.5')", gives: "1500"),
      .init("epoch_ms(1500)", gives: "1970-01-01 00:00:01.5"),
    ], [since(1000, 1), EpochFunctions.timestamp(of: .bigint, microsPerUnit: 1000)])

  static let micros = ScalarFunction(
    "epoch_us", aliases: ["unix_micros"], "Microseconds since 1970-01-01 00:00:00 UTC.",
    examples: [.init("epoch_us(TIMESTAMP '1970-01-01 00:00:01.5')", gives: "1500000")], [since(1, 1)])

  static let nanos = ScalarFunction(
    "epoch_ns", "Nanoseconds since 1970-01-01 00:00:00 UTC.",
    examples: [.init("epoch_ns(TIMESTAMP '1970-01-01 00:00:01.5')", gives: "1500000000")], [since(1, 1000)])

  private static func since(_ divisor: Int64, _ factor: Int64) -> ScalarOverload {
    ScalarOverload(
      "(t TIMESTAMP) -> BIGINT",
      rule: { arguments in
        guard arguments.types.count == 1, arguments.types[0] != .null else { return nil }
        return ScalarOverload.timeType(arguments, 0).map { SignatureTypes([$0], returns: .bigint) }
      },
      make: { (site) throws(QueryError) in
        { (arguments, frame) throws(QueryError) in
          let times = TimeOperand(arguments[0], site.argumentTypes[0], frame.environment)
          return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
            let value = CivilDate.floorDivide(times.utc(row), divisor)
            let (result, overflow) = value.multipliedReportingOverflow(by: factor)
            if overflow { throw TimeResult.outOfRange(.bigint) }
            return factor == 1000 ? result &+ times.nanos(row) : result
          }
        }
      })
  }

  static let dayName = named("dayname", "The English name of the weekday.", "Monday") { day in
    CivilNames.days[CivilDate.isoWeekday(days: day) - 1]
  }

  static let monthName = named("monthname", "The English name of the month.", "January") { day in
    CivilNames.months[CivilDate(days: day).month - 1]
  }

  private static func named(
    _ name: String, _ summary: String, _ example: String, _ text: @escaping @Sendable (Int) -> String
  ) -> ScalarFunction {
    ScalarFunction(
      name, summary, examples: [.init("\(name)(DATE '2024-01-15')", gives: example)],
      [
        ScalarOverload(
          "(t TIMESTAMP) -> VARCHAR",
          rule: { arguments in
            guard arguments.types.count == 1 else { return nil }
            return ScalarOverload.timeType(arguments, 0).map { SignatureTypes([$0], returns: .varchar) }
          },
          make: { (site) throws(QueryError) in
            { (arguments, frame) throws(QueryError) in
              let times = TimeOperand(arguments[0], site.argumentTypes[0], frame.environment)
              return try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
                sink.text(text(Int(CivilDate.floorDivide(times.local(row), Timestamp.microsPerDay))))
              }
            }
          })
      ])
  }

  static let isWeekend = ScalarFunction(
    "is_weekend", "Whether the day is a Saturday or a Sunday.",
    examples: [.init("is_weekend(DATE '2024-01-13')", gives: "true")],
    [
      ScalarOverload(
        "(t TIMESTAMP) -> BOOLEAN",
        rule: { arguments in
          guard arguments.types.count == 1 else { return nil }
          return ScalarOverload.timeType(arguments, 0).map { SignatureTypes([$0], returns: .boolean) }
        },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let times = TimeOperand(arguments[0], site.argumentTypes[0], frame.environment)
            return try RowFunction.fill(Bool.self, [], frame) { (row, _) throws(QueryError) in
              CivilDate.isoWeekday(days: Int(CivilDate.floorDivide(times.local(row), Timestamp.microsPerDay)))
                > 5
            }
          }
        })
    ])
}

/// English names of days and months.
enum CivilNames {
  static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November",
    "December",
  ]
}

internal import Columnar

/// Dates and timestamps cut to a unit.
enum DateTruncation {
  static let all: [ScalarFunction] = [truncate, bin, lastDay]

  static let truncate = ScalarFunction(
    "date_trunc", "The beginning of the unit of time that `t` lies in; weeks begin on Monday.",
    examples: [
      .init("date_trunc('hour', TIMESTAMP '2024-01-15 09:41:30')", gives: "2024-01-15 09:00:00"),
      .init("date_trunc('month', DATE '2024-01-15')", gives: "2024-01-01"),
    ],
    [
      ScalarOverload(
        "(unit VARCHAR, t TIMESTAMP) -> TIMESTAMP",
        rule: { arguments in
          guard arguments.types.count == 2, let type = ScalarOverload.timeType(arguments, 1) else {
            return nil
          }
          // A date cut to hours is a timestamp, so the unit must be known to stay a date.
          let unit = arguments.text(0).flatMap { DateUnit($0) }
          let staysDate =
            type == .date && unit.map { $0.monthCount > 0 || $0 == .day || $0 == .week } ?? false
          let result: LogicalType = type == .date && !staysDate ? .timestamp : type
          return SignatureTypes([.varchar, type], returns: result)
        },
        make: { (site) throws(QueryError) in
          let constant: DateUnit?
          if case .bytes(let bytes)? = site.constants[0] {
            constant = try DateUnit.named(String(decoding: bytes, as: UTF8.self))
          } else {
            constant = nil
          }
          return body(site, constant)
        }),
      ScalarOverload(
        [.init("unit", .varchar), .init("span", .interval)], returns: .interval,
        RowFunction.binary(StringView.self, Interval.self, Interval.self) {
          (name, span, _) throws(QueryError) in
          let unit = try DateUnit.named(name.string)
          if unit.monthCount > 0 {
            return Interval(months: span.months - span.months % Int32(unit.monthCount))
          }
          if unit == .day || unit == .week { return Interval(months: span.months, days: span.days) }
          return Interval(
            months: span.months, days: span.days, micros: span.micros - span.micros % unit.microCount)
        }),
    ])

  private static func body(_ site: CallSite, _ constant: DateUnit?) -> ScalarBody {
    let (source, target) = (site.argumentTypes[1], site.resultType)
    let isPlain =
      source == .timestamp || (source == .timestampTZ && site.environment.timeZone.isUTC)
    return { (arguments, frame) throws(QueryError) in
      if isPlain, let constant, arguments[1].encoding != .constant {
        if let fast = fast(constant, arguments[1], frame) { return fast }
      }
      let times = TimeOperand(arguments[1], source, frame.environment)
      let names = RowOperand(arguments[0])
      let result = TimeResult(target, frame.environment)
      func unit(_ row: Int) throws(QueryError) -> DateUnit {
        if let constant { return constant }
        return try DateUnit.named(names.vector.strings[row & names.mask].string)
      }
      if target == .date {
        return try RowFunction.fill(Int32.self, [], frame) { (row, _) throws(QueryError) in
          result.day(local: start(of: try unit(row), at: times.local(row)))
        }
      }
      return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
        try result.value(local: start(of: try unit(row), at: times.local(row)))
      }
    }
  }

  /// Plain loops with constant divisors for the units of fixed length.
  private static func fast(_ unit: DateUnit, _ values: Vector, _ frame: CallFrame) -> Vector? {
    let count = frame.rowCount
    var buffer = frame.frame.context.pool.take(byteCount: count * 8)
    switch unit {
    case .second: floor(values, 1_000_000, 0, count, &buffer)
    case .minute: floor(values, 60_000_000, 0, count, &buffer)
    case .hour: floor(values, 3_600_000_000, 0, count, &buffer)
    case .day: floor(values, 86_400_000_000, 0, count, &buffer)
    // 1970-01-05 was a Monday.
    case .week: floor(values, 604_800_000_000, 345_600_000_000, count, &buffer)
    default: return nil
    }
    return .flat(buffer.freeze(), of: Int64.self, count: count, validity: frame.validity)
  }

  @inline(__always) private static func floor(
    _ values: Vector, _ unit: Int64, _ shift: Int64, _ count: Int, _ buffer: inout WritableBuffer
  ) {
    let flat = values.flattened()
    let source = flat.int64s
    var room = buffer.elements(as: Int64.self, count: count)
    for row in source.indices {
      let value = source[row]
      let rest = (value &- shift) % unit
      room[row] = value &- rest &- (rest < 0 ? unit : 0)
    }
  }

  /// The clock time at which the unit begins that holds a clock time.
  static func start(of unit: DateUnit, at local: Int64) -> Int64 {
    switch unit {
    case .microsecond: return local
    case .millisecond, .second, .minute, .hour, .day:
      return local &- CivilDate.floorModulo(local, unit.microCount)
    default: break
    }
    let day = Int(CivilDate.floorDivide(local, Timestamp.microsPerDay))
    if unit == .week { return Int64(day - CivilDate.isoWeekday(days: day) + 1) &* Timestamp.microsPerDay }
    let date = CivilDate(days: day)
    var (year, month) = (date.year, 1)
    switch unit {
    case .month: month = date.month
    case .quarter: month = (date.month - 1) / 3 * 3 + 1
    case .decade: year = CivilDate.floorDivide(year, 10) * 10
    // Centuries and millennia begin with year 1 of a hundred or thousand.
    case .century: year = CivilDate.floorDivide(year - 1, 100) * 100 + 1
    case .millennium: year = CivilDate.floorDivide(year - 1, 1000) * 1000 + 1
    default: break
    }
    return Int64(CivilDate(year: year, month: month, day: 1).days) &* Timestamp.microsPerDay
  }

  static let bin = ScalarFunction(
    "date_bin", aliases: ["time_bucket"],
    "The beginning of the stretch of length `stride`, counted from `origin`, that `t` lies in.",
    examples: [
      .init("date_bin(INTERVAL '15 minutes', TIMESTAMP '2024-01-15 09:41:30')", gives: "2024-01-15 09:30:00"),
      .init("date_bin(INTERVAL '1 month', TIMESTAMP '2024-01-15 09:41:30')", gives: "2024-01-01 00:00:00"),
    ], [binOverload(hasOrigin: false), binOverload(hasOrigin: true)])

  private static func binOverload(hasOrigin: Bool) -> ScalarOverload {
    ScalarOverload(
      hasOrigin
        ? "(stride INTERVAL, t TIMESTAMP, origin TIMESTAMP) -> TIMESTAMP"
        : "(stride INTERVAL, t TIMESTAMP) -> TIMESTAMP",
      rule: { arguments in
        guard arguments.types.count == (hasOrigin ? 3 : 2),
          arguments.types[0] == .interval || arguments.isUntyped[0],
          var type = ScalarOverload.timeType(arguments, 1)
        else { return nil }
        if hasOrigin {
          guard let origin = ScalarOverload.timeType(arguments, 2),
            let common = ImplicitConversion.commonType(type, origin)
          else { return nil }
          type = common
        }
        if type == .date { type = .timestamp }
        return SignatureTypes([.interval] + Array(repeating: type, count: hasOrigin ? 2 : 1), returns: type)
      },
      make: { (site) throws(QueryError) in
        { (arguments, frame) throws(QueryError) in
          let spans = RowOperand(arguments[0])
          let times = TimeOperand(arguments[1], site.argumentTypes[1], frame.environment)
          let origins = hasOrigin ? TimeOperand(arguments[2], site.argumentTypes[2], frame.environment) : nil
          let result = TimeResult(site.resultType, frame.environment)
          return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
            let span = spans.vector.intervals[row & spans.mask]
            return try result.value(
              local: try bucket(span, times.local(row), origin: origins?.local(row)))
          }
        }
      })
  }

  private static func bucket(_ span: Interval, _ local: Int64, origin: Int64?) throws(QueryError) -> Int64 {
    if span.months != 0 {
      guard span.days == 0, span.micros == 0, span.months > 0 else {
        throw QueryError(.invalidParameter, "a stride has either months or shorter units, and is above zero")
      }
      let start = CivilDate(days: Int(CivilDate.floorDivide(origin ?? 0, Timestamp.microsPerDay)))
      let date = CivilDate(days: Int(CivilDate.floorDivide(local, Timestamp.microsPerDay)))
      let months = (date.year - start.year) * 12 + date.month - start.month
      var steps = CivilDate.floorDivide(months, Int(span.months)) * Int(span.months)
      let originTime = CivilDate.floorModulo(origin ?? 0, Timestamp.microsPerDay)
      var value = Int64(start.adding(months: steps).days) &* Timestamp.microsPerDay &+ originTime
      if value > local {
        steps -= Int(span.months)
        value = Int64(start.adding(months: steps).days) &* Timestamp.microsPerDay &+ originTime
      }
      return value
    }
    let length = Int128(span.days) * Int128(Timestamp.microsPerDay) + Int128(span.micros)
    guard length > 0, let stride = Int64(exactly: length) else {
      throw QueryError(.invalidParameter, "a stride is above zero")
    }
    // Counted from a Monday, so that weeks begin as everywhere: 2000-01-03.
    let first = origin ?? 946_857_600_000_000
    let (distance, overflow) = local.subtractingReportingOverflow(first)
    if overflow { throw TimeResult.outOfRange(.timestamp) }
    return first &+ distance &- CivilDate.floorModulo(distance, stride)
  }

  static let lastDay = ScalarFunction(
    "last_day", aliases: ["last_day_of_month"], "The last day of the month.",
    examples: [.init("last_day(DATE '2024-02-10')", gives: "2024-02-29")],
    [
      ScalarOverload(
        "(t TIMESTAMP) -> DATE",
        rule: { arguments in
          guard arguments.types.count == 1, let type = ScalarOverload.timeType(arguments, 0) else {
            return nil
          }
          return SignatureTypes([type], returns: .date)
        },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let times = TimeOperand(arguments[0], site.argumentTypes[0], frame.environment)
            return try RowFunction.fill(Int32.self, [], frame) { (row, _) throws(QueryError) in
              var date = CivilDate(days: Int(CivilDate.floorDivide(times.local(row), Timestamp.microsPerDay)))
              date.day = CivilDate.dayCount(year: date.year, month: date.month)
              return Int32(truncatingIfNeeded: date.days)
            }
          }
        })
    ])
}

extension DateTruncation {
  /// `trunc(t, unit)`: as `date_trunc`, the time first; what is shorter than a day comes as a timestamp.
  static let reversed = ScalarOverload(
    "(t TIMESTAMP, unit VARCHAR) -> TIMESTAMP",
    rule: { arguments in
      guard arguments.types.count == 2, !arguments.isUntyped[0], arguments.types[0] != .null,
        let type = ScalarOverload.timeType(arguments, 0)
      else { return nil }
      return SignatureTypes([type, .varchar], returns: type)
    },
    make: { (site) throws(QueryError) in
      { (arguments, frame) throws(QueryError) in
        let times = TimeOperand(arguments[0], site.argumentTypes[0], frame.environment)
        let names = RowOperand(arguments[1])
        let result = TimeResult(site.resultType, frame.environment)
        if site.resultType == .date {
          return try RowFunction.fill(Int32.self, [], frame) { (row, _) throws(QueryError) in
            let unit = try DateUnit.named(names.vector.strings[row & names.mask].string)
            return result.day(local: start(of: unit, at: times.local(row)))
          }
        }
        return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
          let unit = try DateUnit.named(names.vector.strings[row & names.mask].string)
          return try result.value(local: start(of: unit, at: times.local(row)))
        }
      }
    })
}

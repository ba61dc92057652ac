internal import Columnar

/// `+ - * /` on dates, times and intervals.
enum TimeArithmetic {
  static let additions: [ScalarOverload] = [
    days(sign: 1), daysFirst, moving(sign: 1), movingFirst, movingTime(sign: 1), dateAndTime,
    intervals(sign: 1),
  ]
  static let subtractions: [ScalarOverload] = [
    days(sign: -1), dayDifference, moving(sign: -1), difference, timeDifference, movingTime(sign: -1),
    intervals(sign: -1),
  ]
  static let multiplications: [ScalarOverload] = [scaled, scaledFirst]
  static let divisions: [ScalarOverload] = [divided]

  private static func days(sign: Int64) -> ScalarOverload {
    ScalarOverload(
      [.init("day", .date), .init("days", .bigint)], returns: .date,
      make: { (site) throws(QueryError) in
        RowFunction.binary(Int32.self, Int64.self, Int32.self) { (day, days, _) throws(QueryError) in
          try shifted(day, by: sign &* days, site)
        }
      })
  }

  private static let daysFirst = ScalarOverload(
    [.init("days", .bigint), .init("day", .date)], returns: .date,
    make: { (site) throws(QueryError) in
      RowFunction.binary(Int64.self, Int32.self, Int32.self) { (days, day, _) throws(QueryError) in
        try shifted(day, by: days, site)
      }
    })

  private static func shifted(_ day: Int32, by days: Int64, _ site: CallSite) throws(QueryError) -> Int32 {
    let (sum, overflow) = Int64(day).addingReportingOverflow(days)
    guard !overflow, let result = Int32(exactly: sum) else {
      throw QueryError(.invalidDatetime, "a date \(days) days away is out of range", at: site.position)
    }
    return result
  }

  private static let dayDifference = ScalarOverload(
    [.init("a", .date), .init("b", .date)], returns: .bigint,
    RowFunction.binary(Int32.self, Int32.self, Int64.self) { (a, b, _) throws(QueryError) in
      Int64(a) - Int64(b)
    })

  /// A date or timestamp moved by an interval; a date becomes a timestamp.
  private static func moving(sign: Int) -> ScalarOverload {
    ScalarOverload(
      "(t TIMESTAMP, span INTERVAL) -> TIMESTAMP",
      rule: { movingTypes($0, time: 0, span: 1) },
      make: { (site) throws(QueryError) in movingBody(site, time: 0, span: 1, negated: sign < 0) })
  }

  private static let movingFirst = ScalarOverload(
    "(span INTERVAL, t TIMESTAMP) -> TIMESTAMP",
    rule: { movingTypes($0, time: 1, span: 0) },
    make: { (site) throws(QueryError) in movingBody(site, time: 1, span: 0, negated: false) })

  private static func movingTypes(_ arguments: ArgumentTypes, time: Int, span: Int) -> SignatureTypes? {
    guard arguments.types.count == 2, arguments.types[span] == .interval,
      let type = ScalarOverload.timeType(arguments, time)
    else { return nil }
    var parameters = arguments.types
    parameters[time] = type
    return SignatureTypes(parameters, returns: type == .date ? .timestamp : type)
  }

  static func movingBody(_ site: CallSite, time: Int, span: Int, negated: Bool) -> ScalarBody {
    let type = site.argumentTypes[time]
    let fixed: Int64? = {
      // An interval without months and days moves any timestamp by so many microseconds.
      guard case .interval(let value)? = site.constants[span], value.months == 0, type == .timestamp else {
        return nil
      }
      let (days, overflow) = Int64(value.days).multipliedReportingOverflow(by: Timestamp.microsPerDay)
      let (sum, carry) = days.addingReportingOverflow(value.micros)
      return overflow || carry || sum == .min ? nil : negated ? -sum : sum
    }()
    return { (arguments, frame) throws(QueryError) in
      if let fixed {
        let values = RowOperand(arguments[time])
        let constant = RowOperand(.constant(.flat([fixed]), count: frame.rowCount))
        var buffer = frame.frame.context.pool.take(byteCount: frame.rowCount * 8)
        let marks = Kernels.combine(values, constant, count: frame.rowCount, into: &buffer, Int64.self) {
          Checked64.add($0, $1)
        }
        if marks >= 0 {
          return .flat(buffer.freeze(), of: Int64.self, count: frame.rowCount, validity: frame.validity)
        }
      }
      let times = TimeOperand(arguments[time], type, frame.environment)
      let spans = RowOperand(arguments[span])
      let result = TimeResult(site.resultType, frame.environment)
      return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
        let span = spans.vector.intervals[row & spans.mask]
        guard let moved = moved(times, row, span, negated) else {
          throw TimeResult.outOfRange(site.resultType)
        }
        return try result.value(local: moved, nanos: times.nanos(row))
      }
    }
  }

  /// Months and days move the clock, the rest moves the moment.
  private static func moved(_ times: TimeOperand, _ row: Int, _ span: Interval, _ negated: Bool) -> Int64? {
    CivilDate.adding(span, to: times.local(row), negated: negated)
  }

  private static func movingTime(sign: Int64) -> ScalarOverload {
    ScalarOverload(
      [.init("time", .time), .init("span", .interval)], returns: .time,
      RowFunction.binary(Int64.self, Interval.self, Int64.self) { (time, span, _) throws(QueryError) in
        CivilDate.floorModulo(time &+ sign &* (span.micros % Timestamp.microsPerDay), Timestamp.microsPerDay)
      })
  }

  private static let dateAndTime = ScalarOverload(
    [.init("day", .date), .init("time", .time)], returns: .timestamp,
    RowFunction.binary(Int32.self, Int64.self, Int64.self) { (day, time, _) throws(QueryError) in
      let (micros, overflow) = Int64(day).multipliedReportingOverflow(by: Timestamp.microsPerDay)
      let (sum, carry) = micros.addingReportingOverflow(time)
      if overflow || carry { throw TimeResult.outOfRange(.timestamp) }
      return sum
    })

  /// Timestamps apart, in days of 24 hours and the rest.
  private static let difference = ScalarOverload(
    "(a TIMESTAMP, b TIMESTAMP) -> INTERVAL",
    rule: { arguments in
      guard arguments.types.count == 2, let a = ScalarOverload.timeType(arguments, 0),
        let b = ScalarOverload.timeType(arguments, 1), a.isTimestamp || b.isTimestamp,
        let common = ImplicitConversion.commonType(a, b)
      else { return nil }
      return SignatureTypes([common, common], returns: .interval)
    },
    make: { (site) throws(QueryError) in
      let isNanos = site.argumentTypes[0].isNanos
      return RowFunction.binary(Int64.self, Int64.self, Interval.self) { (a, b, _) throws(QueryError) in
        let (difference, overflow) = a.subtractingReportingOverflow(b)
        if overflow { throw TimeResult.outOfRange(.interval) }
        let micros = isNanos ? difference / 1000 : difference
        return Interval(
          days: Int32(truncatingIfNeeded: micros / Timestamp.microsPerDay),
          micros: micros % Timestamp.microsPerDay)
      }
    })

  private static let timeDifference = ScalarOverload(
    [.init("a", .time), .init("b", .time)], returns: .interval,
    RowFunction.binary(Int64.self, Int64.self, Interval.self) { (a, b, _) throws(QueryError) in
      Interval(micros: a - b)
    })

  private static func intervals(sign: Int128) -> ScalarOverload {
    ScalarOverload(
      [.init("a", .interval), .init("b", .interval)], returns: .interval,
      RowFunction.binary(Interval.self, Interval.self, Interval.self) { (a, b, _) throws(QueryError) in
        var sum = IntervalSum()
        sum.months = Int128(a.months) + sign * Int128(b.months)
        sum.days = Int128(a.days) + sign * Int128(b.days)
        sum.micros = Int128(a.micros) + sign * Int128(b.micros)
        guard let result = sum.interval(negated: false) else { throw TimeResult.outOfRange(.interval) }
        return result
      })
  }

  private static let scaled = ScalarOverload(
    [.init("span", .interval), .init("factor", .double)], returns: .interval,
    RowFunction.binary(Interval.self, Double.self, Interval.self) { (span, factor, _) throws(QueryError) in
      try scale(span, factor)
    })
  private static let scaledFirst = ScalarOverload(
    [.init("factor", .double), .init("span", .interval)], returns: .interval,
    RowFunction.binary(Double.self, Interval.self, Interval.self) { (factor, span, _) throws(QueryError) in
      try scale(span, factor)
    })
  private static let divided = ScalarOverload(
    [.init("span", .interval), .init("divisor", .double)], returns: .interval,
    make: { (site) throws(QueryError) in
      RowFunction.binary(Interval.self, Double.self, Interval.self) { (span, divisor, _) throws(QueryError) in
        if divisor == 0 { throw site.divisionByZero("/") }
        return try scale(span, 1 / divisor)
      }
    })

  /// Parts of a month go to days, parts of a day to microseconds.
  private static func scale(_ span: Interval, _ factor: Double) throws(QueryError) -> Interval {
    let months = Double(span.months) * factor
    let days = Double(span.days) * factor + (months - months.rounded(.towardZero)) * 30
    let micros = Double(span.micros) * factor + (days - days.rounded(.towardZero)) * 86_400_000_000
    guard abs(months) < 2e9, abs(days) < 2e9, abs(micros) < 9e18 else {
      throw TimeResult.outOfRange(.interval)
    }
    return Interval(
      months: Int32(months.rounded(.towardZero)), days: Int32(days.rounded(.towardZero)),
      micros: Int64(micros.rounded()))
  }
}

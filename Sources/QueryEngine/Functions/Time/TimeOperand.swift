internal import Columnar

/// A date or timestamp argument, read as the time that clocks show.
struct TimeOperand {
  let type: LogicalType
  private let operand: RowOperand
  private let zone: TimeZone
  private let isShifted: Bool
  /// Asked for each row, for which comparing types takes too long.
  private let (isDate, isNanos): (Bool, Bool)

  init(_ argument: Vector, _ type: LogicalType, _ environment: EvaluationEnvironment) {
    self.type = type
    operand = RowOperand(argument)
    zone = environment.timeZone
    isShifted = type.isZoned && !zone.isUTC
    (isDate, isNanos) = (type == .date, type.isNanos)
  }

  /// Microseconds since 1970-01-01 00:00:00 on the clock: of a moment, on clocks of the session's zone.
  @inline(__always) func local(_ row: Int) -> Int64 {
    if isDate {
      return Int64(operand.vector.int32s[row & operand.mask]) &* Timestamp.microsPerDay
    }
    var micros = operand.vector.int64s[row & operand.mask]
    if isNanos { micros = CivilDate.floorDivide(micros, 1000) }
    return isShifted ? zone.localMicros(fromUTC: micros) : micros
  }

  /// Nanoseconds within the microsecond.
  func nanos(_ row: Int) -> Int64 {
    isNanos ? CivilDate.floorModulo(operand.vector.int64s[row & operand.mask], 1000) : 0
  }

  /// The value as it is stored.
  func stored(_ row: Int) -> Int64 {
    isDate
      ? Int64(operand.vector.int32s[row & operand.mask]) : operand.vector.int64s[row & operand.mask]
  }

  /// Microseconds since 1970 in UTC; of a clock time, taken as UTC.
  func utc(_ row: Int) -> Int64 {
    if isDate { return local(row) }
    let value = operand.vector.int64s[row & operand.mask]
    return isNanos ? CivilDate.floorDivide(value, 1000) : value
  }
}

/// Makes values of a date or timestamp type of clock times.
struct TimeResult {
  let type: LogicalType
  private let zone: TimeZone
  private let (isShifted, isNanos): (Bool, Bool)

  init(_ type: LogicalType, _ environment: EvaluationEnvironment) {
    (self.type, zone) = (type, environment.timeZone)
    (isShifted, isNanos) = (type.isZoned && !zone.isUTC, type.isNanos)
  }

  /// The value of a clock time in a 64-bit type, or an error if it does not fit.
  func value(local micros: Int64, nanos: Int64 = 0) throws(QueryError) -> Int64 {
    var result = micros
    if isShifted { result = zone.utcMicros(fromLocal: micros) }
    guard isNanos else { return result }
    let (wide, overflow) = result.multipliedReportingOverflow(by: 1000)
    if overflow { throw TimeResult.outOfRange(type) }
    return wide &+ nanos
  }

  /// The day of a clock time.
  func day(local micros: Int64) -> Int32 {
    Int32(truncatingIfNeeded: CivilDate.floorDivide(micros, Timestamp.microsPerDay))
  }

  static func outOfRange(_ type: LogicalType) -> QueryError {
    QueryError(.invalidDatetime, "the result is outside the range of \(type)")
  }
}

extension ScalarOverload {
  /// The type that a time argument is taken as: itself, or a timestamp for a null or a string literal.
  static func timeType(_ arguments: ArgumentTypes, _ index: Int) -> LogicalType? {
    let type = arguments.types[index]
    if type == .null || arguments.isUntyped[index] { return .timestamp }
    return type == .date || type.isTimestamp ? type : nil
  }
}

extension CivilDate {
  /// The clock time moved by an interval: months first, then days, then microseconds (PostgreSQL).
  static func adding(_ span: Interval, to local: Int64, negated: Bool = false) -> Int64? {
    let sign: Int64 = negated ? -1 : 1
    var days = CivilDate.floorDivide(local, Timestamp.microsPerDay)
    let time = local &- days &* Timestamp.microsPerDay
    if span.months != 0 {
      days = Int64(CivilDate(days: Int(days)).adding(months: Int(sign) * Int(span.months)).days)
    }
    days &+= sign &* Int64(span.days)
    let total =
      Int128(days) * Int128(Timestamp.microsPerDay) + Int128(time) + Int128(sign) * Int128(span.micros)
    return Int64(exactly: total)
  }
}

internal import Columnar

extension CastRule {
  /// The body of a conversion between dates, times, timestamps and intervals; `nil` for other types.
  func time() -> ScalarBody? {
    let rule = self
    let zone = environment.timeZone
    switch (source, target) {
    case (.date, .timestamp), (.date, .timestampNanos), (.date, .timestampTZ), (.date, .timestampTZNanos):
      return RowFunction.unary(Int32.self, Int64.self) { (days, _) throws(QueryError) in
        // 2^31 days are 1.9e20 microseconds, more than 64 bits hold.
        let (micros, overflow) = Int64(days).multipliedReportingOverflow(by: Timestamp.microsPerDay)
        if overflow { return try rule.reject(rule.dateOutOfRange()) }
        return try rule.moment(localMicros: micros, zone)
      }
    case (.timestamp, .date):
      return RowFunction.unary(Int64.self, Int32.self) { (micros, _) throws(QueryError) in
        Int32(truncatingIfNeeded: CivilDate.floorDivide(micros, Timestamp.microsPerDay))
      }
    case (.timestampTZ, .date):
      return RowFunction.unary(Int64.self, Int32.self) { (micros, _) throws(QueryError) in
        let local = zone.localMicros(fromUTC: micros)
        return Int32(truncatingIfNeeded: CivilDate.floorDivide(local, Timestamp.microsPerDay))
      }
    case (.timestampNanos, .date):
      return RowFunction.unary(Int64.self, Int32.self) { (nanos, _) throws(QueryError) in
        Int32(truncatingIfNeeded: CivilDate.floorDivide(nanos, Timestamp.nanosPerDay))
      }
    case (.timestampTZNanos, .date):
      return RowFunction.unary(Int64.self, Int32.self) { (nanos, _) throws(QueryError) in
        let local = zone.localMicros(fromUTC: CivilDate.floorDivide(nanos, 1000))
        return Int32(truncatingIfNeeded: CivilDate.floorDivide(local, Timestamp.microsPerDay))
      }
    case (_, _) where source.isTimestamp && target.isTimestamp: return timestampToTimestamp(zone)
    case (_, .time) where source.isTimestamp:
      let (source, isNanos) = (source, source.isNanos)
      return RowFunction.unary(Int64.self, Int64.self) { (value, _) throws(QueryError) in
        var micros = isNanos ? CivilDate.floorDivide(value, 1000) : value
        if source.isZoned { micros = zone.localMicros(fromUTC: micros) }
        return CivilDate.floorModulo(micros, Timestamp.microsPerDay)
      }
    case (.time, .interval):
      return RowFunction.unary(Int64.self, Interval.self) { (micros, _) throws(QueryError) in
        Interval(micros: micros)
      }
    case (.interval, .time):
      return RowFunction.unary(Interval.self, Int64.self) { (span, _) throws(QueryError) in
        CivilDate.floorModulo(span.micros, Timestamp.microsPerDay)
      }
    default: return nil
    }
  }

  private func timestampToTimestamp(_ zone: TimeZone) -> ScalarBody {
    let rule = self
    let (fromNanos, toNanos) = (source.isNanos, target.isNanos)
    let (fromZoned, toZoned) = (source.isZoned, target.isZoned)
    return RowFunction.unary(Int64.self, Int64.self) { (value, _) throws(QueryError) in
      var result = value
      if fromZoned != toZoned && !zone.isUTC {
        let seconds = CivilDate.floorDivide(value, fromNanos ? 1_000_000_000 : 1_000_000)
        let moved = fromZoned ? seconds &+ Int64(zone.offset(atUTC: seconds)) : zone.utc(fromLocal: seconds)
        result = value &+ (moved &- seconds) &* (fromNanos ? 1_000_000_000 : 1_000_000)
      }
      if fromNanos && !toNanos { return CivilDate.floorDivide(result, 1000) }
      if !fromNanos && toNanos {
        let (nanos, overflow) = result.multipliedReportingOverflow(by: 1000)
        if overflow { return try rule.reject(rule.dateOutOfRange()) }
        return nanos
      }
      return result
    }
  }

  /// The target's value of a clock time.
  private func moment(localMicros: Int64, _ zone: TimeZone) throws(QueryError) -> Int64? {
    let micros = target.isZoned ? zone.utcMicros(fromLocal: localMicros) : localMicros
    guard target.isNanos else { return micros }
    let (nanos, overflow) = micros.multipliedReportingOverflow(by: 1000)
    if overflow { return try reject(dateOutOfRange()) }
    return nanos
  }

  func dateOutOfRange() -> QueryError {
    QueryError(
      .invalidDatetime, "a \(source) does not fit \(target)", hint: "try_cast gives NULL instead",
      at: position)
  }

  /// The body of a conversion between kinds of bytes; `nil` for other types.
  func bytes() -> ScalarBody? {
    let rule = self
    switch (source, target) {
    case (.fixed, .binary), (.uuid, .binary): return { (arguments, _) throws(QueryError) in arguments[0] }
    case (.binary, .fixed(let length)), (.fixed, .fixed(let length)):
      return RowFunction.unary(StringView.self, StringView.self) { (value, _) throws(QueryError) in
        value.byteCount == length ? value : try rule.reject(rule.outOfRange("\(value.byteCount) bytes"))
      }
    case (.binary, .uuid), (.fixed, .uuid):
      return RowFunction.unary(StringView.self, StringView.self) { (value, _) throws(QueryError) in
        value.byteCount == 16 ? value : try rule.reject(rule.outOfRange("\(value.byteCount) bytes"))
      }
    default: return nil
    }
  }
}

extension LogicalType {
  /// Whether a timestamp counts nanoseconds.
  var isNanos: Bool { self == .timestampNanos || self == .timestampTZNanos }
  /// Whether a timestamp is a moment, whatever the clocks show.
  var isZoned: Bool { self == .timestampTZ || self == .timestampTZNanos }
}

internal import Columnar

/// Timestamps made of numbers, and the clock.
enum EpochFunctions {
  static let all: [ScalarFunction] = [
    fromMillis, fromSeconds, fromNanos, now, currentDate, localTimestamp, localTime, unixTimestamp,
  ]

  /// An overload that takes so many units since 1970 to a timestamp.
  static func timestamp(
    of type: LogicalType, microsPerUnit: Int64, returns result: LogicalType = .timestamp
  ) -> ScalarOverload {
    ScalarOverload(
      [.init("n", type)], returns: result,
      make: { (_) throws(QueryError) in
        if type == .double {
          return RowFunction.unary(Double.self, Int64.self) { (value, _) throws(QueryError) in
            let micros = (value * Double(microsPerUnit)).rounded()
            guard micros > -9.2e18, micros < 9.2e18 else { throw TimeResult.outOfRange(result) }
            return Int64(micros)
          }
        }
        return RowFunction.unary(Int64.self, Int64.self) { (value, _) throws(QueryError) in
          let (micros, overflow) = value.multipliedReportingOverflow(by: microsPerUnit)
          if overflow { throw TimeResult.outOfRange(result) }
          return micros
        }
      })
  }

  static let fromMillis = ScalarFunction(
    "timestamp_millis", aliases: ["from_unixtime_millis", "make_timestamp_ms"],
    "The timestamp so many milliseconds after 1970-01-01 00:00:00.",
    examples: [.init("timestamp_millis(1500)", gives: "1970-01-01 00:00:01.5")],
    [timestamp(of: .bigint, microsPerUnit: 1000)])

  static let fromSeconds = ScalarFunction(
    "to_timestamp", aliases: ["from_unixtime", "timestamp_seconds"],
    "The moment so many seconds after 1970-01-01 00:00:00 UTC; or of a text by a PostgreSQL pattern.",
    examples: [
      .init("to_timestamp(60)", gives: "1970-01-01 00:01:00+00"),
      .init("to_timestamp('05 Dec 2024', 'DD Mon YYYY')", gives: "2024-12-05 00:00:00+00"),
    ],
    [
      timestamp(of: .bigint, microsPerUnit: 1_000_000, returns: .timestampTZ),
      timestamp(of: .double, microsPerUnit: 1_000_000, returns: .timestampTZ),
    ] + TimeFormatFunctions.toTimestampOverloads)

  static let fromNanos = ScalarFunction(
    "from_unixtime_nanos", aliases: ["make_timestamp_ns"],
    "The timestamp so many nanoseconds after 1970-01-01 00:00:00.",
    examples: [.init("from_unixtime_nanos(1500000001)", gives: "1970-01-01 00:00:01.500000001")],
    [
      ScalarOverload(
        [.init("n", .bigint)], returns: .timestampNanos,
        make: { (_) throws(QueryError) in
          { (arguments, _) throws(QueryError) in arguments[0] }
        })
    ])

  static let now = ScalarFunction(
    "now", aliases: ["current_timestamp", "getdate", "transaction_timestamp"],
    "The moment at which the statement began.", volatility: .stable,
    [
      clock(.timestampTZ) { environment in .integer(environment.clockMicros) }
    ])

  static let currentDate = ScalarFunction(
    "current_date", aliases: ["today", "curdate"], "The day in the session's time zone.", volatility: .stable,
    [
      clock(.date) { environment in
        .integer(CivilDate.floorDivide(local(environment), Timestamp.microsPerDay))
      }
    ])

  static let localTimestamp = ScalarFunction(
    "localtimestamp", aliases: ["current_localtimestamp"], "What clocks in the session's time zone show.",
    volatility: .stable,
    [clock(.timestamp) { environment in .integer(local(environment)) }])

  static let localTime = ScalarFunction(
    "localtime", aliases: ["current_time", "current_localtime"],
    "The time of day that clocks in the session's time zone show.", volatility: .stable,
    [
      clock(.time) { environment in
        .integer(CivilDate.floorModulo(local(environment), Timestamp.microsPerDay))
      }
    ])

  static let unixTimestamp = ScalarFunction(
    "unix_timestamp", "Whole seconds since 1970-01-01 00:00:00 UTC, of a time or now.", volatility: .stable,
    examples: [.init("unix_timestamp(TIMESTAMP '1970-01-01 00:01:00.5')", gives: "60")],
    [
      clock(.bigint) { environment in .integer(CivilDate.floorDivide(environment.clockMicros, 1_000_000)) },
      ScalarOverload(
        "(t TIMESTAMP) -> BIGINT",
        rule: { arguments in
          guard arguments.types.count == 1 else { return nil }
          return ScalarOverload.timeType(arguments, 0).map { SignatureTypes([$0], returns: .bigint) }
        },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let times = TimeOperand(arguments[0], site.argumentTypes[0], frame.environment)
            return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
              CivilDate.floorDivide(times.utc(row), 1_000_000)
            }
          }
        }),
    ])

  private static func local(_ environment: EvaluationEnvironment) -> Int64 {
    environment.timeZone.localMicros(fromUTC: environment.clockMicros)
  }

  private static func clock(
    _ type: LogicalType, _ value: @escaping @Sendable (EvaluationEnvironment) -> ScalarValue
  ) -> ScalarOverload {
    ScalarOverload(
      [], returns: type,
      make: { (site) throws(QueryError) in
        let single = VectorBuilder.single(value(site.environment), type)
        return { (_, frame) throws(QueryError) in .constant(single, count: frame.rowCount) }
      })
  }
}

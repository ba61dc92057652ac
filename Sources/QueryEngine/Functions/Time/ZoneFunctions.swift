internal import Columnar

/// Moments and clock times of named time zones.
enum ZoneFunctions {
  static let all: [ScalarFunction] = [
    atTimeZone, reversed, fromUTC, toUTC, iso, fromISOTimestamp, fromISODate,
  ]

  /// Zones by name, looked up once per evaluator.
  private final class ZoneCache {
    private var zones: [String: TimeZone] = [:]

    func zone(_ name: StringView) throws(QueryError) -> TimeZone {
      let text = name.string
      if let zone = zones[text] { return zone }
      let zone = try TimeZone.named(text)
      zones[text] = zone
      return zone
    }
  }

  static let atTimeZone = ScalarFunction(
    "timezone",
    "What clocks in a zone show at a moment, or the moment at which they show a time (`t AT TIME ZONE zone`).",
    examples: [
      .init("TIMESTAMP '2024-07-01 12:00:00' AT TIME ZONE 'Europe/Berlin'", gives: "2024-07-01 10:00:00+00"),
      .init(
        "TIMESTAMPTZ '2024-07-01 10:00:00+00' AT TIME ZONE 'Europe/Berlin'", gives: "2024-07-01 12:00:00"),
    ], overloads(zone: 0, time: 1))

  static let reversed = ScalarFunction(
    "at_timezone", "As `timezone`, the time first.",
    examples: [
      .init(
        "at_timezone(TIMESTAMPTZ '2024-07-01 10:00:00+00', 'Europe/Berlin')", gives: "2024-07-01 12:00:00")
    ],
    overloads(zone: 1, time: 0))

  private static func overloads(zone: Int, time: Int) -> [ScalarOverload] {
    func parameters(_ type: LogicalType) -> [Parameter] {
      zone == 0 ? [.init("zone", .varchar), .init("t", type)] : [.init("t", type), .init("zone", .varchar)]
    }
    @Sendable func body(_ move: @escaping @Sendable (Int64, TimeZone) -> Int64) -> ScalarBody {
      let cache = ZoneCache()
      return { (arguments, frame) throws(QueryError) in
        let (zones, times) = (RowOperand(arguments[zone]), RowOperand(arguments[time]))
        return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
          move(times.vector.int64s[row & times.mask], try cache.zone(zones.vector.strings[row & zones.mask]))
        }
      }
    }
    return [
      ScalarOverload(parameters(.timestamp), returns: .timestampTZ, body { $1.utcMicros(fromLocal: $0) }),
      ScalarOverload(parameters(.timestampTZ), returns: .timestamp, body { $1.localMicros(fromUTC: $0) }),
    ]
  }

  static let fromUTC = ScalarFunction(
    "from_utc_timestamp", "The clock time in a zone of a clock time in UTC.",
    examples: [
      .init(
        "from_utc_timestamp(TIMESTAMP '2024-07-01 10:00:00', 'Europe/Berlin')", gives: "2024-07-01 12:00:00")
    ],
    [clocks { $1.localMicros(fromUTC: $0) }])

  static let toUTC = ScalarFunction(
    "to_utc_timestamp", "The clock time in UTC of a clock time in a zone.",
    examples: [
      .init(
        "to_utc_timestamp(TIMESTAMP '2024-07-01 12:00:00', 'Europe/Berlin')", gives: "2024-07-01 10:00:00")
    ],
    [clocks { $1.utcMicros(fromLocal: $0) }])

  private static func clocks(_ move: @escaping @Sendable (Int64, TimeZone) -> Int64) -> ScalarOverload {
    ScalarOverload(
      [.init("t", .timestamp), .init("zone", .varchar)], returns: .timestamp,
      make: { (_) throws(QueryError) in
        let cache = ZoneCache()
        return RowFunction.binary(Int64.self, StringView.self, Int64.self) {
          (t, zone, _) throws(QueryError) in
          move(t, try cache.zone(zone))
        }
      })
  }

  static let iso = ScalarFunction(
    "to_iso8601", "The time as ISO 8601 writes it.",
    examples: [
      .init("to_iso8601(TIMESTAMP '2024-07-01 10:00:00.5')", gives: "2024-07-01T10:00:00.500000"),
      .init("to_iso8601(DATE '2024-07-01')", gives: "2024-07-01"),
    ],
    [
      ScalarOverload(
        "(t TIMESTAMP) -> VARCHAR",
        rule: { arguments in
          guard arguments.types.count == 1 else { return nil }
          return ScalarOverload.timeType(arguments, 0).map { SignatureTypes([$0], returns: .varchar) }
        },
        make: { (site) throws(QueryError) in
          let type = site.argumentTypes[0]
          return { (arguments, frame) throws(QueryError) in
            let times = TimeOperand(arguments[0], type, frame.environment)
            let zone = frame.environment.timeZone
            return try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
              let local = times.local(row)
              let day = CivilDate.floorDivide(local, Timestamp.microsPerDay)
              CivilDate(days: Int(day)).append(to: &sink.bytes)
              if type == .date { return sink.take() }
              sink.bytes.append(UInt8(ascii: "T"))
              let time = local &- day &* Timestamp.microsPerDay
              Timestamp.appendTime(micros: time - time % 1_000_000, to: &sink.bytes)
              if time % 1_000_000 != 0 {
                sink.bytes.append(UInt8(ascii: "."))
                IntegerText.append(padded: UInt64(time % 1_000_000), width: 6, to: &sink.bytes)
              }
              if type.isZoned {
                let offset = Int(zone.offset(atUTC: CivilDate.floorDivide(times.utc(row), 1_000_000)))
                if offset == 0 {
                  sink.bytes.append(UInt8(ascii: "Z"))
                } else {
                  ZonedText.appendOffset(offset, to: &sink.bytes)
                  if offset % 3600 == 0 { sink.bytes.append(contentsOf: ":00".utf8) }
                }
              }
              return sink.take()
            }
          }
        })
    ])

  static let fromISOTimestamp = ScalarFunction(
    "from_iso8601_timestamp", "The moment that a text of ISO 8601 tells.",
    examples: [.init("from_iso8601_timestamp('2024-07-01T10:00:00Z')", gives: "2024-07-01 10:00:00+00")],
    [
      ScalarOverload(
        [.init("text", .varchar)], returns: .timestampTZ,
        make: { (site) throws(QueryError) in
          try Cast.body(
            from: .varchar, to: .timestampTZ, isTry: false, environment: site.environment, at: site.position)
        })
    ])

  static let fromISODate = ScalarFunction(
    "from_iso8601_date", "The date that a text of ISO 8601 tells.",
    examples: [.init("from_iso8601_date('2024-07-01')", gives: "2024-07-01")],
    [
      ScalarOverload(
        [.init("text", .varchar)], returns: .date,
        make: { (site) throws(QueryError) in
          try Cast.body(
            from: .varchar, to: .date, isTry: false, environment: site.environment, at: site.position)
        })
    ])
}

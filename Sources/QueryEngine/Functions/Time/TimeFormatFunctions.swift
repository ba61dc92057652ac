internal import Columnar

/// Times written and read by a pattern.
enum TimeFormatFunctions {
  static let all: [ScalarFunction] = [strftime, strptime, tryStrptime, dateFormat, dateParse, toChar, toDate]

  /// A notation of patterns.
  private typealias Notation = @Sendable (String) throws(QueryError) -> TimePattern

  private static let c: Notation = { (pattern) throws(QueryError) in try TimePattern(strftime: pattern) }
  private static let mysql: Notation = { (pattern) throws(QueryError) in try TimePattern(mysqlOrJava: pattern)
  }
  private static let postgres: Notation = { (pattern) throws(QueryError) in try TimePattern(postgres: pattern)
  }

  static let strftime = ScalarFunction(
    "strftime", "The time as a pattern of C's `%` letters shows it; time and pattern in either order.",
    examples: [
      .init("strftime(TIMESTAMP '2024-01-15 09:41:30', '%Y/%m/%d %H:%M')", gives: "2024/01/15 09:41"),
      .init("strftime(DATE '2024-01-15', '%a %-d %b')", gives: "Mon 15 Jan"),
    ], [writing(time: 0, c), writing(time: 1, c)])

  static let dateFormat = ScalarFunction(
    "date_format",
    "The time as a pattern of MySQL's `%` letters shows it, or of Java's letters if it has no `%`.",
    examples: [
      .init("date_format(TIMESTAMP '2024-01-15 09:41:30', '%d.%m.%Y %H:%i')", gives: "15.01.2024 09:41"),
      .init("date_format(DATE '2024-01-15', 'dd/MM/yyyy')", gives: "15/01/2024"),
    ], [writing(time: 0, mysql)])

  static let toChar = ScalarFunction(
    "to_char", "The time as a template of PostgreSQL shows it.",
    examples: [
      .init(
        "to_char(TIMESTAMP '2024-01-15 09:41:30', 'YYYY-MM-DD HH24:MI:SS')", gives: "2024-01-15 09:41:30"),
      .init("to_char(DATE '2024-01-05', 'FMDD Mon YY')", gives: "5 Jan 24"),
    ], [writing(time: 0, postgres)])

  static let strptime = ScalarFunction(
    "strptime", "The timestamp that a text tells by a pattern of C's `%` letters.",
    examples: [.init("strptime('15/01/2024 09:41', '%d/%m/%Y %H:%M')", gives: "2024-01-15 09:41:00")],
    [reading(.timestamp, c)])

  static let tryStrptime = ScalarFunction(
    "try_strptime", "As `strptime`, NULL if the text does not fit.",
    examples: [.init("try_strptime('x', '%Y')", gives: "NULL")], [reading(.timestamp, c, isTry: true)])

  static let dateParse = ScalarFunction(
    "date_parse",
    "The timestamp that a text tells by a pattern of MySQL's `%` letters, or of Java's letters if it has no `%`.",
    examples: [
      .init("date_parse('2024-01-15', '%Y-%m-%d')", gives: "2024-01-15 00:00:00"),
      .init("date_parse('15/01/2024', 'dd/MM/yyyy')", gives: "2024-01-15 00:00:00"),
    ], [reading(.timestamp, mysql)])

  static let toDate = ScalarFunction(
    "to_date",
    "The date that a text tells, by a template of PostgreSQL if there is one; or the date of a time.",
    examples: [
      .init("to_date('15.01.2024', 'DD.MM.YYYY')", gives: "2024-01-15"),
      .init("to_date('2024-01-15')", gives: "2024-01-15"),
    ],
    [
      reading(.date, postgres), casting(.varchar), casting(.timestamp), casting(.timestampTZ), casting(.date),
    ])

  static let toTimestampOverloads: [ScalarOverload] = [
    reading(.timestampTZ, postgres), casting(.varchar, to: .timestampTZ),
  ]

  private static func casting(_ source: LogicalType, to target: LogicalType = .date) -> ScalarOverload {
    ScalarOverload(
      [.init("t", source)], returns: target,
      make: { (site) throws(QueryError) in
        try Cast.body(
          from: source, to: target, isTry: false, environment: site.environment, at: site.position)
      })
  }

  /// Patterns made ready once; a constant one when the evaluator is made, so that its errors come at once.
  private final class PatternCache {
    private let notation: Notation
    private var patterns: [String: TimePattern] = [:]

    init(_ notation: @escaping Notation, _ constant: ScalarValue?) throws(QueryError) {
      self.notation = notation
      if case .bytes(let bytes)? = constant {
        let text = String(decoding: bytes, as: UTF8.self)
        patterns[text] = try notation(text)
      }
    }

    func pattern(_ view: StringView) throws(QueryError) -> TimePattern {
      let text = view.string
      if let pattern = patterns[text] { return pattern }
      let pattern = try notation(text)
      if patterns.count >= 64 { patterns.removeAll() }
      patterns[text] = pattern
      return pattern
    }
  }

  private static func writing(time: Int, _ notation: @escaping Notation) -> ScalarOverload {
    ScalarOverload(
      time == 0 ? "(t TIMESTAMP, pattern VARCHAR) -> VARCHAR" : "(pattern VARCHAR, t TIMESTAMP) -> VARCHAR",
      rule: { arguments in
        guard arguments.types.count == 2, arguments.types[time] != .varchar || arguments.isUntyped[time],
          let type = ScalarOverload.timeType(arguments, time)
        else { return nil }
        var types: [LogicalType] = [.varchar, .varchar]
        types[time] = type
        return SignatureTypes(types, returns: .varchar)
      },
      make: { (site) throws(QueryError) in
        let cache = try PatternCache(notation, site.constants[1 - time])
        return { (arguments, frame) throws(QueryError) in
          let type = site.argumentTypes[time]
          let times = TimeOperand(arguments[time], type, frame.environment)
          let patterns = RowOperand(arguments[1 - time])
          let zone = frame.environment.timeZone
          var last: (text: StringView, pattern: TimePattern)?
          if patterns.mask == 0, frame.rowCount > 0 {
            let text = patterns.vector.strings[0]
            last = (text, try cache.pattern(text))
          }
          return try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
            var fields = TimeFields(local: times.local(row), nanos: times.nanos(row))
            if type.isZoned {
              fields.offset = Int(zone.offset(atUTC: CivilDate.floorDivide(times.utc(row), 1_000_000)))
              fields.zoneName = zone.name
            }
            let pattern: TimePattern
            if let last {
              pattern = last.pattern
            } else {
              pattern = try cache.pattern(patterns.vector.strings[row & patterns.mask])
            }
            pattern.write(fields, to: &sink.bytes)
            return sink.take()
          }
        }
      })
  }

  private static func reading(
    _ result: LogicalType, _ notation: @escaping Notation, isTry: Bool = false
  ) -> ScalarOverload {
    ScalarOverload(
      [.init("text", .varchar), .init("pattern", .varchar)], returns: result,
      make: { (site) throws(QueryError) in
        let cache = try PatternCache(notation, site.constants[1])
        return { (arguments, frame) throws(QueryError) in
          let (texts, patterns) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
          let zone = frame.environment.timeZone
          let constant = patterns.mask == 0 ? try cache.pattern(patterns.vector.strings[0]) : nil
          func local(_ row: Int) throws(QueryError) -> Int64? {
            let text = texts.vector.strings[row & texts.mask]
            let pattern: TimePattern
            if let constant {
              pattern = constant
            } else {
              pattern = try cache.pattern(patterns.vector.strings[row & patterns.mask])
            }
            guard let fields = text.withBytes({ pattern.read($0) }), let local = fields.local else {
              if isTry { return nil }
              throw QueryError(
                .invalidDatetime,
                "cannot read \"\(text.string)\" by the format \"\(patterns.vector.strings[row & patterns.mask].string)\"",
                hint: "try(…) gives NULL instead", value: text.string)
            }
            if let offset = fields.offset {
              let utc = local &- Int64(offset) &* 1_000_000
              return utc
            }
            return result == .timestampTZ ? zone.utcMicros(fromLocal: local) : local
          }
          if result == .date {
            return try RowFunction.fill(Int32.self, [], frame) { (row, _) throws(QueryError) in
              try local(row).map {
                Int32(truncatingIfNeeded: CivilDate.floorDivide($0, Timestamp.microsPerDay))
              }
            }
          }
          return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in try local(row) }
        }
      })
  }
}

package import Columnar

/// What the value of an expression may depend on besides its columns, constant within a statement.
package struct EvaluationEnvironment: Sendable {
  /// What `now()` answers: microseconds since 1970-01-01 00:00:00 UTC.
  package var clockMicros: Int64
  /// The session's time zone.
  package var timeZone: TimeZone
  /// The statement's text, so that errors can name the expression at a position.
  package var statement: String
  /// The values of the parameters of a prepared statement.
  package var parameters: [ScalarValue]
  /// What `setting(name)` and the like answer.
  package var settings: [String: String]

  package init(
    clockMicros: Int64 = 0, timeZone: TimeZone = .utc, statement: String = "",
    parameters: [ScalarValue] = [], settings: [String: String] = [:]
  ) {
    (self.clockMicros, self.timeZone, self.statement) = (clockMicros, timeZone, statement)
    (self.parameters, self.settings) = (parameters, settings)
  }

  /// Returns the text of the statement in a range, on one line, or `nil` if it is unknown.
  package func text(at range: SourceRange?) -> String? {
    guard let range, range.start >= 0, range.start < range.end, range.end <= statement.utf8.count else {
      return nil
    }
    let bytes = Array(statement.utf8)[range.start..<range.end]
    let words = bytes.split { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
    return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }
}

internal import Columnar

/// Conversions between types, as CAST, TRY_CAST and `::` ask for them.
enum Cast {
  /// Makes the body that converts values.
  ///
  /// - Parameters:
  ///   - source: The type of the values.
  ///   - target: The type wanted, another one.
  ///   - isTry: Whether a value that has no counterpart becomes null.
  ///   - environment: The session's time zone.
  ///   - position: Where the cast stands.
  ///   - column: The column that is cast, for messages; `nil` for what is no column.
  /// - Returns: A body of one argument.
  /// - Throws: An error of code 42846 if no value of the one type is one of the other.
  static func body(
    from source: LogicalType, to target: LogicalType, isTry: Bool, environment: EvaluationEnvironment,
    at position: SourceRange?, column: String? = nil
  ) throws(QueryError) -> ScalarBody {
    if source == target { return { (arguments, _) throws(QueryError) in arguments[0] } }
    if source == .null || target == .null {
      return { (_, frame) throws(QueryError) in .nulls(target, count: frame.rowCount) }
    }
    let rule = CastRule(
      source: source, target: target, isTry: isTry, environment: environment, position: position,
      column: column)
    if let body = rule.numeric() { return body }
    if target == .varchar { return rule.toText() }
    if source == .varchar, let body = rule.fromText() { return body }
    if let body = rule.time() { return body }
    if let body = rule.bytes() { return body }
    if let body = try rule.nested() { return body }
    throw QueryError(.cannotCoerce, "\(source) cannot be cast to \(target)", at: position)
  }

  /// Whether values of the one type can be cast to the other at all.
  static func exists(from source: LogicalType, to target: LogicalType) -> Bool {
    (try? body(from: source, to: target, isTry: true, environment: EvaluationEnvironment(), at: nil)) != nil
  }
}

/// One conversion.
struct CastRule {
  let source: LogicalType
  let target: LogicalType
  let isTry: Bool
  let environment: EvaluationEnvironment
  let position: SourceRange?
  var column: String?

  /// Answers null for a value that has no counterpart, or throws.
  @inline(__always) func reject<Value>(_ error: @autoclosure () -> QueryError) throws(QueryError) -> Value? {
    if isTry { return nil }
    throw error()
  }

  /// Answers the value if there is one; otherwise null, or throws.
  @inline(__always) func accept<Value>(
    _ value: Value?, _ error: @autoclosure () -> QueryError
  ) throws(QueryError) -> Value? {
    if let value { return value }
    if isTry { return nil }
    throw error()
  }

  /// The error for a number that the target has no room for.
  func outOfRange(_ value: String) -> QueryError {
    QueryError(
      .numericOutOfRange, "\(value) does not fit \(target)\(place)", hint: "try_cast gives NULL instead",
      at: position, value: value)
  }

  /// The error for a text that is no value of the target.
  func unreadable(_ text: StringView, _ state: SQLState = .invalidText) -> QueryError {
    let string = text.string
    let shown = string.count > 80 ? String(string.prefix(77)) + "..." : string
    return QueryError(
      state, "cannot read \"\(shown)\" as \(target)\(place)", hint: "try_cast gives NULL instead",
      at: position, value: shown)
  }

  private var place: String { column.map { " (column \"\($0)\")" } ?? "" }
}

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
  /// - Returns: A body of one argument.
  /// - Throws: An error of code 42846 if no value of the one type is one of the other.
  static func body(
    from source: LogicalType, to target: LogicalType, isTry: Bool, environment: EvaluationEnvironment,
    at position: SourceRange?
  ) throws(QueryError) -> ScalarBody {
    let rule = CastRule(
      source: source, target: target, isTry: isTry, environment: environment, position: position)
    if let body = try rule.numeric() { return body }
    throw QueryError(.cannotCoerce, "\(source) cannot be cast to \(target)", at: position)
  }
}

/// One conversion.
struct CastRule {
  let source: LogicalType
  let target: LogicalType
  let isTry: Bool
  let environment: EvaluationEnvironment
  let position: SourceRange?

  /// Answers null for a value that has no counterpart, or throws.
  @inline(__always) func reject<Value>(_ error: @autoclosure () -> QueryError) throws(QueryError) -> Value? {
    if isTry { return nil }
    throw error()
  }

  /// The error for a number that the target has no room for.
  func outOfRange(_ value: String) -> QueryError {
    QueryError(
      .numericOutOfRange, "\(value) does not fit \(target)", hint: "try_cast gives NULL instead",
      at: position, value: value)
  }
}

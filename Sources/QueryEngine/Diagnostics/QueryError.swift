/// What stopped a statement: facts for programs, one sentence for people.
///
/// Messages are one sentence in lower case without a full stop and name the thing; hints say what to do.
public struct QueryError: Error, Sendable {
  /// The class of an error, as batch records and exit codes tell them apart.
  public enum Kind: String, Sendable, CaseIterable {
    case syntax, unsupported, catalog, bind, type, runtime, constraint, resource, `internal`
  }

  /// The class of the error.
  public var kind: Kind
  /// The error's code.
  public var sqlState: SQLState
  /// What is wrong, in one sentence.
  public var message: String
  /// What to do about it; one line each.
  public var hints: [String]
  /// Where in the statement, in UTF-8 offsets.
  public var position: SourceRange?
  /// The value that could not be used, as text.
  public var value: String?
  /// The data file concerned.
  public var file: String?
  /// Further errors of the same statement, such as every other unknown column.
  public var others: [QueryError]
  /// The error of a lower module that led to this one.
  public var cause: (any Error)?

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - sqlState: The code.
  ///   - message: One sentence.
  ///   - hint: What to do.
  ///   - position: Where in the statement.
  ///   - kind: The class, where it is not the code's own.
  ///   - value: The value concerned.
  ///   - cause: The error of a lower module.
  public init(
    _ sqlState: SQLState, _ message: String, hint: String? = nil, at position: SourceRange? = nil,
    kind: Kind? = nil, value: String? = nil, cause: (any Error)? = nil
  ) {
    self.kind = kind ?? sqlState.kind
    self.sqlState = sqlState
    self.message = message
    self.hints = hint.map { [$0] } ?? []
    self.position = position
    self.value = value
    self.file = nil
    self.others = []
    self.cause = cause
  }

  /// The first hint.
  public var hint: String? { hints.first }

  /// Returns the error with a place, unless it has one.
  ///
  /// - Parameter range: Where in the statement.
  /// - Returns: The error, placed.
  public func located(at range: SourceRange?) -> QueryError {
    guard position == nil else { return self }
    var error = self
    error.position = range
    return error
  }
}

extension QueryError: CustomStringConvertible {
  /// The code, the message and the hints.
  public var description: String {
    var text = "\(message) (\(sqlState.rawValue))"
    for hint in hints { text += "\nhint: \(hint)" }
    for other in others { text += "\n\(other)" }
    return text
  }
}

extension QueryError {
  /// Makes the error for a feature that is known and not done.
  ///
  /// - Parameters:
  ///   - feature: The feature, as the subject of the sentence.
  ///   - hint: What to do instead.
  ///   - position: Where in the statement.
  /// - Returns: An error of code 0A000.
  public static func unsupported(
    _ feature: String, hint: String? = nil, at position: SourceRange? = nil
  )
    -> QueryError
  {
    QueryError(.unsupported, "\(feature) is not supported", hint: hint, at: position)
  }

  /// Makes the error for a bug of ours.
  ///
  /// - Parameters:
  ///   - message: What was found that cannot be.
  ///   - position: Where in the statement.
  /// - Returns: An error of code XX000.
  public static func internalError(_ message: String, at position: SourceRange? = nil) -> QueryError {
    QueryError(.internalError, message, hint: "this is a bug in wequery; please report it", at: position)
  }
}

/// The five-character code of an error: PostgreSQL's where one exists.
public enum SQLState: String, Sendable, CaseIterable {
  case syntaxError = "42601"
  case unsupported = "0A000"
  case undefinedTable = "42P01"
  case duplicateTable = "42P07"
  case undefinedNamespace = "3F000"
  case undefinedFunction = "42883"
  case undefinedObject = "42704"
  case undefinedPreparedStatement = "26000"
  case undefinedColumn = "42703"
  case ambiguousColumn = "42702"
  case duplicateColumn = "42701"
  case duplicateAlias = "42712"
  case grouping = "42803"
  case windowing = "42P20"
  case invalidRecursion = "42P19"
  case invalidColumnReference = "42P10"
  case datatypeMismatch = "42804"
  case cannotCoerce = "42846"
  case indeterminateDatatype = "42P18"
  case divisionByZero = "22012"
  case numericOutOfRange = "22003"
  case invalidText = "22P02"
  case invalidDatetime = "22007"
  case invalidParameter = "22023"
  case cardinalityViolation = "21000"
  case notNullViolation = "23502"
  case uniqueViolation = "23505"
  case serializationFailure = "40001"
  case outOfMemory = "53200"
  case diskFull = "53100"
  case tooComplex = "54001"
  case cancelled = "57014"
  case inputOutput = "58030"
  case internalError = "XX000"
  case damagedData = "XX001"

  /// The class that errors of this code belong to.
  public var kind: QueryError.Kind {
    switch self {
    case .syntaxError: .syntax
    case .unsupported: .unsupported
    case .undefinedTable, .duplicateTable, .undefinedNamespace, .undefinedFunction, .undefinedObject,
      .undefinedPreparedStatement:
      .catalog
    case .undefinedColumn, .ambiguousColumn, .duplicateColumn, .duplicateAlias, .grouping, .windowing,
      .invalidRecursion, .invalidColumnReference:
      .bind
    case .datatypeMismatch, .cannotCoerce, .indeterminateDatatype: .type
    case .divisionByZero, .numericOutOfRange, .invalidText, .invalidDatetime, .invalidParameter,
      .cardinalityViolation:
      .runtime
    case .notNullViolation, .uniqueViolation, .serializationFailure: .constraint
    case .outOfMemory, .diskFull, .tooComplex, .cancelled, .inputOutput: .resource
    case .internalError, .damagedData: .internal
    }
  }
}

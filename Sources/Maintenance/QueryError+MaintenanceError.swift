internal import FileFormats
internal import QueryEngine
internal import TableFormat

extension QueryError {
  /// Makes the error of a CALL from that of the job it ran.
  init(_ error: MaintenanceError) {
    switch error.cause {
    case let cause as QueryError: self = cause
    case let cause as TableFormatError: self.init(cause)
    case let cause as FileFormatError: self.init(cause)
    default:
      let state: SQLState =
        switch error.kind {
        case .damaged: .damagedData
        case .notFound: .undefinedObject
        case .unsupported: .unsupported
        case .conflict: .serializationFailure
        case .inputOutput, .permission: .inputOutput
        case .interrupted: .cancelled
        case .internal: .internalError
        case .failed, .usage: .invalidParameter
        }
      self.init(state, error.message, hint: error.hint, cause: error)
      file = error.file
    }
  }

  /// Runs a job, whose errors become those of the statement.
  static func working<Result>(
    _ body: () throws(MaintenanceError) -> Result
  ) throws(QueryError) -> Result {
    do throws(MaintenanceError) {
      return try body()
    } catch {
      throw QueryError(error)
    }
  }
}

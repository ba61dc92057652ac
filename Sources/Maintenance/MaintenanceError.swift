package import FileFormats
package import QueryEngine
package import TableFormat

/// Why a maintenance job could not be done: facts for programs, one sentence for people.
public struct MaintenanceError: Error, Sendable {
  /// What kind of thing went wrong; exit codes follow from it.
  public enum Kind: String, Sendable {
    case failed, usage, damaged, notFound, unsupported, conflict, inputOutput, permission, interrupted,
      `internal`
  }

  /// What kind of thing went wrong.
  public var kind: Kind
  /// One sentence, lower case, naming the thing.
  public var message: String
  /// What to do about it.
  public var hint: String?
  /// The file concerned.
  public var file: String?
  /// The error of a lower module that led to this one.
  public var cause: (any Error)?

  /// Makes an error.
  public init(
    _ kind: Kind, _ message: String, hint: String? = nil, file: String? = nil, cause: (any Error)? = nil
  ) {
    (self.kind, self.message, self.hint, self.file, self.cause) = (kind, message, hint, file, cause)
  }

  /// Makes the error of a job from that of a table's files or catalog.
  package init(_ error: TableFormatError) {
    let kind: Kind =
      switch error.kind {
      case .damaged: .damaged
      case .unsupported: .unsupported
      case .notFound: .notFound
      case .alreadyExists, .invalidArgument: .failed
      case .conflict: .conflict
      case .inputOutput, .diskFull: .inputOutput
      case .permission: .permission
      case .internal: .internal
      }
    self.init(kind, error.message, hint: error.hint, file: error.file, cause: error)
  }

  /// Makes the error of a job from that of a file.
  package init(_ error: FileFormatError) {
    let kind: Kind =
      switch error.kind {
      case .damaged, .tooLarge: .damaged
      case .unsupported: .unsupported
      case .notFound: .notFound
      case .alreadyExists: .failed
      case .permission: .permission
      case .diskFull, .inputOutput: .inputOutput
      case .internal: .internal
      }
    self.init(kind, error.message, hint: error.hint, file: error.file, cause: error)
  }

  /// Makes the error of a job from that of a statement it ran.
  package init(_ error: QueryError) {
    if let cause = error.cause as? TableFormatError {
      self.init(cause)
      return
    }
    let kind: Kind =
      switch error.sqlState {
      case .unsupported: .unsupported
      case .damagedData: .damaged
      case .serializationFailure: .conflict
      case .diskFull, .inputOutput: .inputOutput
      case .cancelled: .interrupted
      case .internalError: .internal
      default: .failed
      }
    self.init(kind, error.message, hint: error.hint, file: error.file, cause: error)
  }

  /// Calls into the table format, whose errors become those of the job.
  package static func wrapping<Result>(
    _ body: () throws(TableFormatError) -> Result
  ) throws(MaintenanceError) -> Result {
    do throws(TableFormatError) {
      return try body()
    } catch {
      throw MaintenanceError(error)
    }
  }

  /// Reads files, whose errors become those of the job.
  package static func reading<Result>(
    _ body: () throws(FileFormatError) -> Result
  ) throws(MaintenanceError) -> Result {
    do throws(FileFormatError) {
      return try body()
    } catch {
      throw MaintenanceError(error)
    }
  }

  /// Runs statements, whose errors become those of the job.
  package static func querying<Result>(
    _ body: () throws(QueryError) -> Result
  ) throws(MaintenanceError) -> Result {
    do throws(QueryError) {
      return try body()
    } catch {
      throw MaintenanceError(error)
    }
  }
}

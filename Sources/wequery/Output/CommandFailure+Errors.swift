internal import FileFormats
internal import Maintenance
internal import QueryEngine
internal import TableFormat

extension CommandFailure {
  /// Makes the failure of a statement.
  ///
  /// - Parameters:
  ///   - error: What the engine said.
  ///   - statement: The statement's text.
  ///   - script: The script it stands in, and the lines before it.
  init(_ error: QueryError, statement: String? = nil, script: (name: String, linesBefore: Int)? = nil) {
    self.init(CommandFailure.code(of: error), error.message)
    hints = error.hints
    kind = error.kind.rawValue
    sqlState = error.sqlState.rawValue
    self.statement = statement
    position = error.position.map { $0.start..<max($0.start, $0.end) }
    self.script = script
    file = error.file
    value = error.value
    others = error.others.map { CommandFailure($0, statement: statement, script: script) }
  }

  /// Makes the failure of a table's files or catalog.
  init(_ error: TableFormatError) {
    self.init(MaintenanceError(error))
    kind = "\(error.kind)"
  }

  /// Makes the failure of a file.
  init(_ error: FileFormatError) {
    self.init(MaintenanceError(error))
    kind = "\(error.kind)"
  }

  /// Makes the failure of a maintenance job.
  init(_ error: MaintenanceError) {
    let code: Code =
      switch error.kind {
      case .failed: .failed
      case .usage: .usage
      case .damaged: .damaged
      case .notFound: .notFound
      case .unsupported: .unsupported
      case .conflict: .conflict
      case .inputOutput: .inputOutput
      case .permission: .permission
      case .interrupted: .interrupted
      case .internal: .internal
      }
    self.init(code, error.message, hint: error.hint, kind: error.kind.rawValue)
    file = error.file
  }

  /// Makes the failure of whatever was thrown; what nobody foresaw is a bug of ours.
  init(any error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as QueryError: self.init(error)
    case let error as TableFormatError: self.init(error)
    case let error as FileFormatError: self.init(error)
    case let error as MaintenanceError: self.init(error)
    default: self.init(.internal, "\(error)", hint: "this is a bug in wequery; please report it")
    }
  }

  private static func code(of error: QueryError) -> Code {
    if let cause = error.cause as? TableFormatError, cause.kind == .permission { return .permission }
    switch error.sqlState {
    case .unsupported: return .unsupported
    case .damagedData: return .damaged
    case .serializationFailure: return .conflict
    case .diskFull, .inputOutput: return .inputOutput
    case .internalError: return .internal
    case .cancelled: return Interruption.wasRequested ? .interrupted : .failed
    default: return .failed
    }
  }
}

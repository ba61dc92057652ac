package import FileFormats
package import TableFormat

extension QueryError {
  /// Makes the error of a statement from that of a table's files or catalog.
  package init(_ error: TableFormatError) {
    let state: SQLState =
      switch error.kind {
      case .damaged: .damagedData
      case .unsupported: .unsupported
      case .notFound: error.file == nil ? .undefinedTable : .damagedData
      case .alreadyExists: .duplicateTable
      case .conflict: .serializationFailure
      case .invalidArgument: .invalidParameter
      case .diskFull: .diskFull
      case .inputOutput, .permission: .inputOutput
      case .internal: .internalError
      }
    self.init(state, error.message, hint: error.hint, cause: error)
    file = error.file
  }

  /// Makes the error of a statement from that of a file.
  package init(_ error: FileFormatError) {
    let state: SQLState =
      switch error.kind {
      case .damaged, .tooLarge, .notFound: .damagedData
      case .unsupported: .unsupported
      case .alreadyExists: .duplicateTable
      case .diskFull: .diskFull
      case .inputOutput, .permission: .inputOutput
      case .internal: .internalError
      }
    self.init(state, error.message, hint: error.hint, cause: error)
    file = error.file
  }
}

package import FileFormats

extension TableFormatError {
  /// Makes an error of what the layer below found.
  package init(_ error: FileFormatError, file: String? = nil) {
    let kind: Kind =
      switch error.kind {
      case .damaged: .damaged
      case .unsupported, .tooLarge: .unsupported
      case .notFound: .notFound
      case .alreadyExists: .alreadyExists
      case .permission: .permission
      case .diskFull: .diskFull
      case .inputOutput: .inputOutput
      case .internal: .internal
      }
    self.init(
      kind, error.message, hint: error.hint, file: error.file ?? file, offset: error.offset, cause: error)
  }

  /// Runs a call of the layer below and turns its error into ours.
  package static func wrapping<Result: ~Copyable>(
    _ file: String? = nil, _ body: () throws(FileFormatError) -> Result
  ) throws(TableFormatError) -> Result {
    do throws(FileFormatError) {
      return try body()
    } catch {
      throw TableFormatError(error, file: file)
    }
  }
}

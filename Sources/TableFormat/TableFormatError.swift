/// What is wrong with a table, its files or a request on it.
///
/// The facts stand in fields, so that a program can act on them and a renderer can word them.
public struct TableFormatError: Error, Sendable {
  /// The family an error belongs to.
  public enum Kind: String, Sendable {
    /// Bytes on disk do not say what the specification asks for.
    case damaged
    /// A feature of the format that we do not have.
    case unsupported
    /// A table, namespace, snapshot, field or file that is not there.
    case notFound
    case alreadyExists
    /// Somebody else changed the table meanwhile.
    case conflict
    /// The request itself cannot be met.
    case invalidArgument
    case inputOutput
    case diskFull
    case permission
    /// A bug of ours.
    case `internal`
  }

  /// The family.
  public var kind: Kind
  /// One sentence, lower case, without a full stop, that names the values.
  public var message: String
  /// What to do about it.
  public var hint: String?
  /// The file concerned, as the table spells it.
  public var file: String?
  /// Where in the file, in bytes.
  public var offset: Int?
  /// The field concerned: of a file's structure, or a column.
  public var field: String?
  /// Whether the same request may succeed when it is made again on the table's newest state.
  public var isRetryable: Bool
  /// Whether the commit that failed may have taken place all the same: then no file of it may be removed.
  public var mayHaveCommitted = false
  /// What a lower layer said.
  public var cause: (any Error)?

  /// Makes an error.
  public init(
    _ kind: Kind, _ message: String, hint: String? = nil, file: String? = nil, offset: Int? = nil,
    field: String? = nil, isRetryable: Bool = false, cause: (any Error)? = nil
  ) {
    (self.kind, self.message, self.hint) = (kind, message, hint)
    (self.file, self.offset, self.field) = (file, offset, field)
    (self.isRetryable, self.cause) = (isRetryable, cause)
  }
}

extension TableFormatError: CustomStringConvertible {
  /// The message with its place: `message (file, field "x", byte 12)`.
  public var description: String {
    var place: [String] = []
    if let file { place.append(file) }
    if let field { place.append("field \"\(field)\"") }
    if let offset { place.append("byte \(offset)") }
    let suffix = place.isEmpty ? "" : " (" + place.joined(separator: ", ") + ")"
    return message + suffix
  }
}

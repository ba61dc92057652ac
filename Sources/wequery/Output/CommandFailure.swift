/// An error of a command, ready to be shown: what, what to do, and the exit code.
struct CommandFailure: Error, Sendable {
  /// The exit codes that scripts rely on (sysexits.h where it has one).
  enum Code: Int32, Sendable {
    case failed = 1
    case usage = 64
    case damaged = 65
    case notFound = 66
    case unsupported = 69
    case `internal` = 70
    case inputOutput = 74
    case conflict = 75
    case permission = 77
    case configuration = 78
    case interrupted = 130
  }

  var code: Code
  /// One sentence, lower case, naming the thing.
  var message: String
  var hints: [String]
  /// The name programs go by; the code's own where nothing more exact is known.
  var kind: String
  var sqlState: String?
  /// The statement and the place in it.
  var statement: String?
  var position: Range<Int>?
  /// Where the statement stands: a script's name and the line before its first.
  var script: (name: String, linesBefore: Int)?
  var file: String?
  var value: String?
  /// Further errors of the same statement.
  var others: [CommandFailure] = []
  /// Whether it was shown already, so that only the exit code is left to give.
  var isPrinted = false

  init(_ code: Code, _ message: String, hint: String? = nil, kind: String? = nil) {
    (self.code, self.message) = (code, message)
    hints = hint.map { [$0] } ?? []
    self.kind = kind ?? "\(code)"
  }
}

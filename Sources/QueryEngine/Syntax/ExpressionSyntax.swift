/// A name as written: its text without quotes, and its place.
struct Identifier: Sendable {
  var text: String
  var isQuoted: Bool
  var range: SourceRange
}

/// A name of several parts, such as `s3_tables.analytics.web_events` or `e.coordinates.pitch`.
struct QualifiedName: Sendable {
  var parts: [Identifier]

  var range: SourceRange {
    guard let first = parts.first, let last = parts.last else { return SourceRange(0, 0) }
    return first.range.union(last.range)
  }
  /// The parts joined by dots.
  var text: String { parts.map(\.text).joined(separator: ".") }
  /// The last part.
  var last: Identifier { parts.last ?? Identifier(text: "", isQuoted: false, range: SourceRange(0, 0)) }
}

/// A type as written, such as `DECIMAL(12, 2)`, `ARRAY<STRUCT<a: INT>>` or `TIMESTAMP WITH TIME ZONE`.
struct TypeSyntax: Sendable {
  indirect enum Kind: Sendable {
    /// The name in lower case, words separated by one space, and its numbers.
    case named(String, [Int])
    case list(TypeSyntax, isRequired: Bool = false)
    case `struct`([ColumnDefinition])
    case map(TypeSyntax, TypeSyntax, isRequired: Bool = false)
  }
  var kind: Kind
  var range: SourceRange
}

/// A scalar expression with its place.
struct ExpressionSyntax: Sendable {
  var kind: Kind
  var range: SourceRange

  indirect enum Kind: Sendable {
    case null
    case boolean(Bool)
    /// Digits only.
    case integer(String)
    /// Digits with a point.
    case decimal(String)
    /// Digits with an exponent.
    case float(String)
    case string(String)
    case bytes([UInt8])
    /// A string with a type in front: `DATE '2024-01-15'`.
    case typedString(TypeSyntax, String)
    /// `INTERVAL '7' DAY`, `INTERVAL 7 DAY`, `INTERVAL '1-2' YEAR TO MONTH`.
    case interval(ExpressionSyntax, unit: Identifier?, to: Identifier?)
    case parameter(ParameterSyntax)
    case column(QualifiedName)
    /// `*` or `t.*` as an argument.
    case wildcard(WildcardSyntax)
    case unary(UnarySign, ExpressionSyntax)
    case binary(BinarySign, ExpressionSyntax, ExpressionSyntax)
    /// Two or more operands of `AND`.
    case and([ExpressionSyntax])
    /// Two or more operands of `OR`.
    case or([ExpressionSyntax])
    case not(ExpressionSyntax)
    case isNull(ExpressionSyntax, negated: Bool)
    /// `IS [NOT] TRUE`, `FALSE`, and with `nil` `UNKNOWN`.
    case isBoolean(ExpressionSyntax, Bool?, negated: Bool)
    case isDistinct(ExpressionSyntax, ExpressionSyntax, negated: Bool)
    case between(ExpressionSyntax, ExpressionSyntax, ExpressionSyntax, negated: Bool, symmetric: Bool)
    case inList(ExpressionSyntax, [ExpressionSyntax], negated: Bool)
    case inSubquery(ExpressionSyntax, QuerySyntax, negated: Bool)
    case exists(QuerySyntax)
    case quantified(ExpressionSyntax, BinarySign, all: Bool, QuantifiedOperand)
    case like(LikeSyntax)
    case `case`(operand: ExpressionSyntax?, branches: [CaseBranchSyntax], otherwise: ExpressionSyntax?)
    case cast(ExpressionSyntax, TypeSyntax, isTry: Bool)
    case extract(Identifier, ExpressionSyntax)
    case function(FunctionCallSyntax)
    case subquery(QuerySyntax)
    case array([ExpressionSyntax])
    case arraySubquery(QuerySyntax)
    case structure([(name: Identifier, value: ExpressionSyntax)])
    case map([(key: ExpressionSyntax, value: ExpressionSyntax)])
    case row([ExpressionSyntax])
    case element(ExpressionSyntax, ExpressionSyntax)
    case slice(ExpressionSyntax, from: ExpressionSyntax?, to: ExpressionSyntax?)
    case field(ExpressionSyntax, Identifier)
    case atTimeZone(ExpressionSyntax, ExpressionSyntax)
    case lambda([Identifier], ExpressionSyntax)
    case listComprehension(
      ExpressionSyntax, variable: Identifier, list: ExpressionSyntax, condition: ExpressionSyntax?)
    /// `COLUMNS('pattern')`, `COLUMNS(*)`.
    case columns(ExpressionSyntax)
    /// `v:a.b[0]`, a path into JSON text or a variant.
    case path(ExpressionSyntax, String)
    /// `DEFAULT` as a value of INSERT, UPDATE and MERGE.
    case defaultValue
  }
}

/// `?`, `$1`, `$name` or `:name`.
struct ParameterSyntax: Sendable {
  /// The number from 1 that a `?` or `$1` has; `nil` when the parameter has a name.
  var number: Int?
  var name: String?
}

enum UnarySign: String, Sendable {
  case plus = "+"
  case minus = "-"
  case bitNot = "~"
}

/// A binary operator.
enum BinarySign: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case integerDivide = "//"
  case modulo = "%"
  case power = "^"
  case concatenate = "||"
  case equal = "="
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case bitAnd = "&"
  case bitOr = "|"
  case bitXor = "#"
  case shiftLeft = "<<"
  case shiftRight = ">>"
  case arrow = "->"
  case doubleArrow = "->>"
  case startsWith = "^@"
  case matches = "~"
  case matchesInsensitive = "~*"
  case matchesNot = "!~"
  case matchesNotInsensitive = "!~*"
  case overlaps = "&&"
  case contains = "@>"
  case containedBy = "<@"

  /// Whether the operator compares two values of one type.
  var isComparison: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
    default: false
    }
  }
}

struct CaseBranchSyntax: Sendable {
  var condition: ExpressionSyntax
  var result: ExpressionSyntax
}

/// What stands after `= ANY` and the like.
enum QuantifiedOperand: Sendable {
  case query(QuerySyntax)
  case list(ExpressionSyntax)
}

/// `LIKE`, `ILIKE`, `SIMILAR TO`, `GLOB`, with their forms over several patterns.
struct LikeSyntax: Sendable {
  enum Operator: String, Sendable {
    case like = "LIKE"
    case ilike = "ILIKE"
    case similarTo = "SIMILAR TO"
    case glob = "GLOB"
    /// `RLIKE` and `REGEXP`.
    case regexp = "REGEXP"
  }
  enum Quantifier: Sendable { case any, all }
  var operation: Operator
  var value: ExpressionSyntax
  /// One pattern, or those of `LIKE ANY (…)`.
  var patterns: [ExpressionSyntax]
  var quantifier: Quantifier?
  var escape: ExpressionSyntax?
  var isNegated: Bool
}

struct ArgumentSyntax: Sendable {
  /// The name of `name => value`.
  var name: Identifier?
  var value: ExpressionSyntax
}

struct FunctionCallSyntax: Sendable {
  enum NullTreatment: Sendable { case respect, ignore }
  var name: QualifiedName
  var arguments: [ArgumentSyntax]
  /// Whether the argument is a `*`.
  var isStar = false
  var isDistinct = false
  var orderBy: [SortItemSyntax] = []
  /// Whether `orderBy` came from `WITHIN GROUP (ORDER BY …)`.
  var isWithinGroup = false
  var filter: ExpressionSyntax?
  var nulls: NullTreatment?
  var over: WindowReference?
}

/// What stands after `OVER`.
enum WindowReference: Sendable {
  case named(Identifier)
  case inline(WindowSyntax)
}

/// A window's definition: all of it may be missing.
struct WindowSyntax: Sendable {
  /// The window it extends.
  var base: Identifier?
  var partitionBy: [ExpressionSyntax] = []
  var orderBy: [SortItemSyntax] = []
  var frame: FrameSyntax?
  var range: SourceRange
}

struct FrameSyntax: Sendable {
  enum Unit: Sendable { case rows, range, groups }
  enum Bound: Sendable {
    case unboundedPreceding
    case preceding(ExpressionSyntax)
    case currentRow
    case following(ExpressionSyntax)
    case unboundedFollowing
  }
  enum Exclusion: Sendable { case noOthers, currentRow, group, ties }
  var unit: Unit
  var start: Bound
  var end: Bound
  var exclusion: Exclusion
  var range: SourceRange
}

struct SortItemSyntax: Sendable {
  var expression: ExpressionSyntax
  var descending: Bool
  var nullsFirst: Bool?
}

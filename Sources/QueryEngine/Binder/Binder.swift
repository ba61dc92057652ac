internal import Columnar

/// Settles the names and types of a statement: from syntax tree to logical plan.
///
/// One binder serves one statement. Queries are in `Binder+Queries` and `Binder+Select`, FROM in
/// `Binder+Tables`, expressions in `Binder+Expressions` and its neighbours.
final class Binder {
  let resolver: any RelationResolver
  let functions: FunctionRegistry
  let environment: EvaluationEnvironment
  var settings: BinderEnvironment.Settings
  /// Runs a plan that stands by itself.
  let runRows: ((LogicalPlan) throws(QueryError) -> [[ScalarValue]])?

  /// The text that positions refer to: the statement's, or of the view being expanded.
  var sourceText: [UInt8]
  private var nextColumnNumber = 0
  private var nextPlanNumber = 0
  /// Unknown names met so far; binding goes on so that all are reported together.
  var unknownNames: [QueryError] = []
  /// Views being expanded, to find one that refers to itself.
  var openViews: [String] = []
  /// Aliases being expanded, to find one that refers to itself.
  var openAliases: [String] = []
  /// Where a column was last named, for errors.
  var columnPositions: [ColumnID: SourceRange] = [:]
  /// How many parameters the statement has, as far as seen.
  var parameterCount = 0

  init(environment: BinderEnvironment) {
    (resolver, functions) = (environment.resolver, environment.functions)
    (self.environment, settings) = (environment.evaluation, environment.settings)
    runRows = environment.rows
    sourceText = Array(environment.evaluation.statement.utf8)
  }

  /// The text of an expression, on one line.
  func text(of expression: ExpressionSyntax) -> String {
    let range = expression.range
    guard range.start >= 0, range.start < range.end, range.end <= sourceText.count else { return "?column?" }
    let words = sourceText[range.start..<range.end].split { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
    return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }

  /// Binds a query that stands by itself.
  func bindQuery(_ query: QuerySyntax) throws(QueryError) -> LogicalPlan {
    try reportingAllUnknownNames { () throws(QueryError) in
      showingDeletedRows(try bind(query, outer: nil, tables: CommonTables()))
    }
  }

  /// Binds an expression over columns of one table, without subqueries and aggregates.
  ///
  /// - Parameters:
  ///   - expression: The expression.
  ///   - columns: What it may name; none for a constant.
  ///   - table: The table's name, as qualifier.
  ///   - type: The type wanted.
  /// - Returns: The expression, converted.
  /// - Throws: Unknown names, and types that do not fit.
  func bindExpression(
    _ expression: ExpressionSyntax, columns: [OutputColumn] = [], table: [String] = [],
    as type: LogicalType? = nil
  ) throws(QueryError) -> BoundExpression {
    try reportingAllUnknownNames { () throws(QueryError) in
      let scope = Scope(parent: nil)
      if !columns.isEmpty { scope.add(table, columns) }
      let bound = try bind(expression, in: ExpressionContext(scope, columns.isEmpty ? .constant : .condition))
      guard let type else { return bound }
      return try assigned(bound, to: type, what: "the value", at: expression.range)
    }
  }

  /// Binds and evaluates a constant, such as an argument of CALL or the value of SET.
  func bindConstant(
    _ expression: ExpressionSyntax, as type: LogicalType? = nil
  ) throws(QueryError) -> (value: ScalarValue, type: LogicalType) {
    let bound = try bindExpression(expression, as: type)
    return (try constant(bound, what: "the value", at: expression.range), bound.type)
  }

  /// Returns the expression as a value for a column of some type: what INSERT and UPDATE convert without a cast.
  func assigned(
    _ expression: BoundExpression, to type: LogicalType, what: String, at range: SourceRange
  ) throws(QueryError) -> BoundExpression {
    let from = expression.type
    let fits =
      from == type || isUntyped(expression) || ImplicitConversion.cost(from: from, to: type) != nil
      || (from.isNumeric && type.isNumeric) || (from.isTimestamp && (type.isTimestamp || type == .date))
      || ImplicitConversion.commonType(from, type) != nil
    guard fits else {
      throw QueryError(
        .datatypeMismatch, "\(what) is \(from) and cannot become \(type)",
        hint: "convert it: CAST(… AS \(type))",
        at: place(range))
    }
    return converted(expression, to: type, at: place(range))
  }

  /// Runs `body`; unknown names met on the way win over errors that follow from them.
  func reportingAllUnknownNames<Result>(_ body: () throws(QueryError) -> Result) throws(QueryError) -> Result
  {
    let result: Result
    do throws(QueryError) {
      result = try body()
    } catch {
      throw joinedUnknownNames() ?? error
    }
    if let error = joinedUnknownNames() { throw error }
    return result
  }

  private func joinedUnknownNames() -> QueryError? {
    var seen: Set<SourceRange> = []
    let distinct = unknownNames.filter { error in error.position.map { seen.insert($0).inserted } ?? true }
      .sorted { ($0.position?.start ?? 0) < ($1.position?.start ?? 0) }
    guard var first = distinct.first else { return nil }
    first.others = Array(distinct.dropFirst())
    return first
  }

  /// Makes an id that no column has.
  func newColumnID() -> ColumnID {
    nextColumnNumber += 1
    return ColumnID(nextColumnNumber)
  }

  func newColumn(_ name: String, _ type: LogicalType, isNullable: Bool = true) -> OutputColumn {
    OutputColumn(id: newColumnID(), name: name, type: type, isNullable: isNullable)
  }

  func newPlanID() -> Int {
    nextPlanNumber += 1
    return nextPlanNumber
  }

  /// Notes a name that nothing has, and stands in for it a null that goes with every type.
  func unknown(_ error: QueryError) -> BoundExpression {
    unknownNames.append(error)
    return .literal(.null, .null)
  }

  /// Returns the value of an expression without columns.
  func constant(
    _ expression: BoundExpression, what: String, at range: SourceRange
  ) throws(QueryError) -> ScalarValue {
    guard expression.columns.isEmpty else {
      throw QueryError(.invalidColumnReference, "\(what) must be a constant", at: range)
    }
    do throws(QueryError) {
      return try ExpressionEvaluator.value(of: expression, environment: environment)
    } catch {
      throw error.located(at: range)
    }
  }
}

/// Where nulls stand in an ORDER BY that does not say.
enum NullOrder: String, CaseIterable, Sendable {
  case last = "nulls_last"
  case first = "nulls_first"
  case lastOnAscending = "nulls_last_on_asc_first_on_desc"
  case firstOnAscending = "nulls_first_on_asc_last_on_desc"

  init?(setting: String) {
    switch setting {
    case "postgres": self = .lastOnAscending
    case "sqlite", "mysql": self = .firstOnAscending
    default: self.init(rawValue: setting)
    }
  }

  func nullsFirst(descending: Bool) -> Bool {
    switch self {
    case .last: false
    case .first: true
    case .lastOnAscending: descending
    case .firstOnAscending: !descending
    }
  }
}

/// The queries of WITH that a name in FROM may mean, innermost last.
struct CommonTables {
  /// A query of WITH, bound once.
  final class Entry {
    let id: Int
    let name: String
    let columns: [OutputColumn]
    /// Its plan; `nil` while it is being bound.
    var plan: LogicalPlan?
    /// How many names in FROM refer to it.
    var references = 0
    /// For `NOT MATERIALIZED`: bound anew at each reference.
    var inlined: (query: QuerySyntax, columns: [Identifier], tables: CommonTables)?

    init(id: Int, name: String, columns: [OutputColumn]) {
      (self.id, self.name, self.columns) = (id, name, columns)
    }
  }
  private var entries: [String: Entry] = [:]

  subscript(name: String) -> Entry? {
    get { entries[name.lowercased()] }
    set { entries[name.lowercased()] = newValue }
  }

  var names: [String] { entries.values.map(\.name) }

  /// The plan with the definitions of the queries that it refers to around it.
  func defining(_ plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    // What a definition refers to was bound before it.
    for entry in entries.values.sorted(by: { $0.id > $1.id }) {
      guard let definition = entry.plan, result.sharedPlansAround.contains(entry.id) else { continue }
      result = .with(id: entry.id, name: entry.name, definition: definition, body: result)
    }
    return result
  }
}

internal import Columnar

/// What a session gives the binder for one statement.
struct BinderEnvironment {
  /// What the result of a statement may depend on besides its tables.
  struct Settings {
    /// Whether `/` between two integers truncates.
    var integerDivision = true
    /// Where nulls stand in an ORDER BY that does not say.
    var nullOrder = NullOrder.last
    /// The values of `$1` and `?`, by number from 1.
    var parameters: [Int: BoundExpression] = [:]
    /// The values of `$name` and `:name`, by name in lower case.
    var namedParameters: [String: BoundExpression] = [:]
  }

  /// Finds tables, views and table functions.
  var resolver: any RelationResolver
  var functions: FunctionRegistry
  /// The statement's text, clock and time zone, for constants and for errors.
  var evaluation: EvaluationEnvironment
  var settings: Settings
  /// Runs a plan that stands by itself: for columns that depend on data, as those of PIVOT do.
  var rows: ((LogicalPlan) throws(QueryError) -> [[ScalarValue]])?

  init(
    resolver: any RelationResolver, functions: FunctionRegistry = .builtin,
    evaluation: EvaluationEnvironment = EvaluationEnvironment(), settings: Settings = Settings()
  ) {
    (self.resolver, self.functions) = (resolver, functions)
    (self.evaluation, self.settings) = (evaluation, settings)
  }
}

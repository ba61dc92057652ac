internal import Columnar

/// A rewrite of a plan that keeps its answer.
///
/// A rule has a name that `SET disabled_optimizer_rules` switches it off by; the answers must not change.
protocol OptimizerRule: Sendable {
  /// The rule's name, `snake_case`.
  static var name: String { get }

  /// Returns the plan rewritten.
  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan
}

/// What rules know besides the plan.
package struct OptimizerContext: Sendable {
  /// Clock, zone and text of the statement, for folding constants.
  package var environment: EvaluationEnvironment
  package var functions: FunctionRegistry

  package init(environment: EvaluationEnvironment, functions: FunctionRegistry = .builtin) {
    (self.environment, self.functions) = (environment, functions)
  }
}

extension BoundExpression {
  /// Whether the value may differ from one evaluation to the next.
  func isVolatile(_ functions: FunctionRegistry) -> Bool {
    if case .call(let call) = self, functions[call.function]?.volatility == .volatile { return true }
    return children.contains { $0.isVolatile(functions) }
  }
}

internal import Columnar

/// Rewrites a bound plan into one that does less work, by a fixed list of rules.
package struct Optimizer: Sendable {
  /// The rules, in the order in which they run.
  private static let rules: [any OptimizerRule] = [
    FoldConstants(), PushDownFilters(), DropDependentKeys(), ShareSubplans(), ShareSums(), OrderJoins(),
    ChooseBuildSides(), MergeProjections(), PruneColumns(), PushDownLimits(),
  ]

  /// The names that `disabled_optimizer_rules` may hold.
  package static var ruleNames: [String] {
    rules.map { type(of: $0).name } + PhysicalRule.allCases.map(\.rawValue)
  }

  private let disabledRules: Set<String>

  /// Makes an optimizer.
  ///
  /// - Parameter disabledRules: The names of rules to leave out.
  package init(disabledRules: Set<String> = []) { self.disabledRules = disabledRules }

  /// Returns the plan rewritten by every rule that is not switched off.
  ///
  /// - Parameters:
  ///   - plan: A bound plan.
  ///   - context: What rules know besides the plan.
  /// - Returns: A plan with the same answer and the same output columns.
  /// - Throws: What evaluating a constant raises.
  package func optimize(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    let wanted = plan.outputColumns
    var plan = plan
    for rule in Optimizer.rules where !disabledRules.contains(type(of: rule).name) {
      plan = try rule.rewrite(plan, context: context)
      #if DEBUG
      do throws(QueryError) {
        try plan.verify()
      } catch {
        var fault = error
        fault.message = "after \(type(of: rule).name): \(error.message)"
        throw fault
      }
      #endif
    }
    let columns = plan.outputColumns
    if columns.map(\.id) == wanted.map(\.id), columns.map(\.name) == wanted.map(\.name) { return plan }
    return .project(wanted.map { .init(passing: $0) }, plan)
  }
}

internal import Columnar

/// The rows that expressions are bound over; a subquery in an expression adds a join to them.
final class RelationBuilder {
  var plan: LogicalPlan
  init(_ plan: LogicalPlan) { self.plan = plan }
}

/// Where an expression stands, which decides what it may name and hold.
struct ExpressionContext {
  enum Clause: String {
    case select = "the SELECT list"
    case from = "FROM"
    case join = "a join condition"
    case condition = "WHERE"
    case group = "GROUP BY"
    case having = "HAVING"
    case qualify = "QUALIFY"
    case order = "ORDER BY"
    case aggregate = "an aggregate's argument"
    case window = "a window function's argument"
    case values = "VALUES"
    case constant = "a constant"
    case change = "SET"
  }

  let scope: Scope
  var clause: Clause
  /// `nil` where subqueries are not allowed.
  var builder: RelationBuilder?
  var tables: CommonTables
  /// The aggregate and window calls already computed, by their place in the text.
  var computed: [SourceRange: BoundExpression] = [:]
  /// The groups, once the rows are grouped.
  var grouping: Grouping?
  /// The parameters of the lambdas around.
  var lambdaParameters: [OutputColumn] = []
  /// Whether aliases of the SELECT list may be named.
  var allowsAliases = false
  /// The named windows.
  var windows: [String: WindowSyntax] = [:]

  init(
    _ scope: Scope, _ clause: Clause, builder: RelationBuilder? = nil, tables: CommonTables = CommonTables(),
    allowsAliases: Bool = false
  ) {
    (self.scope, self.clause, self.builder, self.tables) = (scope, clause, builder, tables)
    self.allowsAliases = allowsAliases
  }

  func with(_ clause: Clause) -> ExpressionContext {
    var copy = self
    copy.clause = clause
    return copy
  }
}

/// What an expression above GROUP BY may refer to.
struct Grouping {
  /// The groups' expressions without positions, and the columns that hold them.
  var groups: [(key: BoundExpression, column: OutputColumn)]
  /// The columns below, which are gone.
  var inputColumns: Set<ColumnID>
  var groupingID: OutputColumn?
}

extension BoundExpression {
  /// The expression with no positions of casts and the parameters of lambdas numbered from the inside, so that
  /// the same text at two places is equal.
  var withoutPositions: BoundExpression {
    let mapped = mapChildren { $0.withoutPositions }
    if case .lambda(let parameters, let body) = mapped {
      let inner = body.lambdaParameterCount
      // Below zero, where no column of a plan is.
      let renamed = parameters.enumerated().map { index, parameter in
        OutputColumn(id: ColumnID(-1 - inner - index), name: parameter.name, type: parameter.type)
      }
      var replacements: [ColumnID: BoundExpression] = [:]
      for (parameter, new) in zip(parameters, renamed) {
        replacements[parameter.id] = .column(new.id, new.type)
      }
      return .lambda(parameters: renamed, body: body.replacing(replacements))
    }
    if case .cast(let operand, let type, let isTry, .some) = mapped {
      return .cast(operand, to: type, isTry: isTry, position: nil)
    }
    return mapped
  }

  private var lambdaParameterCount: Int {
    let own = if case .lambda(let parameters, _) = self { parameters.count } else { 0 }
    return children.reduce(own) { $0 + $1.lambdaParameterCount }
  }
}

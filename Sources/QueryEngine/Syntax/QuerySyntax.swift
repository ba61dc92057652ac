/// A query: what a SELECT statement, a view, a subquery and a CTE hold.
struct QuerySyntax: Sendable {
  var with: WithSyntax?
  var body: QueryBody
  var orderBy: OrderBySyntax?
  var limit: LimitSyntax?
  var range: SourceRange
}

/// What stands between WITH and ORDER BY.
indirect enum QueryBody: Sendable {
  case select(SelectSyntax)
  case setOperation(SetOperationSyntax)
  case values([[ExpressionSyntax]], SourceRange)
  /// A query in parentheses.
  case nested(QuerySyntax)
}

struct WithSyntax: Sendable {
  var isRecursive: Bool
  var tables: [CommonTableSyntax]
}

struct CommonTableSyntax: Sendable {
  var name: Identifier
  var columns: [Identifier]
  /// `MATERIALIZED` is true, `NOT MATERIALIZED` false.
  var isMaterialized: Bool?
  var query: QuerySyntax
}

/// Two or more queries joined by the same operator, from left to right.
struct SetOperationSyntax: Sendable {
  enum Operator: String, Sendable {
    case union = "UNION"
    case intersect = "INTERSECT"
    case except = "EXCEPT"
  }
  var operation: Operator
  var isAll: Bool
  var byName: Bool
  var branches: [QueryBody]
  var range: SourceRange
}

enum OrderBySyntax: Sendable {
  case items([SortItemSyntax])
  /// `ORDER BY ALL`.
  case all(descending: Bool, nullsFirst: Bool?)
}

struct LimitSyntax: Sendable {
  var count: ExpressionSyntax?
  var isPercent = false
  var withTies = false
  var offset: ExpressionSyntax?
  var range: SourceRange
}

struct SelectSyntax: Sendable {
  enum Distinct: Sendable {
    case no
    case yes
    case on([ExpressionSyntax])
  }
  var distinct: Distinct = .no
  var items: [SelectItem]
  /// The tables between commas.
  var from: [TableReference] = []
  var condition: ExpressionSyntax?
  var groupBy: GroupBySyntax?
  var having: ExpressionSyntax?
  var qualify: ExpressionSyntax?
  var windows: [(name: Identifier, window: WindowSyntax)] = []
  var sample: SampleSyntax?
  var range: SourceRange
}

enum SelectItem: Sendable {
  case expression(ExpressionSyntax, alias: Identifier?)
  case wildcard(WildcardSyntax)
}

/// `*`, `t.*`, with EXCLUDE, REPLACE and RENAME.
struct WildcardSyntax: Sendable {
  /// The table's name before `.*`.
  var qualifier: QualifiedName?
  var excluded: [QualifiedName] = []
  var replaced: [(expression: ExpressionSyntax, name: Identifier)] = []
  var renamed: [(from: QualifiedName, to: Identifier)] = []
  var range: SourceRange
}

struct GroupBySyntax: Sendable {
  enum Element: Sendable {
    case expression(ExpressionSyntax)
    case rollup([[ExpressionSyntax]])
    case cube([[ExpressionSyntax]])
    case sets([Element])
    /// `(a, b)` inside GROUPING SETS, or `()`.
    case list([ExpressionSyntax])
  }
  /// `GROUP BY ALL`.
  var isAll = false
  var elements: [Element] = []
}

struct SampleSyntax: Sendable {
  var amount: ExpressionSyntax
  var isPercent: Bool
  var method: Identifier?
  var seed: ExpressionSyntax?
  var range: SourceRange
}

/// What stands in FROM.
indirect enum TableReference: Sendable {
  case named(NamedTableSyntax)
  case file(String, alias: TableAlias?, SourceRange)
  case query(QuerySyntax, isLateral: Bool, alias: TableAlias?, SourceRange)
  case function(TableFunctionSyntax)
  case join(JoinSyntax)
  case pivot(PivotSyntax)
  case unpivot(UnpivotSyntax)

  var range: SourceRange {
    switch self {
    case .named(let table): table.range
    case .file(_, _, let range), .query(_, _, _, let range): range
    case .function(let call): call.range
    case .join(let join): join.range
    case .pivot(let pivot): pivot.range
    case .unpivot(let unpivot): unpivot.range
    }
  }
}

struct TableAlias: Sendable {
  var name: Identifier
  var columns: [Identifier]
}

struct NamedTableSyntax: Sendable {
  var name: QualifiedName
  var timeTravel: TimeTravelSyntax?
  var alias: TableAlias?
  var sample: SampleSyntax?
  var range: SourceRange
}

/// Which state of a table to read.
struct TimeTravelSyntax: Sendable {
  enum Kind: Sendable { case timestamp, version }
  var kind: Kind
  var expression: ExpressionSyntax
  var range: SourceRange
}

struct TableFunctionSyntax: Sendable {
  var call: FunctionCallSyntax
  var timeTravel: TimeTravelSyntax?
  var isLateral: Bool
  var withOrdinality: Bool
  var alias: TableAlias?
  var range: SourceRange
}

struct JoinSyntax: Sendable {
  enum Kind: String, Sendable {
    case inner, left, right, full, cross, semi, anti
  }
  enum Condition: Sendable {
    case none
    case natural
    case on(ExpressionSyntax)
    case using([Identifier])
  }
  var kind: Kind
  /// `ASOF JOIN`; a MATCH_CONDITION is part of `condition`'s ON.
  var isAsOf = false
  var left: TableReference
  var right: TableReference
  var condition: Condition
  var matchCondition: ExpressionSyntax?
  var range: SourceRange
}

enum PivotValues: Sendable {
  case listed([(expression: ExpressionSyntax, alias: Identifier?)])
  /// Those that the column has.
  case all
}

struct PivotSyntax: Sendable {
  var input: TableReference
  var aggregates: [(expression: ExpressionSyntax, alias: Identifier?)]
  /// The columns whose values become columns; with several, each combination of values does.
  var columns: [(expression: ExpressionSyntax, values: PivotValues)]
  var groupBy: [ExpressionSyntax]
  var alias: TableAlias?
  var range: SourceRange
}

struct UnpivotSyntax: Sendable {
  var input: TableReference
  var valueName: Identifier
  var nameName: Identifier
  var columns: [(column: Identifier, alias: Identifier?)]
  var includeNulls: Bool
  var alias: TableAlias?
  var range: SourceRange
}

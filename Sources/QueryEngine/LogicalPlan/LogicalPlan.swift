/// What a query means, as a tree of relational operators.
///
/// A closed enum, so that the compiler lists the places which a new case concerns. Columns are named by
/// ``ColumnID``; each node's ``outputColumns`` says which it puts out and in what order.
package indirect enum LogicalPlan: Sendable {
  /// Rows of a table, a metadata table, a temporary table or a file.
  case scan(Scan)
  /// Literal rows; one empty row stands for a missing FROM.
  case values(rows: [[BoundExpression]], columns: [OutputColumn])
  case filter(BoundExpression, LogicalPlan)
  /// Computes columns; what is not listed goes. Plain columns are listed as `.column`.
  case project([NamedExpression], LogicalPlan)
  case aggregate(Aggregate)
  case join(Join)
  case window(Window)
  case sort([SortKey], LogicalPlan)
  /// `sort` and `limit` in one; made by the optimizer.
  case topN([SortKey], count: Int, offset: Int, LogicalPlan)
  case limit(count: Int?, offset: Int, LogicalPlan)
  /// Distinct rows over all columns; DISTINCT ON keeps the first row of each key in the order of `sort`.
  case distinct(Distinct)
  case setOperation(SetOperation)
  /// One list column unnested to rows; the other columns are repeated.
  case unnest(Unnest)
  /// Uses the rows of a shared sub-plan; `columns` renames them by position.
  case cteReference(id: Int, columns: [OutputColumn])
  /// Computes `definition` once, then `body`, which refers to it.
  case with(id: Int, name: String, definition: LogicalPlan, body: LogicalPlan)
  /// WITH RECURSIVE: `step` refers to the rows of the round before by `cteReference(id)`.
  case recursive(id: Int, initial: LogicalPlan, step: LogicalPlan, columns: [OutputColumn], isAll: Bool)

  /// Rows read from a relation.
  package struct Scan: Sendable {
    /// What is read; resolved, and pinned to one snapshot.
    package var relation: any Relation
    /// The alias or name, for explain.
    package var name: String
    /// The columns wanted: `columnIndices[i]` is the relation's column behind `columns[i]`.
    package var columns: [OutputColumn]
    package var columnIndices: [Int]
    /// Conjuncts over `columns` that every row put out meets; the scan evaluates them and prunes by them.
    package var filters: [BoundExpression]
    /// The scan may stop after so many rows that meet the filters.
    package var limit: Int?

    package init(
      relation: any Relation, name: String, columns: [OutputColumn], columnIndices: [Int],
      filters: [BoundExpression] = [], limit: Int? = nil
    ) {
      (self.relation, self.name, self.columns) = (relation, name, columns)
      (self.columnIndices, self.filters, self.limit) = (columnIndices, filters, limit)
    }
  }

  /// A column to compute.
  package struct NamedExpression: Sendable {
    package var expression: BoundExpression
    package var column: OutputColumn
    package init(_ expression: BoundExpression, as column: OutputColumn) {
      (self.expression, self.column) = (expression, column)
    }
  }

  /// GROUP BY with its aggregates; puts out the groups' columns, then the aggregates', then the grouping id.
  package struct Aggregate: Sendable {
    package var groups: [NamedExpression]
    package var aggregates: [AggregateCall]
    /// GROUPING SETS, ROLLUP, CUBE: indices into `groups`; empty means one set of all groups.
    package var groupingSets: [[Int]]
    /// With grouping sets: a BIGINT column, bit *i* (from the last group, as `grouping()`) set where group is absent.
    package var groupingID: OutputColumn?
    /// How many groups are enough, whichever they are; `nil` if all are wanted.
    package var groupLimit: Int?
    package var input: LogicalPlan
    package init(
      groups: [NamedExpression], aggregates: [AggregateCall], groupingSets: [[Int]] = [],
      groupingID: OutputColumn? = nil, input: LogicalPlan
    ) {
      (self.groups, self.aggregates, self.groupingSets) = (groups, aggregates, groupingSets)
      (self.groupingID, self.input) = (groupingID, input)
    }
  }

  /// A call of an aggregate function.
  package struct AggregateCall: Sendable {
    /// The name in the registry, such as `count`, `count_star`, `sum`, `percentile_cont`.
    package var function: String
    package var arguments: [BoundExpression]
    package var isDistinct: Bool
    /// FILTER (WHERE …).
    package var filter: BoundExpression?
    /// ORDER BY inside the call, or WITHIN GROUP.
    package var orderBy: [SortKey]
    package var column: OutputColumn
    package var position: SourceRange?
    package init(
      _ function: String, _ arguments: [BoundExpression], isDistinct: Bool = false,
      filter: BoundExpression? = nil, orderBy: [SortKey] = [], as column: OutputColumn,
      position: SourceRange? = nil
    ) {
      (self.function, self.arguments, self.isDistinct) = (function, arguments, isDistinct)
      (self.filter, self.orderBy, self.column, self.position) = (filter, orderBy, column, position)
    }
  }

  package struct SortKey: Hashable, Sendable {
    package var expression: BoundExpression
    package var isDescending: Bool
    package var nullsFirst: Bool
    package init(_ expression: BoundExpression, isDescending: Bool = false, nullsFirst: Bool = false) {
      (self.expression, self.isDescending, self.nullsFirst) = (expression, isDescending, nullsFirst)
    }
  }

  package struct Join: Sendable {
    package enum Kind: Hashable, Sendable {
      case inner, left, right, full, cross
      /// Left rows with a match, or without any; the left columns only.
      case semi, anti
      /// NOT IN: no left row passes if the right side has a null key, none with a null key of its own
      /// unless the right side is empty.
      case nullAwareAnti
      /// All left rows and one BOOLEAN column: whether there is a match; null as IN says when `isNullAware`.
      case mark(OutputColumn, isNullAware: Bool)
      /// As `left`, but a second match of a left row is error 21000 (scalar subqueries).
      case single
      /// ASOF: the last right row by `equi` keys that meets the one inequality; inner or left.
      case asof(isLeft: Bool)
    }
    package var kind: Kind
    package var left: LogicalPlan
    package var right: LogicalPlan
    /// Pairs of expressions that must be equal: left side's, right side's, of one type.
    package var equalities: [Equality]
    /// What must hold besides; over columns of both sides.
    package var residual: BoundExpression?
    /// Build the hash table on the left input rather than the right; set by the optimizer.
    package var buildsLeft = false
    package struct Equality: Sendable {
      package var left: BoundExpression
      package var right: BoundExpression
      /// IS NOT DISTINCT FROM: nulls match each other.
      package var matchesNulls: Bool
      package init(_ left: BoundExpression, _ right: BoundExpression, matchesNulls: Bool = false) {
        (self.left, self.right, self.matchesNulls) = (left, right, matchesNulls)
      }
    }
    package init(
      _ kind: Kind, _ left: LogicalPlan, _ right: LogicalPlan, equalities: [Equality] = [],
      residual: BoundExpression? = nil
    ) {
      (self.kind, self.left, self.right) = (kind, left, right)
      (self.equalities, self.residual) = (equalities, residual)
    }
  }

  /// Window functions that share partition and order; puts out the input's columns, then the calls'.
  package struct Window: Sendable {
    package var partitionBy: [BoundExpression]
    package var orderBy: [SortKey]
    package var calls: [WindowCall]
    package var input: LogicalPlan
    package init(
      partitionBy: [BoundExpression], orderBy: [SortKey], calls: [WindowCall], input: LogicalPlan
    ) {
      (self.partitionBy, self.orderBy, self.calls, self.input) = (partitionBy, orderBy, calls, input)
    }
  }

  package struct WindowCall: Sendable {
    /// A window function (`row_number`, `lag` …) or an aggregate.
    package var function: String
    package var arguments: [BoundExpression]
    package var isDistinct: Bool
    package var filter: BoundExpression?
    /// ORDER BY inside an aggregate's call.
    package var orderBy: [SortKey]
    package var ignoresNulls: Bool
    package var frame: WindowFrame
    package var column: OutputColumn
    package var position: SourceRange?
    package init(
      _ function: String, _ arguments: [BoundExpression], isDistinct: Bool = false,
      filter: BoundExpression? = nil, orderBy: [SortKey] = [], ignoresNulls: Bool = false,
      frame: WindowFrame, as column: OutputColumn, position: SourceRange? = nil
    ) {
      (self.function, self.arguments, self.isDistinct) = (function, arguments, isDistinct)
      (self.filter, self.orderBy) = (filter, orderBy)
      (self.ignoresNulls, self.frame) = (ignoresNulls, frame)
      (self.column, self.position) = (column, position)
    }
  }

  /// SQL:2016 part 2, 7.15 <window clause>: which rows of the partition a call sees.
  package struct WindowFrame: Hashable, Sendable {
    package enum Unit: Hashable, Sendable { case rows, range, groups }
    package enum Bound: Hashable, Sendable {
      case unboundedPreceding
      case preceding(BoundExpression)
      case currentRow
      case following(BoundExpression)
      case unboundedFollowing
    }
    package enum Exclusion: Hashable, Sendable { case noOthers, currentRow, group, ties }
    package var unit: Unit
    package var start: Bound
    package var end: Bound
    package var exclusion: Exclusion
    package init(_ unit: Unit, from start: Bound, to end: Bound, excluding exclusion: Exclusion = .noOthers) {
      (self.unit, self.start, self.end, self.exclusion) = (unit, start, end, exclusion)
    }
  }

  package struct Distinct: Sendable {
    /// The expressions of DISTINCT ON; `nil` for all columns.
    package var on: [BoundExpression]?
    package var orderBy: [SortKey]
    package var input: LogicalPlan
    package init(on: [BoundExpression]? = nil, orderBy: [SortKey] = [], input: LogicalPlan) {
      (self.on, self.orderBy, self.input) = (on, orderBy, input)
    }
  }

  package struct SetOperation: Sendable {
    package enum Kind: String, Sendable { case union, intersect, except }
    package var kind: Kind
    package var isAll: Bool
    package var left: LogicalPlan
    package var right: LogicalPlan
    /// New ids; column *i* comes from column *i* of both inputs, whose types are already equal.
    package var columns: [OutputColumn]
    package init(
      _ kind: Kind, isAll: Bool, _ left: LogicalPlan, _ right: LogicalPlan, columns: [OutputColumn]
    ) {
      (self.kind, self.isAll, self.left, self.right, self.columns) = (kind, isAll, left, right, columns)
    }
  }

  package struct Unnest: Sendable {
    /// Lists of equal row; shorter ones are filled with nulls.
    package var lists: [NamedExpression]
    package var ordinality: OutputColumn?
    /// Keeps input rows whose lists are empty or null (LEFT JOIN LATERAL).
    package var isOuter: Bool
    package var input: LogicalPlan
    package init(
      lists: [NamedExpression], ordinality: OutputColumn? = nil, isOuter: Bool = false, input: LogicalPlan
    ) {
      (self.lists, self.ordinality, self.isOuter, self.input) = (lists, ordinality, isOuter, input)
    }
  }
}

extension LogicalPlan {
  /// The columns put out, in order.
  package var outputColumns: [OutputColumn] {
    switch self {
    case .scan(let scan): scan.columns
    case .values(_, let columns): columns
    case .filter(_, let input), .sort(_, let input), .topN(_, _, _, let input), .limit(_, _, let input):
      input.outputColumns
    case .project(let expressions, _): expressions.map(\.column)
    case .aggregate(let aggregate):
      aggregate.groups.map(\.column) + aggregate.aggregates.map(\.column)
        + (aggregate.groupingID.map { [$0] } ?? [])
    case .join(let join):
      switch join.kind {
      case .semi, .anti, .nullAwareAnti: join.left.outputColumns
      case .mark(let mark, _): join.left.outputColumns + [mark]
      default: join.left.outputColumns + join.right.outputColumns
      }
    case .window(let window): window.input.outputColumns + window.calls.map(\.column)
    case .distinct(let distinct): distinct.input.outputColumns
    case .setOperation(let operation): operation.columns
    case .unnest(let unnest):
      unnest.input.outputColumns + unnest.lists.map(\.column) + (unnest.ordinality.map { [$0] } ?? [])
    case .cteReference(_, let columns): columns
    case .with(_, _, _, let body): body.outputColumns
    case .recursive(_, _, _, let columns, _): columns
    }
  }
}

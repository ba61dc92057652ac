package import Columnar

/// Names a column of a logical plan, unique within a statement.
///
/// Every node that makes a column gives it an id; nodes above refer to it by that id, wherever it
/// stands. So a rule may move nodes without renumbering, and a table used twice has two sets of ids.
package struct ColumnID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let number: Int
  package init(_ number: Int) { self.number = number }
  package static func < (left: ColumnID, right: ColumnID) -> Bool { left.number < right.number }
  package var description: String { "#\(number)" }
}

/// A column that a plan node puts out.
package struct OutputColumn: Hashable, Sendable {
  package let id: ColumnID
  /// The name a person sees.
  package var name: String
  package let type: LogicalType
  /// Whether a null may occur, as far as known.
  package var isNullable: Bool

  package init(id: ColumnID, name: String, type: LogicalType, isNullable: Bool = true) {
    (self.id, self.name, self.type, self.isNullable) = (id, name, type, isNullable)
  }
}

/// An expression whose names and types are settled: no overloads, no implicit conversions are left.
package indirect enum BoundExpression: Hashable, Sendable {
  case column(ColumnID, LogicalType)
  case literal(ScalarValue, LogicalType)
  /// A parameter of a prepared statement, from 0.
  case parameter(Int, LogicalType)
  /// A scalar function or operator of the registry; operands have exactly the types it was resolved for.
  case call(ScalarCall)
  /// Three-valued AND of two or more.
  case and([BoundExpression])
  /// Three-valued OR of two or more.
  case or([BoundExpression])
  case not(BoundExpression)
  /// Both operands have one type; the result is BOOLEAN.
  case comparison(ComparisonOperator, BoundExpression, BoundExpression)
  case isNull(BoundExpression, isNegated: Bool)
  /// `operand IN (values…)`: values are of the operand's type, literals as a rule.
  case inList(BoundExpression, [BoundExpression], isNegated: Bool)
  /// `CAST` (error) or `TRY_CAST` (null).
  case cast(BoundExpression, to: LogicalType, isTry: Bool, position: SourceRange?)
  /// The searched form; the simple form is bound to comparisons. All results have `type`.
  case caseWhen([CaseBranch], otherwise: BoundExpression?, type: LogicalType)
  /// `try(x)`: null where evaluating raises a data error.
  case tryEvaluate(BoundExpression)
  /// The field with index of a struct.
  case field(BoundExpression, index: Int, type: LogicalType)
  /// A lambda passed to a list function: parameters are columns bound by these ids.
  case lambda(parameters: [OutputColumn], body: BoundExpression)

  package struct CaseBranch: Hashable, Sendable {
    package let condition: BoundExpression
    package let result: BoundExpression
    package init(condition: BoundExpression, result: BoundExpression) {
      (self.condition, self.result) = (condition, result)
    }
  }
}

/// Comparisons that yield null if an operand is null, and the two that do not.
package enum ComparisonOperator: String, Hashable, Sendable {
  case equal = "="
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isDistinctFrom = "IS DISTINCT FROM"
  case isNotDistinctFrom = "IS NOT DISTINCT FROM"

  /// The operator that holds when the operands change places.
  package var mirrored: ComparisonOperator {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    default: self
    }
  }

  /// The operator that holds exactly when this one does not; nulls stay null.
  package var negated: ComparisonOperator {
    switch self {
    case .equal: .notEqual
    case .notEqual: .equal
    case .less: .greaterOrEqual
    case .lessOrEqual: .greater
    case .greater: .lessOrEqual
    case .greaterOrEqual: .less
    case .isDistinctFrom: .isNotDistinctFrom
    case .isNotDistinctFrom: .isDistinctFrom
    }
  }
}

/// A call of a scalar function with its operands.
package struct ScalarCall: Hashable, Sendable {
  /// The function's name in the registry, such as `add`, `upper`, `date_trunc`.
  package let function: String
  package let arguments: [BoundExpression]
  package let type: LogicalType
  /// Where the call stands in the statement, for errors at run time.
  package let position: SourceRange?

  package init(
    _ function: String, _ arguments: [BoundExpression], type: LogicalType, position: SourceRange? = nil
  ) {
    (self.function, self.arguments, self.type, self.position) = (function, arguments, type, position)
  }

  package static func == (left: ScalarCall, right: ScalarCall) -> Bool {
    left.function == right.function && left.type == right.type && left.arguments == right.arguments
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(function)
    hasher.combine(arguments)
  }
}

extension BoundExpression {
  /// The type of the value.
  package var type: LogicalType {
    switch self {
    case .column(_, let type), .literal(_, let type), .parameter(_, let type): type
    case .call(let call): call.type
    case .and, .or, .not, .comparison, .isNull, .inList: .boolean
    case .cast(_, let type, _, _): type
    case .caseWhen(_, _, let type): type
    case .tryEvaluate(let operand): operand.type
    case .field(_, _, let type): type
    case .lambda(_, let body): body.type
    }
  }

  /// The operands, in the order in which they stand.
  package var children: [BoundExpression] {
    switch self {
    case .column, .literal, .parameter: []
    case .call(let call): call.arguments
    case .and(let operands), .or(let operands): operands
    case .not(let operand), .isNull(let operand, _), .cast(let operand, _, _, _), .tryEvaluate(let operand),
      .field(let operand, _, _):
      [operand]
    case .comparison(_, let left, let right): [left, right]
    case .inList(let operand, let values, _): [operand] + values
    case .caseWhen(let branches, let otherwise, _):
      branches.flatMap { [$0.condition, $0.result] } + (otherwise.map { [$0] } ?? [])
    case .lambda(_, let body): [body]
    }
  }

  /// Returns the expression with each operand replaced by what `transform` makes of it.
  package func mapChildren<Failure: Error>(
    _ transform: (BoundExpression) throws(Failure) -> BoundExpression
  ) throws(Failure) -> BoundExpression {
    func all(_ operands: [BoundExpression]) throws(Failure) -> [BoundExpression] {
      var result: [BoundExpression] = []
      result.reserveCapacity(operands.count)
      for operand in operands { result.append(try transform(operand)) }
      return result
    }
    switch self {
    case .column, .literal, .parameter: return self
    case .call(let call):
      return .call(
        ScalarCall(call.function, try all(call.arguments), type: call.type, position: call.position))
    case .and(let operands): return .and(try all(operands))
    case .or(let operands): return .or(try all(operands))
    case .not(let operand): return .not(try transform(operand))
    case .comparison(let op, let left, let right):
      return .comparison(op, try transform(left), try transform(right))
    case .isNull(let operand, let isNegated): return .isNull(try transform(operand), isNegated: isNegated)
    case .inList(let operand, let values, let isNegated):
      return .inList(try transform(operand), try all(values), isNegated: isNegated)
    case .cast(let operand, let type, let isTry, let position):
      return .cast(try transform(operand), to: type, isTry: isTry, position: position)
    case .caseWhen(let branches, let otherwise, let type):
      var mapped: [CaseBranch] = []
      for branch in branches {
        mapped.append(
          CaseBranch(condition: try transform(branch.condition), result: try transform(branch.result)))
      }
      var last: BoundExpression?
      if let otherwise { last = try transform(otherwise) }
      return .caseWhen(mapped, otherwise: last, type: type)
    case .tryEvaluate(let operand): return .tryEvaluate(try transform(operand))
    case .field(let operand, let index, let type):
      return .field(try transform(operand), index: index, type: type)
    case .lambda(let parameters, let body):
      return .lambda(parameters: parameters, body: try transform(body))
    }
  }

  /// The columns referred to, those bound by lambdas inside left out.
  package var columns: Set<ColumnID> {
    var found: Set<ColumnID> = []
    collectColumns(into: &found)
    return found
  }

  private func collectColumns(into found: inout Set<ColumnID>) {
    switch self {
    case .column(let id, _): found.insert(id)
    case .lambda(let parameters, let body):
      found.formUnion(body.columns.subtracting(parameters.map(\.id)))
    default: for child in children { child.collectColumns(into: &found) }
    }
  }

  /// Whether the value is the same for every row and every time (no columns, no volatile functions).
  package var isLiteral: Bool {
    if case .literal = self { return true }
    return false
  }
}

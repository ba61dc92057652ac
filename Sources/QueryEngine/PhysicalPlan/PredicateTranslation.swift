internal import Columnar
internal import TableFormat

/// What scan planning can make of a filter.
struct PredicateTranslation {
  /// True wherever the filter is.
  var predicate: Predicate
  /// Whether it is true nowhere else, so that the filter need not be evaluated where it always is.
  var isExact: Bool

  private static let nothing = PredicateTranslation(predicate: .alwaysTrue, isExact: false)

  /// Translates a filter on columns whose fields are known.
  init(_ filter: BoundExpression, fields: [ColumnID: FieldID]) {
    self = PredicateTranslation.translate(filter, fields)
  }

  private init(predicate: Predicate, isExact: Bool) { (self.predicate, self.isExact) = (predicate, isExact) }

  private static func exact(_ predicate: Predicate) -> PredicateTranslation {
    PredicateTranslation(predicate: predicate, isExact: true)
  }

  private static func translate(
    _ filter: BoundExpression, _ fields: [ColumnID: FieldID]
  ) -> PredicateTranslation {
    switch filter {
    case .literal(.boolean(let value), _): return exact(value ? .alwaysTrue : .alwaysFalse)
    case .column(let id, .boolean):
      guard let field = fields[id] else { return nothing }
      return exact(.comparison(field, .equal, .init(.boolean(true), .boolean)))
    case .and(let parts):
      let all = parts.map { translate($0, fields) }
      return PredicateTranslation(
        predicate: .all(all.map(\.predicate)), isExact: all.allSatisfy(\.isExact))
    case .or(let parts):
      let all = parts.map { translate($0, fields) }
      return PredicateTranslation(
        predicate: .any(all.map(\.predicate)), isExact: all.allSatisfy(\.isExact))
    case .not(let operand):
      let inner = translate(operand, fields)
      return inner.isExact ? exact(inner.predicate.negated) : nothing
    case .isNull(.column(let id, _), let isNegated):
      guard let field = fields[id] else { return nothing }
      return exact(isNegated ? .isNotNull(field) : .isNull(field))
    case .comparison(let op, let left, let right):
      if case .literal = left { return comparison(op.mirrored, right, left, fields) }
      return comparison(op, left, right, fields)
    case .inList(let operand, let values, let isNegated):
      guard let field = field(operand, fields) else { return nothing }
      var literals: [Predicate.Literal] = []
      for value in values {
        guard case .literal(let scalar, let type) = value else { return nothing }
        literals.append(.init(scalar, type))
      }
      return exact(isNegated ? .isNotIn(field, literals) : .isIn(field, literals))
    case .call(let call): return translate(call, fields)
    default: return nothing
    }
  }

  private static func comparison(
    _ op: ComparisonOperator, _ operand: BoundExpression, _ value: BoundExpression,
    _ fields: [ColumnID: FieldID]
  ) -> PredicateTranslation {
    guard let field = field(operand, fields), case .literal(let scalar, let type) = value, !scalar.isNull
    else {
      return nothing
    }
    let comparison: Predicate.Comparison
    switch op {
    case .equal, .isNotDistinctFrom: comparison = .equal
    case .notEqual: comparison = .notEqual
    case .less: comparison = .less
    case .lessOrEqual: comparison = .lessOrEqual
    case .greater: comparison = .greater
    case .greaterOrEqual: comparison = .greaterOrEqual
    case .isDistinctFrom: return nothing
    }
    return exact(.comparison(field, comparison, .init(scalar, type)))
  }

  /// The field behind a column, casts to wider integers looked through.
  private static func field(_ operand: BoundExpression, _ fields: [ColumnID: FieldID]) -> FieldID? {
    switch operand {
    case .column(let id, _): fields[id]
    case .cast(.column(let id, let from), let to, false, _) where from.isInteger && to == .bigint: fields[id]
    default: nil
    }
  }

  private static func translate(
    _ call: ScalarCall, _ fields: [ColumnID: FieldID]
  ) -> PredicateTranslation {
    guard call.arguments.count >= 2, case .column(let id, let type) = call.arguments[0], type == .varchar,
      let field = fields[id], case .literal(.bytes(let bytes), _) = call.arguments[1]
    else { return nothing }
    switch call.function {
    case "starts_with": return exact(.startsWith(field, bytes))
    case "like" where call.arguments.count == 2:
      // Up to the first wildcard; an escape ends the prefix too.
      let prefix = Array(
        bytes.prefix { $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "\\") })
      if prefix.isEmpty { return nothing }
      let isPrefixOnly = bytes.count == prefix.count + 1 && bytes.last == UInt8(ascii: "%")
      return PredicateTranslation(predicate: .startsWith(field, prefix), isExact: isPrefixOnly)
    default: return nothing
    }
  }
}

/// Tells what a predicate can be, given what is known of each condition in it.
public enum PredicateEvaluator {
  /// Asks what a predicate can be for the rows that `known` speaks of.
  ///
  /// - Parameters:
  ///   - predicate: Any predicate.
  ///   - known: What a condition on one column can be; `nil` or `.unknown` if nothing is known of it.
  /// - Returns: A superset of the truth values that occur.
  public static func outcomes(of predicate: Predicate, _ known: (FieldID, Predicate) -> Outcomes?) -> Outcomes
  {
    switch predicate {
    case .alwaysTrue: return .isTrue
    case .alwaysFalse: return .isFalse
    case .and(let parts):
      var result = Outcomes.isTrue
      for part in parts {
        result = .and(result, outcomes(of: part, known))
        if !result.mightMatch && !result.contains(.isNull) { break }
      }
      return result
    case .or(let parts):
      var result = Outcomes.isFalse
      for part in parts { result = .or(result, outcomes(of: part, known)) }
      return result
    case .not(let inner): return outcomes(of: inner, known).negated
    default:
      guard let field = predicate.field else { return .unknown }
      return known(field, predicate) ?? .unknown
    }
  }

  /// Makes a predicate that passes the same rows, without the conditions that are known to hold.
  ///
  /// - Parameters:
  ///   - predicate: Any predicate.
  ///   - known: What a condition on one column can be; `nil` or `.unknown` if nothing is known of it.
  /// - Returns: `alwaysTrue` if the rows need not be looked at; `alwaysFalse` if none passes.
  public static func residual(
    of predicate: Predicate, _ known: (FieldID, Predicate) -> Outcomes?
  ) -> Predicate {
    // Below a negation a null is not as good as false, so negations go first.
    simplify(predicate.pushingNegationsDown, known)
  }

  private static func simplify(
    _ predicate: Predicate, _ known: (FieldID, Predicate) -> Outcomes?
  ) -> Predicate {
    switch predicate {
    case .alwaysTrue, .alwaysFalse: return predicate
    case .and(let parts): return .all(parts.map { simplify($0, known) })
    case .or(let parts): return .any(parts.map { simplify($0, known) })
    default:
      let result = outcomes(of: predicate, known)
      if result.alwaysMatches { return .alwaysTrue }
      return result.mightMatch ? predicate : .alwaysFalse
    }
  }
}

extension Predicate {
  /// The column of a single condition.
  public var field: FieldID? {
    switch self {
    case .alwaysTrue, .alwaysFalse, .and, .or, .not: nil
    case .comparison(let field, _, _), .isIn(let field, _), .isNotIn(let field, _), .isNull(let field),
      .isNotNull(let field), .isNaN(let field), .isNotNaN(let field), .startsWith(let field, _),
      .doesNotStartWith(let field, _):
      field
    }
  }
}

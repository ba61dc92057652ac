public import Columnar

/// A condition on the columns of a table, by field id, that planning can reason about.
///
/// A row passes if the predicate is true for it. Nulls follow SQL: a comparison with null is null, and
/// `and`, `or` and `not` are three-valued. NaN equals itself and is greater than every number;
/// -0 equals +0; text and binary compare by unsigned bytes.
public indirect enum Predicate: Hashable, Sendable {
  case alwaysTrue
  case alwaysFalse
  case and([Predicate])
  case or([Predicate])
  case not(Predicate)
  /// Compares a column with a literal.
  case comparison(FieldID, Comparison, Literal)
  /// Whether the column equals one of the literals.
  case isIn(FieldID, [Literal])
  /// Whether the column equals none of the literals; null if one of them is null and none is equal.
  case isNotIn(FieldID, [Literal])
  case isNull(FieldID)
  case isNotNull(FieldID)
  /// Whether the column is NaN; null for null.
  case isNaN(FieldID)
  /// Whether the column is anything but NaN; null for null.
  case isNotNaN(FieldID)
  /// Whether text or binary begins with the bytes.
  case startsWith(FieldID, [UInt8])
  /// Whether text or binary begins otherwise; null for null.
  case doesNotStartWith(FieldID, [UInt8])

  /// How a column is compared with a literal.
  public enum Comparison: UInt8, Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

    /// The comparison that is true where this one is false.
    public var negated: Comparison {
      switch self {
      case .equal: .notEqual
      case .notEqual: .equal
      case .less: .greaterOrEqual
      case .lessOrEqual: .greater
      case .greater: .lessOrEqual
      case .greaterOrEqual: .less
      }
    }
  }

  /// A value and what it means.
  public struct Literal: Hashable, Sendable {
    /// The value.
    public var value: ScalarValue
    /// What it means; where it is not comparable with the column, planning keeps everything.
    public var type: LogicalType

    /// Makes a literal.
    public init(_ value: ScalarValue, _ type: LogicalType) { (self.value, self.type) = (value, type) }
  }
}

extension Predicate {
  /// Returns a predicate that is true where all of `predicates` are, without needless nesting.
  public static func all(_ predicates: [Predicate]) -> Predicate {
    var parts: [Predicate] = []
    for predicate in predicates {
      switch predicate {
      case .alwaysTrue: continue
      case .alwaysFalse: return .alwaysFalse
      case .and(let more): parts += more
      default: parts.append(predicate)
      }
    }
    if parts.count == 1 { return parts[0] }
    return parts.isEmpty ? .alwaysTrue : .and(parts)
  }

  /// Returns a predicate that is true where one of `predicates` is, without needless nesting.
  public static func any(_ predicates: [Predicate]) -> Predicate {
    var parts: [Predicate] = []
    for predicate in predicates {
      switch predicate {
      case .alwaysFalse: continue
      case .alwaysTrue: return .alwaysTrue
      case .or(let more): parts += more
      default: parts.append(predicate)
      }
    }
    if parts.count == 1 { return parts[0] }
    return parts.isEmpty ? .alwaysFalse : .or(parts)
  }

  /// The predicate that is true where this one is false, and null where it is null.
  public var negated: Predicate {
    switch self {
    case .alwaysTrue: .alwaysFalse
    case .alwaysFalse: .alwaysTrue
    case .and(let parts): .any(parts.map(\.negated))
    case .or(let parts): .all(parts.map(\.negated))
    case .not(let inner): inner.pushingNegationsDown
    case .comparison(let field, let comparison, let literal): .comparison(field, comparison.negated, literal)
    case .isIn(let field, let literals): .isNotIn(field, literals)
    case .isNotIn(let field, let literals): .isIn(field, literals)
    case .isNull(let field): .isNotNull(field)
    case .isNotNull(let field): .isNull(field)
    case .isNaN(let field): .isNotNaN(field)
    case .isNotNaN(let field): .isNaN(field)
    case .startsWith(let field, let prefix): .doesNotStartWith(field, prefix)
    case .doesNotStartWith(let field, let prefix): .startsWith(field, prefix)
    }
  }

  /// The same predicate without `not`.
  public var pushingNegationsDown: Predicate {
    switch self {
    case .and(let parts): .all(parts.map(\.pushingNegationsDown))
    case .or(let parts): .any(parts.map(\.pushingNegationsDown))
    case .not(let inner): inner.negated
    default: self
    }
  }

  /// The columns that the predicate looks at.
  public var fieldIDs: Set<FieldID> {
    var ids: Set<FieldID> = []
    collectFieldIDs(into: &ids)
    return ids
  }

  private func collectFieldIDs(into ids: inout Set<FieldID>) {
    switch self {
    case .alwaysTrue, .alwaysFalse: break
    case .and(let parts), .or(let parts): for part in parts { part.collectFieldIDs(into: &ids) }
    case .not(let inner): inner.collectFieldIDs(into: &ids)
    case .comparison(let field, _, _), .isIn(let field, _), .isNotIn(let field, _), .isNull(let field),
      .isNotNull(let field), .isNaN(let field), .isNotNaN(let field), .startsWith(let field, _),
      .doesNotStartWith(let field, _):
      ids.insert(field)
    }
  }
}

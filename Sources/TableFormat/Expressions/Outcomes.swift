/// The truth values that a predicate can have for the rows of something: a file, a row group, a page.
///
/// What is known of the rows is approximate, so this is a superset of the truth values that do occur. A
/// predicate might match if it can be true; it matches every row if it can be nothing else. Both
/// questions of the specification's "Scan planning" — inclusive for pruning, strict for whole-file
/// answers — come out of one walk, negations included.
public struct Outcomes: OptionSet, Hashable, Sendable {
  /// One bit per truth value.
  public let rawValue: UInt8

  /// Makes a set of the bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Some row can pass.
  public static let isTrue = Outcomes(rawValue: 1)
  /// Some row can fail.
  public static let isFalse = Outcomes(rawValue: 2)
  /// For some row the predicate can be null, so that it does not pass either.
  public static let isNull = Outcomes(rawValue: 4)
  /// Nothing is known.
  public static let unknown: Outcomes = [.isTrue, .isFalse, .isNull]

  /// Whether a row can pass.
  public var mightMatch: Bool { contains(.isTrue) }

  /// Whether no row can fail to pass.
  public var alwaysMatches: Bool { isSubset(of: .isTrue) }

  /// The outcomes of `NOT`.
  var negated: Outcomes {
    var result = intersection(.isNull)
    if contains(.isTrue) { result.insert(.isFalse) }
    if contains(.isFalse) { result.insert(.isTrue) }
    return result
  }

  /// Returns the outcomes of `AND`, whatever rows the two sets come from.
  static func and(_ left: Outcomes, _ right: Outcomes) -> Outcomes {
    if left.isEmpty || right.isEmpty { return [] }
    var result: Outcomes = []
    if left.contains(.isTrue) && right.contains(.isTrue) { result.insert(.isTrue) }
    if left.contains(.isFalse) || right.contains(.isFalse) { result.insert(.isFalse) }
    let leftIsNotFalse = !left.isSubset(of: .isFalse)
    let rightIsNotFalse = !right.isSubset(of: .isFalse)
    if left.contains(.isNull) && rightIsNotFalse || right.contains(.isNull) && leftIsNotFalse {
      result.insert(.isNull)
    }
    return result
  }

  /// Returns the outcomes of `OR`, whatever rows the two sets come from.
  static func or(_ left: Outcomes, _ right: Outcomes) -> Outcomes {
    and(left.negated, right.negated).negated
  }
}

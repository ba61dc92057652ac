package import Columnar

/// What a call of an aggregate means once its argument types are known.
package struct AggregateSignature: Sendable, Hashable {
  /// The registry's name of the function.
  package var function: String
  /// The types that the arguments must be cast to.
  package var argumentTypes: [LogicalType]
  /// The types that the keys of ORDER BY or WITHIN GROUP must be cast to.
  package var orderTypes: [LogicalType]
  /// The type of the result.
  package var resultType: LogicalType

  package init(
    _ function: String, _ argumentTypes: [LogicalType], orderTypes: [LogicalType] = [],
    gives resultType: LogicalType
  ) {
    (self.function, self.argumentTypes) = (function, argumentTypes)
    (self.orderTypes, self.resultType) = (orderTypes, resultType)
  }
}

/// An aggregate function: its name, documentation, types, and what it keeps for each group.
struct AggregateFunction: Sendable {
  /// What an accumulator is made for.
  struct Binding: Sendable {
    var argumentTypes: [LogicalType]
    var orderBy: [OrderBy]
    var orderTypes: [LogicalType]
    var resultType: LogicalType
    /// The values of arguments that are literals, `nil` for the others.
    var literals: [ScalarValue?]
    /// Where the call stands, for errors at the end.
    var position: SourceRange?

    struct OrderBy: Sendable {
      var isDescending: Bool
      var nullsFirst: Bool
    }
  }

  /// How rows with a null argument are treated.
  enum NullHandling: Sendable {
    /// A row with a null in any argument does not count.
    case skipsAny
    /// Only a null first argument makes the row not count.
    case skipsFirst
    /// Nulls are values like others.
    case keeps
  }

  let name: String
  var aliases: [String] = []
  let summary: String
  var nulls = NullHandling.skipsAny
  /// Whether DISTINCT changes nothing.
  var ignoresDistinct = false
  /// Returns the signature for argument and order types, `nil` if they do not fit.
  let resolve: @Sendable (_ arguments: [LogicalType], _ order: [LogicalType]) -> AggregateSignature?
  /// Makes the state of one worker's groups.
  let makeAccumulator: @Sendable (Binding) -> Accumulator
}

package import Columnar

/// A function of one row's values: its name, its documentation, its overloads with their bodies.
///
/// Operators are functions too (`add`, `like`). A group's `all` lists its functions;
/// ``FunctionRegistry/builtin`` joins the groups.
package struct ScalarFunction: Sendable {
  /// The name, `snake_case`.
  package let name: String
  /// Other names that mean the same.
  package let aliases: [String]
  /// One sentence for the function reference.
  package let summary: String
  /// How long a value holds for the same arguments.
  package let volatility: Volatility
  /// Calls and what they answer, run by a test.
  package let examples: [Example]
  let overloads: [ScalarOverload]

  package enum Volatility: Sendable {
    /// Always: the call may be folded, and evaluated once per dictionary entry.
    case immutable
    /// Within a statement, such as `now()`.
    case stable
    /// Not at all, such as `random()`.
    case volatile
  }

  package struct Example: Sendable {
    /// The call, as SQL.
    package let expression: String
    /// The text form of the value.
    package let result: String
    package init(_ expression: String, gives result: String) {
      (self.expression, self.result) = (expression, result)
    }
  }

  init(
    _ name: String, aliases: [String] = [], _ summary: String, volatility: Volatility = .immutable,
    examples: [Example] = [], _ overloads: [ScalarOverload]
  ) {
    (self.name, self.aliases, self.summary, self.volatility) = (name, aliases, summary, volatility)
    (self.examples, self.overloads) = (examples, overloads)
  }

  /// The overloads as text, such as `starts_with(text VARCHAR, prefix VARCHAR) -> BOOLEAN`.
  package var signatures: [String] { overloads.map { name + $0.signature } }
}

/// One list of parameter types that a function takes, and what it then does.
struct ScalarOverload: Sendable {
  /// Parameters and result as text, such as `(text VARCHAR) -> BIGINT`.
  let signature: String
  let nulls: NullHandling
  let rule: @Sendable (ArgumentTypes) -> SignatureTypes?
  /// Makes the body for one call; called once per evaluator.
  let make: @Sendable (CallSite) throws(QueryError) -> ScalarBody

  enum NullHandling: Sendable {
    /// A null argument makes the result null, and the body is not asked.
    case strict
    /// The body sees null arguments.
    case body
  }

  /// Makes an overload whose types follow a rule.
  init(
    _ signature: String, nulls: NullHandling = .strict,
    rule: @escaping @Sendable (ArgumentTypes) -> SignatureTypes?,
    make: @escaping @Sendable (CallSite) throws(QueryError) -> ScalarBody
  ) {
    (self.signature, self.nulls, self.rule, self.make) = (signature, nulls, rule, make)
  }

  /// Makes an overload of fixed types.
  init(
    _ parameters: [Parameter], returns result: LogicalType, nulls: NullHandling = .strict,
    make: @escaping @Sendable (CallSite) throws(QueryError) -> ScalarBody
  ) {
    let list = parameters.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    let types = parameters.map(\.type)
    self.init(
      "(\(list)) -> \(result)", nulls: nulls,
      rule: { $0.types.count == types.count ? SignatureTypes(types, returns: result) : nil }, make: make)
  }

  /// Makes an overload of fixed types whose body is the same for all calls.
  init(
    _ parameters: [Parameter], returns result: LogicalType, nulls: NullHandling = .strict,
    _ body: @autoclosure @escaping @Sendable () -> ScalarBody
  ) {
    self.init(parameters, returns: result, nulls: nulls, make: { (_) throws(QueryError) in body() })
  }
}

/// A parameter of fixed type.
struct Parameter: Sendable {
  let name: String
  let type: LogicalType
  init(_ name: String, _ type: LogicalType) { (self.name, self.type) = (name, type) }
}

/// The arguments of a call as the binder knows them.
package struct ArgumentTypes: Sendable {
  package let types: [LogicalType]
  /// Whether an argument is a string literal, which takes the type that is wanted; as many as `types`.
  package let isUntyped: [Bool]
  /// The values of literal arguments; as many as `types`.
  package let constants: [ScalarValue?]

  package init(_ types: [LogicalType], isUntyped: [Bool] = [], constants: [ScalarValue?] = []) {
    self.types = types
    self.isUntyped = isUntyped.count == types.count ? isUntyped : types.map { _ in false }
    self.constants = constants.count == types.count ? constants : types.map { _ in nil }
  }

  /// The arguments of a bound call; string literals count as untyped.
  package init(_ arguments: [BoundExpression]) {
    types = arguments.map(\.type)
    constants = arguments.map { if case .literal(let value, _) = $0 { value } else { nil } }
    isUntyped = arguments.map { argument in
      if case .literal(let value, .varchar) = argument { return !value.isNull }
      return false
    }
  }

  /// The text of a literal argument.
  func text(_ index: Int) -> String? {
    guard index < constants.count, case .bytes(let bytes)? = constants[index] else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What the types of a call are once an overload is chosen.
struct SignatureTypes: Sendable {
  let parameters: [LogicalType]
  let result: LogicalType
  /// Added to the distance of the arguments, for overloads that should come last.
  let penalty: Int
  /// Whether arguments of any type are cast to their parameters', as `||` does.
  let casts: Bool
  init(
    _ parameters: [LogicalType], returns result: LogicalType, penalty: Int = 0, casts: Bool = false
  ) {
    (self.parameters, self.result, self.penalty, self.casts) = (parameters, result, penalty, casts)
  }
}

/// A call of a function in an expression, as its body's maker sees it.
struct CallSite {
  let function: String
  let argumentTypes: [LogicalType]
  let resultType: LogicalType
  /// The values of literal arguments.
  let constants: [ScalarValue?]
  /// The lambdas among the arguments.
  let lambdas: [LambdaNode?]
  let position: SourceRange?
  let environment: EvaluationEnvironment

  /// The expression as written, or as well as it can be told.
  var text: String { environment.text(at: position) ?? function }
}

/// The rows that a function's body is asked for.
struct CallFrame {
  /// The length of every argument and of the result.
  let rowCount: Int
  /// The rows whose value is wanted: selected and, if the overload is strict, without a null argument.
  let active: Bitmap?
  /// The rows without a null argument, if the overload is strict: the result's validity, as a rule.
  let validity: Bitmap?
  let resultType: LogicalType
  /// The frame of the whole expression, for lambdas.
  let frame: EvaluationFrame

  var environment: EvaluationEnvironment { frame.context.environment }
}

/// What a function does: argument vectors in, a vector of `frame.rowCount` rows out.
typealias ScalarBody = (_ arguments: [Vector], _ frame: CallFrame) throws(QueryError) -> Vector

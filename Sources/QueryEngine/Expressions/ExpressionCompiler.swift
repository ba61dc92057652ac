internal import Columnar

/// Turns bound expressions into nodes.
struct ExpressionCompiler {
  private let layout: ColumnLayout
  private let context: EvaluationContext

  init(layout: ColumnLayout, context: EvaluationContext) { (self.layout, self.context) = (layout, context) }

  func compile(_ expression: BoundExpression) throws(QueryError) -> any ExpressionNode {
    switch expression {
    case .column(let id, let type):
      guard let index = layout.position(of: id) else {
        throw QueryError.internalError("column \(id) is not in the batch")
      }
      return ColumnNode(index: index, type: type)
    case .literal(let value, let type): return LiteralNode(value, type)
    case .parameter(let index, let type):
      guard context.environment.parameters.indices.contains(index) else {
        throw QueryError(
          .invalidParameter, "parameter $\(index + 1) has no value",
          hint: "EXECUTE needs a value for each parameter")
      }
      return LiteralNode(context.environment.parameters[index], type)
    case .call(let call): return try compile(call)
    case .and(let operands): return AndNode(try compile(operands))
    case .or(let operands): return OrNode(try compile(operands))
    case .not(let operand): return NotNode(try compile(operand))
    case .comparison(let comparison, let left, let right):
      return ComparisonNode(comparison, try compile(left), try compile(right))
    case .isNull(let operand, let isNegated):
      return IsNullNode(try compile(operand), isNegated: isNegated)
    case .inList(let operand, let values, let isNegated):
      return try compile(operand, in: values, isNegated: isNegated)
    case .cast(let operand, let target, let isTry, let position):
      return try compileCast(operand, to: target, isTry: isTry, position: position)
    case .caseWhen(let branches, let otherwise, let type):
      var compiled: [(condition: any ExpressionNode, result: any ExpressionNode)] = []
      for branch in branches {
        compiled.append((try compile(branch.condition), try compile(branch.result)))
      }
      var last: (any ExpressionNode)?
      if let otherwise { last = try compile(otherwise) }
      return CaseNode(compiled, otherwise: last, type: type)
    case .tryEvaluate(let operand): return TryNode(try compile(operand))
    case .field(let operand, let index, let type):
      return FieldNode(try compile(operand), index: index, type: type)
    case .lambda: throw QueryError(.datatypeMismatch, "a lambda stands where a value is wanted")
    }
  }

  private func compile(_ operands: [BoundExpression]) throws(QueryError) -> [any ExpressionNode] {
    var nodes: [any ExpressionNode] = []
    for operand in operands { nodes.append(try compile(operand)) }
    return nodes
  }

  private func compile(
    _ operand: BoundExpression, in values: [BoundExpression], isNegated: Bool
  ) throws(QueryError) -> any ExpressionNode {
    let literals = values.compactMap { value -> ScalarValue? in
      if case .literal(let value, _) = value { return value }
      return nil
    }
    let node = try compile(operand)
    let isExact = operand.type.physicalType != .float && operand.type.physicalType != .double
    if literals.count == values.count, isExact, !operand.type.isNested, operand.type != .interval {
      return InListNode(node, literals, isNegated: isNegated)
    }
    var comparisons: [any ExpressionNode] = []
    for value in values { comparisons.append(ComparisonNode(.equal, node, try compile(value))) }
    let any: any ExpressionNode = comparisons.count == 1 ? comparisons[0] : OrNode(comparisons)
    return isNegated ? NotNode(any) : any
  }

  private func compileCast(
    _ operand: BoundExpression, to target: LogicalType, isTry: Bool, position: SourceRange?
  ) throws(QueryError) -> any ExpressionNode {
    if operand.type == target { return try compile(operand) }
    if operand.type == .null { return LiteralNode(.null, target) }
    var column: String?
    if case .column(let id, _) = operand { column = layout.position(of: id).map { layout.columns[$0].name } }
    let body = try Cast.body(
      from: operand.type, to: target, isTry: isTry, environment: context.environment, at: position,
      column: column)
    return CallNode(
      body, [try compile(operand)], type: target, isStrict: true, isImmutable: true, position: position)
  }

  private func compile(_ call: ScalarCall) throws(QueryError) -> any ExpressionNode {
    switch call.function {
    case "coalesce": return CoalesceNode(try compile(call.arguments), type: call.type)
    case "nullif" where call.arguments.count == 2 && call.arguments[0].type == call.arguments[1].type:
      return NullIfNode(try compile(call.arguments[0]), try compile(call.arguments[1]))
    case "if" where call.arguments.count >= 2:
      let branch = (try compile(call.arguments[0]), try compile(call.arguments[1]))
      let otherwise = call.arguments.count > 2 ? try compile(call.arguments[2]) : nil
      return CaseNode([branch], otherwise: otherwise, type: call.type)
    default: break
    }
    let registry = FunctionRegistry.builtin
    guard let function = registry[call.function] else {
      throw registry.unresolved(
        call.function, argumentTypes: call.arguments.map(\.type), at: call.position)
    }
    let types = ArgumentTypes(
      call.arguments.map(\.type), constants: ArgumentTypes(call.arguments).constants)
    guard let overload = registry.overload(of: function, types)?.overload else {
      throw registry.unresolved(call.function, argumentTypes: types.types, at: call.position)
    }
    var nodes: [any ExpressionNode] = []
    var lambdas: [LambdaNode?] = []
    for argument in call.arguments {
      if case .lambda(let parameters, let body) = argument {
        lambdas.append(try compileLambda(parameters, body))
        nodes.append(LiteralNode(.null, .null))
      } else {
        nodes.append(try compile(argument))
        lambdas.append(nil)
      }
    }
    let constants = nodes.map { ($0 as? LiteralNode)?.value }
    let site = CallSite(
      function: call.function, argumentTypes: types.types, resultType: call.type, constants: constants,
      lambdas: lambdas, position: call.position, environment: context.environment)
    let body: ScalarBody
    do {
      body = try overload.make(site)
    } catch {
      throw error.located(at: call.position)
    }
    let hasLambda = lambdas.contains { $0 != nil }
    return CallNode(
      body, nodes, type: call.type, isStrict: overload.nulls == .strict && !hasLambda,
      isImmutable: function.volatility == .immutable && !hasLambda, position: call.position)
  }

  private func compileLambda(
    _ parameters: [OutputColumn], _ body: BoundExpression
  ) throws(QueryError) -> LambdaNode {
    let outer = body.columns.subtracting(parameters.map(\.id)).sorted()
    var columns = parameters
    var captured: [Int] = []
    for id in outer {
      guard let index = layout.position(of: id) else {
        throw QueryError.internalError("column \(id) of a lambda is not in the batch")
      }
      captured.append(index)
      columns.append(layout.columns[index])
    }
    let inner = ExpressionCompiler(layout: ColumnLayout(columns), context: context)
    return LambdaNode(
      parameterTypes: parameters.map(\.type), body: try inner.compile(body), captured: captured)
  }
}

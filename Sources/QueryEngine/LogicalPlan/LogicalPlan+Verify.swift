internal import Columnar

extension LogicalPlan {
  /// Checks that every column named in the plan is there, with the type it is said to have.
  ///
  /// - Throws: `internalError` that names the first node that is wrong; a plan that fails is a bug of ours.
  package func verify() throws(QueryError) {
    var shared: [Int: [LogicalType]] = [:]
    try verify(&shared)
  }

  private func verify(_ shared: inout [Int: [LogicalType]]) throws(QueryError) {
    if case .with(let id, _, let definition, let body) = self {
      try definition.verify(&shared)
      shared[id] = definition.outputColumns.map(\.type)
      return try body.verify(&shared)
    }
    if case .recursive(let id, let initial, let step, let columns, _) = self {
      shared[id] = columns.map(\.type)
      try initial.verify(&shared)
      try step.verify(&shared)
      guard initial.outputColumns.map(\.type) == columns.map(\.type),
        step.outputColumns.map(\.type) == columns.map(\.type)
      else { throw fault("the columns of the parts differ") }
      return
    }
    for input in inputs { try input.verify(&shared) }
    if case .cteReference(let id, let columns) = self {
      guard let types = shared[id] else { throw fault("there is no shared plan \(id)") }
      guard types == columns.map(\.type) else { throw fault("its columns are not those of the shared plan") }
    }
    if case .setOperation(let operation) = self {
      let types = operation.columns.map(\.type)
      guard operation.left.outputColumns.map(\.type) == types,
        operation.right.outputColumns.map(\.type) == types
      else { throw fault("the columns of its inputs differ") }
    }
    var available: [ColumnID: LogicalType] = [:]
    if case .scan(let scan) = self {
      for column in scan.columns { available[column.id] = column.type }
      guard scan.columns.count == scan.columnIndices.count else { throw fault("columns without an index") }
    }
    for input in inputs { for column in input.outputColumns { available[column.id] = column.type } }
    if case .mark(let column, _)? = joinKind { available[column.id] = column.type }
    for expression in expressions { try verify(expression, available) }
    let outputs = outputColumns.map(\.id)
    guard Set(outputs).count == outputs.count else { throw fault("it puts a column out twice") }
    if case .join(let join) = self {
      let left = Set(join.left.outputColumns.map(\.id))
      let right = Set(join.right.outputColumns.map(\.id))
      for equality in join.equalities {
        guard equality.left.columns.isSubset(of: left), equality.right.columns.isSubset(of: right) else {
          throw fault("an equality's sides are on the wrong sides")
        }
        guard equality.left.type == equality.right.type else { throw fault("an equality of two types") }
      }
    }
  }

  private var joinKind: Join.Kind? {
    if case .join(let join) = self { return join.kind }
    return nil
  }

  private func verify(_ expression: BoundExpression, _ available: [ColumnID: LogicalType]) throws(QueryError)
  {
    switch expression {
    case .column(let id, let type):
      guard let found = available[id] else { throw fault("there is no column \(id)") }
      guard found == type else { throw fault("the column \(id) is \(found), not \(type)") }
    case .comparison(_, let left, let right):
      guard left.type == right.type else { throw fault("a comparison of \(left.type) and \(right.type)") }
      try verify(left, available)
      try verify(right, available)
    case .lambda(let parameters, let body):
      var inner = available
      for parameter in parameters { inner[parameter.id] = parameter.type }
      try verify(body, inner)
    default:
      for child in expression.children { try verify(child, available) }
    }
  }

  private func fault(_ message: String) -> QueryError {
    let lines = explained.split(separator: "\n")
    return QueryError.internalError("the plan is wrong: \(message), in \(lines.first ?? "")")
  }
}

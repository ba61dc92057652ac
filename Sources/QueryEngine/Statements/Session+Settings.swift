internal import Columnar
internal import TableFormat

/// SET, RESET, USE and SHOW of settings.
extension Session {
  func set(
    _ name: Identifier, to value: SettingValue, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let definition = try SettingDefinition.named(name.text, at: name.range)
    switch value {
    case .toDefault: return try reset(name)
    case .word(let word): try definition.change(&settings, to: word, at: name.range)
    case .expression(let expression):
      let (value, type) = try constant(expression, environment)
      try definition.change(&settings, to: ValueText.string(value, as: type), at: expression.range)
    }
    return StatementResult(message: "SET")
  }

  func reset(_ name: Identifier?) throws(QueryError) -> StatementResult {
    guard let name else {
      settings = initialSettings
      return StatementResult(message: "RESET")
    }
    let definition = try SettingDefinition.named(name.text, at: name.range)
    if definition.name == "current_timestamp" {
      settings.currentTimestamp = initialSettings.currentTimestamp
    } else {
      try definition.change(&settings, to: definition.get(initialSettings), at: name.range)
    }
    return StatementResult(message: "RESET")
  }

  func use(_ name: QualifiedName) throws(QueryError) -> StatementResult {
    var parts = name.names
    if let catalog, parts.count > 1, parts[0].lowercased() == catalog.name.lowercased() {
      parts.removeFirst()
    }
    let namespace = Namespace(parts)
    if let catalog {
      let known: [Namespace]
      do throws(TableFormatError) { known = try catalog.namespaces() } catch { throw QueryError(error) }
      if parts.count == 1, parts[0].lowercased() == catalog.name.lowercased(), !known.contains(namespace) {
        return StatementResult(message: "USE")
      }
      guard known.contains(namespace) else {
        throw QueryError(
          .undefinedNamespace, "there is no namespace \"\(namespace)\"",
          hint: NearestName.hint(for: namespace.description, among: known.map(\.description)), at: name.range)
      }
    }
    settings.namespace = namespace.description
    return StatementResult(message: "USE")
  }

  /// Returns the value of an expression without columns, and its type.
  func constant(
    _ expression: ExpressionSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> (ScalarValue, LogicalType) {
    let select = SelectSyntax(items: [.expression(expression, alias: nil)], range: expression.range)
    let query = QuerySyntax(
      with: nil, body: .select(select), orderBy: nil, limit: nil, range: expression.range)
    let result = try answer(query, environment)
    guard let batch = result.batches.first?.compacted(), batch.rowCount == 1,
      let column = result.columns.first
    else { throw QueryError(.invalidParameter, "a constant is expected here", at: expression.range) }
    return (batch.columns[0].scalar(at: 0, as: column.type), column.type)
  }
}

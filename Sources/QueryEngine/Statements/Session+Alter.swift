internal import Columnar
internal import TableFormat

/// ALTER TABLE and COMMENT ON: each action is one transaction action of the table format.
extension Session {
  func alter(
    _ name: QualifiedName, ifExists: Bool, _ action: AlterTableAction, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let done = StatementResult(message: "ALTER TABLE")
    let table: Table
    do throws(QueryError) {
      table = try requireTable(name)
    } catch {
      if ifExists && error.sqlState == .undefinedTable { return done }
      throw error
    }
    switch action {
    case .renameTable(let newName):
      let target = TableSelector.identifiers(newName.names, settings).first ?? table.identifier
      let identifier =
        newName.parts.count == 1 ? TableIdentifier(table.identifier.namespace, newName.last.text) : target
      try tableFormat { () throws(TableFormatError) in
        try self.catalog?.renameTable(table.identifier, to: identifier)
      }
      return done
    case .execute(let procedure, let arguments, let condition):
      return try executeProcedure(procedure, arguments, condition, on: table, environment)
    default: break
    }
    let changes = try AlterTableChanges.actions(for: action, on: table, in: self, environment, at: name.range)
    try tableFormat { () throws(TableFormatError) in
      var transaction = Transaction(table, clock: self.commitClock)
      for change in changes { transaction.add(change) }
      if !changes.isEmpty { try transaction.commit() }
    }
    return done
  }

  func comment(_ comment: CommentSyntax) throws(QueryError) -> StatementResult {
    switch comment.kind {
    case .view:
      let view = try requireView(comment.name)
      try tableFormat { () throws(TableFormatError) in
        try self.catalog?.changeView(
          view, setting: comment.text.map { ["comment": $0] } ?? [:],
          removing: comment.text == nil ? ["comment"] : [])
      }
    case .table:
      let table = try requireTable(comment.name)
      let update =
        comment.text.map { UpdateProperties(set: ["comment": $0]) } ?? UpdateProperties(remove: ["comment"])
      _ = try tableFormat { () throws(TableFormatError) in
        try Transaction(table, update, clock: self.commitClock).commit()
      }
    case .column:
      let tableName = QualifiedName(parts: Array(comment.name.parts.dropLast()))
      let table = try requireTable(tableName)
      let update = UpdateSchema([.setDoc(comment.name.last.text, comment.text)])
      _ = try tableFormat { () throws(TableFormatError) in
        try Transaction(table, update, clock: self.commitClock).commit()
      }
    }
    return StatementResult(message: "COMMENT")
  }

  /// Trino's `ALTER TABLE t EXECUTE name(arguments)`.
  private func executeProcedure(
    _ name: Identifier, _ arguments: [ArgumentSyntax], _ condition: ExpressionSyntax?, on table: Table,
    _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    var values: [String: ScalarValue] = ["table": .text(table.identifier.description)]
    if let condition { values["where"] = .text(environment.source(condition.range)) }
    for argument in arguments {
      let (value, type) = try constant(argument.value, environment)
      let text = ValueText.string(value, as: type)
      switch argument.name?.text.lowercased() {
      case "retention_threshold":
        guard let micros = SettingText.duration(text) else {
          throw QueryError(
            .invalidParameter, "\"\(text)\" is no length of time", hint: "write '7d'",
            at: argument.value.range)
        }
        values["older_than"] = .integer(clockMicros - micros)
      case "file_size_threshold":
        guard let bytes = SettingText.bytes(text) else {
          throw QueryError(
            .invalidParameter, "\"\(text)\" is no size", hint: "write '100MB'", at: argument.value.range)
        }
        values["options"] = .map(keys: [.text("target-file-size-bytes")], values: [.text("\(bytes)")])
      default:
        throw QueryError(
          .undefinedFunction, "\(name.text) has no parameter \"\(argument.name?.text ?? "")\"",
          hint: "retention_threshold and file_size_threshold are known", at: argument.value.range)
      }
    }
    let names = [
      "optimize": "rewrite_data_files", "optimize_manifests": "rewrite_manifests",
      "expire_snapshots": "expire_snapshots", "remove_orphan_files": "remove_orphan_files",
    ]
    return try run(names[name.text.lowercased()] ?? name.text.lowercased(), values, at: name.range)
  }
}

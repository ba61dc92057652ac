internal import Columnar
internal import TableFormat

/// Turns an action of ALTER TABLE into actions of a transaction.
enum AlterTableChanges {
  static func actions(
    for action: AlterTableAction, on table: Table, in session: Session, _ environment: EvaluationEnvironment,
    at range: SourceRange
  ) throws(QueryError) -> [any TransactionAction] {
    switch action {
    case .addColumns(let columns, let ifNotExists):
      var changes: [UpdateSchema.Change] = []
      for (column, parent, position) in columns {
        let path = parent.map(\.text) + [column.name.text]
        if ifNotExists, (try? table.schema.field(path: path)) != nil { continue }
        changes.append(
          .add(
            name: column.name.text, try ColumnTypes.type(of: column.type),
            parent: parent.isEmpty ? nil : parent.map(\.text).joined(separator: "."),
            isRequired: column.isRequired, doc: column.comment,
            defaultValue: try session.defaultValue(of: column, environment),
            position: position.map(self.position)))
        changes += try ColumnTypes.defaults(
          within: column, below: parent.map(\.text), in: session, environment)
      }
      return changes.isEmpty ? [] : [UpdateSchema(changes)]
    case .dropColumns(let names, let ifExists):
      let kept = names.filter { !ifExists || (try? table.schema.field(named: $0.text)) != nil }
      return kept.isEmpty ? [] : [UpdateSchema(kept.map { .drop($0.text) })]
    case .renameColumn(let name, let newName): return [UpdateSchema([.rename(name.text, to: newName.text)])]
    case .setColumnType(let name, let type):
      return [UpdateSchema([.setType(name.text, try TypeNames.type(of: type))])]
    case .setColumnRequired(let name, let isRequired):
      return [UpdateSchema([.setRequired(name.text, isRequired)])]
    case .setColumnComment(let name, let text): return [UpdateSchema([.setDoc(name.text, text)])]
    case .setColumnDefault(let name, let expression):
      let value = try expression.map { (expression) throws(QueryError) in
        try session.constant(expression, environment).0
      }
      return [UpdateSchema([.setDefault(name.text, value)])]
    case .moveColumn(let name, let position):
      return [UpdateSchema([.move(name.text, self.position(position))])]
    case .setProperties(let pairs):
      return [UpdateProperties(set: Dictionary(pairs.map { ($0.key, $0.value) }) { $1 })]
    case .unsetProperties(let keys, _): return [UpdateProperties(remove: keys)]
    case .addPartitionField(let field): return [UpdatePartitionSpec([try added(field)])]
    case .dropPartitionField(let field): return [UpdatePartitionSpec([try removed(field, table)])]
    case .replacePartitionField(let old, let new):
      return [UpdatePartitionSpec([try removed(old, table), try added(new)])]
    case .setPartitioning(let fields):
      let present = table.metadata.partitionSpec.fields.filter { $0.transform != .void }
      var changes: [UpdatePartitionSpec.Change] = present.map { .remove(name: $0.name) }
      for field in fields { changes.append(try added(field)) }
      return [UpdatePartitionSpec(changes)]
    case .setSortOrder(let fields):
      let order = try session.tableFormat { () throws(TableFormatError) in
        try PartitionSyntax.order(fields, table.schema)
      }
      return [SetSortOrder(order.fields)]
    case .setIdentifierFields(let names): return [UpdateSchema([.setIdentifiers(names.map(\.text))])]
    case .dropIdentifierFields(let names):
      let dropped = Set(names.map { $0.text.lowercased() })
      let kept = table.schema.identifierFieldIDs.compactMap { table.schema.name(of: $0) }
        .filter { !dropped.contains($0.lowercased()) }
      return [UpdateSchema([.setIdentifiers(kept)])]
    case .createReference(let reference):
      return [try created(reference, table, session, environment)].compactMap { $0 }
    case .dropReference(let isBranch, let name, let ifExists):
      if ifExists && table.metadata.references[name.text] == nil { return [] }
      return [RemoveReference(name.text, kind: isBranch ? .branch : .tag)]
    case .setLocation:
      throw QueryError(
        .unsupported, "the location of a table cannot be changed",
        hint: "the properties write.data.path and write.metadata.path say where new files go", at: range)
    case .renameTable, .execute: throw QueryError.internalError("no change of metadata", at: range)
    }
  }

  private static func position(_ position: AlterTableAction.Position) -> UpdateSchema.Position {
    switch position {
    case .first: .first
    case .after(let name): .after(name.text)
    }
  }

  private static func transform(_ field: PartitionFieldSyntax) throws(QueryError) -> Transform {
    guard let name = field.transform?.text.lowercased() else { return .identity }
    switch (name, field.argument) {
    case ("bucket", .some(let count)) where count > 0: return .bucket(count)
    case ("truncate", .some(let width)) where width > 0: return .truncate(width)
    default: break
    }
    let transform = Transform(name)
    if case .unknown = transform {
      throw QueryError(
        .invalidParameter, "there is no partition transform \"\(name)\"",
        hint: "identity, bucket(n, c), truncate(n, c), year, month, day, hour and void are", at: field.range)
    }
    return transform
  }

  private static func added(_ field: PartitionFieldSyntax) throws(QueryError) -> UpdatePartitionSpec.Change {
    .add(column: field.column.text, try transform(field), name: field.name?.text)
  }

  /// A field is named by its own name, or by column and transform.
  private static func removed(
    _ field: PartitionFieldSyntax, _ table: Table
  ) throws(QueryError) -> UpdatePartitionSpec.Change {
    if field.transform == nil,
      table.metadata.partitionSpec.fields.contains(where: { $0.name == field.column.text })
    {
      return .remove(name: field.column.text)
    }
    return .removeTransform(column: field.column.text, try transform(field))
  }

  private static func created(
    _ syntax: ReferenceSyntax, _ table: Table, _ session: Session, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> SetReference? {
    if table.metadata.references[syntax.name.text] != nil && syntax.ifNotExists { return nil }
    var id = table.metadata.currentSnapshotID
    if let version = syntax.version {
      let (value, _) = try session.constant(version, environment)
      switch value {
      case .integer(let number): id = SnapshotID(number)
      case .bytes(let bytes):
        let name = String(decoding: bytes, as: UTF8.self)
        id = try session.tableFormat { () throws(TableFormatError) in try table.snapshot(reference: name).id }
      default: break
      }
    }
    guard let id else {
      throw QueryError(
        .invalidParameter, "the table has no snapshot to refer to", hint: "insert rows first",
        at: syntax.name.range)
    }
    var reference = SnapshotReference(snapshotID: id, kind: syntax.isBranch ? .branch : .tag)
    func millis(_ retention: ExpressionSyntax?) throws(QueryError) -> Int64? {
      guard let retention, case (.interval(let interval), _) = try session.constant(retention, environment)
      else { return nil }
      return (Int64(interval.months) * 30 + Int64(interval.days)) * 86_400_000 + interval.micros / 1000
    }
    reference.maxRefAgeMillis = try millis(syntax.retention)
    guard syntax.isBranch || (syntax.minSnapshots == nil && syntax.snapshotRetention == nil) else {
      throw QueryError(
        .invalidParameter, "a tag names one snapshot, so that there are none to retain behind it",
        hint: "RETAIN says how long the tag itself stays", at: syntax.name.range)
    }
    reference.minSnapshotsToKeep = syntax.minSnapshots
    reference.maxSnapshotAgeMillis = try millis(syntax.snapshotRetention)
    return SetReference(syntax.name.text, reference, isNew: !syntax.orReplace)
  }
}

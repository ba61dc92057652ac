internal import Columnar

/// A schema while it is being changed.
struct SchemaEditor {
  private let metadata: TableMetadata
  private var fields: [NestedField]
  private var identifiers: [FieldID]
  private var lastID: Int32
  private var renamed: [(old: String, new: String, id: FieldID)] = []

  init(_ metadata: TableMetadata) {
    self.metadata = metadata
    (fields, identifiers) = (metadata.schema.fields, metadata.schema.identifierFieldIDs)
    lastID = metadata.lastColumnID.rawValue
  }

  private var schema: Schema { Schema(fields: fields, identifierFieldIDs: identifiers) }

  private mutating func nextID() -> FieldID {
    // An id beyond 32 bits comes out negative, which the rules for schemas refuse.
    lastID &+= 1
    return FieldID(lastID)
  }

  private func find(_ name: String) throws(TableFormatError) -> NestedField {
    guard let field = try schema.field(named: name) else {
      throw TableFormatError(.notFound, "there is no column \"\(name)\"", field: name)
    }
    return field
  }

  mutating func apply(_ change: UpdateSchema.Change) throws(TableFormatError) {
    switch change {
    case .add(let name, let type, let parent, let isRequired, let doc, let value, let position):
      try add(name, type, parent, isRequired, doc, value, position)
    case .drop(let name): try drop(name)
    case .rename(let name, let new): try rename(name, new)
    case .setType(let name, let type): try setType(name, type)
    case .setRequired(let name, let isRequired):
      let field = try find(name)
      guard !isRequired || field.isRequired else {
        throw TableFormatError(
          .invalidArgument, "\"\(name)\" cannot become required: rows without a value may be there",
          field: name)
      }
      try edit(field.id) { siblings, place in siblings[place].isRequired = isRequired }
    case .setDoc(let name, let doc): try edit(find(name).id) { siblings, place in siblings[place].doc = doc }
    case .setDefault(let name, let value):
      try requireVersion3("a default of \"\(name)\"")
      let field = try find(name)
      try checkDefault(value, field.type, name)
      try edit(field.id) { siblings, place in siblings[place].writeDefault = value }
    case .move(let name, let position): try move(find(name).id, position, name)
    case .setIdentifiers(let names):
      identifiers = []
      for name in names { identifiers.append(try find(name).id) }
    case .restore(let name): try restore(name)
    }
  }

  private func requireVersion3(_ what: String) throws(TableFormatError) {
    guard metadata.formatVersion < 3 else { return }
    throw TableFormatError(
      .unsupported, "\(what) needs format version 3", hint: "set the table property 'format-version' to '3'")
  }

  private func checkDefault(
    _ value: ScalarValue?, _ type: IcebergType, _ name: String
  ) throws(TableFormatError) {
    guard let value else { return }
    guard !type.isNested, type != .variant, SingleValue.encode(value, as: type) != nil else {
      throw TableFormatError(
        .invalidArgument, "the default of \"\(name)\" is no value of the type \(type)", field: name)
    }
  }

  private mutating func add(
    _ name: String, _ type: IcebergType, _ parent: String?, _ isRequired: Bool, _ doc: String?,
    _ value: ScalarValue?, _ position: UpdateSchema.Position?
  ) throws(TableFormatError) {
    if value != nil { try requireVersion3("a column with a default, \"\(name)\",") }
    guard !isRequired || value != nil else {
      throw TableFormatError(
        .invalidArgument,
        "the new column \"\(name)\" cannot be required without a default, as older rows have no value",
        field: name)
    }
    let id = nextID()
    var last = lastID
    let type = type.renumbered {
      last &+= 1
      return FieldID(last)
    }
    lastID = last
    try checkDefault(value, type, name)
    let field = NestedField(
      id: id, name: name, type: type, isRequired: isRequired, doc: doc, initialDefault: value,
      writeDefault: value)
    if let parent {
      let holder = try find(parent)
      // A list or map of structs is meant to be extended itself.
      let target: NestedField =
        switch holder.type {
        case .list(let element): element
        case .map(_, let value): value
        default: holder
        }
      guard case .struct = target.type else {
        throw TableFormatError(.invalidArgument, "\"\(parent)\" is no struct", field: parent)
      }
      try edit(target.id) { siblings, place in
        guard case .struct(var members) = siblings[place].type else { return }
        members.append(field)
        siblings[place].type = .struct(members)
      }
    } else {
      fields.append(field)
    }
    if let position { try move(id, position, name) }
  }

  private mutating func drop(_ name: String) throws(TableFormatError) {
    let field = try find(name)
    var gone: Set<FieldID> = []
    var pending = [field]
    while let next = pending.popLast() {
      gone.insert(next.id)
      pending += next.type.childFields
    }
    if let user = metadata.partitionSpec.fields.first(where: {
      $0.transform != .void && gone.contains($0.sourceID)
    }) {
      throw TableFormatError(
        .invalidArgument, "\"\(name)\" cannot be dropped: the table is partitioned by it (\"\(user.name)\")",
        hint: "drop the partition field first", field: name)
    }
    guard !metadata.sortOrder.fields.contains(where: { gone.contains($0.sourceID) }) else {
      throw TableFormatError(
        .invalidArgument, "\"\(name)\" cannot be dropped: the table's sort order uses it",
        hint: "change the sort order first", field: name)
    }
    guard !identifiers.contains(where: gone.contains) else {
      throw TableFormatError(
        .invalidArgument, "\"\(name)\" cannot be dropped: it identifies rows", field: name)
    }
    try checkStructMember(field.id, name)
    var isLast = false
    try edit(field.id) { siblings, place in
      isLast = siblings.count == 1
      if !isLast { siblings.remove(at: place) }
    }
    guard !isLast else {
      throw TableFormatError(
        .invalidArgument, "\"\(name)\" is the only column there and cannot be dropped", field: name)
    }
  }

  private mutating func rename(_ name: String, _ new: String) throws(TableFormatError) {
    let field = try find(name)
    try checkStructMember(field.id, name)
    let old = schema.name(of: field.id) ?? name
    try edit(field.id) { siblings, place in siblings[place].name = new }
    renamed.append((old, schema.name(of: field.id) ?? new, field.id))
  }

  private mutating func setType(_ name: String, _ type: LogicalType) throws(TableFormatError) {
    let field = try find(name)
    guard !field.type.isNested else {
      throw TableFormatError(
        .invalidArgument, "\"\(name)\" is nested: change its parts one by one", field: name)
    }
    let target = try IcebergType(type) { FieldID(0) }
    guard field.type.canPromote(to: target, formatVersion: metadata.formatVersion), !target.isNested else {
      throw TableFormatError(
        .invalidArgument, "\"\(name)\" cannot change from \(field.type) to \(target)",
        hint: "int to long, float to double and more digits of a decimal are possible", field: name)
    }
    if field.type == .date, target != .date,
      let user = metadata.partitionSpecs.flatMap(\.fields).first(where: {
        $0.sourceID == field.id && [.year, .month, .day, .void].contains($0.transform) == false
      })
    {
      throw TableFormatError(
        .invalidArgument,
        "\"\(name)\" cannot change: the partition field \"\(user.name)\" would get other values",
        field: name)
    }
    try edit(field.id) { siblings, place in siblings[place].type = target }
  }

  private mutating func move(
    _ id: FieldID, _ position: UpdateSchema.Position, _ name: String
  ) throws(TableFormatError) {
    try checkStructMember(id, name)
    var anchor: FieldID?
    switch position {
    case .first: break
    case .before(let other), .after(let other):
      var found = try schema.field(named: other)
      if let parent = schema.parent(of: id), found.map({ schema.parent(of: $0.id) }) != parent,
        let siblings = schema.field(id: parent)?.type.childFields
      {
        // Among the members of a struct, the neighbour's own name is enough.
        found = try Schema.field(named: other, among: siblings)
      }
      guard let found, schema.parent(of: found.id) == schema.parent(of: id) else {
        throw TableFormatError(.notFound, "there is no column \"\(other)\" beside \"\(name)\"", field: other)
      }
      guard found.id != id else {
        throw TableFormatError(.invalidArgument, "\"\(name)\" cannot stand beside itself", field: name)
      }
      anchor = found.id
    }
    try edit(id) { siblings, place in
      let field = siblings.remove(at: place)
      let at = anchor.flatMap { anchor in siblings.firstIndex { $0.id == anchor } } ?? 0
      if case .after = position { siblings.insert(field, at: at + 1) } else { siblings.insert(field, at: at) }
    }
  }

  private mutating func restore(_ name: String) throws(TableFormatError) {
    guard try Schema.field(named: name, among: fields) == nil else {
      throw TableFormatError(.alreadyExists, "the table has a column \"\(name)\"", field: name)
    }
    let current = Set(schema.allFieldIDs)
    for old in metadata.schemas.reversed() {
      guard var field = try Schema.field(named: name, among: old.fields), !current.contains(field.id) else {
        continue
      }
      // Rows written since have no value.
      field.isRequired = false
      fields.append(field)
      return
    }
    throw TableFormatError(.notFound, "no schema of the table has had a column \"\(name)\"", field: name)
  }

  /// Throws for the parts of lists and maps, whose names and places are fixed.
  private func checkStructMember(_ id: FieldID, _ name: String) throws(TableFormatError) {
    guard let parent = schema.parent(of: id), let holder = schema.field(id: parent) else { return }
    if case .struct = holder.type { return }
    throw TableFormatError(
      .invalidArgument, "\"\(name)\" is a part of a list or map, which cannot be dropped, renamed or moved",
      field: name)
  }

  /// Changes the field of an id among its siblings.
  private mutating func edit(
    _ id: FieldID, _ body: (inout [NestedField], Int) -> Void
  ) throws(TableFormatError) {
    guard Self.edit(&fields, id, body) else {
      throw TableFormatError(.internal, "the field \(id) is not in the schema")
    }
  }

  private static func edit(
    _ siblings: inout [NestedField], _ id: FieldID, _ body: (inout [NestedField], Int) -> Void
  ) -> Bool {
    if let place = siblings.firstIndex(where: { $0.id == id }) {
      body(&siblings, place)
      return true
    }
    for place in siblings.indices {
      var children = siblings[place].type.childFields
      guard !children.isEmpty, edit(&children, id, body) else { continue }
      siblings[place].type = siblings[place].type.with(children: children)
      return true
    }
    return false
  }

  /// Puts the schema into the metadata: an equal one that is there already, else a new one (rule 70).
  func finish(_ table: inout TableMetadata) throws(TableFormatError) {
    let schema = schema
    try SchemaRules.check(schema, formatVersion: table.formatVersion)
    if let same = table.schemas.first(where: { $0.hasSameColumns(as: schema) }) {
      table.currentSchemaID = same.id
    } else {
      let id = (table.schemas.map(\.id).max() ?? -1) + 1
      table.schemas.append(schema.with(id: id))
      table.currentSchemaID = id
    }
    table.lastColumnID = max(table.lastColumnID, FieldID(lastID))
    renameProperties(&table)
    try updateNameMapping(&table, schema)
  }

  private static let columnProperties = [
    "write.metadata.metrics.column.", "write.parquet.bloom-filter-enabled.column.",
    "write.parquet.bloom-filter-fpp.column.", "write.parquet.stats-enabled.column.",
  ]

  private func renameProperties(_ table: inout TableMetadata) {
    for (old, new, _) in renamed {
      for prefix in Self.columnProperties {
        if let value = table.properties.removeValue(forKey: prefix + old) {
          table.properties[prefix + new] = value
        }
      }
    }
  }

  /// Adds new columns and new names to the name mapping, if there is one (rule 4).
  private func updateNameMapping(_ table: inout TableMetadata, _ schema: Schema) throws(TableFormatError) {
    guard let text = table.properties["schema.name-mapping.default"],
      var mapping = try? NameMapping(json: text)
    else { return }
    func update(_ mapped: inout [NameMapping.Field], _ fields: [NestedField]) {
      for field in fields {
        if let place = mapped.firstIndex(where: { $0.id == field.id }) {
          if !mapped[place].names.contains(field.name) { mapped[place].names.append(field.name) }
          update(&mapped[place].fields, field.type.childFields)
        } else {
          // A name means one field only: the newest.
          for place in mapped.indices { mapped[place].names.removeAll { $0 == field.name } }
          var new = NameMapping.Field(id: field.id, names: [field.name])
          update(&new.fields, field.type.childFields)
          mapped.append(new)
        }
      }
    }
    update(&mapping.fields, schema.fields)
    table.properties["schema.name-mapping.default"] = mapping.json
  }
}

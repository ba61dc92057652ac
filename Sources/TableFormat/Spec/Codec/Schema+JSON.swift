package import FileFormats

extension Schema {
  /// Reads a schema (Iceberg spec, "Appendix C: JSON serialization", "Schemas").
  package init(_ object: MetadataObject) throws(TableFormatError) {
    let fields = try NestedField.fields(of: object)
    var ids: Set<FieldID> = []
    var pending = fields
    while let field = pending.popLast() {
      guard ids.insert(field.id).inserted else {
        throw object.damaged("fields", "the field id \(field.id) occurs twice in a schema")
      }
      pending += field.type.childFields
    }
    self.init(
      id: try object.optionalInt("schema-id") ?? 0, fields: fields,
      identifierFieldIDs: try object.fieldIDs("identifier-field-ids"))
  }

  /// The JSON of the schema, as metadata files and manifests hold it.
  package var json: JSONValue {
    var object: JSONObject = [
      "type": "struct", "schema-id": .integer(Int64(id)), "fields": .array(fields.map(\.json)),
    ]
    if !identifierFieldIDs.isEmpty {
      object["identifier-field-ids"] = .array(identifierFieldIDs.map { .integer(Int64($0.rawValue)) })
    }
    return .object(object)
  }
}

extension NestedField {
  fileprivate static func fields(of object: MetadataObject) throws(TableFormatError) -> [NestedField] {
    var fields: [NestedField] = []
    for field in try object.objects("fields") { fields.append(try NestedField(field)) }
    return fields
  }

  private init(_ object: MetadataObject) throws(TableFormatError) {
    guard let type = object.value("type") else { throw object.damaged("type", "a field has no type") }
    self.init(
      id: try object.fieldID("id"), name: try object.string("name"),
      type: try IcebergType(type, in: object, at: "type"),
      isRequired: try object.optionalFlag("required") ?? false, doc: try object.optionalString("doc"))
    if let value = object.value("initial-default") {
      initialDefault = try SingleValue.decode(json: value, as: self.type, in: object, at: "initial-default")
    }
    if let value = object.value("write-default") {
      writeDefault = try SingleValue.decode(json: value, as: self.type, in: object, at: "write-default")
    }
  }

  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "id": .integer(Int64(id.rawValue)), "name": .string(name), "required": .bool(isRequired),
      "type": type.json,
    ]
    if let doc { object["doc"] = .string(doc) }
    if let initialDefault { object["initial-default"] = SingleValue.json(initialDefault, as: type) }
    if let writeDefault { object["write-default"] = SingleValue.json(writeDefault, as: type) }
    return .object(object)
  }
}

extension IcebergType {
  fileprivate init(
    _ value: JSONValue, in parent: MetadataObject, at key: String
  ) throws(TableFormatError) {
    if let text = value.stringValue {
      self.init(primitive: text)
      return
    }
    let object = try MetadataObject(value, file: parent.file, path: parent.place(key))
    func part(_ name: String, isRequired: Bool? = nil) throws(TableFormatError) -> NestedField {
      guard let type = object.value(name) else {
        throw object.damaged(name, "the type of the \(name) is missing")
      }
      var required = isRequired
      if required == nil { required = try object.optionalFlag("\(name)-required") }
      return NestedField(
        id: try object.fieldID("\(name)-id"), name: name, type: try IcebergType(type, in: object, at: name),
        isRequired: required ?? false)
    }
    switch try object.string("type") {
    case "struct": self = .struct(try NestedField.fields(of: object))
    case "list": self = .list(element: try part("element"))
    case "map": self = .map(key: try part("key", isRequired: true), value: try part("value"))
    case let other: self = .other(other)
    }
  }

  fileprivate var json: JSONValue {
    switch self {
    case .struct(let fields): ["type": "struct", "fields": .array(fields.map(\.json))]
    case .list(let element):
      [
        "type": "list", "element-id": .integer(Int64(element.id.rawValue)), "element": element.type.json,
        "element-required": .bool(element.isRequired),
      ]
    case .map(let key, let value):
      [
        "type": "map", "key-id": .integer(Int64(key.id.rawValue)), "key": key.type.json,
        "value-id": .integer(Int64(value.id.rawValue)), "value": value.type.json,
        "value-required": .bool(value.isRequired),
      ]
    default: .string(description)
    }
  }
}

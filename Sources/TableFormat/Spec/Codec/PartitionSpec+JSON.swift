package import FileFormats

extension PartitionSpec {
  /// Reads a spec; v1 fields without ids are numbered from 1000 (rule 27).
  package init(_ object: MetadataObject) throws(TableFormatError) {
    self.init(
      id: try object.optionalInt("spec-id") ?? 0, fields: try Self.fields(object.objects("fields")))
  }

  /// Reads the fields of a spec, as v1 metadata and manifests hold them without their spec.
  package static func fields(_ objects: [MetadataObject]) throws(TableFormatError) -> [PartitionField] {
    var fields: [PartitionField] = []
    for (place, field) in objects.enumerated() {
      let id = try field.optionalFieldID("field-id") ?? FieldID(1000 + Int32(truncatingIfNeeded: place))
      var sources = try field.fieldIDs("source-ids")
      if sources.isEmpty { sources = [try field.fieldID("source-id")] }
      fields.append(
        PartitionField(
          id: id, sourceIDs: sources, name: try field.string("name"),
          transform: Transform(try field.string("transform"))))
    }
    return fields
  }

  /// The fields alone, as manifests hold them (rule 18).
  package var fieldsJSON: JSONValue {
    .array(
      fields.map { field in
        var object: JSONObject = [
          "name": .string(field.name), "transform": .string(field.transform.description),
        ]
        if field.sourceIDs.count > 1 {
          object["source-ids"] = .array(field.sourceIDs.map { .integer(Int64($0.rawValue)) })
        } else {
          object["source-id"] = .integer(Int64(field.sourceID.rawValue))
        }
        object["field-id"] = .integer(Int64(field.id.rawValue))
        return .object(object)
      })
  }

  /// The spec as metadata files hold it.
  package var json: JSONValue { ["spec-id": .integer(Int64(id)), "fields": fieldsJSON] }
}

extension SortOrder {
  /// Reads a sort order.
  package init(_ object: MetadataObject) throws(TableFormatError) {
    var fields: [SortField] = []
    for field in try object.objects("fields") {
      var source = try field.optionalFieldID("source-id")
      if source == nil { source = try field.fieldIDs("source-ids").first }
      guard let source else { throw field.damaged("source-id", "a sort field has no source column") }
      let direction = try field.optionalString("direction") ?? "asc"
      let nulls = try field.optionalString("null-order")
      fields.append(
        SortField(
          sourceID: source, transform: Transform(try field.string("transform")),
          direction: direction.lowercased() == "desc" ? .descending : .ascending,
          nullOrder: nulls.flatMap { SortField.NullOrder(rawValue: $0.lowercased()) }))
    }
    self.init(id: try object.int("order-id"), fields: fields)
  }

  /// The order as metadata files hold it.
  package var json: JSONValue {
    let fields = fields.map { field -> JSONValue in
      [
        "transform": .string(field.transform.description),
        "source-id": .integer(Int64(field.sourceID.rawValue)),
        "direction": .string(field.direction.rawValue), "null-order": .string(field.nullOrder.rawValue),
      ]
    }
    return ["order-id": .integer(Int64(id)), "fields": .array(fields)]
  }
}

extension NameMapping {
  /// Reads the property `schema.name-mapping.default`.
  ///
  /// - Parameter text: JSON.
  /// - Throws: ``TableFormatError`` of kind `damaged` when it is no name mapping.
  public init(json text: String) throws(TableFormatError) {
    let value = try TableFormatError.wrapping { () throws(FileFormatError) in try JSONParser.parse(text) }
    let object = MetadataObject(["fields": value] as JSONObject, file: nil, path: "name mapping")
    fields = try Self.fields(object)
  }

  private static func fields(_ object: MetadataObject) throws(TableFormatError) -> [Field] {
    var fields: [Field] = []
    for field in try object.objects("fields") {
      let names = try field.optionalArray("names") ?? []
      fields.append(
        Field(
          id: try field.optionalFieldID("field-id"), names: names.compactMap(\.stringValue),
          fields: try Self.fields(field)))
    }
    return fields
  }

  /// The JSON of the property.
  public var json: String { JSONWriter.string(Self.json(fields)) }

  private static func json(_ fields: [Field]) -> JSONValue {
    .array(
      fields.map { field in
        var object: JSONObject = [:]
        if let id = field.id { object["field-id"] = .integer(Int64(id.rawValue)) }
        object["names"] = .array(field.names.map { .string($0) })
        if !field.fields.isEmpty { object["fields"] = json(field.fields) }
        return .object(object)
      })
  }
}

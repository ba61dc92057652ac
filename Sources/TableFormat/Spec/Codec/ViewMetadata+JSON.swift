internal import FileFormats

extension ViewMetadata {
  /// Reads a view's metadata file (Iceberg View Specification, "View Metadata").
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - file: Its location, for errors.
  /// - Throws: ``TableFormatError`` of kind `damaged`, or `unsupported` for a newer format.
  package init(json bytes: [UInt8], file: String) throws(TableFormatError) {
    let value = try TableFormatError.wrapping(file) { () throws(FileFormatError) in
      try JSONParser.parse(bytes, file: file)
    }
    let object = try MetadataObject(value, file: file, path: "")
    let formatVersion = try object.int("format-version")
    guard formatVersion == 1 else {
      throw TableFormatError(
        .unsupported, "views of format version \(formatVersion) are not read", file: file)
    }
    uuid = try object.string("view-uuid")
    location = try object.string("location")
    properties = try Self.texts("properties", of: object)
    schemas = []
    for schema in try object.objects("schemas") { schemas.append(try Schema(schema)) }
    currentVersionID = try object.int("current-version-id")
    versions = []
    for version in try object.objects("versions") {
      var representations: [Representation] = []
      for representation in try version.objects("representations")
      where try representation.string("type") == "sql" {
        representations.append(
          Representation(
            sql: try representation.string("sql"), dialect: try representation.string("dialect")))
      }
      var namespace: [String] = []
      for part in try version.optionalArray("default-namespace") ?? [] {
        guard let text = part.stringValue else {
          throw version.damaged("default-namespace", "a part of the namespace is no string")
        }
        namespace.append(text)
      }
      versions.append(
        Version(
          id: try version.int("version-id"), timestampMillis: try version.integer("timestamp-ms"),
          schemaID: try version.int("schema-id"), summary: try Self.texts("summary", of: version),
          representations: representations, defaultCatalog: try version.optionalString("default-catalog"),
          defaultNamespace: namespace))
    }
    versionLog = []
    for entry in try object.objects("version-log") {
      versionLog.append((try entry.integer("timestamp-ms"), try entry.int("version-id")))
    }
  }

  private static func texts(
    _ key: String, of object: MetadataObject
  ) throws(TableFormatError) -> [String: String] {
    var result: [String: String] = [:]
    guard let map = try object.optionalObject(key) else { return result }
    for member in map.members { result[member.key] = try map.string(member.key) }
    return result
  }

  /// The JSON of the metadata file.
  var json: JSONValue {
    func texts(_ values: [String: String]) -> JSONValue {
      .object(
        JSONObject(values.sorted { $0.key < $1.key }.map { JSONObject.Member($0.key, .string($0.value)) }))
    }
    let versions = versions.map { version -> JSONValue in
      var object: JSONObject = [
        "version-id": .integer(Int64(version.id)), "timestamp-ms": .integer(version.timestampMillis),
        "schema-id": .integer(Int64(version.schemaID)), "summary": texts(version.summary),
        "representations": .array(
          version.representations.map {
            ["type": "sql", "sql": .string($0.sql), "dialect": .string($0.dialect)]
          }),
        "default-namespace": .array(version.defaultNamespace.map { .string($0) }),
      ]
      if let catalog = version.defaultCatalog { object["default-catalog"] = .string(catalog) }
      return .object(object)
    }
    return [
      "view-uuid": .string(uuid), "format-version": .integer(1), "location": .string(location),
      "schemas": .array(schemas.map(\.json)), "current-version-id": .integer(Int64(currentVersionID)),
      "versions": .array(versions),
      "version-log": .array(
        versionLog.map {
          ["timestamp-ms": .integer($0.timestampMillis), "version-id": .integer(Int64($0.versionID))]
        }),
      "properties": texts(properties),
    ]
  }
}

internal import Synchronization

extension AvroSchema {
  /// The most nodes that a schema may have, references replaced.
  private static let nodeLimit = 100_000

  /// Reads a schema.
  ///
  /// - Parameter text: JSON, as in the metadata `avro.schema`.
  /// - Throws: If it is no Avro schema, is recursive or is excessively large.
  public init(json text: [UInt8]) throws(FileFormatError) {
    if let known = Self.known.withLock({ $0[text] }) {
      self = known
      return
    }
    let schema = try AvroSchema(json: JSONParser.parse(text))
    Self.known.withLock { known in
      if known.count >= Self.knownLimit { known.removeAll() }
      known[text] = schema
    }
    self = schema
  }

  /// The schemas read lately, by their text: a table's thousand manifests have two or three between them.
  private static let known = Mutex<[[UInt8]: AvroSchema]>([:])
  private static let knownLimit = 32

  /// Reads a schema.
  ///
  /// - Parameter json: The schema's JSON.
  /// - Throws: If it is no Avro schema, is recursive or is excessively large.
  public init(json: JSONValue) throws(FileFormatError) {
    var reading = Reading()
    self = try reading.schema(json, namespace: "")
  }

  private struct Reading {
    /// Named types that are complete, with their sizes; unfinished ones are `nil`.
    var named: [String: (schema: AvroSchema, nodes: Int)?] = [:]
    var nodes = 0

    mutating func schema(_ json: JSONValue, namespace: String) throws(FileFormatError) -> AvroSchema {
      nodes += 1
      guard nodes <= nodeLimit else { throw FileFormatError(.tooLarge, "the Avro schema is too large") }
      switch json {
      case .string(let name): return try type(named: name, namespace: namespace)
      case .array(let branches):
        var schemas: [AvroSchema] = []
        for branch in branches { schemas.append(try schema(branch, namespace: namespace)) }
        return AvroSchema(.union(schemas))
      case .object(let object): return try schema(object, namespace: namespace)
      default: throw .damaged("an Avro schema is \(json.kindName)")
      }
    }

    private mutating func type(named name: String, namespace: String) throws(FileFormatError) -> AvroSchema {
      if let primitive = AvroSchema.primitives[name] { return AvroSchema(primitive) }
      let qualified =
        name.utf8.contains(UInt8(ascii: ".")) || namespace.isEmpty ? name : "\(namespace).\(name)"
      guard let entry = named[qualified] ?? named[name] else {
        throw .damaged("the Avro schema has no type \"\(name)\"")
      }
      guard let entry else { throw .unsupported("the Avro type \"\(name)\" is recursive") }
      nodes += entry.nodes
      guard nodes <= nodeLimit else { throw FileFormatError(.tooLarge, "the Avro schema is too large") }
      return entry.schema
    }

    private mutating func schema(
      _ object: JSONObject, namespace: String
    ) throws(FileFormatError) -> AvroSchema {
      guard let type = object["type"] else { throw .damaged("an Avro type has no \"type\"") }
      guard case .string(let typeName) = type else {
        return try attributed(try schema(type, namespace: namespace), object)
      }
      switch typeName {
      case "record", "error": return try record(object, namespace: namespace)
      case "fixed":
        let size = object["size"]?.integerValue ?? -1
        guard size >= 0, size <= Int64(Int32.max) else { throw .damaged("an Avro fixed has no good size") }
        let name = try fullName(object, namespace)
        let schema = try attributed(AvroSchema(.fixed(byteCount: Int(size)), name: name), object)
        named[name] = .some((schema, 1))
        return schema
      case "enum":
        let name = try fullName(object, namespace)
        let symbols = (object["symbols"]?.arrayValue ?? []).compactMap(\.stringValue)
        let schema = try attributed(AvroSchema(.enumeration(symbols: symbols), name: name), object)
        named[name] = .some((schema, 1))
        return schema
      case "array":
        guard let items = object["items"] else { throw .damaged("an Avro array has no \"items\"") }
        return try attributed(AvroSchema(.array(try schema(items, namespace: namespace))), object)
      case "map":
        guard let values = object["values"] else { throw .damaged("an Avro map has no \"values\"") }
        return try attributed(AvroSchema(.map(try schema(values, namespace: namespace))), object)
      default:
        return try attributed(try self.type(named: typeName, namespace: namespace), object)
      }
    }

    private mutating func record(
      _ object: JSONObject, namespace: String
    ) throws(FileFormatError) -> AvroSchema {
      let name = try fullName(object, namespace)
      let inner = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(name[..<$0]) } ?? ""
      guard case .array(let list)? = object["fields"] else {
        throw .damaged("the Avro record \"\(name)\" has no \"fields\"")
      }
      let before = nodes
      named[name] = .some(nil)
      var fields: [AvroField] = []
      for json in list {
        guard let fieldName = json["name"]?.stringValue, let type = json["type"] else {
          throw .damaged("a field of the Avro record \"\(name)\" has no name or type")
        }
        var field = AvroField(fieldName, try schema(type, namespace: inner))
        field.fieldID = try AvroSchema.id(json["field-id"], "field-id")
        field.doc = json["doc"]?.stringValue
        field.defaultValue = json["default"]
        field.originalName = json["iceberg-field-name"]?.stringValue
        fields.append(field)
      }
      let schema = try attributed(AvroSchema(.record(fields), name: name), object)
      named[name] = .some((schema, nodes - before))
      return schema
    }

    private func fullName(_ object: JSONObject, _ namespace: String) throws(FileFormatError) -> String {
      guard let name = object["name"]?.stringValue else { throw .damaged("an Avro type has no \"name\"") }
      if name.utf8.contains(UInt8(ascii: ".")) { return name }
      let space = object["namespace"]?.stringValue ?? namespace
      return space.isEmpty ? name : "\(space).\(name)"
    }

    private func attributed(
      _ schema: AvroSchema, _ object: JSONObject
    ) throws(FileFormatError) -> AvroSchema {
      var schema = schema
      schema.logicalType = object["logicalType"]?.stringValue ?? schema.logicalType
      schema.precision = try AvroSchema.id(object["precision"], "precision") ?? schema.precision
      schema.scale = try AvroSchema.id(object["scale"], "scale") ?? schema.scale
      schema.adjustToUTC = object["adjust-to-utc"]?.boolValue ?? schema.adjustToUTC
      schema.elementID = try AvroSchema.id(object["element-id"], "element-id") ?? schema.elementID
      schema.keyID = try AvroSchema.id(object["key-id"], "key-id") ?? schema.keyID
      schema.valueID = try AvroSchema.id(object["value-id"], "value-id") ?? schema.valueID
      return schema
    }
  }

  private static let primitives: [String: Kind] = [
    "null": .null, "boolean": .boolean, "int": .int, "long": .long, "float": .float, "double": .double,
    "bytes": .bytes, "string": .string,
  ]

  /// Returns a 32-bit attribute; `nil` when it is absent.
  private static func id(_ json: JSONValue?, _ name: String) throws(FileFormatError) -> Int? {
    guard let json else { return nil }
    guard let value = json.integerValue, let id = Int32(exactly: value) else {
      throw .damaged("the attribute \"\(name)\" of an Avro type is no 32-bit number")
    }
    return Int(id)
  }

  /// The schema as JSON; a named type is written out where it first occurs.
  public var json: JSONValue {
    var seen: Set<String> = []
    return json(&seen)
  }

  fileprivate func json(_ seen: inout Set<String>) -> JSONValue {
    var object = JSONObject()
    if let name {
      if !seen.insert(name).inserted { return .string(name) }
    }
    switch kind {
    case .union(let branches): return .array(branches.map { $0.json(&seen) })
    case .fixed(let size):
      object = ["type": "fixed", "name": .string(name ?? "fixed_\(size)"), "size": .integer(Int64(size))]
    case .enumeration(let symbols):
      object = [
        "type": "enum", "name": .string(name ?? "enum"), "symbols": .array(symbols.map { .string($0) }),
      ]
    case .array(let items):
      object = ["type": "array", "items": items.json(&seen)]
    case .map(let values):
      object = ["type": "map", "values": values.json(&seen)]
    case .record(let fields):
      object = ["type": "record", "name": .string(name ?? "record")]
      object["fields"] = .array(fields.map { $0.json(&seen) })
    default:
      let word = AvroSchema.primitives.first { $0.value == kind }?.key ?? "null"
      object = ["type": .string(word)]
    }
    object["logicalType"] = logicalType.map { .string($0) }
    object["precision"] = precision.map { .integer(Int64($0)) }
    object["scale"] = scale.map { .integer(Int64($0)) }
    object["adjust-to-utc"] = adjustToUTC.map { .bool($0) }
    object["element-id"] = elementID.map { .integer(Int64($0)) }
    object["key-id"] = keyID.map { .integer(Int64($0)) }
    object["value-id"] = valueID.map { .integer(Int64($0)) }
    if object.count == 1, let type = object["type"] { return type }
    return .object(object)
  }
}

extension AvroField {
  fileprivate func json(_ seen: inout Set<String>) -> JSONValue {
    var object: JSONObject = ["name": .string(name), "type": schema.json(&seen)]
    object["doc"] = doc.map { .string($0) }
    object["default"] = defaultValue
    object["field-id"] = fieldID.map { .integer(Int64($0)) }
    object["iceberg-field-name"] = originalName.map { .string($0) }
    return .object(object)
  }
}

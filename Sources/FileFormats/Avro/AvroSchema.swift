/// The schema of Avro data (Avro 1.12 specification, "Schema Declaration"), with Iceberg's attributes.
///
/// References to named types are replaced by the types; recursive types are not supported.
public struct AvroSchema: Hashable, Sendable {
  /// The types of Avro.
  public enum Kind: Hashable, Sendable {
    case null
    case boolean
    case int
    case long
    case float
    case double
    case bytes
    case string
    case fixed(byteCount: Int)
    case enumeration(symbols: [String])
    indirect case array(AvroSchema)
    /// A map from strings.
    indirect case map(AvroSchema)
    case record([AvroField])
    case union([AvroSchema])
  }

  /// The type.
  public var kind: Kind
  /// The full name of a record, enumeration or fixed.
  public var name: String?
  /// The attribute `logicalType`.
  public var logicalType: String?
  /// Digits of a decimal.
  public var precision: Int?
  /// Digits after the point of a decimal.
  public var scale: Int?
  /// Iceberg's `adjust-to-utc`, of timestamps.
  public var adjustToUTC: Bool?
  /// Iceberg's `element-id`, of arrays.
  public var elementID: Int?
  /// Iceberg's `key-id`, of maps.
  public var keyID: Int?
  /// Iceberg's `value-id`, of maps.
  public var valueID: Int?

  /// Makes a schema without attributes.
  public init(_ kind: Kind, name: String? = nil, logicalType: String? = nil) {
    (self.kind, self.name, self.logicalType) = (kind, name, logicalType)
  }
}

/// A field of an Avro record.
public struct AvroField: Hashable, Sendable {
  /// The name in the file.
  public var name: String
  /// The type.
  public var schema: AvroSchema
  /// Iceberg's `field-id`.
  public var fieldID: Int?
  /// What the field is for.
  public var doc: String?
  /// The attribute `default`.
  public var defaultValue: JSONValue?
  /// Iceberg's `iceberg-field-name`: the column's name where Avro does not allow it.
  public var originalName: String?

  /// Makes a field.
  public init(
    _ name: String, _ schema: AvroSchema, fieldID: Int? = nil, doc: String? = nil,
    defaultValue: JSONValue? = nil
  ) {
    (self.name, self.schema, self.fieldID, self.doc) = (name, schema, fieldID, doc)
    self.defaultValue = defaultValue
  }

  /// Makes a field that may be null, and is by default.
  public static func optional(
    _ name: String, _ schema: AvroSchema, fieldID: Int? = nil, doc: String? = nil
  ) -> AvroField {
    AvroField(name, .optional(schema), fieldID: fieldID, doc: doc, defaultValue: .null)
  }
}

extension AvroSchema {
  /// The schema of `null`.
  public static let null = AvroSchema(.null)
  /// The schema of truth values.
  public static let boolean = AvroSchema(.boolean)
  /// The schema of 32-bit integers.
  public static let int = AvroSchema(.int)
  /// The schema of 64-bit integers.
  public static let long = AvroSchema(.long)
  /// The schema of 32-bit floating-point numbers.
  public static let float = AvroSchema(.float)
  /// The schema of 64-bit floating-point numbers.
  public static let double = AvroSchema(.double)
  /// The schema of byte strings.
  public static let bytes = AvroSchema(.bytes)
  /// The schema of texts.
  public static let string = AvroSchema(.string)

  /// Returns the union of null and a type.
  public static func optional(_ schema: AvroSchema) -> AvroSchema { AvroSchema(.union([.null, schema])) }

  /// Returns a record type.
  public static func record(_ name: String, _ fields: [AvroField]) -> AvroSchema {
    AvroSchema(.record(fields), name: name)
  }

  /// Returns an array type.
  public static func array(_ element: AvroSchema, elementID: Int? = nil) -> AvroSchema {
    var schema = AvroSchema(.array(element))
    schema.elementID = elementID
    return schema
  }

  /// The fields of a record or of an optional record; none of other types.
  public var fields: [AvroField] {
    guard case .record(let fields) = nonNull.kind else { return [] }
    return fields
  }

  /// Returns the place of the field with an id.
  public func index(ofFieldID id: Int) -> Int? { fields.firstIndex { $0.fieldID == id } }

  /// Returns the place of the field with a name.
  public func index(ofField name: String) -> Int? { fields.firstIndex { $0.name == name } }

  /// The type itself, or the other branch of a union with null.
  public var nonNull: AvroSchema {
    guard case .union(let branches) = kind, branches.count == 2 else { return self }
    if branches[0].kind == .null { return branches[1] }
    return branches[1].kind == .null ? branches[0] : self
  }

  /// The number of the branch that is null; `nil` if this is no union or has none.
  public var nullBranch: Int? {
    guard case .union(let branches) = kind else { return nil }
    return branches.firstIndex { $0.kind == .null }
  }

  /// The types within, one level down.
  var children: [AvroSchema] {
    switch kind {
    case .array(let schema), .map(let schema): [schema]
    case .record(let fields): fields.map(\.schema)
    case .union(let branches): branches
    default: []
    }
  }
}

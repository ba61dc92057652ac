public import Columnar

/// The type of a field in an Iceberg schema; nested types carry the field ids of their parts.
public indirect enum IcebergType: Hashable, Sendable {
  /// Every value is null (v3).
  case unknown
  case boolean
  case int
  case long
  case float
  case double
  case decimal(precision: Int, scale: Int)
  case date
  case time
  case timestamp
  case timestamptz
  /// v3.
  case timestampNanos
  /// v3.
  case timestamptzNanos
  case string
  case uuid
  case fixed(Int)
  case binary
  case `struct`([NestedField])
  /// The element is a field named `element`.
  case list(element: NestedField)
  /// Key and value are fields named `key` and `value`; the key is required.
  case map(key: NestedField, value: NestedField)
  /// A value of any type (v3): read as JSON text, not written.
  case variant
  /// A type that we know by name only: `geometry(…)`, `geography(…)` or a later one.
  case other(String)
}

/// A field of a schema or of a struct, the element of a list, or the key or value of a map.
public struct NestedField: Hashable, Sendable {
  /// The id, which stays when the field is renamed.
  public var id: FieldID
  /// The name, as written.
  public var name: String
  /// The type.
  public var type: IcebergType
  /// Whether the field never holds null.
  public var isRequired: Bool
  /// A comment for people.
  public var doc: String?
  /// What rows written before the field was added hold; `nil` means null.
  public var initialDefault: ScalarValue?
  /// What writers put where no value is given; `nil` means null.
  public var writeDefault: ScalarValue?

  /// Makes a field.
  public init(
    id: FieldID, name: String, type: IcebergType, isRequired: Bool = false, doc: String? = nil,
    initialDefault: ScalarValue? = nil, writeDefault: ScalarValue? = nil
  ) {
    (self.id, self.name, self.type, self.isRequired) = (id, name, type, isRequired)
    (self.doc, self.initialDefault, self.writeDefault) = (doc, initialDefault, writeDefault)
  }
}

extension IcebergType {
  /// Whether counts and bounds in metadata are those of plain values, which predicates may be held against.
  package var hasPlainBounds: Bool { !isNested && self != .variant }

  /// Whether the type has fields of its own.
  public var isNested: Bool {
    switch self {
    case .struct, .list, .map: true
    default: false
    }
  }

  /// The fields right below: a struct's, the element, or key and value.
  public var childFields: [NestedField] {
    switch self {
    case .struct(let fields): fields
    case .list(let element): [element]
    case .map(let key, let value): [key, value]
    default: []
    }
  }

  /// How values of the type look to the engine.
  ///
  /// - Throws: ``TableFormatError`` of kind `unsupported` for a type known by name only.
  public var logicalType: LogicalType {
    get throws(TableFormatError) {
      switch self {
      case .unknown: return .null
      case .boolean: return .boolean
      case .int: return .integer
      case .long: return .bigint
      case .float: return .real
      case .double: return .double
      case .decimal(let precision, let scale): return .decimal(precision: precision, scale: scale)
      case .date: return .date
      case .time: return .time
      case .timestamp: return .timestamp
      case .timestamptz: return .timestampTZ
      case .timestampNanos: return .timestampNanos
      case .timestamptzNanos: return .timestampTZNanos
      case .string: return .varchar
      case .uuid: return .uuid
      case .fixed(let length): return .fixed(length: length)
      case .binary: return .binary
      case .variant: return .varchar
      case .struct(let fields):
        var members: [LogicalType.StructField] = []
        for field in fields { members.append(.init(field.name, try field.type.logicalType)) }
        return .struct(members)
      case .list(let element): return .list(try element.type.logicalType)
      case .map(let key, let value):
        return .map(key: try key.type.logicalType, value: try value.type.logicalType)
      case .other(let text):
        throw TableFormatError(.unsupported, "values of the type \(text) are not supported")
      }
    }
  }

  /// Makes the Iceberg type for a type of the engine, numbering nested fields.
  ///
  /// Integers of 8 and 16 bits become `int`. Ids are given to the fields of one level before those of
  /// the levels below it, as the reference implementation does for a new table.
  ///
  /// - Parameters:
  ///   - type: The engine's type.
  ///   - assign: Gives the next free field id.
  /// - Throws: ``TableFormatError`` of kind `unsupported` for a type Iceberg does not have.
  public init(_ type: LogicalType, assign: () -> FieldID) throws(TableFormatError) {
    switch type {
    case .null: self = .unknown
    case .boolean: self = .boolean
    case .tinyint, .smallint, .integer: self = .int
    case .bigint: self = .long
    case .decimal(let precision, let scale): self = .decimal(precision: precision, scale: scale)
    case .real: self = .float
    case .double: self = .double
    case .varchar: self = .string
    case .binary: self = .binary
    case .fixed(let length): self = .fixed(length)
    case .uuid: self = .uuid
    case .date: self = .date
    case .time: self = .time
    case .timestamp: self = .timestamp
    case .timestampTZ: self = .timestamptz
    case .timestampNanos: self = .timestampNanos
    case .timestampTZNanos: self = .timestamptzNanos
    case .interval:
      throw TableFormatError(.unsupported, "a table cannot hold INTERVAL values")
    case .list(let element):
      let id = assign()
      self = .list(element: NestedField(id: id, name: "element", type: try .init(element, assign: assign)))
    case .struct(let members):
      let ids = members.map { _ in assign() }
      var fields: [NestedField] = []
      for (id, member) in zip(ids, members) {
        fields.append(NestedField(id: id, name: member.name, type: try .init(member.type, assign: assign)))
      }
      self = .struct(fields)
    case .map(let key, let value):
      let (keyID, valueID) = (assign(), assign())
      self = .map(
        key: NestedField(id: keyID, name: "key", type: try .init(key, assign: assign), isRequired: true),
        value: NestedField(id: valueID, name: "value", type: try .init(value, assign: assign)))
    }
  }

  /// Numbers the fields within anew, in the order of ``init(_:assign:)``.
  ///
  /// - Parameter assign: Gives the next free field id.
  /// - Returns: The type with its new ids.
  public func renumbered(assign: () -> FieldID) -> IcebergType {
    var children = childFields
    for place in children.indices { children[place].id = assign() }
    for place in children.indices { children[place].type = children[place].type.renumbered(assign: assign) }
    return with(children: children)
  }

  /// Returns a nested type with its fields replaced; others as they are.
  func with(children: [NestedField]) -> IcebergType {
    switch self {
    case .struct: .struct(children)
    case .list: .list(element: children[0])
    case .map: .map(key: children[0], value: children[1])
    default: self
    }
  }

  /// Makes a primitive type of its text in metadata, such as `decimal(9,2)`; any other text is kept.
  public init(primitive text: String) {
    switch text {
    case "unknown": self = .unknown
    case "boolean": self = .boolean
    case "int": self = .int
    case "long": self = .long
    case "float": self = .float
    case "double": self = .double
    case "date": self = .date
    case "time": self = .time
    case "timestamp": self = .timestamp
    case "timestamptz": self = .timestamptz
    case "timestamp_ns": self = .timestampNanos
    case "timestamptz_ns": self = .timestamptzNanos
    case "string": self = .string
    case "uuid": self = .uuid
    case "binary": self = .binary
    case "variant": self = .variant
    default: self = Self.parameterised(text) ?? .other(text)
    }
  }

  private static func parameterised(_ text: String) -> IcebergType? {
    let plain = text.filter { $0 != " " }
    if plain.hasPrefix("fixed["), plain.hasSuffix("]"),
      let length = Int(plain.dropFirst(6).dropLast()), length >= 0
    {
      return .fixed(length)
    }
    if plain.hasPrefix("decimal("), plain.hasSuffix(")") {
      let parts = plain.dropFirst(8).dropLast().split(separator: ",", omittingEmptySubsequences: false)
      if parts.count == 2, let precision = Int(parts[0]), let scale = Int(parts[1]),
        (1...38).contains(precision), (0...precision).contains(scale)
      {
        return .decimal(precision: precision, scale: scale)
      }
    }
    return nil
  }

  /// Whether a column of this type may become `target` without rewriting files (rule 8).
  ///
  /// - Parameters:
  ///   - target: The wanted type.
  ///   - formatVersion: The table's format version; v3 allows more.
  /// - Returns: Whether the specification allows it.
  public func canPromote(to target: IcebergType, formatVersion: Int = 2) -> Bool {
    if self == target { return true }
    switch (self, target) {
    case (.int, .long), (.float, .double): return true
    case (.decimal(let from, let scale), .decimal(let to, let newScale)):
      return scale == newScale && to >= from
    case (.date, .timestamp), (.date, .timestampNanos), (.unknown, _): return formatVersion >= 3
    default: return false
    }
  }
}

extension IcebergType: CustomStringConvertible {
  /// The type as metadata spells it; nested types in the notation of the specification.
  public var description: String {
    switch self {
    case .unknown: "unknown"
    case .boolean: "boolean"
    case .int: "int"
    case .long: "long"
    case .float: "float"
    case .double: "double"
    case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
    case .date: "date"
    case .time: "time"
    case .timestamp: "timestamp"
    case .timestamptz: "timestamptz"
    case .timestampNanos: "timestamp_ns"
    case .timestamptzNanos: "timestamptz_ns"
    case .string: "string"
    case .uuid: "uuid"
    case .fixed(let length): "fixed[\(length)]"
    case .binary: "binary"
    case .variant: "variant"
    case .struct(let fields):
      "struct<"
        + fields.map { "\($0.id): \($0.name): \($0.isRequired ? "required" : "optional") \($0.type)" }
        .joined(separator: ", ") + ">"
    case .list(let element): "list<\(element.type)>"
    case .map(let key, let value): "map<\(key.type), \(value.type)>"
    case .other(let text): text
    }
  }
}

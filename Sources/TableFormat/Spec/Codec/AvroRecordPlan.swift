internal import FileFormats

/// Which field of ours each field of a file's record is: by field id, or by name where there are no ids.
struct AvroRecordPlan<Slot: Hashable & Sendable>: Sendable {
  /// What to do with one field of the file.
  struct Step: Sendable {
    /// Our field; `nil` is passed over.
    var slot: Slot?
    /// The field's type; a class, as copies of schemas would be what reading a manifest spends its time on.
    var type: AvroFieldType
  }

  let steps: [Step]

  init(_ schema: AvroSchema, ids: [Int: Slot], names: [String: Slot]) {
    let fields = schema.fields
    let hasIDs = fields.contains { $0.fieldID != nil }
    steps = fields.map { field in
      Step(
        slot: hasIDs ? field.fieldID.flatMap { ids[$0] } : names[field.name],
        type: AvroFieldType(field.schema))
    }
  }

  /// Throws unless the file has the fields that nothing can be read without.
  func require(_ slots: [(Slot, String)], _ file: String) throws(TableFormatError) {
    for (slot, name) in slots where !steps.contains(where: { $0.slot == slot }) {
      throw TableFormatError(.damaged, "the file has no field \"\(name)\"", file: file, field: name)
    }
  }
}

/// The type of a field in a file, with what its decoder asks for again and again.
final class AvroFieldType: Sendable {
  /// How values are encoded.
  enum Encoding: Sendable {
    case null, boolean, number, float, double, string, bytes, fixed, other
  }

  /// The type as the file has it.
  let whole: AvroSchema
  /// The type without the null of a union.
  let schema: AvroSchema
  let encoding: Encoding
  let nullBranch: Int
  /// The branches of the union; 0 for another type.
  let branchCount: Int
  let fixedByteCount: Int
  let isMillis: Bool
  /// Of a list of numbers: the branch of an element that is null, -1 for none; `nil` for other types.
  let numberListNullBranch: Int?
  /// Of a map from field ids: its form.
  let map: AvroMapForm?

  init(_ whole: AvroSchema) {
    (self.whole, schema) = (whole, whole.nonNull)
    nullBranch = whole.nullBranch ?? -1
    if case .union(let branches) = whole.kind { branchCount = branches.count } else { branchCount = 0 }
    if case .fixed(let count) = schema.kind { fixedByteCount = count } else { fixedByteCount = 0 }
    switch schema.kind {
    case .null: encoding = .null
    case .boolean: encoding = .boolean
    case .int, .long: encoding = .number
    case .float: encoding = .float
    case .double: encoding = .double
    case .string: encoding = .string
    case .bytes: encoding = .bytes
    case .fixed: encoding = .fixed
    default: encoding = .other
    }
    isMillis = schema.logicalType == "timestamp-millis"
    if case .array(let element) = schema.kind, element.nonNull.kind == .int || element.nonNull.kind == .long {
      numberListNullBranch = element.nullBranch ?? -1
    } else {
      numberListNullBranch = nil
    }
    map = AvroMapForm(schema)
  }
}

/// How a map from field ids is encoded in one file: as records of key and value, or as an Avro map (rule 13).
struct AvroMapForm: Sendable {
  /// Whether keys are texts, as in an Avro map.
  let isAvroMap: Bool
  /// Whether neither an element nor a key nor a value can be null.
  var isPlain: Bool { elementNullBranch < 0 && keyNullBranch < 0 && valueNullBranch < 0 }
  private let elementNullBranch: Int
  private let keyNullBranch: Int
  private let valueNullBranch: Int
  /// How the values are encoded.
  let value: AvroFieldType.Encoding

  init?(_ type: AvroSchema) {
    let valueSchema: AvroSchema
    switch type.kind {
    case .map(let value):
      valueSchema = value
      (isAvroMap, keyNullBranch, elementNullBranch) = (true, -1, -1)
    case .array(let element):
      let fields = element.fields
      guard fields.count == 2, fields[0].schema.nonNull.kind == .int || fields[0].schema.nonNull.kind == .long
      else { return nil }
      valueSchema = fields[1].schema
      isAvroMap = false
      (elementNullBranch, keyNullBranch) = (element.nullBranch ?? -1, fields[0].schema.nullBranch ?? -1)
    default: return nil
    }
    valueNullBranch = valueSchema.nullBranch ?? -1
    switch valueSchema.nonNull.kind {
    case .int, .long: value = .number
    case .bytes, .string: value = .bytes
    default: return nil
    }
  }

  /// Reads a key; `nil` for an element that is null as a whole.
  func key(_ decoder: inout AvroDecoder) throws(FileFormatError) -> Int32? {
    guard isAvroMap else {
      if elementNullBranch >= 0, try decoder.readBranch(of: 2) == elementNullBranch { return nil }
      if keyNullBranch >= 0, try decoder.readBranch(of: 2) == keyNullBranch {
        throw decoder.error("a key is null")
      }
      return Int32(truncatingIfNeeded: try decoder.readLong())
    }
    guard let id = Int32(try decoder.readString()) else { throw decoder.error("a key is no field id") }
    return id
  }

  /// Reads whether the value of a key is there.
  func hasValue(_ decoder: inout AvroDecoder) throws(FileFormatError) -> Bool {
    guard valueNullBranch >= 0 else { return true }
    return try decoder.readBranch(of: 2) != valueNullBranch
  }
}

extension AvroDecoder {
  /// Reads the branch of an optional field; `false` when it is null.
  mutating func hasValue(_ type: AvroFieldType) throws(FileFormatError) -> Bool {
    guard type.branchCount > 0 else { return type.encoding != .null }
    return try readBranch(of: type.branchCount) != type.nullBranch
  }

  /// Passes a field.
  mutating func skip(_ type: AvroFieldType) throws(FileFormatError) {
    guard type.branchCount <= 2 else { return try skip(type.whole) }
    guard try hasValue(type) else { return }
    switch type.encoding {
    case .number: _ = try readLong()
    case .string, .bytes: _ = try readRange()
    default:
      if let map = type.map, map.isPlain {
        try skipPairs(keysAreTexts: map.isAvroMap, valuesAreTexts: map.value == .bytes)
      } else {
        try skip(type.schema)
      }
    }
  }

  /// Reads a number of a field that may be declared as any integer.
  mutating func readNumber(_ type: AvroFieldType) throws(FileFormatError) -> Int64 {
    guard type.encoding == .number else { throw error("a number is declared as another type") }
    return try readLong()
  }

  /// Reads a text.
  mutating func readText(_ type: AvroFieldType) throws(FileFormatError) -> String {
    guard type.encoding == .string else { throw error("a text is declared as another type") }
    return try readString()
  }

  /// Reads a byte string.
  mutating func readBlob(_ type: AvroFieldType) throws(FileFormatError) -> [UInt8] {
    switch type.encoding {
    case .bytes, .string: return try readBytes()
    case .fixed: return try readFixed(byteCount: type.fixedByteCount)
    default: throw error("a byte string is declared as another type")
    }
  }

  /// Reads a truth value.
  mutating func readFlag(_ type: AvroFieldType) throws(FileFormatError) -> Bool {
    guard type.encoding == .boolean else { throw error("a truth value is declared as another type") }
    return try readBoolean()
  }
}

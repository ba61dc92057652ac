internal import FileFormats

/// Which field of ours each field of a file's record is: by field id, or by name where there are no ids.
struct AvroRecordPlan<Slot: Hashable & Sendable>: Sendable {
  /// What to do with one field of the file.
  struct Step: Sendable {
    /// Our field; `nil` is passed over.
    var slot: Slot?
    /// The field's type as the file has it.
    var schema: AvroSchema
    /// The type without the null of a union.
    var type: AvroSchema
    var nullBranch: Int?
    var branchCount: Int
  }

  let steps: [Step]

  init(_ schema: AvroSchema, ids: [Int: Slot], names: [String: Slot]) {
    let fields = schema.fields
    let hasIDs = fields.contains { $0.fieldID != nil }
    steps = fields.map { field in
      var branchCount = 0
      if case .union(let branches) = field.schema.kind { branchCount = branches.count }
      return Step(
        slot: hasIDs ? field.fieldID.flatMap { ids[$0] } : names[field.name], schema: field.schema,
        type: field.schema.nonNull, nullBranch: field.schema.nullBranch, branchCount: branchCount)
    }
  }

  /// Throws unless the file has the fields that nothing can be read without.
  func require(_ slots: [(Slot, String)], _ file: String) throws(TableFormatError) {
    for (slot, name) in slots where !steps.contains(where: { $0.slot == slot }) {
      throw TableFormatError(.damaged, "the file has no field \"\(name)\"", file: file, field: name)
    }
  }
}

extension AvroDecoder {
  /// Reads the branch of an optional field; `false` when it is null.
  mutating func hasValue<Slot>(_ step: AvroRecordPlan<Slot>.Step) throws(FileFormatError) -> Bool {
    guard step.branchCount > 0 else { return step.type.kind != .null }
    return try readBranch(of: step.branchCount) != step.nullBranch
  }

  /// Reads a number of a field that may be declared as any integer.
  mutating func readNumber(_ type: AvroSchema) throws(FileFormatError) -> Int64 {
    switch type.kind {
    case .int, .long: return try readLong()
    default: throw error("a number is declared as another type")
    }
  }

  /// Reads the range of a text or byte string.
  mutating func readText(_ type: AvroSchema) throws(FileFormatError) -> String {
    guard case .string = type.kind else { throw error("a text is declared as another type") }
    return try readString()
  }

  mutating func readBlob(_ type: AvroSchema) throws(FileFormatError) -> [UInt8] {
    switch type.kind {
    case .bytes, .string: return try readBytes()
    case .fixed(let count): return try readFixed(byteCount: count)
    default: throw error("a byte string is declared as another type")
    }
  }

  mutating func readFlag(_ type: AvroSchema) throws(FileFormatError) -> Bool {
    guard case .boolean = type.kind else { throw error("a truth value is declared as another type") }
    return try readBoolean()
  }
}

/// Any Avro value, for data whose schema is not known beforehand.
///
/// A union's value is the value of its branch.
public enum AvroValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  case int(Int32)
  case long(Int64)
  case float(Float)
  case double(Double)
  /// A byte string or a fixed.
  case bytes([UInt8])
  case string(String)
  /// The number of the symbol.
  case enumeration(Int)
  case array([AvroValue])
  /// The entries as they were written.
  case map([AvroEntry])
  /// The fields in the order of the schema.
  case record([AvroValue])
}

/// An entry of an Avro map.
public struct AvroEntry: Hashable, Sendable {
  /// The key.
  public var key: String
  /// The value.
  public var value: AvroValue

  /// Makes an entry.
  public init(_ key: String, _ value: AvroValue) { (self.key, self.value) = (key, value) }
}

extension AvroDecoder {
  /// Reads a value of a type.
  public mutating func read(_ schema: AvroSchema) throws(FileFormatError) -> AvroValue {
    switch schema.kind {
    case .null: return .null
    case .boolean: return .boolean(try readBoolean())
    case .int: return .int(try readInt())
    case .long: return .long(try readLong())
    case .float: return .float(try readFloat())
    case .double: return .double(try readDouble())
    case .bytes: return .bytes(try readBytes())
    case .string: return .string(try readString())
    case .fixed(let byteCount): return .bytes(try readFixed(byteCount: byteCount))
    case .enumeration(let symbols): return .enumeration(try readBranch(of: symbols.count))
    case .union(let branches): return try read(branches[try readBranch(of: branches.count)])
    case .record(let fields):
      var values: [AvroValue] = []
      values.reserveCapacity(fields.count)
      for index in fields.indices { values.append(try read(fields[index].schema)) }
      return .record(values)
    case .array(let items):
      var values: [AvroValue] = []
      while true {
        let count = try readBlockCount()
        if count == 0 { return .array(values) }
        for _ in 0..<count { values.append(try read(items)) }
      }
    case .map(let type):
      var entries: [AvroEntry] = []
      while true {
        let count = try readBlockCount()
        if count == 0 { return .map(entries) }
        for _ in 0..<count { entries.append(AvroEntry(try readString(), try read(type))) }
      }
    }
  }
}

extension AvroEncoder {
  /// Writes a value of a type.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - schema: The type; of a union the first branch that the value fits is taken.
  /// - Throws: `.internal` if the value does not fit.
  public mutating func write(_ value: AvroValue, _ schema: AvroSchema) throws(FileFormatError) {
    switch (schema.kind, value) {
    case (.null, .null): break
    case (.boolean, .boolean(let value)): writeBoolean(value)
    case (.int, .int(let value)): writeInt(value)
    case (.long, .long(let value)): writeLong(value)
    case (.long, .int(let value)): writeLong(Int64(value))
    case (.float, .float(let value)): writeFloat(value)
    case (.double, .double(let value)): writeDouble(value)
    case (.bytes, .bytes(let value)): writeBytes(value)
    case (.string, .string(let value)): writeString(value)
    case (.fixed(let byteCount), .bytes(let value)) where value.count == byteCount: writeFixed(value)
    case (.enumeration(let symbols), .enumeration(let number)) where symbols.indices.contains(number):
      writeLong(Int64(number))
    case (.union(let branches), _):
      guard let branch = branches.firstIndex(where: { $0.accepts(value) }) else {
        throw FileFormatError(.internal, "no branch of an Avro union takes \(value)")
      }
      writeLong(Int64(branch))
      try write(value, branches[branch])
    case (.array(let items), .array(let values)):
      writeBlockCount(values.count)
      for value in values { try write(value, items) }
      if !values.isEmpty { writeBlockCount(0) }
    case (.map(let type), .map(let entries)):
      writeBlockCount(entries.count)
      for entry in entries {
        writeString(entry.key)
        try write(entry.value, type)
      }
      if !entries.isEmpty { writeBlockCount(0) }
    case (.record(let fields), .record(let values)) where fields.count == values.count:
      for (field, value) in zip(fields, values) { try write(value, field.schema) }
    default: throw FileFormatError(.internal, "\(value) does not fit its Avro type")
    }
  }
}

extension AvroSchema {
  fileprivate func accepts(_ value: AvroValue) -> Bool {
    switch (kind, value) {
    case (.null, .null), (.boolean, .boolean), (.int, .int), (.long, .long), (.long, .int), (.float, .float),
      (.double, .double), (.bytes, .bytes), (.string, .string), (.array, .array), (.map, .map):
      true
    case (.fixed(let byteCount), .bytes(let bytes)): bytes.count == byteCount
    case (.enumeration, .enumeration): true
    case (.record(let fields), .record(let values)): fields.count == values.count
    default: false
    }
  }
}

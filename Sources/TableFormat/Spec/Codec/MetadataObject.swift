package import FileFormats

/// A JSON object of a metadata file, with errors that name the file and the way to a field.
package struct MetadataObject {
  package let members: JSONObject
  package let file: String?
  /// The way to the object, such as `schemas[0]`; empty for the whole file.
  package let path: String

  package init(_ members: JSONObject, file: String?, path: String = "") {
    (self.members, self.file, self.path) = (members, file, path)
  }

  package init(_ value: JSONValue, file: String?, path: String) throws(TableFormatError) {
    guard let members = value.objectValue else {
      throw TableFormatError(.damaged, "\(path) is \(value.kindName), not an object", file: file, field: path)
    }
    self.init(members, file: file, path: path)
  }

  /// A member; JSON's null counts as absent.
  package func value(_ key: String) -> JSONValue? {
    guard let value = members[key], !value.isNull else { return nil }
    return value
  }

  package func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  package func damaged(_ key: String, _ message: String) -> TableFormatError {
    TableFormatError(.damaged, message, file: file, field: place(key))
  }

  private func wrong(_ key: String, _ value: JSONValue, _ wanted: String) -> TableFormatError {
    damaged(key, "\(place(key)) is \(value.kindName), not \(wanted)")
  }

  private func required<Value>(_ key: String, _ value: Value?) throws(TableFormatError) -> Value {
    guard let value else { throw damaged(key, "\(place(key)) is missing") }
    return value
  }

  package func optionalInteger(_ key: String) throws(TableFormatError) -> Int64? {
    guard let value = value(key) else { return nil }
    guard let number = value.integerValue else { throw wrong(key, value, "a 64-bit integer") }
    return number
  }

  package func integer(_ key: String) throws(TableFormatError) -> Int64 {
    try required(key, optionalInteger(key))
  }

  package func optionalSnapshotID(_ key: String) throws(TableFormatError) -> SnapshotID? {
    guard case .number(let text)? = value(key), let id = SnapshotID(text) else {
      return try optionalInteger(key).map { SnapshotID($0) }
    }
    return id
  }

  package func snapshotID(_ key: String) throws(TableFormatError) -> SnapshotID {
    try required(key, optionalSnapshotID(key))
  }

  package func optionalInt(_ key: String) throws(TableFormatError) -> Int? {
    guard let number = try optionalInteger(key) else { return nil }
    guard let small = Int32(exactly: number) else {
      throw damaged(key, "\(place(key)) is \(number), more than 32 bits")
    }
    return Int(small)
  }

  package func int(_ key: String) throws(TableFormatError) -> Int { try required(key, optionalInt(key)) }

  package func optionalFieldID(_ key: String) throws(TableFormatError) -> FieldID? {
    try optionalInt(key).map { FieldID(Int32($0)) }
  }

  package func fieldID(_ key: String) throws(TableFormatError) -> FieldID {
    try required(key, optionalFieldID(key))
  }

  package func optionalString(_ key: String) throws(TableFormatError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.stringValue else { throw wrong(key, value, "a string") }
    return text
  }

  package func string(_ key: String) throws(TableFormatError) -> String {
    try required(key, optionalString(key))
  }

  package func optionalFlag(_ key: String) throws(TableFormatError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.boolValue else { throw wrong(key, value, "a boolean") }
    return flag
  }

  package func optionalObject(_ key: String) throws(TableFormatError) -> MetadataObject? {
    guard let value = value(key) else { return nil }
    return try MetadataObject(value, file: file, path: place(key))
  }

  package func optionalArray(_ key: String) throws(TableFormatError) -> [JSONValue]? {
    guard let value = value(key) else { return nil }
    guard let array = value.arrayValue else { throw wrong(key, value, "an array") }
    return array
  }

  /// The objects of an array; no array is an empty one.
  package func objects(_ key: String) throws(TableFormatError) -> [MetadataObject] {
    var result: [MetadataObject] = []
    for (place, value) in (try optionalArray(key) ?? []).enumerated() {
      result.append(try MetadataObject(value, file: file, path: "\(self.place(key))[\(place)]"))
    }
    return result
  }

  /// The integers of an array; no array is an empty one.
  package func fieldIDs(_ key: String) throws(TableFormatError) -> [FieldID] {
    var result: [FieldID] = []
    for value in try optionalArray(key) ?? [] {
      guard let number = value.integerValue, let id = Int32(exactly: number) else {
        throw damaged(key, "\(place(key)) holds \(value.kindName), not field ids")
      }
      result.append(FieldID(id))
    }
    return result
  }

  /// The members of an object as text; numbers and booleans, which some write, are taken as their text.
  package func texts(_ key: String) throws(TableFormatError) -> [String: String] {
    var result: [String: String] = [:]
    for member in try optionalObject(key)?.members.members ?? [] {
      switch member.value {
      case .string(let text): result[member.key] = text
      case .integer(let number): result[member.key] = String(number)
      case .number(let text): result[member.key] = text
      case .bool(let flag): result[member.key] = flag ? "true" : "false"
      case .null, .array, .object: break
      }
    }
    return result
  }
}

/// Sets and removes table properties; `format-version` upgrades the table instead of being stored.
public struct UpdateProperties: TransactionAction {
  /// Properties to set.
  public var set: [String: String]
  /// Properties to remove.
  public var remove: [String]

  /// Describes the change.
  public init(set: [String: String] = [:], remove: [String] = []) { (self.set, self.remove) = (set, remove) }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    var set = set
    if let text = set.removeValue(forKey: "format-version") {
      try Self.upgrade(&changes.metadata, to: text)
    }
    for key in remove {
      guard set[key] == nil else {
        throw TableFormatError(
          .invalidArgument, "the property \"\(key)\" is both set and removed", field: key)
      }
      changes.metadata.properties[key] = nil
    }
    changes.metadata.properties.merge(set) { $1 }
  }

  private static func upgrade(_ metadata: inout TableMetadata, to text: String) throws(TableFormatError) {
    guard let version = Int(text), (1...3).contains(version) else {
      throw TableFormatError(
        .invalidArgument, "there is no format version \"\(text)\"", field: "format-version")
    }
    guard version >= metadata.formatVersion else {
      throw TableFormatError(
        .invalidArgument, "a table of format version \(metadata.formatVersion) cannot go back to \(version)",
        field: "format-version")
    }
    guard version != metadata.formatVersion else { return }
    metadata.formatVersion = version
    if metadata.uuid.isEmpty { metadata.uuid = UUIDText.random() }
    if version >= 3 { metadata.nextRowID = metadata.nextRowID ?? 0 }
  }
}

internal import FileFormats

/// What a commit did, as text by name (Iceberg spec, "Optional Snapshot Summary Fields").
///
/// The summary of a snapshot that was read stays JSON until somebody asks for a value.
public struct SnapshotSummary: Sendable {
  /// The kind of change (rule 72).
  public enum Operation: String, Sendable {
    case append
    /// Files were exchanged without changing the rows.
    case replace
    case overwrite
    case delete
  }

  private enum Storage: Sendable {
    /// All values, the operation among them.
    case values([String: String])
    /// A JSON object whose grammar was checked.
    case encoded(ArraySlice<UInt8>)
  }

  private var storage: Storage

  /// Makes a summary.
  public init(operation: Operation?, values: [String: String] = [:]) {
    storage = .values(values)
    if let operation { self["operation"] = operation.rawValue }
  }

  package init(encoded: ArraySlice<UInt8>) { storage = .encoded(encoded) }

  private var all: [String: String] {
    switch storage {
    case .values(let values): return values
    case .encoded(let slice):
      guard let value = try? JSONParser.parse(Array(slice)), let members = value.objectValue else {
        return [:]
      }
      return (try? MetadataObject(["summary": .object(members)], file: nil).texts("summary")) ?? [:]
    }
  }

  /// All values but the operation.
  public var values: [String: String] {
    var values = all
    values["operation"] = nil
    return values
  }

  /// The kind of change; `nil` in old snapshots without a summary, and for a kind we do not know.
  public var operation: Operation? { all["operation"].flatMap { Operation(rawValue: $0.lowercased()) } }

  /// The value of a name.
  public subscript(name: String) -> String? {
    get { all[name] }
    set {
      var values = all
      values[name] = newValue
      storage = .values(values)
    }
  }

  /// The value of a name as a number, `nil` when absent or not a number.
  public func count(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }
}

extension SnapshotSummary {
  /// Bytes of all data files; `nil` where the summary does not tell them, or not apart from those of delete files.
  package var dataByteCount: Int64? {
    guard self["total-delete-files"] ?? "0" == "0" else { return nil }
    return self["total-files-size"].flatMap { Int64($0) }
  }
}

extension SnapshotSummary: Hashable {
  /// Compares the values.
  public static func == (left: SnapshotSummary, right: SnapshotSummary) -> Bool { left.all == right.all }

  /// Hashes the values.
  public func hash(into hasher: inout Hasher) { hasher.combine(all) }
}

/// What a commit did, as text by name (Iceberg spec, "Optional Snapshot Summary Fields").
public struct SnapshotSummary: Sendable {
  /// The kind of change (rule 72).
  public enum Operation: String, Sendable {
    case append
    /// Files were exchanged without changing the rows.
    case replace
    case overwrite
    case delete
  }

  /// All values but the operation.
  public var values: [String: String]
  /// The kind of change; `nil` in old snapshots without a summary.
  public var operation: Operation?

  /// Makes a summary.
  public init(operation: Operation?, values: [String: String] = [:]) {
    (self.operation, self.values) = (operation, values)
  }

  /// The value of a name.
  public subscript(name: String) -> String? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// The value of a name as a number, `nil` when absent or not a number.
  public func count(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }
}

extension SnapshotSummary: Hashable {}

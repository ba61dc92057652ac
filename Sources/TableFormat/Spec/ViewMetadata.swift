/// What the metadata file of a view says (Iceberg View Specification, version 1).
public struct ViewMetadata: Sendable {
  /// One state of the view.
  public struct Version: Sendable {
    /// Its number, from 1.
    public var id: Int
    /// When it was made: milliseconds since 1970, UTC.
    public var timestampMillis: Int64
    /// The schema of the query's result.
    public var schemaID: Int
    /// Who made it, and how.
    public var summary: [String: String]
    /// The query in one or several dialects.
    public var representations: [Representation]
    /// The catalog of names without one; `nil` is the view's own.
    public var defaultCatalog: String?
    /// The namespace of names without one.
    public var defaultNamespace: [String]

    /// Makes a state.
    public init(
      id: Int, timestampMillis: Int64, schemaID: Int, summary: [String: String],
      representations: [Representation], defaultCatalog: String? = nil, defaultNamespace: [String]
    ) {
      (self.id, self.timestampMillis, self.schemaID) = (id, timestampMillis, schemaID)
      (self.summary, self.representations) = (summary, representations)
      (self.defaultCatalog, self.defaultNamespace) = (defaultCatalog, defaultNamespace)
    }
  }

  /// The query as text.
  public struct Representation: Sendable {
    /// The text.
    public var sql: String
    /// Whose SQL it is, such as `spark`.
    public var dialect: String

    /// Makes a representation.
    public init(sql: String, dialect: String) { (self.sql, self.dialect) = (sql, dialect) }
  }

  /// The view for as long as it lives.
  public var uuid: String
  /// Its folder.
  public var location: String
  /// Settings.
  public var properties: [String: String]
  /// The schemas of its states.
  public var schemas: [Schema]
  /// Its states, oldest first.
  public var versions: [Version]
  /// The state that holds now.
  public var currentVersionID: Int
  /// When each state became the one that holds.
  public var versionLog: [(timestampMillis: Int64, versionID: Int)]

  /// The most states that are kept (`version.history.num-entries`).
  static let versionLimit = 10

  /// Makes a view of one state.
  init(location: String, properties: [String: String]) {
    (self.location, self.properties, uuid) = (location, properties, UUIDText.random())
    (schemas, versions, versionLog, currentVersionID) = ([], [], [], 0)
  }

  /// The state that holds now.
  public var currentVersion: Version? { versions.first { $0.id == currentVersionID } }

  /// The schema of the query's result.
  public var schema: Schema? {
    currentVersion.flatMap { version in schemas.first { $0.id == version.schemaID } }
  }

  /// Adds a state, which holds from now on.
  mutating func add(_ version: Version, _ schema: Schema) {
    var version = version
    version.id = (versions.map(\.id).max() ?? 0) + 1
    if let known = schemas.first(where: { $0.fields == schema.fields }) {
      version.schemaID = known.id
    } else {
      version.schemaID = (schemas.map(\.id).max() ?? -1) + 1
      schemas.append(schema.with(id: version.schemaID))
    }
    versions.append(version)
    currentVersionID = version.id
    versionLog.append((version.timestampMillis, version.id))
    if versions.count > Self.versionLimit { versions.removeFirst(versions.count - Self.versionLimit) }
    let kept = Set(versions.map(\.schemaID))
    schemas.removeAll { !kept.contains($0.id) }
  }
}

/// A view to be made, or a new state of one.
public struct CreateView: Sendable {
  /// The view's name.
  public var identifier: TableIdentifier
  /// The query's state; its number and schema id are given by the view.
  public var version: ViewMetadata.Version
  /// The columns of the query's result.
  public var schema: Schema
  /// Settings.
  public var properties: [String: String]
  /// Whether a view of that name gets a new state.
  public var replaces: Bool

  /// Describes a view.
  public init(
    _ identifier: TableIdentifier, _ version: ViewMetadata.Version, schema: Schema,
    properties: [String: String] = [:], replaces: Bool = false
  ) {
    (self.identifier, self.version, self.schema) = (identifier, version, schema)
    (self.properties, self.replaces) = (properties, replaces)
  }
}

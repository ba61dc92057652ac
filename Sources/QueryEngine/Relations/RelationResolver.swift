package import Columnar

/// Finds what a name in FROM stands for.
///
/// The binder asks once per name; a resolver pins each table to one snapshot for the length of a statement.
package protocol RelationResolver: AnyObject {
  /// Returns the relation or view of a name, or `nil` when there is none.
  ///
  /// - Parameters:
  ///   - name: The parts as written: `[table]`, `[namespace…, table]`, `[catalog, namespace…, table]`, each
  ///     perhaps with a metadata table's name or a Spark selector such as `branch_x` at its end.
  ///   - version: The state asked for.
  ///   - position: Where the name stands.
  /// - Returns: The relation, pinned; `nil` if no part of the name is known.
  /// - Throws: ``QueryError`` if the state asked for does not exist, or files cannot be read.
  func resolve(
    _ name: [String], version: TableVersion?, at position: SourceRange?
  ) throws(QueryError) -> ResolvedRelation?

  /// Returns the rows of a table function such as `iceberg_snapshots('t')`, `read_parquet('…')`, or
  /// `read_file('…')` for a file in FROM; `nil` when there is no such function.
  ///
  /// - Parameters:
  ///   - name: The function's name in lower case.
  ///   - arguments: Constants, with names where given.
  ///   - position: Where the call stands.
  /// - Returns: The relation.
  /// - Throws: ``QueryError`` if the arguments are wrong, or files cannot be read.
  func resolveFunction(
    _ name: String, arguments: [(name: String?, value: ScalarValue, type: LogicalType)],
    at position: SourceRange?
  ) throws(QueryError) -> (any Relation)?

  /// Returns the table that a statement shall change, with hidden columns `_file` and `_pos` that name its
  /// rows; `nil` if there is none of that name.
  ///
  /// - Parameters:
  ///   - name: The parts as written.
  ///   - position: Where the name stands.
  /// - Returns: The table, pinned.
  /// - Throws: ``QueryError`` if the name stands for something that cannot be changed.
  func resolveTarget(_ name: [String], at position: SourceRange?) throws(QueryError) -> (any Relation)?

  /// The names of table functions, for suggestions.
  func tableFunctionNames() -> [String]

  /// The names of tables and views, for suggestions and SHOW TABLES.
  func tableNames() -> [String]

  /// The namespace of names without one while a view is bound; `nil` outside of views.
  var viewNamespace: String? { get set }
}

extension RelationResolver {
  package func resolveFunction(
    _ name: String, arguments: [(name: String?, value: ScalarValue, type: LogicalType)],
    at position: SourceRange?
  ) throws(QueryError) -> (any Relation)? { nil }

  package func tableFunctionNames() -> [String] { [] }

  package var viewNamespace: String? {
    get { nil }
    set {}
  }

  package func resolveTarget(
    _ name: [String], at position: SourceRange?
  ) throws(QueryError) -> (any Relation)? { nil }
}

/// The state of a table that a statement reads.
package enum TableVersion: Hashable, Sendable {
  /// Microseconds since 1970 UTC.
  case timestamp(micros: Int64)
  case snapshot(Int64)
  /// A branch or tag.
  case reference(String)
}

/// What a name in FROM stands for.
package enum ResolvedRelation: Sendable {
  case relation(any Relation)
  case view(ViewDefinition)
}

/// A view: its text, and the settings in force when it was made.
package struct ViewDefinition: Sendable {
  package var name: String
  package var text: String
  /// New names for the query's columns; empty keeps them.
  package var columns: [String]
  package var integerDivision: Bool
  /// What names without a namespace mean in the text; `nil` is what they mean around it.
  package var namespace: String?
  /// What the view is for, and what else is kept with it.
  package var comment: String?
  package var properties: [(key: String, value: String)] = []

  package init(
    name: String, text: String, columns: [String] = [], integerDivision: Bool = true,
    namespace: String? = nil, comment: String? = nil
  ) {
    (self.name, self.text, self.columns) = (name, text, columns)
    (self.integerDivision, self.namespace, self.comment) = (integerDivision, namespace, comment)
  }
}

/// A resolver over relations held in memory, for tests and for sessions without a catalog.
package final class InMemoryRelationResolver: RelationResolver {
  private var relations: [String: ResolvedRelation] = [:]

  package init() {}

  package func add(_ name: String, _ relation: ResolvedRelation) { relations[name.lowercased()] = relation }

  package func remove(_ name: String) { relations[name.lowercased()] = nil }

  package func resolve(
    _ name: [String], version: TableVersion?, at position: SourceRange?
  ) throws(QueryError) -> ResolvedRelation? {
    guard
      let found = relations[name.joined(separator: ".").lowercased()]
        ?? relations[(name.last ?? "").lowercased()]
    else { return nil }
    guard version == nil else {
      throw QueryError(
        .invalidParameter, "\"\(name.joined(separator: "."))\" has no snapshots to travel to", at: position)
    }
    return found
  }

  package func tableNames() -> [String] { relations.keys.sorted() }
}

/// The tables of the namespace `wequery`, which are kept outside the catalog, such as the refused records.
package protocol SystemTables: Sendable {
  /// Their names.
  var names: [String] { get }
  /// Makes the rows of a table; `nil` if there is none of that name.
  func relation(named name: String) throws(QueryError) -> InMemoryRelation?
}

/// What lives as long as a session and is in no catalog.
struct SessionObjects {
  /// A prepared statement.
  struct Prepared {
    var statement: StatementSyntax
    var text: String
  }

  /// By name in lower case.
  var tables: [String: InMemoryRelation] = [:]
  /// By name in lower case.
  var views: [String: ViewDefinition] = [:]
  /// By name in lower case.
  var prepared: [String: Prepared] = [:]

  /// Finds what a name means here: names of one part, or behind `temp`.
  func relation(_ name: [String]) -> ResolvedRelation? {
    guard let key = SessionObjects.key(name) else { return nil }
    if let table = tables[key] { return .relation(table) }
    return views[key].map { .view($0) }
  }

  /// The key of a name; `nil` if it cannot be an object of a session.
  static func key(_ name: [String]) -> String? {
    if name.count == 1 { return name[0].lowercased() }
    return name.count == 2 && name[0].lowercased() == "temp" ? name[1].lowercased() : nil
  }
}

extension Session {
  /// The names of tables and views, for completion and suggestions.
  package func tableNames() -> [String] { CatalogResolver(self).tableNames() }

  /// Returns the table `wequery.name`, or `nil` if there is none.
  func systemRelation(_ name: [String]) throws(QueryError) -> InMemoryRelation? {
    guard name.count == 2, name[0].lowercased() == "wequery" else { return nil }
    return try systemTables?.relation(named: name[1].lowercased())
  }
}

extension QualifiedName {
  /// The parts as text.
  var names: [String] { parts.map(\.text) }
}

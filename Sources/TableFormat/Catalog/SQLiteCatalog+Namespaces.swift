extension SQLiteCatalog {
  /// All namespaces: those with settings, those with tables, and those above them.
  public func namespaces() throws(TableFormatError) -> [Namespace] {
    guard let connection = try readable() else { return [] }
    let rows = try connection.query(
      """
      SELECT table_namespace FROM iceberg_tables WHERE catalog_name = ?1
      UNION SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?1
      """, [.text(name)])
    var found: Set<Namespace> = []
    for text in rows.compactMap({ $0.first?.text }) {
      let levels = Namespace(text).levels
      for depth in 1...levels.count { found.insert(Namespace(Array(levels.prefix(depth)))) }
    }
    return found.sorted()
  }

  /// The settings of a namespace; the marker of an empty one is not among them.
  public func properties(of namespace: Namespace) throws(TableFormatError) -> [String: String] {
    try requireNamespace(namespace)
    guard let connection = try readable() else { return [:] }
    let rows = try connection.query(
      """
      SELECT property_key, property_value FROM iceberg_namespace_properties
      WHERE catalog_name = ? AND namespace = ?
      """, [.text(name), .text(namespace.description)])
    var result: [String: String] = [:]
    for row in rows { if let key = row[0].text, let value = row[1].text { result[key] = value } }
    result["exists"] = nil
    return result
  }

  /// Makes a namespace.
  public func createNamespace(
    _ namespace: Namespace, properties: [String: String] = [:]
  ) throws(TableFormatError) {
    guard !namespace.levels.contains(where: \.isEmpty), !namespace.levels.isEmpty else {
      throw TableFormatError(.invalidArgument, "\"\(namespace)\" is not the name of a namespace")
    }
    let connection = try writable()
    let name = name
    // An empty namespace needs a row to be there at all; others mark it thus.
    let rows = properties.isEmpty ? ["exists": "true"] : properties
    try connection.transaction { (transaction) throws(TableFormatError) in
      guard try !Self.exists(namespace, in: name, transaction.query) else {
        throw TableFormatError(.alreadyExists, "the namespace \(namespace) already exists")
      }
      for (key, value) in rows.sorted(by: { $0.key < $1.key }) {
        try transaction.execute(
          "INSERT INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)",
          [.text(name), .text(namespace.description), .text(key), .text(value)])
      }
    }
  }

  /// Changes settings of a namespace.
  public func updateNamespace(
    _ namespace: Namespace, set: [String: String], remove: [String] = []
  ) throws(TableFormatError) {
    try requireNamespace(namespace)
    let connection = try writable()
    let name = name
    try connection.transaction { (transaction) throws(TableFormatError) in
      for key in remove {
        try transaction.execute(
          """
          DELETE FROM iceberg_namespace_properties
          WHERE catalog_name = ? AND namespace = ? AND property_key = ?
          """, [.text(name), .text(namespace.description), .text(key)])
      }
      for (key, value) in set.sorted(by: { $0.key < $1.key }) {
        try transaction.execute(
          "INSERT OR REPLACE INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)",
          [.text(name), .text(namespace.description), .text(key), .text(value)])
      }
      guard try !Self.exists(namespace, in: name, transaction.query) else { return }
      try transaction.execute(
        "INSERT INTO iceberg_namespace_properties VALUES (?, ?, 'exists', 'true')",
        [.text(name), .text(namespace.description)])
    }
  }

  /// Removes an empty namespace.
  public func dropNamespace(_ namespace: Namespace) throws(TableFormatError) {
    try requireNamespace(namespace)
    let connection = try writable()
    let name = name
    try connection.transaction { (transaction) throws(TableFormatError) in
      let (text, below) = (namespace.description, namespace.description + ".")
      let tables = try transaction.query(
        """
        SELECT table_name FROM iceberg_tables
        WHERE catalog_name = ?1 AND (table_namespace = ?2 OR substr(table_namespace, 1, length(?3)) = ?3)
        """, [.text(name), .text(text), .text(below)])
      guard tables.isEmpty else {
        throw TableFormatError(
          .conflict, "the namespace \(namespace) holds \(tables.count) tables",
          hint: "drop or rename them first")
      }
      let namespaces = try transaction.query(
        """
        SELECT DISTINCT namespace FROM iceberg_namespace_properties
        WHERE catalog_name = ?1 AND substr(namespace, 1, length(?2)) = ?2
        """, [.text(name), .text(below)])
      guard namespaces.isEmpty else {
        throw TableFormatError(.conflict, "the namespace \(namespace) holds \(namespaces.count) namespaces")
      }
      try transaction.execute(
        "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ?",
        [.text(name), .text(text)])
    }
  }

  /// Whether there is such a namespace.
  public func hasNamespace(_ namespace: Namespace) throws(TableFormatError) -> Bool {
    guard let connection = try readable() else { return false }
    return try Self.exists(namespace, in: name) { (sql, parameters) throws(TableFormatError) in
      try connection.query(sql, parameters)
    }
  }

  func requireNamespace(_ namespace: Namespace) throws(TableFormatError) {
    guard try !hasNamespace(namespace) else { return }
    throw TableFormatError(
      .notFound, "there is no namespace \"\(namespace)\" in the catalog \"\(name)\"",
      hint: try otherNamesHint())
  }

  /// Tells the likeliest reason for a catalog that looks empty: that it was asked for by another name.
  func otherNamesHint() throws(TableFormatError) -> String? {
    let names = try catalogNames()
    guard !names.isEmpty, !names.contains(name) else { return nil }
    return "\(path) holds " + names.map { "the catalog \"\($0)\"" }.joined(separator: ", ")
  }

  /// A namespace is there when a row is of it or of one below it.
  static func exists(
    _ namespace: Namespace, in catalog: String,
    _ query: (String, [SQLiteValue]) throws(TableFormatError) -> [[SQLiteValue]]
  ) throws(TableFormatError) -> Bool {
    let values: [SQLiteValue] = [
      .text(catalog), .text(namespace.description), .text(namespace.description + "."),
    ]
    let inTables = try query(
      """
      SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1
      AND (table_namespace = ?2 OR substr(table_namespace, 1, length(?3)) = ?3) LIMIT 1
      """, values)
    guard inTables.isEmpty else { return true }
    return try !query(
      """
      SELECT 1 FROM iceberg_namespace_properties WHERE catalog_name = ?1
      AND (namespace = ?2 OR substr(namespace, 1, length(?3)) = ?3) LIMIT 1
      """, values
    ).isEmpty
  }
}

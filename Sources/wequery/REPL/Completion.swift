internal import QueryEngine

/// What the word before the cursor may become.
enum Completion {
  /// Returns names that begin with `word`, case aside, in order.
  static func candidates(_ word: String, after text: String, in session: Session) -> [String] {
    let lowered = word.lowercased()
    guard !lowered.isEmpty else { return [] }
    let names = session.tableNames() + SettingDefinition.all.map(\.name) + keywords
    var seen: Set<String> = []
    return names.filter { $0.lowercased().hasPrefix(lowered) && seen.insert($0.lowercased()).inserted }
      .sorted()
  }

  private static let keywords = [
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "JOIN", "LEFT JOIN", "WITH",
    "UNION",
    "INSERT INTO", "CREATE TABLE", "DESCRIBE", "EXPLAIN", "EXPLAIN ANALYZE", "SHOW TABLES", "SHOW PARTITIONS",
    "OPTIMIZE", "CALL", "ANALYZE", "COUNT", "DISTINCT", "INTERVAL", "CURRENT_DATE", "CURRENT_TIMESTAMP",
  ]
}

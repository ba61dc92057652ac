internal import Columnar
internal import QueryEngine

/// What the word before the cursor may become, by what stands before it.
final class Completion {
  private let session: Session
  private var functions: [String]?
  private var columns: [String: [String]] = [:]
  /// Tables whose columns are offered before FROM says which one is meant.
  private static let tableLimit = 20

  init(_ session: Session) { self.session = session }

  /// Forgets what was looked up; statements may have changed it.
  func forget() { columns = [:] }

  /// Returns names that begin with `word`, case aside, in order.
  ///
  /// - Parameters:
  ///   - word: What is to be completed; dots belong to it.
  ///   - before: The text before the word.
  ///   - after: The text behind the cursor.
  /// - Returns: The names.
  func candidates(_ word: String, before: String, after: String) -> [String] {
    let start = before.trimmed
    if start.isEmpty && word.hasPrefix(".") { return matching(word, DotCommand.all.map(\.name) + [".quit"]) }
    if start.hasPrefix(".") { return matching(word, argument(of: start)) }
    // Only the statement that the cursor is in.
    let statement = StatementSplitter.split(before).last { !$0.isTerminated }?.text ?? ""
    let words = Completion.words(statement)
    guard let last = words.last else { return matching(word, Completion.heads) }
    let head = words.dropLast().last ?? ""
    if last == "CALL" { return matching(word, session.procedures.map { "system.\($0.name)" }) }
    if let dot = word.lastIndex(of: ".") {
      return matching(word, qualified(String(word[..<dot]), in: statement + " " + after))
    }
    switch last {
    case "FROM", "JOIN", "INTO", "TABLE", "DESCRIBE", "DESC", "SUMMARIZE", "UPDATE", "OPTIMIZE", "VACUUM",
      "COPY",
      "USING", "TRUNCATE":
      return matching(word, session.tableNames() + (last == "COPY" ? ["("] : []))
    case "PARTITIONS", "COLUMNS": return matching(word, session.tableNames() + ["FROM"])
    case "ANALYZE" where head != "EXPLAIN": return matching(word, session.tableNames() + ["TABLE"])
    case ",": if Completion.isInTables(words) { return matching(word, session.tableNames()) }
    case "SHOW":
      let objects = [
        "TABLES", "PARTITIONS", "COLUMNS", "VIEWS", "FUNCTIONS", "SETTINGS", "CREATE TABLE", "NAMESPACES",
      ]
      return matching(word, objects + SettingDefinition.all.map(\.name))
    case "SET", "RESET": return matching(word, SettingDefinition.all.map(\.name))
    case "USE": return matching(word, names("SHOW NAMESPACES"))
    case "EXPLAIN": return matching(word, ["ANALYZE", "SELECT", "WITH"])
    case "CREATE": return matching(word, ["TABLE", "TEMP TABLE", "VIEW", "OR REPLACE", "SCHEMA"])
    case "ALTER", "DROP": return matching(word, ["TABLE", "VIEW", "SCHEMA"])
    case "INSERT", "MERGE": return matching(word, ["INTO"])
    case "DELETE": return matching(word, ["FROM"])
    default: break
    }
    return matching(word, columnNames(in: statement + " " + after) + functionNames() + Completion.keywords)
  }

  /// What a command of the shell takes.
  private func argument(of line: String) -> [String] {
    let words = line.split(separator: " ").map(String.init)
    switch words[0] {
    case ".mode": return ResultFormat.allCases.filter(\.isText).map(\.rawValue)
    case ".chart": return ["bar", "line", "spark"]
    case ".timer", ".pager": return ["on", "off"]
    case ".diff" where words.count > 1: return snapshots(of: words[1])
    case ".at": return session.tableNames().flatMap { snapshots(of: $0) }
    default: return session.tableNames()
    }
  }

  private func snapshots(of table: String) -> [String] {
    names("SELECT CAST(snapshot_id AS VARCHAR) FROM \(table).snapshots")
      + names("SELECT name FROM \(table).refs")
  }

  /// Names behind a dot: columns and metadata tables of a table or alias, tables of a namespace.
  private func qualified(_ qualifier: String, in statement: String) -> [String] {
    var names = session.tableNames().filter { $0.lowercased().hasPrefix(qualifier.lowercased() + ".") }
    let table =
      tables(in: statement).first { $0.alias.lowercased() == qualifier.lowercased() }?.name ?? qualifier
    names += columns(of: table).map { "\(qualifier).\($0)" }
    if !columns(of: table).isEmpty {
      names += ["snapshots", "files", "partitions", "history", "refs", "manifests"].map {
        "\(qualifier).\($0)"
      }
    }
    return names
  }

  /// The columns of the tables that a statement names, or of any while it names none.
  private func columnNames(in statement: String) -> [String] {
    let known = session.tableNames()
    var wanted = tables(in: statement).map(\.name).filter { !columns(of: $0).isEmpty }
    if wanted.isEmpty { wanted = Array(known.prefix(Completion.tableLimit)) }
    return wanted.flatMap { columns(of: $0) }
  }

  private func columns(of table: String) -> [String] {
    if let known = columns[table] { return known }
    let found = names("DESCRIBE \(table)")
    columns[table] = found
    return found
  }

  private func functionNames() -> [String] {
    if let functions { return functions }
    let found = names("SHOW FUNCTIONS")
    functions = found
    return found
  }

  /// The first column of a statement's rows; none if it fails.
  private func names(_ statement: String) -> [String] {
    guard let result = try? session.run(single: statement), !result.columns.isEmpty else { return [] }
    var names: [String] = []
    for batch in result.batches {
      let batch = batch.compacted()
      for row in 0..<batch.rowCount {
        var text: [UInt8] = []
        ValueText.appendRow(of: batch.columns[0], row: row, type: result.columns[0].type, to: &text)
        names.append(String(decoding: text, as: UTF8.self))
      }
    }
    return names
  }

  /// The tables that stand behind FROM, JOIN, INTO and UPDATE, with their aliases.
  private func tables(in statement: String) -> [(name: String, alias: String)] {
    let words = Completion.words(statement, keepingCase: true)
    var tables: [(String, String)] = []
    for (index, word) in words.enumerated()
    where ["FROM", "JOIN", "INTO", "UPDATE"].contains(word.uppercased()) && index + 1 < words.count {
      let name = words[index + 1]
      var next = index + 2
      if next < words.count, words[next].uppercased() == "AS" { next += 1 }
      let alias = next < words.count ? words[next] : ""
      let isAlias = !alias.isEmpty && !Completion.keywords.contains(alias.uppercased()) && alias != ","
      tables.append((name, isAlias ? alias : String(name.split(separator: ".").last ?? "")))
    }
    return tables
  }

  private func matching(_ word: String, _ names: [String]) -> [String] {
    let lowered = word.lowercased()
    var seen: Set<String> = []
    let isSmall = word == lowered && !word.isEmpty
    return names.filter { $0.lowercased().hasPrefix(lowered) && seen.insert($0.lowercased()).inserted }
      .map { isSmall && Completion.isKeyword($0) ? $0.lowercased() : $0 }.sorted()
  }

  private static func isKeyword(_ name: String) -> Bool { keywords.contains(name) || heads.contains(name) }

  /// Whether a comma stands between tables: the last of the words that begin a clause is FROM.
  private static func isInTables(_ words: [String]) -> Bool {
    let clauses: Set = ["SELECT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "ON", "VALUES", "SET", "("]
    return words.last { clauses.contains($0) } == "FROM"
  }

  /// The words of a text without what is quoted: names with their dots, commas and parentheses alone.
  private static func words(_ text: String, keepingCase: Bool = false) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    func finish() {
      if !word.isEmpty { words.append(keepingCase ? word : word.uppercased()) }
      word = ""
    }
    for character in text {
      if let open = quote {
        if character == open { quote = nil }
        continue
      }
      switch character {
      case "'": quote = character
      case ",", "(", ")":
        finish()
        words.append(String(character))
      case _ where character.isWhitespace || "=<>+-*/%;".contains(character): finish()
      default: word.append(character)
      }
    }
    finish()
    return words
  }

  private static let heads = [
    "SELECT", "WITH", "FROM", "EXPLAIN", "EXPLAIN ANALYZE", "DESCRIBE", "SHOW", "SHOW TABLES", "SUMMARIZE",
    "INSERT INTO", "CREATE TABLE", "CREATE VIEW", "ALTER TABLE", "DROP TABLE", "COPY", "CALL", "OPTIMIZE",
    "VACUUM",
    "ANALYZE", "SET", "RESET", "USE", "PREPARE", "EXECUTE", "VALUES", "DELETE FROM", "UPDATE", "MERGE INTO",
  ]

  private static let keywords = [
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "QUALIFY", "LIMIT", "OFFSET", "JOIN",
    "LEFT JOIN",
    "CROSS JOIN", "ON", "USING", "UNION ALL", "UNION", "EXCEPT", "INTERSECT", "DISTINCT", "AS", "AND", "OR",
    "NOT",
    "IN", "IS NULL", "IS NOT NULL", "LIKE", "ILIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "CAST",
    "INTERVAL", "CURRENT_DATE", "CURRENT_TIMESTAMP", "OVER", "PARTITION BY", "ROWS BETWEEN", "NULLS FIRST",
    "NULLS LAST", "DESC", "ASC", "VALUES", "FOR TIMESTAMP AS OF", "FOR VERSION AS OF", "TRUE", "FALSE",
    "NULL",
  ]
}

internal import QueryEngine

extension FuzzTarget {
  static let sql = [
    FuzzTarget("sql-parser") { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      _ = StatementSplitter.split(text)
      _ = StatementSplitter.isComplete(text)
      // EXPLAIN parses, binds and optimizes, and runs nothing.
      return answer("EXPLAIN \(text)", in: session())
    },
    FuzzTarget("sql") { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      // A fuzzer must not write files, nor wait on what it happens to name.
      let lower = text.lowercased()
      for word in [
        "copy", "unload", "read_", "parquet", "temp_directory", "timeout", "memory_limit", "threads",
      ]
      where lower.contains(word) {
        return nil
      }
      let session = session()
      return answer(rows, in: session) ?? answer(text, in: session)
    },
    FuzzTarget("regex") { bytes in
      pattern(bytes, "regexp_matches(\u{1}, \u{2})", "regexp_replace(\u{1}, \u{2}, '<\\1>', 'g')")
    },
    FuzzTarget("like") { bytes in pattern(bytes, "\u{1} LIKE \u{2}", "\u{1} ILIKE \u{2} ESCAPE '$'") },
    FuzzTarget("strptime") { bytes in
      pattern(
        bytes, "try_strptime(\u{1}, \u{2})", "strftime(TIMESTAMP '2024-02-29 23:59:59.999999', \u{2})",
        "TRY_CAST(\u{1} AS TIMESTAMPTZ)", "TRY_CAST(\u{1} AS INTERVAL)", "TRY_CAST(\u{1} AS DECIMAL(38, 9))")
    },
    FuzzTarget("sql-json") { bytes in
      pattern(bytes, "json_extract(\u{1}, \u{2})", "json_extract_string(\u{1}, \u{2})")
    },
    FuzzTarget("sql-url") { bytes in
      pattern(bytes, "url_extract_host(\u{1})", "url_decode(\u{1})", "url_extract_parameter(\u{1}, \u{2})")
    },
  ]

  /// A table that statements can ask, with the ends of ranges and nulls.
  private static let rows = """
    CREATE TEMP TABLE t AS SELECT * FROM (VALUES (1::BIGINT, 1.5::DOUBLE, 'abc', DATE '2024-01-31', [1, 2]),
      (9223372036854775807, 'NaN'::DOUBLE, 'é', DATE '9999-12-31', []), (NULL, NULL, NULL, NULL, NULL)) AS v(a, b, c, d, e)
    """

  private static func session() -> Session {
    var settings = SessionSettings(threads: 1, memoryLimit: 64 << 20, tempDirectory: "/nonexistent")
    settings.currentTimestamp = 1_700_000_000_000_000
    settings.statementTimeout = 200_000
    return Session(catalog: nil, settings: settings)
  }

  /// Evaluates each expression with the first line as U+0002 and the rest as U+0001.
  private static func pattern(_ bytes: [UInt8], _ expressions: String...) -> String? {
    let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
    func literal(_ index: Int) -> String {
      guard index < parts.count else { return "''" }
      let text = String(decoding: parts[index], as: UTF8.self)
      return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
    let (first, second) = (literal(1), literal(0))
    let session = session()
    for expression in expressions {
      var text = "SELECT "
      for character in expression.unicodeScalars {
        switch character {
        case "\u{1}": text += first
        case "\u{2}": text += second
        default: text.unicodeScalars.append(character)
        }
      }
      if let complaint = answer(text, in: session) { return complaint }
    }
    return nil
  }

  /// Any text gives an answer or an error that blames its writer.
  private static func answer(_ text: String, in session: Session) -> String? {
    do throws(QueryError) {
      _ = try session.run(text)
      return nil
    } catch {
      // XX001, damaged or missing files, is of the same class, and no bug of ours.
      return error.sqlState == .internalError ? "an internal error: \(error)" : nil
    }
  }
}

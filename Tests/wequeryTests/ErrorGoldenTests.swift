import QueryEngine
import TestSupport
import Testing

@testable import wequery

/// How errors look: `Tests/Golden/errors.txt` has statements and what is printed for them.
///
/// A statement is the lines that begin with `> `; a new case is such lines at the end of the file and a run of
/// `scripts/update-golden.sh`.
@Suite("Errors as they are printed") struct ErrorGoldenTests {
  private let path = "Tests/Golden/errors.txt"

  @Test func errorsLookAsTheyDid() throws {
    let statements = statements(GoldenText.read(path))
    try #require(!statements.isEmpty)

    let text = statements.map { statement in
      statement.split(separator: "\n", omittingEmptySubsequences: false).map { "> \($0)\n" }.joined()
        + rendering(of: statement)
    }.joined(separator: "\n")

    #expect(try GoldenText.difference(text, from: path) == nil)
  }

  private func statements(_ text: String) -> [String] {
    var statements: [String] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      defer { isInside = line.hasPrefix("> ") }
      guard line.hasPrefix("> ") else { continue }
      if isInside {
        statements[statements.count - 1] += "\n" + line.dropFirst(2)
      } else {
        statements.append(String(line.dropFirst(2)))
      }
    }
    return statements
  }

  /// What the program prints for people, and the code that programs go by.
  private func rendering(of statement: String) -> String {
    var settings = SessionSettings(threads: 1, memoryLimit: 64 << 20, tempDirectory: "/nonexistent")
    settings.currentTimestamp = 1_705_309_200_000_000
    let session = Session(catalog: nil, settings: settings)
    let renderer = ErrorRenderer(isJSON: false, command: "sql")
    do throws(QueryError) {
      _ = try session.run("CREATE TEMP TABLE visits AS SELECT 1 AS user_id, 'x' AS page, '12x' AS width")
      _ = try session.run(single: statement)
      return "no error\n"
    } catch {
      let failure = CommandFailure(error, statement: statement)
      return ([failure] + failure.others).map { "[\($0.sqlState ?? "none")] " + renderer.text($0) }.joined()
    }
  }
}

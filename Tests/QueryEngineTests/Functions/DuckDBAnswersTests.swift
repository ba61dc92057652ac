import Columnar
import FileFormats
import Testing

@testable import QueryEngine

/// Random expressions whose values DuckDB was asked for; see `Tests/Fixtures/expressions`.
@Suite("Answers of DuckDB") struct DuckDBAnswersTests {
  @Test func expressionsHaveTheValuesThatDuckDBGives() throws {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    while let last = parts.last, last != "Tests" { parts.removeLast() }
    let path = parts.joined(separator: "/") + "/Fixtures/expressions/duckdb-answers.tsv"
    let text = String(decoding: try LocalFileSystem().readAll(path), as: UTF8.self)
    var count = 0
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 2 else { continue }
      count += 1
      do {
        let value = try ExpressionTester.text(fields[0])
        #expect(value == fields[1], "\(fields[0])")
      } catch {
        Issue.record("\(fields[0]) gives \(fields[1]) there: \(error)")
      }
    }
    #expect(count > 1000)
  }
}

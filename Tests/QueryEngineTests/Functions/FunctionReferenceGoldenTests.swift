import TestSupport
import Testing

@testable import QueryEngine

/// `docs/functions.md` is what the registries say.
@Suite("Function reference") struct FunctionReferenceGoldenTests {
  @Test func theReferenceIsWhatTheRegistriesSay() throws {
    #expect(try GoldenText.difference(reference, from: "docs/functions.md") == nil)
  }

  private var reference: String {
    var text = """
      # Functions

      Made by `scripts/update-golden.sh` from the registries; operators are functions too. Every example is run by a test.

      ## Scalar functions

      """
    for function in FunctionRegistry.builtin.functions.sorted(by: { $0.name < $1.name }) {
      text += "\n### \(function.name)\n\n\(sentence(function.summary))"
      if !function.aliases.isEmpty { text += " Also called \(list(function.aliases))." }
      text += "\n\n" + function.signatures.map { "- `\($0)`\n" }.joined()
      if !function.examples.isEmpty {
        text += "\n| call | answer |\n|---|---|\n"
        for example in function.examples {
          text += "| \(cell(example.expression)) | \(cell(example.result)) |\n"
        }
      }
    }
    text += "\n## Aggregate functions\n\n| function | what it answers |\n|---|---|\n"
    for function in AggregateFunctions.all.sorted(by: { $0.name < $1.name }) {
      let aliases = function.aliases.isEmpty ? "" : " Also called \(list(function.aliases))."
      text += "| `\(function.name)` | \(escaped(sentence(function.summary) + aliases)) |\n"
    }
    text += "\n## Window functions\n\nEvery aggregate function, and:\n\n"
    for name in WindowFunctions.names.sorted() { text += "- `\(WindowFunctions.signature(name))`\n" }
    return text
  }

  private func sentence(_ summary: String) -> String { summary.hasSuffix(".") ? summary : summary + "." }

  private func list(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }

  /// Code in a table's cell: a text with a back tick gets two around it.
  private func cell(_ code: String) -> String {
    let fence = code.contains("`") ? "``" : "`"
    return code.isEmpty ? "" : fence + escaped(code) + fence
  }

  private func escaped(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
      .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "⏎")
  }
}

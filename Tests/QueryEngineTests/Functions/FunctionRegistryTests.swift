import Columnar
import Testing

@testable import QueryEngine

@Suite("Function registry") struct FunctionRegistryTests {
  private let functions = FunctionRegistry.builtin.functions

  @Test func namesAndAliasesAreUnique() {
    var seen: [String: String] = [:]
    for function in functions {
      for name in [function.name] + function.aliases {
        #expect(seen[name] == nil, "\(name) names both \(seen[name] ?? "") and \(function.name)")
        #expect(name == name.lowercased())
        seen[name] = function.name
      }
    }
  }

  @Test func everyFunctionHasASummaryAndOverloads() {
    for function in functions {
      #expect(function.summary.hasSuffix("."), "\(function.name)")
      #expect(!function.overloads.isEmpty, "\(function.name)")
      if function.volatility == .immutable { #expect(!function.examples.isEmpty, "\(function.name)") }
    }
  }

  @Test(arguments: FunctionRegistry.builtin.functions.map(\.name))
  func examplesGiveWhatTheySay(name: String) {
    guard let function = FunctionRegistry.builtin[name] else { return }
    for example in function.examples {
      do {
        let text = try ExpressionTester.text(example.expression)
        #expect(text == example.result, "\(example.expression)")
      } catch {
        Issue.record("\(example.expression): \(error)")
      }
    }
  }

  @Test func aCallThatFitsNoOverloadNamesThem() {
    let error = FunctionRegistry.builtin.unresolved("starts_with", argumentTypes: [.bigint], at: nil)
    #expect(error.sqlState == .undefinedFunction)
    #expect(error.hint?.contains("starts_with(text VARCHAR, prefix VARCHAR) -> BOOLEAN") == true)
    #expect(
      FunctionRegistry.builtin.unresolved("date_trunk", argumentTypes: [], at: nil).hint
        == "did you mean \"date_trunc\"?")
  }
}

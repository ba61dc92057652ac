import TestSupport
import Testing

@testable import wequery

@Suite("Batch reader") struct BatchReaderTests {
  private func inputs(_ bytes: [UInt8], isJSONLines: Bool?) -> [BatchInput] {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)[...]
    var reader = BatchReader(isJSONLines: isJSONLines) { lines.popFirst() }
    var inputs: [BatchInput] = []
    while let input = reader.next() { inputs.append(input) }
    return inputs
  }

  @Test func numbersGoOnFromTheLast() {
    let text = "{\"stmt\":7,\"sql\":\"SELECT 1\"}\n{\"sql\":\"SELECT 2\"}\nx\n"

    #expect(inputs(Array(text.utf8), isJSONLines: nil).map(\.number) == [7, 8, 9])
  }

  @Test(arguments: [
    "{\"stmt\":9223372036854775807,\"sql\":\"a\"}\n{\"sql\":\"b\"}\n",
    "-- @stmt 9223372036854775807\nSELECT 1\n;\nSELECT 2\n;\n",
  ]) func theGreatestNumberHasNoNext(_ text: String) {
    #expect(inputs(Array(text.utf8), isJSONLines: nil).map(\.number) == [Int.max, Int.max])
  }

  @Test(arguments: [nil, true, false]) func damageNeverTraps(isJSONLines: Bool?) {
    let seeds = [
      "{\"stmt\": 0, \"sql\": \"SELECT 1\"}\n\n{\"sql\": \"SELECT '\\u00e9'\"}\r\n{\"stmt\": -5}\n[1]\n",
      "-- @stmt 12\nSELECT 1\n;\n\n;\nSELECT 2;\n ; \n-- @stmt x\nSELECT 3",
    ].map { Array($0.utf8) }
    var mutator = Mutator(seed: 20_261_124)

    for _ in 0..<500 {
      let bytes = mutator.next(of: seeds)
      #expect(inputs(bytes, isJSONLines: isJSONLines).count <= bytes.count + 1)
    }
  }
}

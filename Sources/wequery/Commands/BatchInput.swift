internal import FileFormats
internal import QueryEngine

/// A statement of a batch, or why there is none.
struct BatchInput {
  var number: Int
  var statement: Result<String, QueryError>

  /// Cuts a batch into statements.
  static func parse(_ text: String, isJSONLines: Bool) -> [BatchInput] {
    isJSONLines ? parseJSONLines(text) : parsePlain(text)
  }

  private static func parseJSONLines(_ text: String) -> [BatchInput] {
    var inputs: [BatchInput] = []
    for line in text.utf8.split(separator: 0x0A) {
      let bytes = Array(line)
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      let fallback = (inputs.last?.number ?? -1) + 1
      do throws(FileFormatError) {
        let object = try JSONParser.parse(bytes)
        let number = object["stmt"]?.integerValue.map { Int($0) } ?? fallback
        if let sql = object["sql"]?.stringValue {
          inputs.append(BatchInput(number: number, statement: .success(sql)))
        } else {
          let error = QueryError(
            .syntaxError, "the line has no \"sql\"", hint: "write {\"stmt\": 0, \"sql\": \"…\"}")
          inputs.append(BatchInput(number: number, statement: .failure(error)))
        }
      } catch {
        let reason = QueryError(.syntaxError, "the line is not JSON: \(error.message)")
        inputs.append(BatchInput(number: fallback, statement: .failure(reason)))
      }
    }
    return inputs
  }

  private static func parsePlain(_ text: String) -> [BatchInput] {
    var inputs: [BatchInput] = []
    var lines: [Substring] = []
    var number: Int?
    func take() {
      let statement = lines.joined(separator: "\n")
      lines = []
      defer { number = nil }
      guard !statement.trimmed.isEmpty else { return }
      let fallback = (inputs.last?.number ?? -1) + 1
      inputs.append(BatchInput(number: number ?? fallback, statement: .success(statement)))
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let trimmed = line.trimmed
      if trimmed == ";" {
        take()
      } else if lines.allSatisfy({ $0.trimmed.isEmpty }), trimmed.hasPrefix("-- @stmt "),
        let given = Int(trimmed.dropFirst(9))
      {
        number = given
      } else {
        lines.append(line)
      }
    }
    take()
    return inputs
  }
}

internal import FileFormats
internal import QueryEngine

/// A statement of a batch, or why there is none.
struct BatchInput: Sendable {
  var number: Int
  var statement: Result<String, QueryError>
}

/// Cuts a batch into statements, as its lines come in.
struct BatchReader {
  private let lines: () -> [UInt8]?
  private var isJSONLines: Bool?
  private var nextNumber = 0
  /// A line that was looked at and not used yet.
  private var ahead: [UInt8]?

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - isJSONLines: The form; `nil` to tell by the first character that is no space.
  ///   - lines: Gives the next line without its end, `nil` behind the last.
  init(isJSONLines: Bool?, lines: @escaping () -> [UInt8]?) {
    (self.isJSONLines, self.lines) = (isJSONLines, lines)
  }

  /// Returns the next statement, or `nil` at the end.
  mutating func next() -> BatchInput? {
    if isJSONLines == nil {
      while let line = lines() {
        guard let first = line.first(where: { !BatchReader.isSpace($0) }) else { continue }
        isJSONLines = first == UInt8(ascii: "{")
        ahead = line
        break
      }
    }
    let input = isJSONLines == true ? nextOfJSONLines() : nextOfPlain()
    // Numbers are the input's own choice: behind the greatest there is no next.
    if let input { nextNumber = input.number == .max ? .max : input.number + 1 }
    return input
  }

  private mutating func line() -> [UInt8]? {
    guard let line = ahead else { return lines() }
    ahead = nil
    return line
  }

  private mutating func nextOfJSONLines() -> BatchInput? {
    while let line = line() {
      if line.allSatisfy(BatchReader.isSpace) { continue }
      do throws(FileFormatError) {
        let object = try JSONParser.parse(line)
        let number = object["stmt"]?.integerValue.flatMap { Int(exactly: $0) } ?? nextNumber
        guard let sql = object["sql"]?.stringValue else {
          let error = QueryError(
            .syntaxError, "the line has no \"sql\"", hint: "write {\"stmt\": 0, \"sql\": \"…\"}")
          return BatchInput(number: number, statement: .failure(error))
        }
        return BatchInput(number: number, statement: .success(sql))
      } catch {
        let reason = QueryError(.syntaxError, "the line is not JSON: \(error.message)")
        return BatchInput(number: nextNumber, statement: .failure(reason))
      }
    }
    return nil
  }

  /// Gathers lines up to one that is a semicolon.
  ///
  /// What holds nothing but spaces and comments is passed over, unless it was given a number: then somebody
  /// waits for its record.
  private mutating func nextOfPlain() -> BatchInput? {
    var gathered: [String] = []
    var number: Int?
    func finished() -> BatchInput? {
      let statement = gathered.joined(separator: "\n")
      guard number != nil || !StatementSplitter.split(statement).isEmpty else { return nil }
      return BatchInput(number: number ?? nextNumber, statement: .success(statement))
    }
    while let line = line() {
      let text = String(decoding: line, as: UTF8.self)
      let trimmed = text.trimmed
      if trimmed == ";" {
        if let input = finished() { return input }
        gathered = []
      } else if number == nil, gathered.allSatisfy(\.trimmed.isEmpty), trimmed.hasPrefix("-- @stmt "),
        let given = Int(trimmed.dropFirst(9).trimmed)
      {
        number = given
      } else {
        gathered.append(text)
      }
    }
    return finished()
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}

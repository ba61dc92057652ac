package import Columnar

/// What `CALL system.name(…)` runs; the modules above register theirs.
package protocol Procedure: Sendable {
  /// The name within `system`, in snake case.
  var name: String { get }
  /// One sentence on what it does.
  var summary: String { get }
  /// The parameters, required ones first.
  var parameters: [ProcedureParameter] { get }
  /// Runs it.
  ///
  /// - Parameters:
  ///   - arguments: A value for each parameter that was given, of the parameter's type.
  ///   - session: The session that calls.
  /// - Returns: The rows that CALL answers with.
  /// - Throws: ``QueryError`` if it cannot be done.
  func run(_ arguments: ProcedureArguments, in session: Session) throws(QueryError) -> ProcedureResult
}

/// A parameter of a procedure.
package struct ProcedureParameter: Sendable {
  package let name: String
  package let type: LogicalType
  package let isRequired: Bool
  package init(_ name: String, _ type: LogicalType, isRequired: Bool = false) {
    (self.name, self.type, self.isRequired) = (name, type, isRequired)
  }
}

/// The arguments of one call, by the names of the parameters.
package struct ProcedureArguments: Sendable {
  package let values: [String: ScalarValue]
  package init(_ values: [String: ScalarValue]) { self.values = values }

  /// Text, or `nil` if it was not given or is null.
  package func text(_ name: String) -> String? {
    guard case .bytes(let bytes)? = values[name] else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An integer, or a time in microseconds.
  package func integer(_ name: String) -> Int64? {
    guard case .integer(let value)? = values[name] else { return nil }
    return value
  }

  /// A boolean.
  package func boolean(_ name: String) -> Bool? {
    guard case .boolean(let value)? = values[name] else { return nil }
    return value
  }

  /// The pairs of a map of text to text.
  package func options(_ name: String) -> [String: String] {
    guard case .map(let keys, let values)? = values[name] else { return [:] }
    var result: [String: String] = [:]
    for (key, value) in zip(keys, values) {
      guard case .bytes(let key) = key, case .bytes(let value) = value else { continue }
      result[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    return result
  }

  /// The elements of a list.
  package func list(_ name: String) -> [ScalarValue]? {
    guard case .list(let elements)? = values[name] else { return nil }
    return elements
  }
}

/// The rows that a procedure answers with.
package struct ProcedureResult: Sendable {
  package let columns: [(name: String, type: LogicalType)]
  package let rows: [[ScalarValue]]
  package init(columns: [(name: String, type: LogicalType)], rows: [[ScalarValue]]) {
    (self.columns, self.rows) = (columns, rows)
  }
}

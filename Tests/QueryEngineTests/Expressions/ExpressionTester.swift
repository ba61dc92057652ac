import Columnar

@testable import QueryEngine

/// Parses, binds and evaluates expressions without tables.
enum ExpressionTester {
  static func environment(_ text: String = "", zone: TimeZone = .utc) -> EvaluationEnvironment {
    EvaluationEnvironment(clockMicros: 1_705_309_290_000_000, timeZone: zone, statement: text)
  }

  static func bind(
    _ text: String, columns: [OutputColumn] = [], zone: TimeZone = .utc
  ) throws -> BoundExpression {
    let binder = Binder(
      environment: BinderEnvironment(
        resolver: InMemoryRelationResolver(), evaluation: environment(text, zone: zone)))
    return try binder.bindExpression(try Parser.expression(text), columns: columns)
  }

  /// The text form of the value of a constant expression.
  static func text(_ text: String, zone: TimeZone = .utc) throws -> String {
    let bound = try bind(text, zone: zone)
    let value = try ExpressionEvaluator.value(of: bound, environment: environment(text, zone: zone))
    if value == .null { return "NULL" }
    if bound.type == .timestampTZ, !zone.isUTC, case .integer(let micros) = value {
      var bytes: [UInt8] = []
      ZonedText.append(micros, zone, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
    return ValueText.string(value, as: bound.type)
  }

  /// The error that evaluating raises.
  static func error(_ text: String) -> QueryError? {
    do {
      let value = try self.text(text)
      return QueryError.internalError("no error but \(value)")
    } catch let error as QueryError {
      return error
    } catch {
      return nil
    }
  }

  /// The values of an expression over columns, as text.
  static func column(
    _ text: String, _ columns: [(name: String, type: LogicalType, values: Vector)], selection: [Bool]? = nil
  ) throws -> [String] {
    let output = columns.enumerated().map { index, column in
      OutputColumn(id: ColumnID(1000 + index), name: column.name, type: column.type)
    }
    let bound = try bind(text, columns: output)
    var evaluator = try ExpressionEvaluator(
      bound, layout: ColumnLayout(output), environment: environment(text))
    let rowCount = columns.first?.values.count ?? 1
    let batch = Batch(
      columns: columns.map(\.values), rowCount: rowCount, selection: selection.map { Selection(Bitmap($0)) })
    let result = try evaluator.evaluate(batch)
    return (0..<rowCount).map { row in
      if let selection, !selection[row] { return "-" }
      return ValueText.string(result.scalar(at: row, as: bound.type), as: bound.type)
    }
  }

  /// The rows for which a predicate is true.
  static func rows(
    _ text: String, _ columns: [(name: String, type: LogicalType, values: Vector)]
  ) throws -> [Int] {
    let output = columns.enumerated().map { index, column in
      OutputColumn(id: ColumnID(1000 + index), name: column.name, type: column.type)
    }
    let bound = try bind(text, columns: output)
    var evaluator = try ExpressionEvaluator(
      bound, layout: ColumnLayout(output), environment: environment(text))
    let rowCount = columns.first?.values.count ?? 1
    let batch = Batch(columns: columns.map(\.values), rowCount: rowCount)
    guard let selection = try evaluator.select(from: batch) else { return Array(0..<rowCount) }
    return selection.indices().map(Int.init)
  }

  static func vector(_ values: [ScalarValue], _ type: LogicalType) -> Vector {
    var builder = VectorBuilder(type)
    for value in values { builder.append(value) }
    return builder.finish()
  }

  /// A dictionary vector of some entries.
  static func dictionary(_ entries: [ScalarValue], _ type: LogicalType, codes: [UInt32]) -> Vector {
    var buffer = WritableBuffer(byteCount: codes.count * 4)
    do {
      var room = buffer.elements(as: UInt32.self, count: codes.count)
      for (index, code) in codes.enumerated() { room[index] = code }
    }
    return .dictionary(buffer.freeze(), count: codes.count, of: vector(entries, type))
  }
}

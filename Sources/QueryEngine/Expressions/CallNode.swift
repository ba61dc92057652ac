internal import Columnar

/// Calls a function's body on the values of its arguments.
///
/// An immutable function of one dictionary column and constants is called once per dictionary entry; the
/// answers are kept as long as batches come with the same dictionary.
final class CallNode: ExpressionNode {
  let type: LogicalType
  private let body: ScalarBody
  private let arguments: [any ExpressionNode]
  private let isStrict: Bool
  private let isImmutable: Bool
  private let position: SourceRange?
  private var entries: EntryCache?
  /// The dictionary last met that did not pay yet, and the rows computed one by one for it.
  private var pending: (base: Vector, rows: Int)?

  init(
    _ body: @escaping ScalarBody, _ arguments: [any ExpressionNode], type: LogicalType, isStrict: Bool,
    isImmutable: Bool, position: SourceRange?
  ) {
    (self.body, self.arguments, self.type) = (body, arguments, type)
    (self.isStrict, self.isImmutable, self.position) = (isStrict, isImmutable, position)
  }

  /// What a function answered for the entries of a dictionary.
  private struct EntryCache {
    /// Kept alive so that its identity stays its own.
    let base: Vector
    let constants: [Vector]
    /// The answers; `nil` if some entry raised an error, which then may concern no row at all.
    let results: Vector?
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    if let active = frame.active, Kernels.isEmpty(active) { return .nulls(type, count: frame.rowCount) }
    var values: [Vector] = []
    values.reserveCapacity(arguments.count)
    for argument in arguments { values.append(try argument.evaluate(frame)) }
    do {
      return try call(values, frame)
    } catch {
      throw error.located(at: position)
    }
  }

  private func call(_ values: [Vector], _ frame: EvaluationFrame) throws(QueryError) -> Vector {
    if isStrict {
      for value in values where value.isNullConstant { return .nulls(type, count: frame.rowCount) }
    }
    if isImmutable && !values.isEmpty {
      if values.allSatisfy({ $0.encoding == .constant }) {
        let single = values.map { Vector.constant($0.base ?? $0, count: 1) }
        let one = EvaluationFrame(columns: [], rowCount: 1, active: nil, context: frame.context)
        return .constant(try callRows(single, one).flattened(), count: frame.rowCount)
      }
      if isStrict, let result = try callEntries(values, frame) { return result }
    }
    return try callRows(values, frame)
  }

  private func callRows(_ values: [Vector], _ frame: EvaluationFrame) throws(QueryError) -> Vector {
    var validity: Bitmap?
    var active = frame.active
    if isStrict {
      for value in values { validity = Bitmap.intersection(validity, value.rowValidity) }
      active = Bitmap.intersection(active, validity)
      if let active, Kernels.isEmpty(active) { return .nulls(type, count: frame.rowCount) }
    }
    let rows = CallFrame(
      rowCount: frame.rowCount, active: active, validity: validity, resultType: type, frame: frame)
    return try body(values, rows)
  }

  /// Calls the body per dictionary entry if that pays; `nil` if it does not.
  private func callEntries(_ values: [Vector], _ frame: EvaluationFrame) throws(QueryError) -> Vector? {
    var found: Int?
    for (index, value) in values.enumerated() where value.encoding != .constant {
      guard value.encoding == .dictionary, found == nil else { return nil }
      found = index
    }
    guard let index = found, let base = values[index].base else { return nil }
    let constants = values.enumerated().filter { $0.offset != index }.map { $0.element }
    if let entries, entries.base.hasSameRows(as: base),
      zip(entries.constants, constants).allSatisfy({ $0.hasSameValue(as: $1) })
    {
      guard let results = entries.results else { return nil }
      return named(results, by: values[index])
    }
    guard paysPerEntry(base, rows: frame.activeCount) else { return nil }
    var arguments = values.map { Vector.constant($0.base ?? $0, count: base.count) }
    arguments[index] = base
    let all = EvaluationFrame(columns: [], rowCount: base.count, active: nil, context: frame.context)
    let results: Vector?
    do {
      results = try callRows(arguments, all).flattened()
    } catch {
      results = nil
    }
    entries = EntryCache(base: base, constants: constants, results: results)
    guard let results else { return nil }
    return named(results, by: values[index])
  }

  /// Whether to call per entry: at once for a dictionary that is small beside the batch, else when as many
  /// rows have come as it has entries, so that at most half the work is wasted.
  private func paysPerEntry(_ base: Vector, rows: Int) -> Bool {
    if base.count <= max(64, rows * 16) { return base.count > 0 }
    var seen = rows
    if let pending, pending.base.hasSameRows(as: base) { seen += pending.rows }
    pending = (base, seen)
    return seen >= base.count
  }

  private func named(_ results: Vector, by codes: Vector) -> Vector {
    guard results.type == .bit else { return codes.withEntries(results) }
    // Booleans are wanted as bits.
    let values = results.bits
    let table = (0..<results.count).map { values[$0] ? UInt8(1) : 0 }
    let bits = Kernels.lookUp(codes.codes, in: table)
    let validity = codes.withEntries(results).rowValidity
    return .bits(bits, validity: validity.map { Kernels.trimmed($0) })
  }
}

extension Vector {
  /// Whether both are the same window on the same storage.
  func hasSameRows(as other: Vector) -> Bool {
    storageIdentity == other.storageIdentity && firstRow == other.firstRow && count == other.count
  }

  /// Whether two constants hold the value of the same storage.
  func hasSameValue(as other: Vector) -> Bool {
    guard let left = base, let right = other.base else { return hasSameRows(as: other) }
    return left.storageIdentity == right.storageIdentity && left.firstRow == right.firstRow
  }
}

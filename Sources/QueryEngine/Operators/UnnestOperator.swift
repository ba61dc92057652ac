internal import Columnar

/// Makes a row of each element of one or more lists; the input's columns are repeated.
struct UnnestOperator: StreamingOperator {
  let unnest: LogicalPlan.Unnest
  let layout: ColumnLayout

  init(_ unnest: LogicalPlan.Unnest, _ layout: ColumnLayout) { (self.unnest, self.layout) = (unnest, layout) }

  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance {
    Instance(
      try CompiledExpression.all(unnest.lists.map(\.expression), layout, worker), unnest, worker.query,
      next: next)
  }

  private final class Instance: StreamingInstance {
    private var lists: [CompiledExpression]
    private let unnest: LogicalPlan.Unnest
    private let query: QueryContext

    init(
      _ lists: [CompiledExpression], _ unnest: LogicalPlan.Unnest, _ query: QueryContext,
      next: OperatorInstance
    ) {
      (self.lists, self.unnest, self.query) = (lists, unnest, query)
      super.init(next: next)
    }

    /// Rows that are put out together.
    private struct Pending {
      var rows: [UInt32] = []
      var elements: [[UInt32]]
      var isElement: [[Bool]]
      var ordinals: [Int64] = []
      var hasOrdinal: [Bool] = []
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      let evaluated = try lists.evaluate(batch)
      // A constant list stays one: flattened, its elements would be there once for every row.
      let isConstant = evaluated.map { $0.encoding == .constant }
      let vectors = evaluated.map { ($0.encoding == .constant ? $0.base ?? $0 : $0).flattened() }
      let empty = Pending(
        elements: vectors.map { _ in [] }, isElement: vectors.map { _ in [] })
      var pending = empty
      var selected: [UInt32] = []
      Kernels.forEachRow(batch.selection?.rows, count: batch.rowCount) { row in selected.append(UInt32(row)) }
      let offsets = vectors.map { $0.offsets.copiedElements() }
      let validities = vectors.map(\.validity)
      for row in selected {
        var counts: [Int] = []
        for list in vectors.indices {
          let index = isConstant[list] ? 0 : Int(row)
          let isValid = validities[list].map { $0[index] } ?? true
          counts.append(isValid ? Int(offsets[list][index + 1] - offsets[list][index]) : 0)
        }
        let length = counts.max() ?? 0
        for element in 0..<max(length, unnest.isOuter ? 1 : 0) {
          pending.rows.append(row)
          pending.ordinals.append(Int64(element + 1))
          pending.hasOrdinal.append(element < length)
          for list in vectors.indices {
            let isThere = element < counts[list]
            let first = isThere ? offsets[list][isConstant[list] ? 0 : Int(row)] : 0
            pending.elements[list].append(first + UInt32(isThere ? element : 0))
            pending.isElement[list].append(isThere)
          }
          if pending.rows.count == Batch.capacity {
            if try !put(pending, vectors, batch) { return false }
            pending = empty
          }
        }
      }
      return pending.rows.isEmpty ? true : try put(pending, vectors, batch)
    }

    private func put(
      _ pending: Pending, _ vectors: [Vector], _ batch: borrowing Batch
    ) throws(QueryError) -> Bool {
      // A morsel may have any number of elements.
      try query.checkCancelled()
      let rows = pending.rows
      var columns: [Vector] = []
      for column in batch.columns { columns.append(column.taking(rows.span)) }
      for list in vectors.indices {
        columns.append(
          Kernels.taking(
            vectors[list].elements, pending.elements[list], isThere: pending.isElement[list],
            unnest.lists[list].column.type))
      }
      if unnest.ordinality != nil {
        let validity = Bitmap(pending.hasOrdinal)
        columns.append(.flat(pending.ordinals, validity: validity.isAllSet ? nil : validity))
      }
      return try next.push(Batch(columns: columns, rowCount: rows.count))
    }
  }
}

extension Kernels {
  /// Returns the rows named, null where `isThere` is false.
  static func taking(
    _ vector: Vector, _ rows: [UInt32], isThere: [Bool], _ type: LogicalType
  ) -> Vector {
    if vector.count == 0 { return .nulls(type, count: rows.count) }
    let taken = vector.taking(rows.span).flattened()
    let there = Bitmap(isThere)
    if there.isAllSet { return taken }
    return taken.withValidity(Bitmap.intersection(taken.validity, there))
  }
}

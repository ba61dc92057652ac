internal import Columnar

/// Puts out the rows of INTERSECT and EXCEPT: groups with the number of rows on both sides and on the right.
struct RepeatOperator: StreamingOperator {
  let kind: LogicalPlan.SetOperation.Kind
  let isAll: Bool
  /// Columns of the result; the count of all rows and that of the right side's follow them.
  let columnCount: Int

  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance { Instance(self, next: next) }

  private func times(_ left: Int64, _ right: Int64) -> Int64 {
    switch (kind, isAll) {
    case (.intersect, true): min(left, right)
    case (.intersect, false): left > 0 && right > 0 ? 1 : 0
    case (.except, true): max(0, left - right)
    case (.except, false): left > 0 && right == 0 ? 1 : 0
    case (.union, _): 1
    }
  }

  private final class Instance: StreamingInstance {
    private let shape: RepeatOperator

    init(_ shape: RepeatOperator, next: OperatorInstance) {
      self.shape = shape
      super.init(next: next)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      let (all, ofRight) = (
        batch.columns[shape.columnCount].flattened(), batch.columns[shape.columnCount + 1].flattened()
      )
      let total = all.int64s
      let right = ofRight.int64s
      var rows: [UInt32] = []
      for row in 0..<batch.rowCount {
        var left = shape.times(total[row] - right[row], right[row])
        while left > 0 {
          rows.append(UInt32(row))
          left -= 1
          if rows.count == Batch.capacity {
            if try !put(rows, batch) { return false }
            rows.removeAll(keepingCapacity: true)
          }
        }
      }
      return rows.isEmpty ? true : try put(rows, batch)
    }

    private func put(_ rows: [UInt32], _ batch: borrowing Batch) throws(QueryError) -> Bool {
      var columns: [Vector] = []
      for index in 0..<shape.columnCount { columns.append(batch.columns[index].taking(rows.span)) }
      return try next.push(Batch(columns: columns, rowCount: rows.count))
    }
  }
}

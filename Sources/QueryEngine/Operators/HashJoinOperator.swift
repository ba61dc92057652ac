internal import Columnar

/// Finds the matches of the probe side's rows in the build side's table.
struct HashJoinOperator: StreamingOperator {
  let sink: HashJoinSink

  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance { try Instance(sink, worker, next: next) }

  private final class Instance: StreamingInstance {
    private let sink: HashJoinSink
    private let query: QueryContext
    private let shape: JoinShape
    /// What rows are looked up in: all of the build side, or the part of a partition at hand.
    private var table: JoinTable
    /// Whether any build row has no key, and how many there are, in all partitions.
    private let hasNullKey: Bool
    private let buildRowCount: Int
    private let spilled: SpilledJoin?
    private var keys: [CompiledExpression]
    private var residual: ExpressionEvaluator?
    /// The columns that the residual looks at, by place on either side.
    private var residualProbe: [Int] = []
    private var residualBuild: [Int] = []
    private var hashes: [UInt64] = []
    /// What reading ahead has read, so that it is not optimised away.
    private var touched: UInt64 = 0
    /// So many entries are in the nearer caches.
    private static let nearEntries = 16_384
    private var pairs = JoinPairs()
    private var matchCounts: [UInt8] = []
    private var bestRows: [UInt32] = []
    private var matchedBuild: [UInt64] = []
    private let nullColumns: [LogicalType]

    init(_ sink: HashJoinSink, _ worker: WorkerContext, next: OperatorInstance) throws(QueryError) {
      (self.sink, query) = (sink, worker.query)
      shape = sink.shape
      switch try sink.build() {
      case .table(let whole):
        (table, hasNullKey, buildRowCount, spilled) = (whole, whole.hasNullKey, whole.rowCount, nil)
      case .spilled(let rows, let hasNull):
        (table, hasNullKey, buildRowCount) = (
          sink.makeTable(sink.noRows, rowCount: 0), hasNull, rows.rowCount
        )
        spilled = SpilledJoin(rows, sink, worker)
      }
      keys = try CompiledExpression.all(shape.probeKeys, shape.probeLayout, worker)
      nullColumns = shape.buildLayout.columns.map(\.type)
      if let predicate = shape.residual {
        let wanted = predicate.columns
        var columns: [OutputColumn] = []
        for (place, column) in shape.probeLayout.columns.enumerated() where wanted.contains(column.id) {
          residualProbe.append(place)
          columns.append(column)
        }
        for (place, column) in shape.buildLayout.columns.enumerated() where wanted.contains(column.id) {
          residualBuild.append(place)
          columns.append(column)
        }
        residual = try ExpressionEvaluator(
          predicate, layout: ColumnLayout(columns), environment: worker.query.evaluation)
      }
      if shape.marksBuild { matchedBuild = [UInt64](repeating: 0, count: (table.rowCount + 63) / 64) }
      super.init(next: next)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      if batch.selectedCount == 0 { return true }
      if let spilled {
        try spilled.add(batch, keys: try keys.evaluate(batch))
        return true
      }
      if batch.selectedCount < batch.rowCount / 4 { batch = batch.compacted() }
      matchCounts = [UInt8](repeating: 0, count: batch.rowCount)
      return try look(batch, isLast: true)
    }

    /// Looks rows up in the table at hand; behind the last table comes what depends on their having a match.
    private func look(_ batch: consuming Batch, isLast: Bool) throws(QueryError) -> Bool {
      if shape.asofTakesLast != nil { bestRows = [UInt32](repeating: 0, count: batch.rowCount) }
      pairs.removeAll()
      let keyValues = try keys.evaluate(batch)
      if table.rowCount > 0 {
        let isWanted =
          keyValues.isEmpty ? try probeAll(batch) : try probe(batch, keyValues.map { $0.flattened() })
        if !isWanted { return false }
      }
      return isLast ? try finish(batch, keyValues) : true
    }

    /// Joins what was put aside, a part of a partition of the build side at a time.
    private func joinSpilled(_ spilled: SpilledJoin) throws(QueryError) {
      try spilled.forEachPart { (part, probe) throws(QueryError) in
        table = sink.makeTable(part.columns, rowCount: part.rowCount)
        if shape.marksBuild { matchedBuild = [UInt64](repeating: 0, count: (part.rowCount + 63) / 64) }
        let isWanted = try probe { (batch, counts) throws(QueryError) in
          matchCounts = counts
          let isWanted = try look(batch, isLast: part.isLast)
          counts = matchCounts
          return isWanted
        }
        if shape.marksBuild { sink.note(matchedBuild, partition: part.partition, first: part.first) }
        return isWanted
      }
      table = sink.makeTable(sink.noRows, rowCount: 0)
    }

    /// Goes through the buckets of the rows' hashes.
    private func probe(_ batch: borrowing Batch, _ keyValues: [Vector]) throws(QueryError) -> Bool {
      var hashes = take(&self.hashes)
      defer { swap(&hashes, &self.hashes) }
      JoinTable.hash(keyValues, into: &hashes)
      let valid = Bitmap.intersection(
        JoinTable.validRows(keyValues, shape.matchesNulls), batch.selection?.rows)
      var pairs = JoinPairs()
      swap(&pairs, &self.pairs)
      defer { swap(&pairs, &self.pairs) }
      var isWanted = true
      let shift = table.shift
      var rows: [UInt32] = []
      rows.reserveCapacity(batch.rowCount)
      Kernels.forEachRow(valid, count: batch.rowCount) { row in rows.append(UInt32(truncatingIfNeeded: row)) }
      let starts = table.starts
      let entries = table.entries
      if entries.count > Instance.nearEntries {
        // Read ahead in a loop without branches, so that the entries of many rows are waited for together.
        var seen: UInt64 = 0
        let last = entries.count - 1
        for row in rows { seen |= entries[min(Int(starts[Int(hashes[Int(row)] &>> shift)]), last)] }
        touched = seen
      }
      for row in rows where isWanted {
        let hash = hashes[Int(row)]
        let bucket = Int(hash &>> shift)
        var entry = Int(starts[bucket])
        let end = Int(starts[bucket &+ 1])
        let low = hash &<< 32
        while entry < end {
          let found = entries[entry]
          if (found ^ low) &>> 32 == 0 {
            pairs.probe.append(row)
            pairs.build.append(UInt32(truncatingIfNeeded: found))
            if pairs.probe.count >= Batch.capacity {
              isWanted = try settle(&pairs, batch, keyValues)
              pairs.removeAll()
            }
          }
          entry &+= 1
        }
      }
      if isWanted && pairs.count > 0 {
        isWanted = try settle(&pairs, batch, keyValues)
        pairs.removeAll()
      }
      return isWanted
    }

    /// Pairs every row with every build row, for joins without equalities.
    private func probeAll(_ batch: borrowing Batch) throws(QueryError) -> Bool {
      var rows: [UInt32] = []
      Kernels.forEachRow(batch.selection?.rows, count: batch.rowCount) { row in rows.append(UInt32(row)) }
      var pairs = JoinPairs()
      for row in rows {
        for build in 0..<UInt32(table.rowCount) {
          pairs.probe.append(row)
          pairs.build.append(build)
          if pairs.count == Batch.capacity {
            if try !settle(&pairs, batch, []) { return false }
            pairs.removeAll()
            // One match is enough to know.
            if shape.output != .pairs && !shape.marksBuild && matchCounts[Int(row)] > 0 { break }
          }
        }
      }
      return pairs.count == 0 ? true : try settle(&pairs, batch, [])
    }

    /// Leaves the pairs that belong together, notes the matches, and puts the pairs out if they are wanted.
    private func settle(
      _ pairs: inout JoinPairs, _ batch: borrowing Batch, _ keyValues: [Vector]
    ) throws(QueryError) -> Bool {
      // A morsel may have any number of pairs.
      try query.checkCancelled()
      if !keyValues.isEmpty { table.keepEqual(keyValues, &pairs) }
      if pairs.count == 0 { return true }
      if residual != nil {
        var columns: [Vector] = []
        for place in residualProbe { columns.append(batch.columns[place].taking(pairs.probe.span)) }
        for place in residualBuild { columns.append(table.columns[place].taking(pairs.build.span)) }
        let selection = try residual?.select(from: Batch(columns: columns, rowCount: pairs.count))
        if let selection {
          let kept = selection.indices()
          pairs = JoinPairs(
            probe: kept.map { pairs.probe[Int($0)] }, build: kept.map { pairs.build[Int($0)] })
          if pairs.count == 0 { return true }
        }
      }
      if let takesLast = shape.asofTakesLast {
        noteBest(pairs, takesLast: takesLast)
        return true
      }
      for row in pairs.probe {
        let count = matchCounts[Int(row)]
        if count == 1 && shape.isSingle {
          throw QueryError(
            .cardinalityViolation, "a subquery used as a value gave more than one row",
            hint: "add LIMIT 1, or an aggregate such as max()")
        }
        matchCounts[Int(row)] = 1
      }
      if shape.marksBuild {
        for row in pairs.build { matchedBuild[Int(row >> 6)] |= 1 &<< UInt64(row & 63) }
      }
      guard shape.output == .pairs else { return true }
      return try put(pairs, batch)
    }

    private func noteBest(_ pairs: JoinPairs, takesLast: Bool) {
      for index in 0..<pairs.count {
        let (row, build) = (Int(pairs.probe[index]), pairs.build[index])
        if matchCounts[row] == 0 {
          matchCounts[row] = 1
          bestRows[row] = build
          continue
        }
        let (best, new) = (table.asofCodes[Int(bestRows[row])], table.asofCodes[Int(build)])
        if takesLast ? new > best : new < best { bestRows[row] = build }
      }
    }

    private func put(_ pairs: JoinPairs, _ batch: borrowing Batch) throws(QueryError) -> Bool {
      var probe: [Vector] = []
      probe.reserveCapacity(batch.columns.count + table.columns.count)
      // A single build row is a constant beside the probe side's columns as they are.
      if table.rowCount == 1 && pairs.count == batch.rowCount {
        for column in batch.columns { probe.append(column) }
        let build = table.columns.map { Vector.constant($0.flattened(), count: batch.rowCount) }
        return try next.push(
          Batch(columns: shape.buildFirst ? build + probe : probe + build, rowCount: batch.rowCount))
      }
      // At most one match a row: the probe side's columns stay as they are, under a selection.
      if pairs.count >= batch.rowCount / 2, JoinPairs.isAscending(pairs.probe) {
        return try putSelected(pairs, batch)
      }
      for column in batch.columns { probe.append(column.taking(pairs.probe.span)) }
      var build: [Vector] = []
      for column in table.columns { build.append(column.taking(pairs.build.span)) }
      return try next.push(
        Batch(columns: shape.buildFirst ? build + probe : probe + build, rowCount: pairs.count))
    }

    private func putSelected(_ pairs: JoinPairs, _ batch: borrowing Batch) throws(QueryError) -> Bool {
      var rows = [UInt32](repeating: 0, count: batch.rowCount)
      var builder = BitmapBuilder(count: batch.rowCount)
      for index in 0..<pairs.count {
        let row = Int(pairs.probe[index])
        rows[row] = pairs.build[index]
        builder.insert(row)
      }
      var probe: [Vector] = []
      for column in batch.columns { probe.append(column) }
      var build: [Vector] = []
      for column in table.columns { build.append(column.taking(rows.span)) }
      let isAll = pairs.count == batch.rowCount
      return try next.push(
        Batch(
          columns: shape.buildFirst ? build + probe : probe + build, rowCount: batch.rowCount,
          selection: isAll ? nil : Selection(builder.freeze(), count: pairs.count)))
    }

    /// Puts out what depends on a row having a match or none.
    private func finish(_ batch: consuming Batch, _ keyValues: [Vector]) throws(QueryError) -> Bool {
      switch shape.output {
      case .nothing: return true
      case .pairs:
        if shape.asofTakesLast != nil {
          pairs.removeAll()
          for row in matchCounts.indices where matchCounts[row] > 0 {
            pairs.probe.append(UInt32(row))
            pairs.build.append(bestRows[row])
          }
          if pairs.count > 0, try !put(pairs, batch) { return false }
        }
        return shape.keepsProbe ? try putUnmatched(batch) : true
      case .semi: return try select(batch) { self.matchCounts[$0] > 0 }
      case .anti: return try select(batch) { self.matchCounts[$0] == 0 }
      case .nullAwareAnti:
        if buildRowCount == 0 { return try next.push(batch) }
        if hasNullKey { return true }
        let valid = keyValues[0].rowValidity
        return try select(batch) { self.matchCounts[$0] == 0 && (valid?[$0] ?? true) }
      case .mark(let isNullAware):
        let bits = Bitmap(matchCounts.map { $0 > 0 })
        var validity: Bitmap?
        if isNullAware && buildRowCount > 0 && !keyValues.isEmpty {
          if hasNullKey {
            validity = bits
          } else if let valid = keyValues[0].rowValidity {
            validity = valid
          }
        }
        batch.columns.append(.bits(bits, validity: validity))
        return try next.push(batch)
      }
    }

    private func select(_ batch: consuming Batch, _ isWanted: (Int) -> Bool) throws(QueryError) -> Bool {
      var builder = BitmapBuilder(count: batch.rowCount)
      var count = 0
      let before = batch.selection?.rows
      for row in 0..<batch.rowCount where isWanted(row) && (before?[row] ?? true) {
        builder.insert(row)
        count += 1
      }
      if count == 0 { return true }
      batch.selection = count == batch.rowCount ? nil : Selection(builder.freeze(), count: count)
      return try next.push(batch)
    }

    private func putUnmatched(_ batch: borrowing Batch) throws(QueryError) -> Bool {
      var rows: [UInt32] = []
      Kernels.forEachRow(batch.selection?.rows, count: batch.rowCount) { row in
        if matchCounts[row] == 0 { rows.append(UInt32(row)) }
      }
      if rows.isEmpty { return true }
      var probe: [Vector] = []
      for column in batch.columns {
        probe.append(rows.count == batch.rowCount ? column : column.taking(rows.span))
      }
      let nulls = nullColumns.map { Vector.nulls($0, count: rows.count) }
      return try next.push(
        Batch(columns: shape.buildFirst ? nulls + probe : probe + nulls, rowCount: rows.count))
    }

    override func finish() throws(QueryError) {
      if let spilled {
        try joinSpilled(spilled)
      } else if shape.marksBuild {
        sink.note(matchedBuild)
      }
      try next.finish()
    }
  }
}

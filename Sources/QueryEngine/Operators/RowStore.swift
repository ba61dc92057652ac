internal import Columnar
internal import Synchronization

/// All rows of an input, column by column; what sorts, windows and join builds work on.
///
/// Workers hand over batches with the number of their morsel, so that the rows have one order whoever read
/// them; then each column is put together by one task.
final class RowStore: Sendable {
  let types: [LogicalType]
  private struct State {
    var morsels: [(morsel: Int, batches: [Batch])] = []
    /// By column, the vectors of all batches in order, until they are put together.
    var parts: [[Vector]] = []
    var columns: [Vector?] = []
    var rowCount = 0
    var leases: [Lease] = []
  }

  /// Memory that workers asked for, held as long as the rows.
  private struct Lease: @unchecked Sendable {
    // SAFETY: only held, until the store goes.
    let lease: MemoryLease
  }
  private let state = Mutex(State())

  init(_ types: [LogicalType]) { self.types = types }

  /// Takes one worker's batches, which have no selections.
  func take(_ morsels: [(morsel: Int, batches: [Batch])]) {
    state.withLock { $0.morsels.append(contentsOf: morsels) }
  }

  /// Holds a worker's memory from now on.
  func keep(_ lease: MemoryLease) { state.withLock { $0.leases.append(Lease(lease: lease)) } }

  /// Ends the taking; returns the number of tasks for ``concatenate(column:)``.
  func prepare() throws(QueryError) -> Int {
    let rowCount = state.withLock { state in
      state.morsels.sort { $0.morsel < $1.morsel }
      let batches = state.morsels.flatMap(\.batches)
      state.morsels = []
      state.parts = types.indices.map { column in batches.map { $0.columns[column] } }
      state.columns = [Vector?](repeating: nil, count: types.count)
      state.rowCount = batches.reduce(0) { $0 + $1.rowCount }
      return state.rowCount
    }
    guard rowCount < Int(UInt32.max) else {
      throw QueryError(
        .outOfMemory, "\(rowCount) rows are more than one operator can hold", hint: "narrow the input first")
    }
    return types.count
  }

  /// Takes the rows back out.
  func takeAll() -> [(morsel: Int, batches: [Batch])] {
    state.withLock { state in
      let morsels = state.morsels.sorted { $0.morsel < $1.morsel }
      (state.morsels, state.leases) = ([], [])
      return morsels.filter { !$0.batches.isEmpty }
    }
  }

  /// Puts one column together and lets its parts go, so that few columns are there twice at a time.
  func concatenate(column: Int) {
    let parts = state.withLock { state in
      defer { state.parts[column] = [] }
      return state.parts[column]
    }
    let whole =
      parts.isEmpty ? VectorBuilder(types[column]).finish() : Kernels.concatenated(parts, of: types[column])
    state.withLock { $0.columns[column] = whole }
  }

  /// The columns, once all are put together.
  func columns() -> [Vector] {
    state.withLock { state in
      // The rows are there once from now on.
      for lease in state.leases { lease.lease.force(to: lease.lease.byteCount / 2) }
      return state.columns.compactMap { $0 }
    }
  }

  var rowCount: Int { state.withLock { $0.rowCount } }
}

/// Where one worker's rows go when memory runs out.
protocol RowOverflow: AnyObject {
  /// Takes rows off memory; `round` is how often that has happened before.
  func take(_ morsels: [(morsel: Int, batches: [Batch])], round: Int) throws(QueryError)
  /// Tells that no rows follow.
  func finish() throws(QueryError)
}

/// One worker's part of a row store: computes key columns and keeps the batches.
final class RowStoreLocal: OperatorInstance {
  private let store: RowStore
  private var keys: [CompiledExpression]
  private var morsels: [(morsel: Int, batches: [Batch])] = []
  private let lease: MemoryLease
  private var byteCount = 0
  private var rowCount = 0
  private var nextCheck: Int
  private var rounds = 0
  private let overflow: (any RowOverflow)?
  /// What keeps the rows, for the message that they are too many.
  private let name: String
  private let memory: MemoryBudget
  /// Bytes that a row takes besides its values, in a hash table or an order of rows that is being made.
  private static let rowOverhead = 48
  /// The texts of batches of which few rows were wanted.
  private var texts = StringArena()
  /// Bytes of a dictionary that is kept for a few rows: each row group may have one.
  private static let smallBase = 1 << 16
  /// More pages than this are not held by every batch.
  private static let mostPages = 8
  /// The entries of dictionaries that batches refer to, by column, so that each is counted once.
  private var bases: [ObjectIdentifier?]

  /// Keeps the input's columns and behind them `keys`.
  ///
  /// When memory runs out, `overflow` gets the rows so far; without it that is an error.
  init(
    _ store: RowStore, keys: [CompiledExpression], _ worker: WorkerContext, name: String,
    overflow: (any RowOverflow)?
  ) {
    (self.store, self.keys, self.name, self.overflow) = (store, keys, name, overflow)
    memory = worker.query.memory
    lease = MemoryLease(memory)
    nextCheck = lease.step
    bases = store.types.map { _ in nil }
  }

  override func begin(morsel: Int) throws(QueryError) { morsels.append((morsel, [])) }

  override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
    if batch.selectedCount == 0 { return true }
    if morsels.isEmpty { morsels.append((0, [])) }
    let values = try keys.evaluate(batch)
    batch.columns.append(contentsOf: values)
    // Few rows of many would keep all texts of their column chunk; dictionaries are shared, and counted once.
    let isSparse = batch.selectedCount < batch.rowCount / 2
    var rows = batch.compacted()
    if isSparse {
      if texts.pages.count >= RowStoreLocal.mostPages { texts = StringArena() }
      rows.columns = rows.columns.map { column in
        keepsBase(column) ? column : Kernels.detached(column, into: texts)
      }
    }
    rowCount += rows.rowCount
    for (index, column) in rows.columns.enumerated() {
      byteCount += Kernels.byteCount(column)
      if column.encoding == .dictionary, let base = column.base, base.storageIdentity != bases[index] {
        bases[index] = base.storageIdentity
        byteCount += base.storageByteCount
      }
    }
    morsels[morsels.count - 1].batches.append(rows)
    if byteCount >= nextCheck { try askForMemory() }
    return true
  }

  /// Whether a column of few rows of many refers to what other rows refer to as well: a dictionary that is small, or
  /// has not more entries than there are rows.
  private func keepsBase(_ column: Vector) -> Bool {
    guard column.encoding == .dictionary, let base = column.base else { return column.encoding == .constant }
    return base.count <= column.count || base.storageByteCount <= RowStoreLocal.smallBase
  }

  private func askForMemory() throws(QueryError) {
    nextCheck = byteCount + lease.step
    // Rows are there twice while they are put together.
    guard let overflow else { return try lease.require(byteCount * 2, for: name) }
    if lease.resize(to: byteCount * 2 + rowCount * RowStoreLocal.rowOverhead) { return }
    try flush(overflow)
  }

  private func flush(_ overflow: any RowOverflow) throws(QueryError) {
    try overflow.take(morsels, round: rounds)
    rounds += 1
    // More rows of the last morsel may follow.
    morsels = morsels.last.map { [($0.morsel, [])] } ?? []
    (byteCount, rowCount, nextCheck) = (0, 0, lease.step)
    bases = bases.map { _ in nil }
    lease.force(to: 0)
    memory.returnFreed()
  }

  override func finish() throws(QueryError) {
    if rounds > 0, let overflow, byteCount > 0 {
      try flush(overflow)
      morsels = []
    }
    try overflow?.finish()
    store.take(morsels)
    store.keep(lease)
  }
}

/// Overflow into partitions by the hash of some columns.
final class PartitionedOverflow: RowOverflow {
  private let spill: PartitionedSpill
  private let handOver: (SpillPartitions) -> Void

  init(_ spill: PartitionedSpill, handOver: @escaping (SpillPartitions) -> Void) {
    (self.spill, self.handOver) = (spill, handOver)
  }

  func take(_ morsels: [(morsel: Int, batches: [Batch])], round: Int) throws(QueryError) {
    for morsel in morsels { for batch in morsel.batches { try spill.add(batch) } }
  }

  func finish() throws(QueryError) { if let written = try spill.finish() { handOver(written) } }
}

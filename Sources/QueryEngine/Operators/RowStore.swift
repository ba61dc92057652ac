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
    var batches: [Batch] = []
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
      state.batches = state.morsels.flatMap(\.batches)
      state.morsels = []
      state.columns = [Vector?](repeating: nil, count: types.count)
      state.rowCount = state.batches.reduce(0) { $0 + $1.rowCount }
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

  /// Puts one column together.
  func concatenate(column: Int) {
    let parts = state.withLock { $0.batches.map { $0.columns[column] } }
    let whole =
      parts.isEmpty ? VectorBuilder(types[column]).finish() : Kernels.concatenated(parts, of: types[column])
    state.withLock { $0.columns[column] = whole }
  }

  /// The columns, once all are put together; the batches are let go.
  func columns() -> [Vector] {
    state.withLock { state in
      state.batches = []
      return state.columns.compactMap { $0 }
    }
  }

  var rowCount: Int { state.withLock { $0.rowCount } }
}

/// One worker's part of a row store: computes key columns and keeps the batches.
final class RowStoreLocal: OperatorInstance {
  private let store: RowStore
  private var keys: [CompiledExpression]
  private var morsels: [(morsel: Int, batches: [Batch])] = []
  private let lease: MemoryLease
  private var byteCount = 0
  private var nextCheck = 1 << 20
  private var rounds = 0
  private let putAside: PutAside?

  /// Takes rows off memory.
  typealias PutAside = (_ morsels: [(morsel: Int, batches: [Batch])], _ round: Int) throws(QueryError) -> Void

  /// Keeps the input's columns and behind them `keys`.
  ///
  /// When memory runs out, `putAside` gets the rows so far; without it they are kept all the same.
  init(
    _ store: RowStore, keys: [CompiledExpression], _ worker: WorkerContext, putAside: PutAside? = nil
  ) {
    (self.store, self.keys, self.putAside) = (store, keys, putAside)
    lease = MemoryLease(worker.query.memory)
  }

  override func begin(morsel: Int) throws(QueryError) { morsels.append((morsel, [])) }

  override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
    if batch.selectedCount == 0 { return true }
    if morsels.isEmpty { morsels.append((0, [])) }
    let values = try keys.evaluate(batch)
    batch.columns.append(contentsOf: values)
    let rows = batch.compacted()
    for (column, type) in zip(rows.columns, store.types) {
      byteCount += rows.rowCount * (column.encoding == .flat ? max(1, type.physicalType.stride) : 4)
    }
    morsels[morsels.count - 1].batches.append(rows)
    if byteCount >= nextCheck { try askForMemory() }
    return true
  }

  private func askForMemory() throws(QueryError) {
    nextCheck = byteCount + 1 << 20
    // Rows are there twice while they are put together.
    if lease.resize(to: byteCount * 2) { return }
    guard let putAside else { return lease.force(to: byteCount * 2) }
    try flush(putAside)
  }

  private func flush(_ putAside: PutAside) throws(QueryError) {
    try putAside(morsels, rounds)
    rounds += 1
    // More rows of the last morsel may follow.
    morsels = morsels.last.map { [($0.morsel, [])] } ?? []
    (byteCount, nextCheck) = (0, 1 << 20)
    lease.force(to: 0)
  }

  override func finish() throws(QueryError) {
    if rounds > 0, let putAside, byteCount > 0 {
      try flush(putAside)
      morsels = []
    }
    store.take(morsels)
    store.keep(lease)
  }
}

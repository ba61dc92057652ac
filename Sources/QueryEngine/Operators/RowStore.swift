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
  }
  private let state = Mutex(State())

  init(_ types: [LogicalType]) { self.types = types }

  /// Takes one worker's batches, which have no selections.
  func take(_ morsels: [(morsel: Int, batches: [Batch])]) {
    state.withLock { $0.morsels.append(contentsOf: morsels) }
  }

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

  /// Keeps the input's columns and behind them `keys`.
  init(_ store: RowStore, keys: [CompiledExpression]) { (self.store, self.keys) = (store, keys) }

  override func begin(morsel: Int) throws(QueryError) { morsels.append((morsel, [])) }

  override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
    if batch.selectedCount == 0 { return true }
    if morsels.isEmpty { morsels.append((0, [])) }
    let values = try keys.evaluate(batch)
    batch.columns.append(contentsOf: values)
    morsels[morsels.count - 1].batches.append(batch.compacted())
    return true
  }

  override func finish() throws(QueryError) { store.take(morsels) }
}

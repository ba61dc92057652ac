internal import Columnar

/// The batches of several inputs, one after the other, by their own sources and operators.
final class UnionSource: PipelineSource {
  struct Input: Sendable {
    var source: any PipelineSource
    var operators: [any StreamingOperator]
    /// The input's columns to put out, in order.
    var positions: [Int]
  }
  private let inputs: [Input]
  private let opened = OpenedMorsels()

  init(_ inputs: [Input]) { self.inputs = inputs }

  var estimatedRowCount: Int {
    inputs.reduce(0) { $0.addingReportingOverflow($1.source.estimatedRowCount).partialValue }
  }

  func open(_ context: QueryContext) throws(QueryError) -> Int {
    var ends: [Int] = []
    var end = 0
    for input in inputs {
      end += try input.source.open(context)
      ends.append(end)
    }
    opened.set(ends)
    return end
  }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    Reader(inputs, opened.ends, worker)
  }

  private final class Reader: MorselReader {
    private let inputs: [Input]
    private let ends: [Int]
    private let worker: WorkerContext
    private var readers: [(reader: any MorselReader, chain: OperatorInstance, end: Forward)?]

    init(_ inputs: [Input], _ ends: [Int], _ worker: WorkerContext) {
      (self.inputs, self.ends, self.worker) = (inputs, ends, worker)
      readers = inputs.map { _ in nil }
    }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      guard let index = ends.firstIndex(where: { morsel < $0 }) else { return true }
      let first = index == 0 ? 0 : ends[index - 1]
      if readers[index] == nil {
        let end = Forward(inputs[index].positions)
        let chain = try Pipeline.chain(inputs[index].operators, worker, into: end)
        readers[index] = (try inputs[index].source.makeReader(worker), chain, end)
      }
      guard let (reader, chain, end) = readers[index] else { return true }
      end.next = next
      defer { end.next = nil }
      _ = try reader.read(morsel: morsel - first, into: chain)
      return !end.isStopped
    }

    func finish(into next: OperatorInstance) throws(QueryError) {
      for case let (reader, chain, end)? in readers where !end.isStopped {
        end.next = next
        defer { end.next = nil }
        try reader.finish(into: chain)
        try chain.finish()
      }
    }
  }

  /// Passes an input's batches to whoever reads the union.
  private final class Forward: OperatorInstance {
    var next: OperatorInstance?
    var isStopped = false
    private let positions: [Int]

    init(_ positions: [Int]) { self.positions = positions }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      let columns = positions.map { batch.columns[$0] }
      let wanted =
        try next?.push(Batch(columns: columns, rowCount: batch.rowCount, selection: batch.selection)) ?? false
      if !wanted { isStopped = true }
      return wanted
    }
  }
}

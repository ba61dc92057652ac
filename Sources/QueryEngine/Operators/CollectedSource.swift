internal import Columnar

/// The batches that a sink has collected, as a source: some tens of them are a morsel.
struct CollectedSource: PipelineSource {
  let sink: CollectSink

  private static let morselLength = 32

  var estimatedRowCount: Int { 0 }

  func open(_ context: QueryContext) throws(QueryError) -> Int {
    (sink.collected().count + CollectedSource.morselLength - 1) / CollectedSource.morselLength
  }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader { Reader(sink) }

  private final class Reader: MorselReader {
    private let sink: CollectSink
    private let batches: [CollectSink.Collected]

    init(_ sink: CollectSink) { (self.sink, batches) = (sink, sink.collected()) }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let first = morsel * CollectedSource.morselLength
      for batch in batches[first..<min(first + CollectedSource.morselLength, batches.count)]
      where try !next.push(try sink.load(batch)) { return false }
      return true
    }
  }
}

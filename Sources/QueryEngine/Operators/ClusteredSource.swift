internal import Columnar
internal import Synchronization

/// Aggregates, sorts or windows groups of a table's files, each by itself.
///
/// A group is a morsel: one worker reads its files through a sink of their own, and puts out what that makes
/// before it takes the next group. So nothing of different workers is merged, and no more is in memory than
/// what the workers are at.
final class ClusteredSource: PipelineSource {
  /// What a group's rows end in, and where they come out again.
  typealias MakeSink = @Sendable () -> (sink: any PipelineSink, source: any PipelineSource)

  private let scan: TableScanSource
  private let operators: [any StreamingOperator]
  private let groups: [[Int]]
  private let makeSink: MakeSink
  /// The operators that the scan and the sinks are part of.
  private let scanProfile: OperatorProfile?
  private let sinkProfile: OperatorProfile?
  /// The scan's morsels by group.
  private let morsels = Mutex<[[Int]]>([])

  /// Makes a source.
  ///
  /// - Parameters:
  ///   - pipeline: What reads the table.
  ///   - scan: Its source.
  ///   - groups: Numbers of the scan's tasks, in the order in which the groups come out.
  ///   - profile: The operator that the sinks are part of.
  ///   - makeSink: Makes what takes the rows of one group.
  init(
    _ pipeline: OpenPipeline, _ scan: TableScanSource, groups: [[Int]], _ profile: OperatorProfile?,
    makeSink: @escaping MakeSink
  ) {
    (self.scan, operators, scanProfile) = (scan, pipeline.operators, pipeline.sourceProfile)
    (self.groups, sinkProfile, self.makeSink) = (groups, profile, makeSink)
  }

  var estimatedRowCount: Int { scan.estimatedRowCount }

  func open(_ context: QueryContext) throws(QueryError) -> Int {
    var groupOfTask: [Int: Int] = [:]
    for (group, tasks) in groups.enumerated() { for task in tasks { groupOfTask[task] = group } }
    var morsels = [[Int]](repeating: [], count: groups.count)
    for morsel in 0..<(try scan.open(context)) {
      if let group = groupOfTask[scan.morsel(morsel).task] { morsels[group].append(morsel) }
    }
    let opened = morsels
    self.morsels.withLock { $0 = opened }
    return groups.count
  }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    Reader(self, morsels.withLock { $0 }, try scan.makeReader(worker), worker)
  }

  private final class Reader: MorselReader {
    private let source: ClusteredSource
    private let morsels: [[Int]]
    private let reader: any MorselReader
    private let worker: WorkerContext

    init(
      _ source: ClusteredSource, _ morsels: [[Int]], _ reader: any MorselReader, _ worker: WorkerContext
    ) {
      (self.source, self.morsels, self.reader, self.worker) = (source, morsels, reader, worker)
    }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let (sink, rows) = source.makeSink()
      let chain = try Pipeline.chain(source.operators, worker, into: try sink.makeLocal(worker))
      for part in morsels[morsel] {
        try worker.query.checkCancelled()
        try chain.begin(morsel: part)
        guard try reader.read(morsel: part, into: chain) else { break }
      }
      worker.spend(on: source.scanProfile)
      try chain.finish()
      var phase = 0
      while let taskCount = try sink.prepare(phase: phase, worker.query) {
        for task in 0..<taskCount {
          try worker.query.checkCancelled()
          try sink.run(task: task, phase: phase, worker)
        }
        phase += 1
      }
      let count = try rows.open(worker.query)
      let result = try rows.makeReader(worker)
      for part in 0..<count where try !result.read(morsel: part, into: next) { return false }
      worker.spend(on: source.sinkProfile)
      return true
    }
  }
}

internal import Columnar
internal import Glibc
internal import Synchronization
package import TableFormat

/// A conversation with one catalog: settings, temporary tables, views, caches, and the statements run in it.
///
/// One statement runs at a time, on the caller's thread and the session's workers; ``cancel()`` may be
/// called from any thread.
package final class Session {
  /// Where tables are; `nil` for a session without a warehouse, whose tables are all temporary.
  package let catalog: (any Catalog)?
  /// What SET has changed.
  package internal(set) var settings: SessionSettings
  /// The state of tables that statements read unless they name another; `nil` is the current one.
  package var pinnedVersion: TableVersion?
  /// Whether the session ends with the next statement, so that what a single scan decodes need not be kept.
  package var isAtItsLastStatement = false
  /// What RESET returns to.
  let initialSettings: SessionSettings
  /// What CALL can run.
  package let procedures: [any Procedure]
  /// Tables that are neither in the catalog nor temporary, such as `wequery.rejects`, by name.
  package let systemTables: (any SystemTables)?
  /// Mappings of the locations of tables that are opened without the catalog.
  let paths: PathMapper
  /// Takes what a person should know besides the result.
  let warn: (@Sendable (String) -> Void)?
  /// Temporary tables and views, prepared statements.
  var objects = SessionObjects()
  /// The values of the parameters of the prepared statement that runs.
  var parameters: [Int: BoundExpression] = [:]
  var namedParameters: [String: BoundExpression] = [:]
  private var pool: WorkerPool?
  /// What is known of columns, by the state of the table that they are of.
  private var columnKnowledge: [String: TableRelation.ColumnKnowledge] = [:]
  /// What operators and the cache of column chunks may hold together.
  private let memory: MemoryBudget
  private let caches: ExecutionCaches
  private let running = Mutex<QueryContext?>(nil)
  /// How far the running statement is.
  package let progress = QueryProgress()
  /// Whether to stop was asked since the statement began; it may not have a context yet.
  private let isCancelled = Atomic(false)

  /// Opens a session.
  ///
  /// - Parameters:
  ///   - catalog: Where tables are.
  ///   - settings: What the session begins with.
  ///   - procedures: What CALL can run.
  ///   - systemTables: The tables of the namespace `wequery`.
  ///   - paths: Mappings of the locations of tables that are opened without the catalog.
  ///   - warn: Takes what a person should know besides the result.
  package init(
    catalog: (any Catalog)?, settings: SessionSettings, procedures: [any Procedure] = [],
    systemTables: (any SystemTables)? = nil, paths: PathMapper = PathMapper(),
    warn: (@Sendable (String) -> Void)? = nil
  ) {
    (self.paths, self.warn) = (paths, warn)
    (self.catalog, self.settings, initialSettings) = (catalog, settings, settings)
    (self.procedures, self.systemTables) = (procedures, systemTables)
    memory = MemoryBudget(limit: settings.memoryLimit)
    caches = ExecutionCaches(
      chunks: ChunkCache(memory, plainByteCount: settings.plainChunkByteCount),
      manifests: ManifestCache(userFolder: settings.cacheDirectory),
      files: DataFileCache(),
      aggregates: AggregateCache(
        memory, policy: settings.aggregatePolicy, build: settings.build,
        userFolder: settings.cacheDirectory))
  }

  /// Keeps what later processes can use, where that is worth it: to be called when the answers are out.
  package func saveCaches() {
    if settings.cacheMetadata { caches.manifests?.save() }
    if settings.cacheAggregates { caches.aggregates?.save() }
  }

  /// Runs all statements of a text in order; the first error ends it.
  ///
  /// - Parameter text: Statements separated by semicolons.
  /// - Returns: The result of each.
  /// - Throws: ``QueryError`` of the first that fails; those before it have taken effect.
  package func run(_ text: String) throws(QueryError) -> [StatementResult] {
    var results: [StatementResult] = []
    for statement in try Parser.parse(text) { results.append(try run(statement, of: text)) }
    return results
  }

  /// Runs a text that holds exactly one statement.
  package func run(single text: String) throws(QueryError) -> StatementResult {
    beginStatement()
    return try run(Parser.statement(text), of: text)
  }

  /// Runs one statement: the main path of a query is the five calls of ``query(_:of:)``.
  func run(_ statement: StatementSyntax, of text: String) throws(QueryError) -> StatementResult {
    let environment = evaluationEnvironment(text)
    switch statement.kind {
    case .query(let query): return try answer(query, environment)
    case .explain(let explain): return try self.explain(explain, environment)
    case .set(let name, let value): return try set(name, to: value, environment)
    case .reset(let name): return try reset(name)
    case .use(let name): return try use(name)
    case .show(let show): return try self.show(show, environment)
    case .describe(let name, _): return try describe(name)
    case .describeQuery(let query): return try describe(query, environment)
    case .createTable(let table): return try create(table, environment)
    case .createView(let view): return try create(view, environment)
    case .createNamespace(let name, let ifNotExists):
      return try createNamespace(name, ifNotExists: ifNotExists)
    case .drop(let drop): return try self.drop(drop)
    case .insert(let insert): return try self.insert(insert, environment)
    case .alterTable(let name, let ifExists, let action):
      return try alter(name, ifExists: ifExists, action, environment)
    case .alterView(let name, let ifExists, let action):
      return try alterView(name, ifExists: ifExists, action, environment)
    case .comment(let comment): return try self.comment(comment)
    case .call(let name, let arguments): return try call(name, arguments, environment)
    case .optimize(let optimize): return try self.optimize(optimize, environment)
    case .vacuum(let table): return try vacuum(table, environment)
    case .analyze(let table, let columns): return try analyze(table, columns: columns, environment)
    case .prepare(let name, let statement, _): return prepare(name, statement, of: text)
    case .execute(let name, let arguments): return try execute(name, arguments, environment)
    case .deallocate(let name): return deallocate(name)
    case .summarize(let query): return try summarize(query, environment)
    case .delete(let delete): return try self.delete(delete, environment)
    case .update(let update): return try self.update(update, environment)
    case .merge(let merge): return try self.merge(merge, environment)
    case .truncate(let name): return try truncate(name, environment)
    case .copy(let copy): return try self.copy(copy, at: statement.range, environment)
    }
  }

  /// Answers a query: bind, optimize, plan and execute.
  func answer(
    _ query: QuerySyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let bound = try makeBinder(environment).bindQuery(query)
    let plan = try optimized(bound, environment)
    let context = makeContext(environment, for: plan)
    defer { endContext() }
    var result = StatementResult(try QueryExecutor.run(plan, context: context))
    result.footer = ResultFooter(of: plan, context)
    return result
  }

  /// Returns a binder for one statement.
  func makeBinder(_ environment: EvaluationEnvironment) -> Binder {
    var made = BinderEnvironment(
      resolver: CatalogResolver(self), evaluation: environment,
      settings: BinderEnvironment.Settings(
        integerDivision: settings.integerDivision, nullOrder: settings.defaultNullOrder,
        parameters: parameters, namedParameters: namedParameters))
    made.rows = { (plan) throws(QueryError) in
      let context = self.makeContext(environment)
      defer { self.endContext() }
      return try QueryExecutor.run(try self.optimized(plan, environment), context: context).rows
    }
    return Binder(environment: made)
  }

  /// Returns the plan after the rules that are not switched off.
  func optimized(_ plan: LogicalPlan, _ environment: EvaluationEnvironment) throws(QueryError) -> LogicalPlan
  {
    let plan = plan.hasJoin ? try withColumnKnowledge(plan) : plan
    return try Optimizer(disabledRules: settings.disabledOptimizerRules).optimize(
      plan, context: OptimizerContext(environment: environment))
  }

  /// Tells the tables of a plan what their files' metadata say of the columns, by which joins are ordered.
  private func withColumnKnowledge(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    guard case .scan(var scan) = plan else {
      return try plan.mapInputs { (input) throws(QueryError) in try withColumnKnowledge(input) }
    }
    guard let relation = scan.relation as? TableRelation, relation.lacksColumnKnowledge else { return plan }
    let name = relation.stateName
    if let known = columnKnowledge[name] {
      scan.relation = relation.with(known)
      return .scan(scan)
    }
    // What is damaged is told by the scan, which may not need it.
    let context = QueryContext(pool: pool, caches: enabledCaches(for: nil))
    guard let found = try? relation.columnKnowledge(context) else { return plan }
    if columnKnowledge.count >= 256 { columnKnowledge = [:] }
    columnKnowledge[name] = found
    scan.relation = relation.with(found)
    return .scan(scan)
  }

  /// Asks the running statement, if any, to stop; may be called from any thread.
  package func cancel() {
    isCancelled.store(true, ordering: .sequentiallyConsistent)
    running.withLock { $0?.cancel() }
  }

  /// Forgets that an earlier statement was to stop.
  func beginStatement() { isCancelled.store(false, ordering: .sequentiallyConsistent) }

  /// Forgets the running statement.
  func endContext() {
    running.withLock { $0 = nil }
    progress.end()
  }

  /// Returns the context of one statement: its settings, workers, memory and clock.
  func makeContext(
    _ environment: EvaluationEnvironment, for plan: LogicalPlan? = nil, profile: Profile? = Profile()
  ) -> QueryContext {
    var execution = ExecutionSettings()
    execution.threadCount = settings.threads
    execution.batchSize = settings.batchSize
    execution.tempDirectory = settings.tempDirectory
    execution.cachesChunks = settings.cacheChunks
    execution.clusterRowCount = settings.clusterRowCount
    execution.disabledRules = settings.disabledOptimizerRules
    if pool?.wantedWorkerCount != settings.threads {
      pool = settings.threads > 1 ? WorkerPool(workerCount: settings.threads) : nil
    }
    let context = QueryContext(
      settings: execution, pool: pool, memory: memory,
      caches: enabledCaches(for: plan), profile: profile, progress: progress, evaluation: environment,
      timeout: settings.statementTimeout.map { .microseconds($0) })
    memory.begin(limit: settings.memoryLimit)
    caches.chunks?.beginStatement()
    running.withLock { $0 = context }
    if isCancelled.load(ordering: .sequentiallyConsistent) { context.cancel() }
    return context
  }

  /// The caches that are not switched off.
  private func enabledCaches(for plan: LogicalPlan?) -> ExecutionCaches {
    var enabled = caches
    let isOfUse = plan.map { !isAtItsLastStatement || $0.readsATableAgain } ?? true
    if !settings.cacheChunks || !isOfUse { enabled.chunks = nil }
    if !settings.cacheMetadata { (enabled.manifests, enabled.files) = (nil, nil) }
    if !settings.cacheAggregates { enabled.aggregates = nil }
    return enabled
  }

  /// The clock, constant within a statement: microseconds since 1970-01-01 UTC.
  package var clockMicros: Int64 {
    if let fixed = settings.currentTimestamp { return fixed }
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
  }

  /// The same clock for the times of commits.
  package var commitClock: CommitClock {
    guard let fixed = settings.currentTimestamp else { return .system }
    return CommitClock(standingAtMillis: CivilDate.floorDivide(fixed, 1000))
  }

  func evaluationEnvironment(_ text: String) -> EvaluationEnvironment {
    EvaluationEnvironment(
      clockMicros: clockMicros, timeZone: (try? TimeZone.named(settings.timezone)) ?? .utc, statement: text)
  }
}

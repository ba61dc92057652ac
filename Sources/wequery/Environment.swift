internal import Columnar
internal import Glibc
internal import Maintenance
internal import QueryEngine
internal import TableFormat

/// What a command runs in: the catalog, a session on it, and where results go.
///
/// The one place where the parts are put together.
final class Environment {
  /// The command's name, as `--format json` says it.
  let command: String
  let options: GlobalOptions
  let catalog: SQLiteCatalog?
  let session: Session
  let output: TextOutput

  private init(
    _ command: String, _ options: GlobalOptions, catalog: SQLiteCatalog?, session: Session, output: TextOutput
  ) {
    (self.command, self.options, self.catalog) = (command, options, catalog)
    (self.session, self.output) = (session, output)
  }

  /// Opens the catalog that the options name.
  ///
  /// - Parameters:
  ///   - options: The command's options.
  ///   - command: The command's name.
  ///   - isDetached: Whether to do without a catalog when none is named, as `batch` does.
  /// - Returns: The environment.
  /// - Throws: ``CommandFailure`` if it cannot be opened.
  static func open(_ options: GlobalOptions, command: String, isDetached: Bool) throws -> Environment {
    var catalog: SQLiteCatalog?
    let (warnings, paths) = (Warnings(), PathMapper(options.mappings))
    if !(isDetached && options.catalog == nil && options.warehouse == nil) {
      let warehouse = options.warehouse ?? (isDetached ? nil : variable("WEQUERY_WAREHOUSE")) ?? "warehouse"
      let path = options.catalog ?? warehouse + "/catalog.db"
      if options.catalog == nil, isFile(warehouse) {
        throw CommandFailure(
          .notFound, "\"\(warehouse)\" is no folder",
          hint: "--catalog takes a catalog's file, --warehouse its folder")
      }
      do throws(TableFormatError) {
        catalog = try SQLiteCatalog(
          path: path, name: options.catalogName, paths: paths,
          warn: { warnings.say($0) })
      } catch {
        throw CommandFailure(error)
      }
    }
    var settings = SessionSettings(
      threads: options.threads ?? coreCount,
      memoryLimit: options.memoryLimit?.byteCount ?? physicalMemory / 10 * 8,
      tempDirectory: options.tempDir ?? variable("TMPDIR") ?? "/tmp",
      catalog: catalog?.name ?? SQLiteCatalog.defaultName, namespace: options.namespace ?? "analytics")
    settings.cacheDirectory = (variable("XDG_CACHE_HOME") ?? variable("HOME").map { $0 + "/.cache" })
      .map { $0 + "/wequery" }
    if let now = options.now {
      guard let micros = Timestamp.utcMicros(now) else {
        throw CommandFailure(
          .usage, "\"\(now)\" is no time",
          hint: "write --now 2026-01-15T09:00:00Z or '2026-01-15 09:00:00+00'")
      }
      settings.currentTimestamp = micros
    }
    if options.noCache {
      settings.cacheChunks = false
      settings.cacheAggregates = false
    }
    if options.noAggregateCache { settings.cacheAggregates = false }
    settings.build = build
    let session = Session(
      catalog: catalog, settings: settings, procedures: MaintenanceProcedures.all,
      systemTables: catalog.map { WarehouseTables(besideCatalog: $0.path) }, paths: paths,
      warn: { warnings.say($0) })
    // A Parquet file is made by its writer.
    let path = options.format == .parquet ? nil : options.output
    let output = try path.map { (path) throws -> TextOutput in try TextOutput(path: path) } ?? .standard
    if options.format == .arrow, output.isTerminal {
      throw CommandFailure(.usage, "--format arrow is not for a terminal", hint: "add --output FILE")
    }
    return Environment(command, options, catalog: catalog, session: session, output: output)
  }

  /// The catalog, for commands that cannot do without.
  func requireCatalog() throws -> SQLiteCatalog {
    guard let catalog else { throw CommandFailure(.usage, "there is no catalog", hint: "name a --warehouse") }
    return catalog
  }

  /// Refuses a catalog that is not there, so that a mistyped folder is not taken for an empty warehouse.
  func checkCatalogExists() throws {
    let path = try requireCatalog().path
    guard Environment.isFile(path) else {
      throw CommandFailure(
        .notFound, "there is no catalog \"\(path)\"",
        hint:
          "name the folder with --warehouse, or begin one with \"wequery demo\" or \"wequery load --create\"")
    }
  }

  /// What is kept beside the catalog: the ledger of loads and the refused records.
  func requireState() throws -> WarehouseState { try WarehouseState(besideCatalog: requireCatalog().path) }

  /// The same for a dry run, which reads it if it is there and keeps nothing.
  func dryRunState() throws -> WarehouseState {
    try WarehouseState(readOnlyBesideCatalog: requireCatalog().path)
  }

  /// Returns the table that an argument names: `table`, `namespace.table` or `catalog.namespace.table`.
  func identifier(_ name: String) -> TableIdentifier {
    var parts = name.split(separator: ".").map(String.init)
    if parts.count > 2, parts[0] == session.settings.catalog { parts.removeFirst() }
    let table = parts.popLast() ?? name
    let namespace = parts.isEmpty ? session.settings.namespace : parts.joined(separator: ".")
    return TableIdentifier(namespace: namespace, name: table)
  }

  /// Loads the table that an argument names.
  ///
  /// - Throws: ``CommandFailure`` with code 66 and the nearest names if there is none.
  func table(_ name: String) throws -> Table {
    let catalog = try requireCatalog()
    let identifier = identifier(name)
    try checkCatalogExists()
    do throws(TableFormatError) {
      return try catalog.loadTable(identifier)
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
  }

  /// The value of an environment variable; an empty one is none.
  static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Tells this program from one that was built of other sources.
  private static var build: String {
    var status = stat()
    guard unsafe stat("/proc/self/exe", &status) == 0 else { return "" }
    return "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
  }

  static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  private static var physicalMemory: Int {
    max(1, sysconf(Int32(_SC_PHYS_PAGES))) * max(1, sysconf(Int32(_SC_PAGESIZE)))
  }
}

import FileFormats
import Maintenance
import TableFormat
import Testing

/// A dry run tells what a load would do, and leaves everything as it was.
@Suite("Load: dry runs") struct DryRunTests {
  private func state(of workspace: Workspace) throws -> [FileStatus] {
    try LocalFileSystem().list(workspace.path, recursively: true)
  }

  private func dryLoad(
    _ files: [String], _ workspace: Workspace, into table: String, _ options: Loader.Options
  ) throws -> LoadReport {
    let loader = Loader(
      session: workspace.session, catalog: DryRunCatalog(over: workspace.catalog),
      state: try WarehouseState(readOnlyBesideCatalog: workspace.path + "/catalog.db"), options: options)
    return try loader.load(files, into: TableIdentifier(namespace: "analytics", name: table))
  }

  private func isSame(_ dry: LoadReport, _ real: LoadReport) -> Bool {
    dry.isDryRun && !real.isDryRun && dry.read == real.read && dry.counts == real.counts
      && dry.duplicates == real.duplicates && dry.rewritten == real.rewritten
      && dry.skippedFiles == real.skippedFiles && dry.warnings == real.warnings
      && dry.dataFiles == real.dataFiles && dry.partitions == real.partitions
  }

  /// Late events change stored rows: the dry run must find them, with the index of sessions and without.
  @Test(arguments: [true, false]) func aDryRunSaysWhatTheLoadDoesThen(isIndexed: Bool) throws {
    let workspace = try Workspace()
    let first = (0..<40).map { RawEvent.event("s\($0 % 4)", at: $0 * 9000, "e\($0)") }
    var files = [
      try workspace.write(Array((first.joined(separator: "\n") + "\nbroken\n").utf8), to: "1.ndjson")
    ]
    let later =
      (0..<10).map { RawEvent.event("s\($0 % 4)", at: $0 * 30_000 + 1, "late\($0)") } + first.suffix(3)
    for step in 0..<3 {
      let before = try state(of: workspace)
      let dry = try dryLoad(files, workspace, into: "web_events", Workspace.options())
      #expect(try state(of: workspace) == before)
      let real = try workspace.load(files: files)
      #expect(isSame(dry, real), "\(step): \(dry) \(real)")
      #expect(step == 2 || dry.dataFiles > 0 && dry.byteCount > 0)
      #expect(step != 1 || dry.rewritten > 0 && dry.duplicates == 3)
      if !isIndexed { try? LocalFileSystem().remove(workspace.path + "/wequery.db") }
      if step == 0 {
        files = [try workspace.write(Array(later.joined(separator: "\n").utf8), to: "2.ndjson")]
      }
      // What was loaded is known by the ledger, which is gone with the index.
      if step == 1 && !isIndexed { break }
    }
  }

  @Test(arguments: [InputFormat.ndjson, .csv]) func recordsOfOtherFormats(format: InputFormat) throws {
    let workspace = try Workspace()
    let text =
      format == .csv ? "id,name\n1,a\n2,b\n" : "{\"id\":1,\"name\":\"a\"}\n{\"id\":2,\"name\":\"b\"}\nno\n"
    let file = try workspace.write(Array(text.utf8), to: "rows.txt")
    for _ in 0..<2 {
      let before = try state(of: workspace)
      let dry = try dryLoad([file], workspace, into: "rows", Workspace.options(format))
      #expect(try state(of: workspace) == before)
      #expect(isSame(dry, try workspace.load(files: [file], into: "rows", Workspace.options(format))))
    }
  }

  @Test func whatALoadRefusesADryRunRefuses() throws {
    let workspace = try Workspace()
    let file = try workspace.write(Array("{\"id\":1}\nno\nno\n".utf8), to: "rows.ndjson")
    var options = Workspace.options(.ndjson)
    options.maxRejected = 0.1
    let before = try state(of: workspace)
    let error = #expect(throws: MaintenanceError.self) {
      try dryLoad([file], workspace, into: "rows", options)
    }
    #expect(error?.message.contains("2 of 3 records were refused") == true)
    #expect(error?.hint?.contains("wequery.rejects") == false)
    options.creates = false
    #expect(throws: MaintenanceError.self) { try dryLoad([file], workspace, into: "rows", options) }
    #expect(try state(of: workspace) == before)
  }

  @Test func generatedEventsGoNowhere() throws {
    let workspace = try Workspace()
    let generator = WebEventGenerator(rowCount: 500, dayCount: 3, now: 1_781_500_000_000_000, seed: 1)
    let identifier = TableIdentifier(namespace: "analytics", name: "web_events")
    for _ in 0..<2 {
      let before = try state(of: workspace)
      let dry = try SampleWarehouse.append(
        generator, to: identifier, in: DryRunCatalog(over: workspace.catalog)
      ) { _ in }
      let (local, folder) = (LocalFileSystem(), workspace.path + "/out")
      let written = try SampleWarehouse.write(
        generator, toFolder: folder, asParquet: true, in: DryRunFileSystem(over: local) { _ in false }
      ) { _ in }
      #expect(try written == 3 && state(of: workspace) == before)
      #expect(try SampleWarehouse.append(generator, to: identifier, in: workspace.catalog) { _ in } == dry)
    }
  }
}

import QueryEngine
import TableFormat

/// Compacts the tables of a catalog that have changed since it did so before.
final class TableCompactor {
  private let session: Session
  private let catalog: SQLiteCatalog
  /// The snapshots that it left behind.
  private var snapshots: [TableIdentifier: SnapshotID] = [:]

  /// The session must have the procedures of CALL.
  init(_ session: Session, _ catalog: SQLiteCatalog) { (self.session, self.catalog) = (session, catalog) }

  func run() throws {
    for namespace in try catalog.namespaces() {
      for table in try catalog.tables(in: namespace) {
        let current = try catalog.loadTable(table).currentSnapshot?.id
        guard let current, current != snapshots[table] else { continue }
        _ = try session.run(
          single: """
            CALL system.rewrite_data_files(table => '\(table)', options => MAP {'rewrite-all': 'true'})
            """)
        snapshots[table] = try catalog.loadTable(table).currentSnapshot?.id
      }
    }
  }
}

import FileFormats
import Glibc
import Testing

@testable import TableFormat

/// Random histories, of which every snapshot holds what a model in memory says.
///
/// They mix appends, deletes of every kind, overwrites, compactions, spec and schema changes. `WEQUERY_HISTORIES=10000`
/// asks for the full number.
@Suite("Histories: tables equal their model") struct RandomHistoryTests {
  /// How many share a catalog, and the memory of its files.
  private static let groupSize = 25

  static let groups: Range<Int> = {
    let count = unsafe getenv("WEQUERY_HISTORIES").flatMap { unsafe Int(String(cString: $0)) } ?? 300
    return 0..<max(1, count / groupSize)
  }()

  @Test(arguments: groups) func everySnapshotHoldsWhatTheModelSays(group: Int) throws {
    // In memory, too, where that can be: the catalog's syncs would take most of the time.
    let folder = TemporaryFolder(root: unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
    let fileSystem = InMemoryFileSystem()
    for number in 0..<Self.groupSize {
      let seed = UInt64(group * Self.groupSize + number)
      var history = try RandomHistory(
        seed: seed, name: "t\(number)", folder: folder.path, fileSystem: fileSystem)
      let difference = try history.run()
      #expect(difference == nil)
    }
  }
}

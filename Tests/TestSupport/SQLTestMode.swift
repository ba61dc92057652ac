internal import Glibc
internal import QueryEngine

/// A way to run the statements of a file; the answers must be the same in all of them.
package struct SQLTestMode: Sendable, CaseIterable {
  package let name: String
  var threads = 2
  var batchSize = 2048
  var disabledRules: Set<String> = []
  var memoryLimit = 1 << 30
  var usesCaches = true
  /// Whether all column chunks are packed, not only those of large tables.
  var packsChunks = true
  /// Whether aggregates of tiny files are kept too, and each query runs until they are used.
  var keepsAggregates = false
  /// Whether all tables are in the catalog, and those that have changed are compacted before each query; this needs the
  /// procedures of CALL.
  package var compactsTables = false

  /// The modes of this run of the tests: the base ones, and one of the others by the day.
  ///
  /// `WEQUERY_SQL_MODES` in the environment says otherwise: `all`, or names of modes with a semicolon between them.
  package static let allCases: [SQLTestMode] = chosen

  /// What plans are printed in.
  package static let plain = SQLTestMode(name: "one worker", threads: 1, packsChunks: false)

  private static let base = [
    plain,
    SQLTestMode(name: "two workers, small batches", batchSize: 3),
    SQLTestMode(name: "without the optimizer", threads: 1, disabledRules: Set(Optimizer.ruleNames)),
    SQLTestMode(name: "no memory", memoryLimit: 1),
    SQLTestMode(name: "aggregates kept", keepsAggregates: true),
  ]

  private static let others =
    [
      SQLTestMode(name: "seven workers", threads: 7),
      SQLTestMode(name: "batches of one row", batchSize: 1),
      SQLTestMode(name: "without caches", usesCaches: false),
      SQLTestMode(name: "after compaction", compactsTables: true),
      SQLTestMode(
        name: "no memory, seven workers, batches of one row", threads: 7, batchSize: 1, memoryLimit: 1),
      SQLTestMode(
        name: "aggregates kept, no memory, seven workers", threads: 7, memoryLimit: 1, keepsAggregates: true),
      SQLTestMode(
        name: "no memory, one worker, without the optimizer", threads: 1,
        disabledRules: Set(Optimizer.ruleNames), memoryLimit: 1),
    ] + Optimizer.ruleNames.map { SQLTestMode(name: "without \($0)", disabledRules: [$0]) }

  private static var chosen: [SQLTestMode] {
    guard let wanted = unsafe getenv("WEQUERY_SQL_MODES") else {
      return base + [others[time(nil) / 86_400 % others.count]]
    }
    let all = base + others
    let text = unsafe String(cString: wanted)
    if text == "all" { return all }
    return text.split(separator: ";").map { name in
      guard let mode = all.first(where: { $0.name == name }) else {
        preconditionFailure("no mode \"\(name)\"; there are: \(all.map(\.name).joined(separator: "; "))")
      }
      return mode
    }
  }
}

internal import FileFormats
internal import Synchronization

/// What the operators of one statement did, for EXPLAIN ANALYZE.
package final class Profile: Sendable {
  private let entries = Mutex<[OperatorProfile]>([])
  /// Whether time is measured besides rows: two looks at the clock per batch and operator.
  package let isTimed: Bool

  package init(isTimed: Bool = false) { self.isTimed = isTimed }

  /// The operators, in the order of the plan from the root down.
  package var operators: [OperatorProfile] { entries.withLock { $0 } }

  /// Adds an operator to the plan printed.
  func add(_ name: String, detail: String, depth: Int) -> OperatorProfile {
    let entry = OperatorProfile(name: name, detail: detail, depth: depth)
    entries.withLock { $0.append(entry) }
    return entry
  }

  /// The tree with rows, time and counters, one operator a line.
  package var description: String {
    operators.map { entry in
      var line = String(repeating: "  ", count: entry.depth) + entry.name
      if !entry.detail.isEmpty { line += " [\(entry.detail)]" }
      line += "  rows=\(entry.rowCount) batches=\(entry.batchCount)"
      if entry.nanoseconds > 0 {
        let micros = entry.nanoseconds / 1000
        line += " time=\(micros / 1000).\(String(1000 + micros % 1000).dropFirst())ms"
      }
      for (name, value) in entry.counters { line += " \(name)=\(value)" }
      return line
    }.joined(separator: "\n")
  }
}

/// What one operator of a plan did, over all workers.
package final class OperatorProfile: Sendable {
  package let name: String
  package let detail: String
  package let depth: Int
  private let rows = Atomic(0)
  private let batches = Atomic(0)
  private let spent = Atomic(0)
  private let values = Mutex<[(String, Int)]>([])
  private let reads = Mutex<ReadCounters?>(nil)

  init(name: String, detail: String, depth: Int) {
    (self.name, self.detail, self.depth) = (name, detail, depth)
  }

  /// Rows put out.
  package var rowCount: Int { rows.load(ordering: .relaxed) }
  /// Batches put out.
  package var batchCount: Int { batches.load(ordering: .relaxed) }
  /// Time of all workers in this operator alone, where it was measured.
  package var nanoseconds: Int { spent.load(ordering: .relaxed) }
  /// Further counts, such as row groups pruned.
  package var counters: [(name: String, value: Int)] {
    var counters = values.withLock { $0.map { (name: $0.0, value: $0.1) } }
    if let reads = reads.withLock({ $0 }) {
      counters.append(("pages", reads.pageCount))
      counters.append(("pages_pruned", reads.skippedPageCount))
      counters.append(("bytes_read", reads.byteCount))
    }
    return counters
  }

  /// Begins to count what is read of files.
  func countReads() -> ReadCounters {
    let counters = ReadCounters()
    reads.withLock { $0 = counters }
    return counters
  }

  /// Counts a batch put out.
  func count(rows rowCount: Int) {
    rows.wrappingAdd(rowCount, ordering: .relaxed)
    batches.wrappingAdd(1, ordering: .relaxed)
  }

  func spend(_ nanoseconds: Int) { spent.wrappingAdd(nanoseconds, ordering: .relaxed) }

  func add(_ name: String, _ value: Int) {
    values.withLock { values in
      if let index = values.firstIndex(where: { $0.0 == name }) {
        values[index].1 += value
      } else {
        values.append((name, value))
      }
    }
  }
}

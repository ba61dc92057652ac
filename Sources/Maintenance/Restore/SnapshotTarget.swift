internal import Columnar
package import TableFormat

/// The state of a table that a person names: by id, by branch or tag, or by time, tried in that order.
package struct SnapshotTarget: Sendable {
  /// How the state was named.
  package enum Kind: String, Sendable {
    case id = "snapshot"
    case reference
    case time
  }

  /// The snapshot.
  package let snapshot: Snapshot
  /// How it was named.
  package let kind: Kind
  /// The time asked for, or else that of the snapshot: milliseconds since 1970, UTC.
  package let timestampMillis: Int64

  /// Finds a state.
  ///
  /// - Parameters:
  ///   - text: An id, the name of a branch or tag, or a time.
  ///   - table: The table.
  /// - Throws: ``MaintenanceError`` of kind `notFound`, which names what there is.
  package init(_ text: String, in table: Table) throws(MaintenanceError) {
    let metadata = table.metadata
    let (byID, byReference) = try MaintenanceError.wrapping { () throws(TableFormatError) in
      (
        try SnapshotID(text).map { id throws(TableFormatError) in try metadata.snapshot(id: id) } ?? nil,
        try metadata.snapshot(reference: text)
      )
    }
    if let found = byID ?? byReference {
      (snapshot, kind, timestampMillis) = (found, byID == nil ? .reference : .id, found.timestampMillis)
      return
    }
    guard let micros = Timestamp.utcMicros(text) else {
      let names = metadata.references.keys.sorted().joined(separator: ", ")
      throw MaintenanceError(
        .notFound,
        "the table \(table.identifier) has no snapshot, branch or tag \"\(text)\", and it is no time",
        hint: "it has \(metadata.snapshots.count) snapshots"
          + (names.isEmpty ? "" : " and the branches and tags \(names)")
          + "; a time is written 2026-01-15T09:00:00Z")
    }
    (snapshot, timestampMillis) = try Self.snapshot(atMicros: micros, text, in: table)
    kind = .time
  }

  /// Finds the state at a time.
  package init(atMicros micros: Int64, in table: Table) throws(MaintenanceError) {
    (snapshot, timestampMillis) = try Self.snapshot(atMicros: micros, Self.text(micros / 1000), in: table)
    kind = .time
  }

  private static func snapshot(
    atMicros micros: Int64, _ text: String, in table: Table
  ) throws(MaintenanceError) -> (Snapshot, Int64) {
    let millis = CivilDate.floorDivide(micros, 1000)
    let log = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try table.metadata.snapshotLog.entries()
    }
    guard let first = log.first else {
      throw MaintenanceError(.notFound, "the table \(table.identifier) has no snapshots")
    }
    guard first.timestampMillis <= millis else {
      throw MaintenanceError(
        .notFound,
        "the history of the table \(table.identifier) does not reach back to \(text); the oldest snapshot is \(first.snapshotID) of \(Self.text(first.timestampMillis))",
        hint: "name a later time, or restore from a backup")
    }
    let found = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try table.snapshot(atMillis: millis)
    }
    return (found, millis)
  }

  /// A time as people read it.
  package static func text(_ millis: Int64) -> String {
    var text: [UInt8] = []
    Timestamp.append(micros: millis &* 1000, isUTC: true, to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}

internal import Columnar
package import TableFormat

/// A table of a catalog, pinned to one snapshot.
package struct TableRelation: Relation {
  package let table: Table
  /// The state that is read; `nil` for a table that never had rows.
  package let snapshot: Snapshot?
  /// The schema that names and types come from (rule 74).
  package let schema: Schema
  package let displayName: String
  package let columns: [RelationColumn]
  package private(set) var statistics: RelationStatistics
  /// The metadata columns that a row of the table has (rule 6).
  private let metadataFields: [NestedField]
  /// The branch whose head is read, which a statement that changes the table commits to; `nil` for a state
  /// of the past.
  let branch: String?
  /// Paths of data files that are not read: those that a DELETE removes as a whole.
  var leftOut: Set<String> = []
  /// Whether deleted rows are read like others, as the query asks for `_deleted`.
  var showsDeletedRows = false

  /// Whether both read the same rows of the same table, in the same schema.
  func readsTheSame(as other: TableRelation) -> Bool {
    stateName == other.stateName && leftOut == other.leftOut && columns == other.columns
      && showsDeletedRows == other.showsDeletedRows
  }

  /// Pins a table.
  ///
  /// - Parameters:
  ///   - table: The table as loaded.
  ///   - catalog: The catalog's name, for messages.
  ///   - version: The state asked for; `nil` is the newest.
  /// - Throws: ``QueryError`` if there is no such state.
  package init(_ table: Table, catalog: String, version: TableVersion?) throws(QueryError) {
    self.table = table
    displayName = "\(catalog).\(table.identifier)"
    (snapshot, schema) = try TableRelation.pin(table, to: version)
    switch version {
    case nil: branch = SnapshotReference.main
    case .reference(let name): branch = table.metadata.references[name]?.kind == .branch ? name : nil
    case .snapshot, .timestamp: branch = nil
    }
    var columns: [RelationColumn] = []
    for field in schema.fields {
      do throws(TableFormatError) {
        columns.append(
          RelationColumn(
            field.name, try field.type.logicalType, isNullable: !field.isRequired,
            fieldID: Int(field.id.rawValue)))
      } catch {
        // A column of a type that cannot be read leaves the others usable: it fails when it is asked for, by `*` too.
        columns.append(RelationColumn(field.name, .null, fieldID: Int(field.id.rawValue)))
      }
    }
    metadataFields = try TableRelation.metadataFields(of: table)
    columns += try TableRelation.hiddenColumns(metadataFields)
    self.columns = columns
    statistics = TableStatistics.of(table, snapshot, schema)
  }

  /// Plans the reading of the files that may hold rows which pass a predicate.
  ///
  /// - Parameters:
  ///   - predicate: A condition on columns of ``schema``.
  ///   - context: Manifests that were read before, and who reads others.
  /// - Returns: The files, less those left out.
  /// - Throws: ``QueryError`` if metadata cannot be read.
  func plan(_ predicate: Predicate, _ context: QueryContext) throws(QueryError) -> ScanPlan {
    let planner = ScanPlanner(
      table, snapshot: snapshot, schema: schema, cache: context.caches.manifests, loop: context.loop)
    var plan = try QueryError.wrapping { () throws(TableFormatError) in
      try planner.plan(predicate: predicate)
    }
    if showsDeletedRows { plan = plan.showingDeletedRows }
    guard !leftOut.isEmpty else { return plan }
    return ScanPlan(
      schema: plan.schema, tasks: plan.tasks.filter { !leftOut.contains($0.file.path) },
      counters: plan.counters)
  }

  /// Whether joins with the table are better ordered once its columns are known.
  var lacksColumnKnowledge: Bool {
    snapshot != nil && statistics.bounds.isEmpty && statistics.valueBits.isEmpty
      && (statistics.rowCount ?? 1) > 0
  }

  /// What tells the pinned state from others.
  var stateName: String { "\(table.metadata.location)#\(snapshot?.id.rawValue ?? 0)#\(schema.id)" }

  /// What the metadata of the data files tell of the columns, by place: bounds of whole numbers and days, and how
  /// many bits a value takes.
  struct ColumnKnowledge: Sendable {
    var bounds: [Int: (min: ScalarValue, max: ScalarValue)] = [:]
    var valueBits: [Int: Double] = [:]
  }

  /// Returns what the metadata of all files tell of the columns.
  func columnKnowledge(_ context: QueryContext) throws(QueryError) -> ColumnKnowledge {
    columnKnowledge(of: try plan(.alwaysTrue, context))
  }

  /// Returns what the metadata of some files tell of the columns.
  func columnKnowledge(of plan: ScanPlan) -> ColumnKnowledge {
    var places: [FieldID: Int] = [:]
    for (index, column) in columns.enumerated() where !column.type.isNested {
      guard let id = column.fieldID.flatMap({ Int32(exactly: $0) }).map({ FieldID($0) }), !id.isReserved
      else {
        continue
      }
      places[id] = index
    }
    var known = ColumnKnowledge()
    let statistics = plan.statistics(of: Array(places.keys))
    for (id, column) in statistics.columns {
      guard let place = places[id] else { continue }
      if columns[place].type.isInteger || columns[place].type == .date, let lower = column.bounds.lower,
        let upper = column.bounds.upper
      {
        known.bounds[place] = (lower, upper)
      }
      if let bytes = column.byteCount, bytes > 0, statistics.recordCount > 0 {
        known.valueBits[place] = Double(bytes) * 8 / Double(statistics.recordCount)
      }
    }
    return known
  }

  /// Returns the relation with what is known of its columns, by which the optimizer orders joins.
  func with(_ known: ColumnKnowledge) -> TableRelation {
    var relation = self
    relation.statistics.bounds = known.bounds
    relation.statistics.valueBits = known.valueBits
    return relation
  }

  /// Returns a column, a metadata column included, by its id.
  func field(id: FieldID) -> NestedField? {
    schema.fields.first { $0.id == id } ?? metadataFields.first { $0.id == id }
  }

  private static func metadataFields(of table: Table) throws(QueryError) -> [NestedField] {
    var fields: [NestedField] = [
      .file, .position, .specID, .isDeleted,
    ]
    do throws(TableFormatError) {
      fields.append(try .partition(of: table.metadata))
    } catch {
      throw QueryError(error)
    }
    if table.metadata.formatVersion >= 3 { fields += [.rowID, .lastUpdatedSequenceNumber] }
    return fields
  }

  /// The metadata columns as SQL sees them; `"$path"` is Trino's name of `_file`.
  private static func hiddenColumns(_ fields: [NestedField]) throws(QueryError) -> [RelationColumn] {
    var columns: [RelationColumn] = []
    for field in fields {
      // A partition field of an unknown transform leaves the other columns usable.
      guard let type = try? field.type.logicalType else { continue }
      columns.append(
        RelationColumn(
          field.name, type, isNullable: !field.isRequired, isHidden: true, fieldID: Int(field.id.rawValue)))
    }
    columns.append(
      RelationColumn(
        "$path", .varchar, isNullable: false, isHidden: true, fieldID: Int(FieldID.file.rawValue)))
    return columns
  }

  private static func pin(
    _ table: Table, to version: TableVersion?
  ) throws(QueryError) -> (Snapshot?, Schema) {
    guard let version else { return (table.currentSnapshot, table.schema) }
    do throws(TableFormatError) {
      switch version {
      case .snapshot(let id):
        let snapshot = try table.snapshot(id: SnapshotID(id))
        return (snapshot, table.metadata.schema(of: snapshot))
      case .reference(let name):
        let snapshot = try table.snapshot(reference: name)
        let isBranch = table.metadata.references[name]?.kind == .branch
        return (snapshot, isBranch ? table.schema : table.metadata.schema(of: snapshot))
      case .timestamp(let micros):
        let snapshot = try table.snapshot(atMillis: CivilDate.floorDivide(micros, 1000))
        return (snapshot, table.metadata.schema(of: snapshot))
      }
    } catch {
      guard error.kind == .notFound else { throw QueryError(error) }
      guard case .timestamp(let micros) = version else {
        throw QueryError(.invalidParameter, error.message, hint: error.hint, cause: error)
      }
      throw QueryError(
        .invalidParameter, "the table \(table.identifier) has no snapshot as old as \(text(micros: micros))",
        hint: oldest(table), cause: error)
    }
  }

  private static func text(micros: Int64) -> String {
    var text: [UInt8] = []
    Timestamp.append(micros: micros, isUTC: true, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func oldest(_ table: Table) -> String {
    guard let log = try? table.metadata.snapshotLog.entries(), let first = log.first else {
      return "the table has no snapshots"
    }
    return "the oldest snapshot is \(first.snapshotID), of \(text(micros: first.timestampMillis &* 1000))"
  }
}

/// What a table's metadata tell the optimizer.
enum TableStatistics {
  /// Row count from the snapshot's summary, distinct counts from the newest statistics file.
  static func of(_ table: Table, _ snapshot: Snapshot?, _ schema: Schema) -> RelationStatistics {
    guard let snapshot else { return RelationStatistics(rowCount: 0) }
    var statistics = RelationStatistics(rowCount: snapshot.summary.count("total-records").map { Int($0) })
    let files = table.metadata.statistics
    guard let file = files.last(where: { $0.snapshotID == snapshot.id }) ?? files.last else {
      return statistics
    }
    for blob in file.blobs {
      guard blob.type == "apache-datasketches-theta-v1", blob.fields.count == 1,
        let count = blob.properties["ndv"].flatMap({ Double($0) }),
        let index = schema.fields.firstIndex(where: { $0.id == blob.fields[0] })
      else { continue }
      statistics.distinctCounts[index] = count
    }
    return statistics
  }
}

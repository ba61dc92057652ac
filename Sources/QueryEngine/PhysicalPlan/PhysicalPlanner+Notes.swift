internal import Columnar
internal import TableFormat

extension PhysicalPlanner {
  /// What planning alone tells of a node, for EXPLAIN: the files that a scan reads and leaves out, and what is
  /// answered from metadata or computed by groups of files.
  ///
  /// - Throws: ``QueryError`` if the table's metadata cannot be read.
  func note(on node: LogicalPlan) throws(QueryError) -> PlanNote {
    switch node {
    case .scan(let scan): return PlanNote(text: try reads(of: scan))
    case .aggregate(let aggregate):
      switch try answerFromMetadata(aggregate) {
      case .rows: return PlanNote(text: "(from metadata)", isAnswered: true)
      case .values(let known):
        let calls = aggregate.aggregates.filter { known[$0.column.id] != nil }
        return PlanNote(
          text: "(\(calls.map(\.column.name).joined(separator: ", ")) from metadata)",
          inputs: Self.rest(of: aggregate, knowing: known).inputs)
      case nil: return PlanNote(text: try clusterNote(on: node))
      }
    default: return PlanNote(text: try clusterNote(on: node))
    }
  }

  private func reads(of scan: LogicalPlan.Scan) throws(QueryError) -> String {
    guard let relation = scan.relation as? TableRelation, relation.snapshot != nil else { return "" }
    let source = try TableScanSource(relation, scan, context, nil)
    return source.plannedReads.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
  }
}

extension TableScanSource {
  /// What EXPLAIN tells of the files; EXPLAIN ANALYZE gives the same numbers by the same names, and more.
  fileprivate var plannedReads: [(name: String, value: Int)] {
    var numbers = plannedFiles
    // Writers need not say where row groups begin, nor what a column takes.
    var (rowGroups, columnBytes): (Int?, Int64?) = (0, 0)
    // Fields of structs, lists and maps have sizes of their own.
    let schema = Schema(fields: fields.filter { !$0.id.isReserved })
    let ids = schema.allFieldIDs.filter { schema.field(id: $0)?.type.isNested == false }
    for task in plan.tasks {
      rowGroups = rowGroups.flatMap { count in task.file.splitOffsets.map { count + $0.count } }
      let sizes = task.file.columnSizes
      let byteCount = ids.reduce(Int64(0)) { $0 &+ (sizes[$1] ?? 0) }
      columnBytes = sizes.isEmpty ? nil : columnBytes.map { $0 &+ byteCount }
    }
    if let rowGroups { numbers.append(("row_groups", rowGroups)) }
    if let columnBytes { numbers.append(("column_bytes", Int(clamping: columnBytes))) }
    return numbers
  }
}

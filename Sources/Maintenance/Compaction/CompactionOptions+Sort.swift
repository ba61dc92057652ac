package import TableFormat

extension CompactionOptions.Order {
  /// Reads how rows shall be sorted: `none`, or columns with `DESC` and `NULLS FIRST` as in ORDER BY.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - table: The table whose columns are named.
  /// - Throws: ``MaintenanceError`` if a column is unknown.
  package init(_ text: String, for table: Table) throws(MaintenanceError) {
    if text.lowercased() == "none" {
      self = .none
      return
    }
    if text.lowercased().hasPrefix("zorder") {
      throw MaintenanceError(
        .unsupported, "sorting by z-order is not supported", hint: "name the columns: --sort a, b")
    }
    var fields: [SortField] = []
    for part in text.split(separator: ",") {
      let words = part.split(separator: " ")
      guard let name = words.first else { continue }
      let folded = words.dropFirst().map { $0.lowercased() }
      let unquoted = name.hasPrefix("\"") && name.hasSuffix("\"") ? name.dropFirst().dropLast() : name
      let found = try MaintenanceError.wrapping { () throws(TableFormatError) in
        try table.schema.field(named: String(unquoted))
      }
      guard let field = found else {
        throw MaintenanceError(.failed, "the table \(table.identifier) has no column \"\(unquoted)\"")
      }
      let rest = folded.filter { $0 != "asc" && $0 != "desc" }
      var nullOrder: SortField.NullOrder?
      switch rest {
      case []: break
      case ["nulls", "first"]: nullOrder = .first
      case ["nulls", "last"]: nullOrder = .last
      default:
        throw MaintenanceError(
          .failed, "\"\(part)\" is no sort key", hint: "write column [ASC|DESC] [NULLS FIRST|LAST], …")
      }
      fields.append(
        SortField(
          sourceID: field.id, direction: folded.contains("desc") ? .descending : .ascending,
          nullOrder: nullOrder))
    }
    guard !fields.isEmpty else { throw MaintenanceError(.usage, "there is no column to sort by") }
    self = .fields(fields)
  }
}

/// Changes the order of rows in new files; an empty order means unsorted.
public struct SetSortOrder: TransactionAction {
  /// The keys, most significant first.
  public var fields: [SortField]

  /// Describes the change.
  public init(_ fields: [SortField]) { self.fields = fields }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    if fields.isEmpty {
      if !changes.metadata.sortOrders.contains(where: { $0.id == 0 }) {
        changes.metadata.sortOrders.append(.unsorted)
      }
      changes.metadata.defaultSortOrderID = 0
      return
    }
    try SchemaRules.check(SortOrder(id: 1, fields: fields), schema: changes.metadata.schema)
    if let same = changes.metadata.sortOrders.first(where: { $0.fields == fields }) {
      changes.metadata.defaultSortOrderID = same.id
      return
    }
    let id = max(0, changes.metadata.sortOrders.map(\.id).max() ?? 0) + 1
    changes.metadata.sortOrders.append(SortOrder(id: id, fields: fields))
    changes.metadata.defaultSortOrderID = id
  }
}

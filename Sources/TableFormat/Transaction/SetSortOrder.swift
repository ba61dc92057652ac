/// Changes the order of rows in new files; an empty order means unsorted.
public struct SetSortOrder: TransactionAction {
  /// The keys, most significant first.
  public var fields: [SortField]

  /// Describes the change.
  public init(_ fields: [SortField]) { self.fields = fields }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    try changes.metadata.setDefault(sortFields: fields)
  }
}

extension TableMetadata {
  /// Makes an order the default one: an equal one that is there already, else a new one (rule 70).
  mutating func setDefault(sortFields fields: [SortField]) throws(TableFormatError) {
    if fields.isEmpty {
      if !sortOrders.contains(where: { $0.id == 0 }) { sortOrders.append(.unsorted) }
      defaultSortOrderID = 0
      return
    }
    try SchemaRules.check(SortOrder(id: 1, fields: fields), schema: schema)
    if let same = sortOrders.first(where: { $0.fields == fields }) {
      defaultSortOrderID = same.id
      return
    }
    let id = max(0, sortOrders.map(\.id).max() ?? 0) + 1
    sortOrders.append(SortOrder(id: id, fields: fields))
    defaultSortOrderID = id
  }
}

/// CREATE VIEW and ALTER VIEW in Spark's spelling.
extension Parser {
  /// What follows CREATE VIEW.
  func createView(orReplace: Bool, isTemporary: Bool) throws(QueryError) -> CreateViewSyntax {
    let ifNotExists = takeWords("if", "not", "exists")
    let name = try qualifiedName("a view's name")
    let columns = isSign("(") ? try parenthesized(columnName) : []
    var (comment, properties): (String?, [(key: String, value: String)]) = (nil, [])
    while true {
      if takeWord("comment") {
        comment = try string("a comment")
      } else if takeWord("tblproperties") {
        properties += try self.properties()
      } else {
        break
      }
    }
    try expectWord("as")
    let query = try query()
    return CreateViewSyntax(
      name: name, orReplace: orReplace, isTemporary: isTemporary, ifNotExists: ifNotExists, columns: columns,
      comment: comment, properties: properties, query: query, text: text(query.range))
  }

  /// What follows ALTER VIEW.
  func alterView() throws(QueryError) -> StatementSyntax.Kind {
    let ifExists = takeWords("if", "exists")
    let name = try qualifiedName("a view's name")
    return .alterView(name, ifExists: ifExists, try viewAction())
  }

  private func viewAction() throws(QueryError) -> AlterViewAction {
    if takeWords("rename", "to") { return .rename(try qualifiedName("a view's name")) }
    if takeWords("set", "tblproperties") { return .setProperties(try properties()) }
    if takeWords("unset", "tblproperties") {
      _ = takeWords("if", "exists")
      return .unsetProperties(try parenthesized(propertyKey))
    }
    guard takeWord("as") else { throw unexpected("RENAME TO, AS, SET TBLPROPERTIES or UNSET TBLPROPERTIES") }
    let query = try query()
    return .setQuery(query, text: text(query.range))
  }
}

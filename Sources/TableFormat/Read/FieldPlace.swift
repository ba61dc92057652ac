package import Columnar

/// Where a primitive field lies: a top-level column, and from there down a field of each struct.
package struct FieldPlace: Sendable {
  /// The number of the top-level column in the schema.
  package let column: Int
  /// The number of the field in each struct on the way down.
  let path: [Int]

  /// Finds a field; `nil` if the schema lacks it, or it is nested, or within a list or map.
  package init?(_ id: FieldID, in schema: Schema) {
    guard let column = schema.columnIndex(of: id), schema.field(id: id)?.type.isNested == false else {
      return nil
    }
    var path: [Int] = []
    var current = id
    while let parent = schema.parent(of: current) {
      guard case .struct(let fields)? = schema.field(id: parent)?.type,
        let place = fields.firstIndex(where: { $0.id == current })
      else { return nil }
      path.insert(place, at: 0)
      current = parent
    }
    (self.column, self.path) = (column, path)
  }

  /// Returns the field's values, given those of its top-level column; null where a struct on the way is.
  package func values(in top: Vector) -> Vector {
    var values = top
    for place in path {
      let parent = values.flattened()
      values = parent.fields[place]
      if let validity = parent.validity {
        let field = values.flattened()
        values = field.withValidity(Bitmap.intersection(field.validity, validity))
      }
    }
    return values
  }
}

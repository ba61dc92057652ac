internal import Columnar

/// The columns of a Parquet file as a tree, and its leaves in file order.
public struct ParquetSchema: Hashable, Sendable {
  /// Groups within one another that are still read.
  public static let depthLimit = 64

  /// The top-level columns.
  public let columns: [ParquetColumn]
  /// All leaves; leaf *i* is column chunk *i* of each row group.
  public let leaves: [ParquetColumn]
  /// The nodes as the footer lists them, the root first.
  public let elements: [ParquetSchemaElement]

  /// Makes the tree.
  ///
  /// - Parameter elements: The nodes depth first, the root first.
  /// - Throws: If they do not form a tree, or one that is too deep.
  public init(_ elements: [ParquetSchemaElement]) throws(FileFormatError) {
    guard let root = elements.first else { throw .damaged("the Parquet schema is empty") }
    var builder = Builder(elements: elements)
    var columns: [ParquetColumn] = []
    columns.reserveCapacity(min(root.childCount, elements.count))
    for _ in 0..<root.childCount {
      columns.append(try builder.column(in: Builder.Place(), depth: 1))
    }
    guard builder.next == elements.count else {
      throw .damaged("the Parquet schema has \(elements.count) nodes, of which \(builder.next) belong to it")
    }
    (self.columns, self.elements, leaves) = (columns, elements, builder.leaves)
  }

  /// Returns the top-level column of that name.
  public func column(named name: String) -> ParquetColumn? { columns.first { $0.name == name } }

  /// Returns the top-level column with that field id.
  public func column(fieldID: Int) -> ParquetColumn? { columns.first { $0.fieldID == fieldID } }

  /// Whether any column, nested ones included, has a field id.
  public var hasFieldIDs: Bool { elements.dropFirst().contains { $0.fieldID != nil } }
}

/// Walks the list of nodes.
private struct Builder {
  let elements: [ParquetSchemaElement]
  var next = 1
  var leaves: [ParquetColumn] = []

  /// What lies above a node.
  struct Place {
    var path: [String] = []
    var definitionLevel = 0
    var repetitionLevel = 0
  }

  init(elements: [ParquetSchemaElement]) { self.elements = elements }

  /// Reads the next node and those below it.
  mutating func column(in place: Place, depth: Int) throws(FileFormatError) -> ParquetColumn {
    let element = try take(depth: depth)
    let below = Place(
      path: place.path + [element.name],
      definitionLevel: place.definitionLevel + (element.repetition == .optional ? 1 : 0),
      repetitionLevel: place.repetitionLevel)
    guard element.repetition == .repeated else { return try content(of: element, at: below, depth: depth) }
    // A repeated field outside of a list or map: a required list of required elements.
    let firstLeaf = leaves.count
    let inner = Place(
      path: below.path, definitionLevel: below.definitionLevel + 1, repetitionLevel: below.repetitionLevel + 1
    )
    let item = try content(of: element, at: inner, depth: depth)
    return column(.list(element: item), element, below, firstLeaf, isRequired: true)
  }

  private mutating func take(depth: Int) throws(FileFormatError) -> ParquetSchemaElement {
    guard next < elements.count else { throw .damaged("the Parquet schema ends within a group") }
    guard depth <= ParquetSchema.depthLimit else {
      throw .unsupported("a Parquet schema nested deeper than \(ParquetSchema.depthLimit) is not supported")
    }
    let element = elements[next]
    next += 1
    guard element.repetition != nil else {
      throw .damaged("the Parquet column \"\(element.name)\" has no repetition")
    }
    return element
  }

  /// Makes the column of a node whose own repetition is already counted in `place`.
  private mutating func content(
    of element: ParquetSchemaElement, at place: Place, depth: Int
  ) throws(FileFormatError) -> ParquetColumn {
    let firstLeaf = leaves.count
    let isRequired = element.repetition != .optional
    if let physicalType = element.physicalType {
      if physicalType == .fixedLengthByteArray, (element.typeLength ?? 0) <= 0 {
        throw .damaged("the Parquet column \"\(element.name)\" has no length")
      }
      let leaf = ParquetLeaf(
        path: place.path, physicalType: physicalType,
        typeLength: physicalType == .fixedLengthByteArray ? element.typeLength ?? 0 : 0,
        annotation: element.annotation)
      let column = ParquetColumn(
        name: element.name, fieldID: element.fieldID, type: leaf.logicalType, isRequired: isRequired,
        definitionLevel: place.definitionLevel, repetitionLevel: place.repetitionLevel,
        leafIndices: firstLeaf..<firstLeaf + 1, shape: .leaf(leaf))
      leaves.append(column)
      return column
    }
    if element.childCount == 1, next < elements.count, elements[next].repetition == .repeated {
      switch element.annotation {
      case .list:
        let item = try listElement(of: element, at: place, depth: depth + 1)
        return column(.list(element: item), element, place, firstLeaf, isRequired: isRequired)
      case .map, .mapKeyValue:
        if elements[next].physicalType == nil && elements[next].childCount == 2 {
          let inner = try repeatedGroup(at: place, depth: depth + 1)
          let key = try self.column(in: inner, depth: depth + 2)
          let value = try self.column(in: inner, depth: depth + 2)
          return column(.map(key: key, value: value), element, place, firstLeaf, isRequired: isRequired)
        }
        // A map without values is the list of its keys (LogicalTypes.md, "Maps").
        if elements[next].physicalType == nil && elements[next].childCount == 1 {
          let inner = try repeatedGroup(at: place, depth: depth + 1)
          let key = try self.column(in: inner, depth: depth + 2)
          return column(.list(element: key), element, place, firstLeaf, isRequired: isRequired)
        }
      default: break
      }
    }
    var fields: [ParquetColumn] = []
    for _ in 0..<element.childCount { fields.append(try self.column(in: place, depth: depth + 1)) }
    return column(.struct(fields), element, place, firstLeaf, isRequired: isRequired)
  }

  /// Reads the repeated node of a list and what is below (LogicalTypes.md, "Backward-compatibility rules").
  private mutating func listElement(
    of list: ParquetSchemaElement, at place: Place, depth: Int
  ) throws(FileFormatError) -> ParquetColumn {
    let repeated = elements[next]
    let child = next + 1 < elements.count ? elements[next + 1] : nil
    let inner = try repeatedGroup(at: place, depth: depth)
    let isElement =
      repeated.physicalType != nil || repeated.childCount != 1 || repeated.annotation == .list
      || repeated.annotation == .map || repeated.annotation == .mapKeyValue || repeated.name == "array"
      || repeated.name == list.name + "_tuple" || child?.repetition == .repeated
    return isElement
      ? try content(of: repeated, at: inner, depth: depth) : try column(in: inner, depth: depth + 1)
  }

  /// Reads a repeated node itself and returns the place below it.
  private mutating func repeatedGroup(at place: Place, depth: Int) throws(FileFormatError) -> Place {
    let repeated = try take(depth: depth)
    return Place(
      path: place.path + [repeated.name], definitionLevel: place.definitionLevel + 1,
      repetitionLevel: place.repetitionLevel + 1)
  }

  private func column(
    _ shape: ParquetColumn.Shape, _ element: ParquetSchemaElement, _ place: Place, _ firstLeaf: Int,
    isRequired: Bool
  ) -> ParquetColumn {
    let type: LogicalType =
      switch shape {
      case .leaf(let leaf): leaf.logicalType
      case .struct(let fields): .struct(fields.map { LogicalType.StructField($0.name, $0.type) })
      case .list(let element): .list(element.type)
      case .map(let key, let value): .map(key: key.type, value: value.type)
      }
    return ParquetColumn(
      name: element.name, fieldID: element.fieldID, type: type, isRequired: isRequired,
      definitionLevel: place.definitionLevel, repetitionLevel: place.repetitionLevel,
      leafIndices: firstLeaf..<leaves.count, shape: shape)
  }
}

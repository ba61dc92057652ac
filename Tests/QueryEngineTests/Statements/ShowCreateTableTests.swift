import Columnar
import FileFormats
import TableFormat
import Testing

@testable import QueryEngine

/// What SHOW CREATE TABLE prints makes a table of the same schema, field ids and defaults included, the same
/// partitioning, order and properties; whoever has made the first one.
@Suite("Statements: SHOW CREATE TABLE") struct ShowCreateTableTests {
  private static let names = [
    "a", "Mixed", "with space", "dot.ted", "it's", "say \"so\"", "select", "primary", "check", "comment",
    "default",
    "not", "null", "day", "bucket", "desc", "nulls", "2nd", "日本", "array", "struct", "map", "like",
    "partitioned",
  ]

  /// A random schema, which gives each field a name of its own.
  private struct Maker {
    var random: SeededRandom
    let version: Int
    var count = 0

    mutating func name() -> String {
      count += 1
      return count <= ShowCreateTableTests.names.count && Bool.random(using: &random)
        ? ShowCreateTableTests.names[count - 1]
        : "\(ShowCreateTableTests.names.randomElement(using: &random) ?? "")\(count)"
    }

    mutating func type(depth: Int = 0) -> IcebergType {
      var types: [IcebergType] = [
        .boolean, .int, .long, .float, .double, .decimal(precision: 9, scale: 2),
        .decimal(precision: 38, scale: 0),
        .date, .time, .timestamp, .timestamptz, .string, .uuid, .fixed(3), .binary,
      ]
      if version >= 3 { types += [.timestampNanos, .timestamptzNanos, .unknown, .variant] }
      guard depth < 3, Int.random(in: 0..<3, using: &random) == 0 else {
        return types.randomElement(using: &random) ?? .int
      }
      switch Int.random(in: 0..<3, using: &random) {
      case 0: return .list(element: field("element", depth: depth + 1))
      case 1:
        let key = NestedField(
          id: 0, name: "key", type: types.randomElement(using: &random) ?? .int, isRequired: true)
        return .map(key: key, value: field("value", depth: depth + 1))
      default:
        var fields: [NestedField] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          var field = field(name(), depth: depth + 1)
          if Int.random(in: 0..<3, using: &random) == 0 { field.doc = "it's \"\(count)\", so" }
          fields.append(field)
        }
        return .struct(fields)
      }
    }

    mutating func field(_ name: String, depth: Int) -> NestedField {
      let type = type(depth: depth)
      return NestedField(
        id: 0, name: name, type: type,
        isRequired: type != .unknown && Int.random(in: 0..<4, using: &random) == 0)
    }

    mutating func column() -> Schema.Column {
      let field = field(name(), depth: 0)
      return Schema.Column(
        field.name, .null, exactly: field.type, isRequired: field.isRequired,
        doc: Bool.random(using: &random) ? "comment '\(count)'" : nil)
    }
  }

  private static func value(_ type: IcebergType) -> ScalarValue? {
    switch type {
    case .boolean: .boolean(true)
    case .int: .integer(-7)
    case .long: .integer(.min)
    case .float: .real(.infinity)
    case .double: .double(0.1)
    case .decimal(_, let scale): .decimal(scale == 0 ? -12 : 1_234)
    case .date, .time, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos: .integer(12_345)
    case .string: .text("it's")
    case .uuid: .bytes(Array(0..<16))
    case .fixed: .bytes([0, 0x27, 0xFF])
    case .binary: .bytes([0x5C, 0x78, 0, 0x41])
    default: nil
    }
  }

  private static func creation(_ maker: inout Maker) throws -> (CreateTable, [UpdateSchema.Change]) {
    var columns = [Schema.Column("id", .bigint, isRequired: true)]
    for _ in 0..<Int.random(in: 1...6, using: &maker.random) { columns.append(maker.column()) }
    let schema = try Schema(columns: columns, identifiers: Bool.random(using: &maker.random) ? ["id"] : [])
    var creation = CreateTable(TableIdentifier(namespace: "analytics", name: "first"), schema: schema)
    creation.properties = ["format-version": "\(maker.version)", "it's": "a 'value'"]
    var changes: [UpdateSchema.Change] = []
    let transforms: [Transform] = [.identity, .bucket(4), .truncate(3), .year, .month, .day, .hour]
    for id in schema.allFieldIDs {
      guard let field = schema.field(id: id), let path = schema.path(of: id) else { continue }
      let isPart = path.contains("element") || path.contains("key") || path.contains("value")
      if maker.version >= 3, !isPart, let value = value(field.type), Bool.random(using: &maker.random) {
        changes.append(.setDefault(path.joined(separator: "."), value))
      }
      guard !isPart,
        let transform = transforms.filter({ $0.accepts(field.type) }).randomElement(using: &maker.random)
      else { continue }
      switch Int.random(in: 0..<4, using: &maker.random) {
      case 0:
        creation.partitionSpec.fields.append(
          PartitionField(
            id: FieldID(1000 + Int32(creation.partitionSpec.fields.count)), sourceID: id, name: "part \(id)",
            transform: transform))
      case 1:
        creation.sortOrder = SortOrder(
          id: 1,
          fields: creation.sortOrder.fields + [
            SortField(sourceID: id, transform: transform, direction: .descending, nullOrder: .first)
          ])
      default: break
      }
    }
    return (creation, changes)
  }

  @Test(arguments: 1...3) func itsTextMakesTheSameTable(version: Int) throws {
    let folder = "/tmp/wequery-show-\(UInt64.random(in: 0 ... .max))"
    try LocalFileSystem().createDirectory(folder)
    defer {
      let files = LocalFileSystem()
      for file in ((try? files.list(folder, recursively: true)) ?? []).reversed() {
        try? files.remove(file.path)
      }
      try? files.remove(folder)
    }
    let catalog = try SQLiteCatalog(path: folder + "/catalog.db", name: "s3_tables", warehouse: folder)
    let session = Session(
      catalog: catalog, settings: SessionSettings(threads: 1, memoryLimit: 1 << 30, tempDirectory: folder))
    try catalog.createNamespace(Namespace("analytics"))
    for seed in 0..<150 {
      var maker = Maker(random: SeededRandom(seed: UInt64(seed * 3 + version)), version: version)
      let (creation, changes) = try Self.creation(&maker)
      var first = try catalog.createTable(creation)
      if !changes.isEmpty { first = try Transaction(first, UpdateSchema(changes)).commit() }
      let shown = try #require(try session.run(single: "SHOW CREATE TABLE first").batches.first)
      guard case .bytes(let bytes) = shown.columns[0].scalar(at: 0, as: .varchar) else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      _ = try session.run(
        single: text.replacing(
          "TABLE analytics.first (", with: "TABLE analytics.second (", maxReplacements: 1))
      let second = try catalog.loadTable(TableIdentifier(namespace: "analytics", name: "second"))
      #expect(second.schema.fields == first.schema.fields, "\(text)")
      #expect(second.schema.identifierFieldIDs == first.schema.identifierFieldIDs, "\(text)")
      #expect(second.metadata.partitionSpec.fields == first.metadata.partitionSpec.fields, "\(text)")
      #expect(second.metadata.sortOrder.fields == first.metadata.sortOrder.fields, "\(text)")
      #expect(second.metadata.properties == first.metadata.properties, "\(text)")
      #expect(second.metadata.formatVersion == version)
      try catalog.dropTable(first.identifier)
      try catalog.dropTable(second.identifier)
    }
  }
}

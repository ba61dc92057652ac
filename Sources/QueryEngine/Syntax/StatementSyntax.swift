/// One statement and its place in the text.
struct StatementSyntax: Sendable {
  var kind: Kind
  var range: SourceRange

  indirect enum Kind: Sendable {
    case query(QuerySyntax)
    case explain(ExplainSyntax)
    case createTable(CreateTableSyntax)
    case createView(CreateViewSyntax)
    case createNamespace(QualifiedName, ifNotExists: Bool)
    case drop(DropSyntax)
    case alterTable(QualifiedName, ifExists: Bool, AlterTableAction)
    case alterView(QualifiedName, ifExists: Bool, AlterViewAction)
    case insert(InsertSyntax)
    case delete(DeleteSyntax)
    case update(UpdateSyntax)
    case merge(MergeSyntax)
    case truncate(QualifiedName)
    case call(QualifiedName, [ArgumentSyntax])
    case optimize(OptimizeSyntax)
    case vacuum(QualifiedName)
    case analyze(QualifiedName, columns: [Identifier])
    case show(ShowSyntax)
    case describe(QualifiedName, isExtended: Bool)
    case describeQuery(QuerySyntax)
    case summarize(QuerySyntax)
    case set(Identifier, SettingValue)
    /// `nil` stands for ALL.
    case reset(Identifier?)
    case use(QualifiedName)
    case prepare(Identifier, StatementSyntax, parameterTypes: [TypeSyntax])
    case execute(Identifier, [ArgumentSyntax])
    case deallocate(Identifier?)
    case copy(CopySyntax)
    case comment(CommentSyntax)
  }
}

struct ExplainSyntax: Sendable {
  var isAnalyze: Bool
  var isVerbose: Bool
  var statement: StatementSyntax
}

/// The value of `SET name = value`.
enum SettingValue: Sendable {
  case expression(ExpressionSyntax)
  /// A bare word, such as `nulls_last` or `on`.
  case word(String)
  case toDefault
}

struct ColumnDefinition: Sendable {
  var name: Identifier
  var type: TypeSyntax
  var isRequired: Bool
  var isPrimaryKey: Bool
  var defaultValue: ExpressionSyntax?
  var comment: String?
}

/// A column or transform of PARTITIONED BY: `event_date`, `bucket(16, id)`, `days(ts)`.
struct PartitionFieldSyntax: Sendable {
  /// The transform in lower case; `nil` is identity.
  var transform: Identifier?
  var argument: Int?
  var column: QualifiedName
  var name: Identifier?
  var range: SourceRange
}

/// A key of a write order: `ORDERED BY (session_id, event_timestamp DESC)`.
struct SortFieldSyntax: Sendable {
  var field: PartitionFieldSyntax
  var descending: Bool
  var nullsFirst: Bool?
}

struct CreateTableSyntax: Sendable {
  var name: QualifiedName
  var orReplace: Bool
  var isTemporary: Bool
  var isExternal: Bool
  var ifNotExists: Bool
  var columns: [ColumnDefinition] = []
  /// The columns of PRIMARY KEY (…).
  var primaryKey: [Identifier] = []
  var format: Identifier?
  var partitionedBy: [PartitionFieldSyntax] = []
  var sortedBy: [SortFieldSyntax] = []
  var properties: [(key: String, value: String)] = []
  var comment: String?
  var location: String?
  var query: QuerySyntax?
}

struct CreateViewSyntax: Sendable {
  var name: QualifiedName
  var orReplace: Bool
  var isTemporary: Bool
  var ifNotExists: Bool
  var columns: [Identifier]
  var comment: String?
  var properties: [(key: String, value: String)]
  var query: QuerySyntax
  /// The query's text, as the view keeps it.
  var text: String
}

enum AlterViewAction: Sendable {
  case rename(QualifiedName)
  case setProperties([(key: String, value: String)])
  case unsetProperties([String])
  /// The query, and its text as the view keeps it.
  case setQuery(QuerySyntax, text: String)
}

struct DropSyntax: Sendable {
  enum Kind: String, Sendable {
    case table = "TABLE"
    case view = "VIEW"
    case namespace = "NAMESPACE"
  }
  var kind: Kind
  var name: QualifiedName
  var ifExists: Bool
  var isPurge: Bool
  var isCascade: Bool
}

enum AlterTableAction: Sendable {
  enum Position: Sendable {
    case first
    case after(Identifier)
  }
  case addColumns([(column: ColumnDefinition, parent: [Identifier], position: Position?)], ifNotExists: Bool)
  case dropColumns([QualifiedName], ifExists: Bool)
  case renameColumn(QualifiedName, Identifier)
  case renameTable(QualifiedName)
  case setColumnType(QualifiedName, TypeSyntax)
  case setColumnRequired(QualifiedName, Bool)
  case setColumnComment(QualifiedName, String?)
  case setColumnDefault(QualifiedName, ExpressionSyntax?)
  case moveColumn(QualifiedName, Position)
  case setProperties([(key: String, value: String)])
  case unsetProperties([String], ifExists: Bool)
  case addPartitionField(PartitionFieldSyntax)
  case dropPartitionField(PartitionFieldSyntax)
  case replacePartitionField(PartitionFieldSyntax, PartitionFieldSyntax)
  case setPartitioning([PartitionFieldSyntax])
  /// Empty is `WRITE UNORDERED`.
  case setSortOrder([SortFieldSyntax])
  case setLocation(String)
  case setIdentifierFields([QualifiedName])
  case dropIdentifierFields([QualifiedName])
  case createReference(ReferenceSyntax)
  case dropReference(isBranch: Bool, Identifier, ifExists: Bool)
  /// Trino's `ALTER TABLE t EXECUTE procedure(args) [WHERE …]`.
  case execute(Identifier, [ArgumentSyntax], condition: ExpressionSyntax?)
}

/// `CREATE [OR REPLACE] BRANCH b AS OF VERSION 123 RETAIN 7 DAYS`.
struct ReferenceSyntax: Sendable {
  var isBranch: Bool
  var name: Identifier
  var orReplace: Bool
  var ifNotExists: Bool
  var version: ExpressionSyntax?
  var retention: ExpressionSyntax?
  /// `WITH SNAPSHOT RETENTION 3 SNAPSHOTS 2 DAYS`, of branches.
  var minSnapshots: Int?
  var snapshotRetention: ExpressionSyntax?
}

struct InsertSyntax: Sendable {
  enum Source: Sendable {
    case query(QuerySyntax)
    case defaultValues
  }
  var table: QualifiedName
  var isOverwrite: Bool
  /// `PARTITION (day = DATE '2024-01-15', kind)`: values are constants; those without are in the rows.
  var partition: [(name: Identifier, value: ExpressionSyntax?)] = []
  var columns: [QualifiedName]
  var byName: Bool
  var source: Source
  var returning: [SelectItem]
}

struct DeleteSyntax: Sendable {
  var table: QualifiedName
  var alias: Identifier?
  var using: [TableReference]
  var condition: ExpressionSyntax?
  var returning: [SelectItem]
}

struct AssignmentSyntax: Sendable {
  var column: QualifiedName
  var value: ExpressionSyntax
}

struct UpdateSyntax: Sendable {
  var table: QualifiedName
  var alias: Identifier?
  var assignments: [AssignmentSyntax]
  var from: [TableReference]
  var condition: ExpressionSyntax?
  var returning: [SelectItem]
}

struct MergeSyntax: Sendable {
  enum Match: Sendable { case matched, notMatched, notMatchedBySource }
  enum Action: Sendable {
    case delete
    case update([AssignmentSyntax])
    /// `UPDATE SET *`.
    case updateAll
    case insert([QualifiedName], [ExpressionSyntax])
    /// `INSERT *`.
    case insertAll
    case doNothing
  }
  struct Clause: Sendable {
    var match: Match
    var condition: ExpressionSyntax?
    var action: Action
    var range: SourceRange
  }
  var table: QualifiedName
  var alias: Identifier?
  var source: TableReference
  var condition: ExpressionSyntax
  var clauses: [Clause]
}

struct OptimizeSyntax: Sendable {
  var table: QualifiedName
  var strategy: Identifier?
  var orderBy: [SortItemSyntax]
  var condition: ExpressionSyntax?
}

enum ShowSyntax: Sendable {
  case tables(namespace: QualifiedName?, like: String?)
  case views(namespace: QualifiedName?)
  case namespaces
  case catalogs
  case columns(QualifiedName)
  case partitions(QualifiedName)
  case createTable(QualifiedName)
  case properties(QualifiedName)
  case functions(like: String?)
  case procedures
  case settings
  case setting(Identifier)
}

struct CopySyntax: Sendable {
  enum Source: Sendable {
    case table(QualifiedName, columns: [Identifier])
    case query(QuerySyntax)
  }
  var source: Source
  /// `COPY t FROM 'file'` rather than TO.
  var isFrom: Bool
  var path: String
  var options: [(name: Identifier, value: SettingValue)]
}

struct CommentSyntax: Sendable {
  enum Kind: Sendable { case table, view, column }
  var kind: Kind
  var name: QualifiedName
  var text: String?
}

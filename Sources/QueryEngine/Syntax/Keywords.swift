/// The words with a meaning of their own.
enum Keywords {
  /// Words that are never a column or table name without quotes.
  static let reserved: Set<String> = [
    "select", "from", "where", "group", "having", "order", "limit", "offset", "fetch", "union", "intersect",
    "except", "qualify", "join", "inner", "left", "right", "full", "cross", "natural", "on", "using", "as",
    "and",
    "or", "not", "in", "is", "like", "ilike", "between", "case", "when", "then", "else", "end", "exists",
    "null",
    "true", "false", "cast", "distinct", "all", "any", "some", "with", "by", "into", "create", "lateral",
    "asc",
    "desc", "for", "default", "table", "constraint", "unique", "primary", "references", "check", "window",
    "returning", "similar", "try_cast",
  ]

  /// Words that begin a clause, and so end a list before them.
  static let clauses: Set<String> = [
    "select", "from", "where", "group", "having", "order", "limit", "offset", "fetch", "union", "intersect",
    "except", "qualify", "window", "returning", "on", "join",
  ]

  /// Words that are no alias of a column unless AS stands before them.
  static let notColumnAlias: Set<String> = reserved.union([
    "over", "filter", "within", "respect", "ignore", "nulls", "collate", "escape", "isnull", "notnull",
    "glob",
    "rlike", "regexp", "minus", "first", "last", "pivot", "unpivot",
  ]).subtracting(["first", "last"])

  /// Words that are no alias of a table unless AS stands before them.
  static let notTableAlias: Set<String> = notColumnAlias.union([
    "semi", "anti", "asof", "positional", "tablesample", "pivot", "unpivot", "set", "when", "values",
    "match_condition", "sample", "minus", "execute",
  ])

  /// What a misspelt word may have meant.
  static let suggested: [String] = [
    "select", "from", "where", "group", "having", "order", "limit", "offset", "union", "intersect", "except",
    "qualify", "join", "inner", "left", "right", "full", "cross", "natural", "using", "between", "distinct",
    "with", "window", "partition", "create", "insert", "update", "delete", "merge", "values", "table", "view",
    "explain", "describe", "show", "alter", "drop", "call", "optimize", "vacuum", "analyze", "set", "reset",
    "timestamp", "version", "interval", "exists", "over", "case", "when", "then", "else", "end", "into",
    "desc",
  ]

  /// Types whose name may stand before a string to make a literal.
  static let literalTypes: Set<String> = [
    "date", "timestamp", "timestamptz", "timestamp_ns", "time", "decimal", "numeric", "integer", "int",
    "bigint",
    "smallint", "tinyint", "double", "real", "float", "boolean", "bool", "uuid", "varchar", "text", "json",
    "datetime",
  ]

  /// Units of an interval, singular and plural.
  static let intervalUnits: Set<String> = Set(
    [
      "year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond",
      "decade", "century", "millennium",
    ].flatMap { [$0, $0 + "s"] } + ["centuries", "millennia", "yr", "mon", "min", "sec", "ms", "us"])

  /// Functions whose arguments may be `x -> …`; elsewhere `->` reads JSON.
  static let takingLambdas: Set<String> = [
    "transform", "list_transform", "list_apply", "array_transform", "apply", "array_apply", "filter",
    "list_filter", "array_filter", "reduce", "list_reduce", "array_reduce", "aggregate", "any_match",
    "all_match", "none_match", "exists", "forall", "map_filter", "transform_keys", "transform_values",
    "zip_with", "array_sort", "list_any", "list_all",
  ]

  /// Reserved words that no function is called, so that `IN (…)` and `WHERE (…)` are not read as calls.
  static let notFunction: Set<String> = reserved.subtracting([
    "left", "right", "any", "some", "all", "exists", "like", "default",
  ])

  /// Functions without parentheses.
  static let valueFunctions: Set<String> = [
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user",
    "current_catalog", "current_schema", "session_user",
  ]
}

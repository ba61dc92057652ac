internal import Columnar
internal import TableFormat

/// An aggregate over one table whose result for a file is the same whenever it is computed.
///
/// What it depends on besides the file is told by ``key``: the expressions over field ids instead of names, how
/// the fields are read, the filters that planning cannot decide, the time zone.
struct AggregateFragment {
  /// What tells the fragment from others.
  let key: ContentKey
  /// The fields behind keys that are plain columns, by place among the keys.
  let keyFields: [Int: NestedField]
  let plan: AggregatePlan

  /// To be raised when what is kept is made in another way or means something else.
  private static let formatVersion: Int64 = 1
  /// Longer statements are not kept results of.
  private static let longestText = 1 << 16

  /// Looks at an aggregate whose scan is planned; `nil` if its results cannot be kept.
  init?(
    _ aggregate: LogicalPlan.Aggregate, over scan: TableScanSource, in environment: EvaluationEnvironment,
    build: String
  ) throws(QueryError) {
    guard aggregate.groupingSets.isEmpty, aggregate.groupingID == nil else { return nil }
    // Of some groups only no file's result would be whole.
    guard aggregate.groupLimit == nil else { return nil }
    var writer = FragmentWriter(scan)
    guard let filters = writer.enter(aggregate.input) else { return nil }
    plan = try AggregatePlan(aggregate)
    let metadata = scan.relation.table.metadata
    writer.text.append(AggregateFragment.formatVersion)
    writer.text.append(build)
    writer.text.append(metadata.uuid)
    writer.text.append(metadata.properties["schema.name-mapping.default"] ?? "")
    writer.text.append(environment.timeZone.name)
    writer.append(plan.keys)
    var keyFields: [Int: NestedField] = [:]
    for (place, key) in plan.keys.enumerated() {
      guard AggregateFragment.canBeKept(key.type) else { return nil }
      keyFields[place] = writer.field(behind: key)
    }
    self.keyFields = keyFields
    for call in aggregate.aggregates {
      guard AggregateFragment.isDetermined(call.function), AggregateFragment.canBeKept(call.column.type)
      else { return nil }
      writer.text.append(call.function)
      writer.text.append(call.isDistinct)
      writer.text.append(call.column.type.description)
      writer.append(call.arguments)
      writer.append(call.filter.map { [$0] } ?? [])
      writer.append(call.orderBy.map(\.expression))
      for order in call.orderBy {
        writer.text.append(order.isDescending)
        writer.text.append(order.nullsFirst)
      }
    }
    writer.append(filters)
    // What covers a file wholly, and what is left of it elsewhere, is part of the file's key.
    writer.append(scan.filters.filter { !$0.isCovered }.map(\.expression))
    for filter in scan.filters { writer.use(filter.expression.columns) }
    guard writer.isComplete, writer.text.bytes.count <= AggregateFragment.longestText else { return nil }
    writer.appendFields()
    key = writer.text.hash
  }

  /// Whether values of a type are plain, so that they are kept as bytes.
  private static func canBeKept(_ type: LogicalType) -> Bool {
    switch type.physicalType {
    case .list, .struct, .interval: false
    default: true
    }
  }

  /// Whether the order of rows cannot change the result, but for the last digits of floating-point numbers.
  private static func isDetermined(_ function: String) -> Bool {
    switch function {
    case "count_star", "count", "count_if", "sum", "avg", "min", "max", "bool_and", "bool_or", "bit_and",
      "bit_or", "bit_xor", "percentile_cont", "percentile_disc", "quantile_cont", "quantile_disc", "median",
      "mode", "approx_count_distinct", "stddev_samp", "stddev_pop", "var_samp", "var_pop":
      true
    default: false
    }
  }
}

/// Writes expressions over a scan's field ids, projections in between looked through.
private struct FragmentWriter {
  var text = KeyText()
  private(set) var isComplete = true
  private let fields: [ColumnID: NestedField]
  private var definitions: [ColumnID: BoundExpression] = [:]
  private var used: [FieldID: NestedField] = [:]

  init(_ scan: TableScanSource) {
    var fields: [ColumnID: NestedField] = [:]
    for (column, field) in zip(scan.columns, scan.fields) { fields[column.id] = field }
    self.fields = fields
  }

  /// Learns of the nodes between an aggregate and its scan; returns their filters, `nil` if there are others.
  mutating func enter(_ plan: LogicalPlan) -> [BoundExpression]? {
    var (node, filters) = (plan, [BoundExpression]())
    while true {
      switch node {
      case .scan(let scan): return scan.limit == nil ? filters : nil
      case .filter(let predicate, let input):
        filters.append(predicate)
        node = input
      case .project(let expressions, let input):
        for expression in expressions { definitions[expression.column.id] = expression.expression }
        node = input
      default: return nil
      }
    }
  }

  /// The field that an expression is nothing else than.
  func field(behind expression: BoundExpression) -> NestedField? {
    guard case .column(let id, _) = expression else { return nil }
    return fields[id] ?? definitions[id].flatMap { field(behind: $0) }
  }

  /// Notes fields whose values decide, whether or not the expressions name them.
  mutating func use(_ columns: Set<ColumnID>) {
    for column in columns {
      guard let field = fields[column], !field.id.isReserved else { return isComplete = false }
      used[field.id] = field
    }
  }

  /// Appends how the fields are read that the expressions use.
  mutating func appendFields() {
    for id in used.keys.sorted() { if let field = used[id] { text.append(field) } }
  }

  mutating func append(_ expressions: [BoundExpression]) {
    text.append(Int64(expressions.count))
    for expression in expressions where isComplete { append(expression) }
  }

  private mutating func append(_ expression: BoundExpression) {
    // Projections may use others' columns again and again.
    guard text.bytes.count < 1 << 17 else { return isComplete = false }
    switch expression {
    case .column(let id, let type):
      if let field = fields[id] {
        // Where a row lies is no matter of the file's rows alone.
        guard !field.id.isReserved else { return isComplete = false }
        used[field.id] = field
        text.append(tag: "c")
        text.append(Int64(field.id.rawValue))
        text.append(type.description)
      } else if let definition = definitions[id] {
        append(definition)
      } else {
        isComplete = false
      }
    case .literal(let value, let type):
      text.append(tag: "l")
      text.append(value)
      text.append(type.description)
    case .call(let call):
      guard FunctionRegistry.builtin[call.function]?.volatility == .immutable else {
        return isComplete = false
      }
      text.append(tag: "f")
      text.append(call.function)
      text.append(call.type.description)
      append(call.arguments)
    case .and(let operands):
      text.append(tag: "&")
      append(operands)
    case .or(let operands):
      text.append(tag: "|")
      append(operands)
    case .not(let operand):
      text.append(tag: "!")
      append(operand)
    case .comparison(let op, let left, let right):
      text.append(tag: "=")
      text.append(op.rawValue)
      append([left, right])
    case .isNull(let operand, let isNegated):
      text.append(tag: "n")
      text.append(isNegated)
      append(operand)
    case .inList(let operand, let values, let isNegated):
      text.append(tag: "i")
      text.append(isNegated)
      append([operand] + values)
    case .cast(let operand, let type, let isTry, _):
      text.append(tag: "t")
      text.append(type.description)
      text.append(isTry)
      append(operand)
    case .caseWhen(let branches, let otherwise, let type):
      text.append(tag: "w")
      text.append(type.description)
      append(branches.flatMap { [$0.condition, $0.result] })
      append(otherwise.map { [$0] } ?? [])
    case .tryEvaluate(let operand):
      text.append(tag: "y")
      append(operand)
    case .field(let operand, let index, let type):
      text.append(tag: ".")
      text.append(Int64(index))
      text.append(type.description)
      append(operand)
    case .parameter, .lambda: isComplete = false
    }
  }
}

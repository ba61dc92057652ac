internal import Columnar

/// Window calls: each becomes a column of a window node, found again by its place in the text.
extension Binder {
  func addWindows(
    of expressions: [ExpressionSyntax], _ context: inout ExpressionContext
  ) throws(QueryError) {
    var calls: [(call: FunctionCallSyntax, range: SourceRange)] = []
    for expression in expressions { collectWindows(expression, into: &calls) }
    guard !calls.isEmpty, let builder = context.builder else { return }
    let inner = context.with(.window)
    var windows: [LogicalPlan.Window] = []
    for (call, range) in calls where context.computed[range] == nil {
      let window = try definition(call, at: range, context)
      var partition: [BoundExpression] = []
      for expression in window.partitionBy { partition.append(try bindOutput(expression, in: inner)) }
      var keys: [LogicalPlan.SortKey] = []
      for item in window.orderBy {
        keys.append(sortKey(try bindOutput(item.expression, in: inner), item.descending, item.nullsFirst))
      }
      let bound = try bindWindow(call, window, keys, at: range, in: inner)
      context.computed[range] = .column(bound.column.id, bound.column.type)
      let plainPartition = partition.map(\.withoutPositions)
      let plainKeys = keys.map {
        LogicalPlan.SortKey(
          $0.expression.withoutPositions, isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
      }
      if let index = windows.firstIndex(where: { $0.partitionBy == plainPartition && $0.orderBy == plainKeys }
      ) {
        windows[index].calls.append(bound)
      } else {
        windows.append(
          LogicalPlan.Window(
            partitionBy: plainPartition, orderBy: plainKeys, calls: [bound],
            input: .values(rows: [], columns: [])))
      }
    }
    for var window in windows {
      window.input = builder.plan
      builder.plan = .window(window)
    }
  }

  func collectWindows(
    _ expression: ExpressionSyntax, into calls: inout [(call: FunctionCallSyntax, range: SourceRange)]
  ) {
    if case .function(let call) = expression.kind, call.over != nil {
      calls.append((call, expression.range))
      return
    }
    for child in expression.children { collectWindows(child, into: &calls) }
  }

  /// The window of a call, with what it takes over from a named window.
  func definition(
    _ call: FunctionCallSyntax, at range: SourceRange, _ context: ExpressionContext
  ) throws(QueryError) -> WindowSyntax {
    func find(_ name: Identifier) throws(QueryError) -> WindowSyntax {
      guard let found = context.windows[name.text.lowercased()] else {
        throw QueryError(
          .undefinedObject, "there is no window \"\(name.text)\"",
          hint: NearestName.hint(for: name.text, among: context.windows.keys), at: place(name.range),
          kind: .bind)
      }
      return found
    }
    var window: WindowSyntax
    switch call.over {
    case .named(let name): window = try find(name)
    case .inline(let inline): window = inline
    case nil: throw QueryError.internalError("a window call without OVER", at: range)
    }
    var depth = 0
    while let base = window.base {
      depth += 1
      guard depth <= 32 else {
        throw QueryError(.windowing, "the window \"\(base.text)\" refers to itself", at: place(base.range))
      }
      let parent = try find(base)
      guard window.partitionBy.isEmpty, parent.orderBy.isEmpty || window.orderBy.isEmpty else {
        throw QueryError(
          .windowing, "a window cannot override PARTITION BY or ORDER BY of \"\(base.text)\"",
          at: place(window.range))
      }
      window.partitionBy = parent.partitionBy
      if window.orderBy.isEmpty { window.orderBy = parent.orderBy }
      if window.frame == nil { window.frame = parent.frame }
      window.base = parent.base
    }
    return window
  }

  func bindWindow(
    _ call: FunctionCallSyntax, _ window: WindowSyntax, _ keys: [LogicalPlan.SortKey], at range: SourceRange,
    in context: ExpressionContext
  ) throws(QueryError) -> LogicalPlan.WindowCall {
    let name = call.name.last.text.lowercased()
    var function = name
    var arguments: [BoundExpression] = []
    var inside: [LogicalPlan.SortKey] = []
    let type: LogicalType
    if WindowFunctions.contains(name) {
      for argument in call.arguments { arguments.append(try bindOutput(argument.value, in: context)) }
      guard let resolved = WindowFunctions.resolve(name, arguments.map(\.type)), !call.isStar,
        !call.isDistinct
      else {
        throw QueryError(
          .undefinedFunction,
          "\"\(name)\" does not take arguments (\(arguments.map(\.type.description).joined(separator: ", ")))",
          hint: "it is \(WindowFunctions.signature(name))", at: place(range))
      }
      arguments = zip(arguments, resolved.parameters).map { converted($0, to: $1, at: place(range)) }
      type = resolved.result
    } else if AggregateRegistry.contains(name) {
      var inner = context
      inner.clause = .window
      let resolved = try resolveAggregate(call, at: range, in: inner)
      function = resolved.0
      func above(_ expression: BoundExpression) throws(QueryError) -> BoundExpression {
        guard let grouping = context.grouping else { return expression }
        return try regrouped(expression, grouping, context, range)
      }
      for argument in resolved.1 { arguments.append(try above(argument)) }
      if AggregatePlan.needsOrder(function) {
        for key in resolved.2 {
          inside.append(
            .init(try above(key.expression), isDescending: key.isDescending, nullsFirst: key.nullsFirst))
        }
      }
      guard !call.isDistinct || inside.allSatisfy({ arguments.contains($0.expression) }) else {
        throw QueryError.unsupported(
          "DISTINCT with an ORDER BY of something else inside \(name)", at: place(range))
      }
      type = resolved.3
    } else {
      throw QueryError(
        .undefinedFunction, "there is no window function \"\(name)\"",
        hint: NearestName.hint(for: name, among: WindowFunctions.names + AggregateRegistry.names),
        at: place(range))
    }
    var filter = try call.filter.map { expression throws(QueryError) in
      try condition(try bindOutput(expression, in: context), in: "FILTER", at: expression.range)
    }
    if call.nulls == .ignore, !WindowFunctions.contains(name), let first = arguments.first {
      filter = .conjunction((filter.map { [$0] } ?? []) + [.isNull(first, isNegated: true)])
    }
    return LogicalPlan.WindowCall(
      function, arguments, isDistinct: call.isDistinct, filter: filter, orderBy: inside,
      ignoresNulls: call.nulls == .ignore, frame: try frame(window, keys, in: context),
      as: newColumn(name, type), position: place(range))
  }

  func frame(
    _ window: WindowSyntax, _ keys: [LogicalPlan.SortKey], in context: ExpressionContext
  ) throws(QueryError) -> LogicalPlan.WindowFrame {
    guard let frame = window.frame else {
      return keys.isEmpty
        ? LogicalPlan.WindowFrame(.rows, from: .unboundedPreceding, to: .unboundedFollowing)
        : LogicalPlan.WindowFrame(.range, from: .unboundedPreceding, to: .currentRow)
    }
    let unit: LogicalPlan.WindowFrame.Unit =
      switch frame.unit {
      case .rows: .rows
      case .range: .range
      case .groups: .groups
      }
    let exclusion: LogicalPlan.WindowFrame.Exclusion =
      switch frame.exclusion {
      case .noOthers: .noOthers
      case .currentRow: .currentRow
      case .group: .group
      case .ties: .ties
      }
    if unit == .groups, keys.isEmpty {
      throw QueryError(.windowing, "GROUPS needs ORDER BY", at: place(frame.range))
    }
    func bound(_ bound: FrameSyntax.Bound) throws(QueryError) -> LogicalPlan.WindowFrame.Bound {
      switch bound {
      case .unboundedPreceding: return .unboundedPreceding
      case .unboundedFollowing: return .unboundedFollowing
      case .currentRow: return .currentRow
      case .preceding(let offset): return .preceding(try frameOffset(offset, unit, keys, frame.range))
      case .following(let offset): return .following(try frameOffset(offset, unit, keys, frame.range))
      }
    }
    return LogicalPlan.WindowFrame(
      unit, from: try bound(frame.start), to: try bound(frame.end), excluding: exclusion)
  }

  /// A constant that is not negative: a number of rows or groups, or a distance in the order's type.
  func frameOffset(
    _ offset: ExpressionSyntax, _ unit: LogicalPlan.WindowFrame.Unit, _ keys: [LogicalPlan.SortKey],
    _ range: SourceRange
  ) throws(QueryError) -> BoundExpression {
    let bound = try bind(offset, in: ExpressionContext(Scope(parent: nil), .constant))
    var type = LogicalType.bigint
    if unit == .range {
      guard keys.count == 1 else {
        throw QueryError(.windowing, "RANGE with an offset needs one ORDER BY expression", at: place(range))
      }
      let key = keys[0].expression.type
      if key.isTimestamp || key == .date || key == .time {
        if key == .date, bound.type.isInteger {
          let value = try constant(converted(bound, to: .bigint), what: "the offset", at: offset.range)
          guard case .integer(let days) = value, let days = Int32(exactly: days), days >= 0 else {
            throw QueryError(
              .windowing, "the offset of a frame must not be negative", at: place(offset.range))
          }
          return .literal(.interval(Interval(days: days)), .interval)
        }
        type = .interval
      } else if key.isNumeric {
        // A distance may be greater than what the key's type holds.
        type =
          switch key {
          case .decimal(_, let scale): .decimal(precision: 38, scale: scale)
          default: key.isInteger ? .bigint : key
          }
      } else {
        throw QueryError(
          .windowing, "RANGE with an offset needs a number or a time, not \(key)", at: place(range))
      }
    }
    guard bound.type == type || isUntyped(bound) || (bound.type.isNumeric && type.isNumeric) else {
      throw QueryError(
        .datatypeMismatch, "the offset of the frame must be \(type), not \(bound.type)",
        at: place(offset.range))
    }
    let value = try constant(
      bound.type == type ? bound : .cast(bound, to: type, isTry: false, position: place(offset.range)),
      what: "the offset of a frame", at: offset.range)
    let isNegative: Bool =
      switch value {
      case .null: true
      case .integer(let number): number < 0
      case .double(let number): !(number >= 0)
      case .real(let number): !(number >= 0)
      case .decimal(let number): number < 0
      case .interval(let interval): interval.months < 0 || interval.days < 0 || interval.micros < 0
      default: false
      }
    guard !isNegative else {
      throw QueryError(
        .windowing, "the offset of a frame must not be null or negative", at: place(offset.range))
    }
    return .literal(value, type)
  }
}

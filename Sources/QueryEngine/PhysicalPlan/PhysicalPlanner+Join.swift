internal import Columnar

extension PhysicalPlanner {
  mutating func open(_ join: LogicalPlan.Join) throws(QueryError) -> OpenPipeline {
    let buildsLeft =
      switch join.kind {
      case .right: true
      case .full, .nullAwareAnti, .mark, .single, .asof: false
      default: join.buildsLeft
      }
    let columns = LogicalPlan.join(join).outputColumns
    // The build side comes first in the order of pipelines, so it is planned first.
    let build = try open(buildsLeft ? join.left : join.right)
    let buildRows = build.layout
    let buildColumns = build.scanColumns
    let sinkPlace = pipelines.count
    var probe = try open(buildsLeft ? join.right : join.left)
    let shape = try joinShape(join, probe: probe.layout, build: buildRows, buildsLeft: buildsLeft)
    let sink = HashJoinSink(shape, profile)
    insert(ended(build, with: sink), at: sinkPlace)
    if !shape.keepsProbe && (shape.output == .pairs || shape.output == .semi || shape.output == .nothing) {
      for (index, key) in shape.probeKeys.enumerated() where !shape.matchesNulls[index] {
        if case .column(let id, _) = key { offer(sink.filters[index], on: id, to: probe) }
      }
    }
    probe.operators.append(HashJoinOperator(sink: sink))
    probe.layout = ColumnLayout(columns)
    if shape.output == .pairs && !shape.keepsProbe && shape.asofKey == nil {
      // A row that is left out of the build side is missing from no other row's answer.
      probe.scanColumns.merge(buildColumns) { own, _ in own }
    }
    guard shape.marksBuild else { return probe }
    let collected = CollectSink(types: columns.map(\.type), profile)
    close(probe, with: collected)
    let isSemi = join.kind == .semi || join.kind == .anti
    if isSemi {
      return OpenPipeline(
        source: BuildRowsSource(sink: sink, matched: join.kind == .semi, nullTypes: []),
        layout: ColumnLayout(columns))
    }
    let positions = Array(columns.indices)
    let rest = BuildRowsSource(
      sink: sink, matched: false, nullTypes: shape.probeLayout.columns.map(\.type))
    let union = UnionSource([
      .init(source: CollectedSource(sink: collected), operators: [], positions: positions),
      .init(source: rest, operators: [], positions: positions),
    ])
    return OpenPipeline(source: union, layout: ColumnLayout(columns))
  }

  private func joinShape(
    _ join: LogicalPlan.Join, probe: ColumnLayout, build: ColumnLayout, buildsLeft: Bool
  ) throws(QueryError) -> JoinShape {
    var asofKey: BoundExpression?
    var asofTakesLast: Bool?
    if case .asof = join.kind {
      guard case .comparison(let op, let left, let right)? = join.residual else {
        throw QueryError.unsupported("an ASOF join without exactly one inequality")
      }
      let leftIsProbe = left.columns.allSatisfy { probe.position(of: $0) != nil }
      asofKey = leftIsProbe ? right : left
      switch leftIsProbe ? op : op.mirrored {
      case .greater, .greaterOrEqual: asofTakesLast = true
      case .less, .lessOrEqual: asofTakesLast = false
      default: throw QueryError.unsupported("an ASOF join without exactly one inequality")
      }
    }
    var shape = JoinShape(
      output: .pairs, probeKeys: join.equalities.map { buildsLeft ? $0.right : $0.left },
      buildKeys: join.equalities.map { buildsLeft ? $0.left : $0.right },
      matchesNulls: join.equalities.map(\.matchesNulls), residual: join.residual, asofKey: asofKey,
      probeLayout: probe, buildLayout: build)
    shape.asofTakesLast = asofTakesLast
    shape.buildFirst = buildsLeft
    switch join.kind {
    case .inner, .cross: break
    case .left: if buildsLeft { shape.marksBuild = true } else { shape.keepsProbe = true }
    case .right: shape.keepsProbe = true
    case .full: (shape.keepsProbe, shape.marksBuild) = (true, true)
    case .semi, .anti:
      if buildsLeft {
        (shape.output, shape.marksBuild) = (.nothing, true)
      } else {
        shape.output = join.kind == .semi ? .semi : .anti
      }
    case .nullAwareAnti: shape.output = .nullAwareAnti
    case .mark(_, let isNullAware): shape.output = .mark(isNullAware: isNullAware)
    case .single: (shape.keepsProbe, shape.isSingle) = (true, true)
    case .asof(let isLeft): shape.keepsProbe = isLeft
    }
    return shape
  }
}
